"""What the program says and writes, kept as files, so that a change of its structure can be held against what was there before.

    python tests/tools/golden.py record FOLDER      # of the code in this checkout
    python tests/tools/golden.py compare BEFORE AFTER

Recorded: the simulated world and one with faults; `check --json` of each file in both, of the cases beside the tests and of genuine
files where they are at hand; marked copies; pages of contracts; `plan show`; a first run's result tables (without the digest of the
code), pages (digests masked), register, and the names that Dagster shows. Does not belong here: expectations; the tests have them.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT / os.environ.get("KKZ_SHARED", "../shared")
CASES = ROOT / "tests" / "cases"
SEED, FAULTS = "1", "3"
_DIGEST = re.compile(r"\b[0-9a-f]{12,64}\b")
_DAY = re.compile(r"\b20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-9:.+Z-]*\b")
_AT_ONCE = 60  # files in one call of `check`


def record(folder: Path) -> None:
    """Write all that is compared below a folder, which must not exist."""
    folder.mkdir(parents=True)
    work, kept = folder / "work", folder / "kept"
    kept.mkdir()
    world, faulty = work / "world", work / "faulty"
    _run("simulate", "--out", str(world), "--seed", SEED)
    _run("simulate", "--out", str(faulty), "--seed", SEED, "--faults", FAULTS)
    for name, place in (("world", world), ("faulty", faulty)):
        (kept / f"{name}.sha256").write_text(_digests(place), encoding="utf-8")
    sets = {
        "world": sorted((world / "deliveries").iterdir()),
        "faulty": sorted(file for file in faulty.rglob("*") if file.suffix in (".csv", ".xlsx")),
        "cases": sorted(file for file in CASES.rglob("*") if file.is_file() and file.suffix != ".md"),
        "genuine": sorted(
            file
            for file in SHARED.rglob("*")
            if file.suffix in (".csv", ".xls", ".xlsx") and not {"methods", "deliveries", "persons"} & set(file.parts)
        ),
    }
    for name, files in sets.items():
        if not files and name != "genuine":
            raise RuntimeError(f"no file to check in {name}")
        _checks(kept / "check" / name, files)
    for file in [*sets["faulty"][:: max(1, len(sets["faulty"]) // 40)], *sets["cases"]]:
        copy = work / "copies" / f"{file.parent.name}_{file.name}.xlsx"
        copy.parent.mkdir(exist_ok=True)
        _run("check", str(file), "--protocol", str(copy))
    (kept / "copies.sha256").write_text(_digests(work / "copies"), encoding="utf-8")
    _run("contracts", "docs", "--out", str(work / "docs"))
    (kept / "docs.sha256").write_text(_digests(work / "docs"), encoding="utf-8")
    for plan in sorted((ROOT / "data_contracts" / "plans").glob("*.yaml")):
        (kept / f"plan_{plan.stem}.txt").write_text(_run("plan", "show", str(plan)), encoding="utf-8")
    _whole_run(world, work / "home", kept)
    (kept / "names.json").write_text(_python(_NAMES), encoding="utf-8")


def _whole_run(world: Path, home: Path, kept: Path) -> None:
    plan = ROOT / "data_contracts" / "plans" / "modellwelt.yaml"
    said = _run("run", "--inbox", str(world / "deliveries"), "--home", str(home), "--plan", str(plan))
    (kept / "run.txt").write_text(_masked(said.replace(str(home), "HOME").replace(str(world), "WORLD")), encoding="utf-8")
    for file in sorted((home / "reports").rglob("*")):
        if file.suffix not in (".csv", ".html"):
            continue
        text = file.read_text(encoding="utf-8")
        if file.suffix == ".csv":
            text = _without_column(text, "code_digest")
        plan, _, *within = file.relative_to(home / "reports").parts
        place = kept / "report" / "_".join((plan, *within))
        place.parent.mkdir(exist_ok=True)
        place.write_text(_masked(text), encoding="utf-8")
    register = [path for path in sorted((home / "register").rglob("*")) if path.is_file()]
    lines = [_masked(path.read_text(encoding="utf-8")) for path in register]
    (kept / "register.txt").write_text("\n".join(lines), encoding="utf-8")


def _without_column(text: str, name: str) -> str:
    lines = [line.split(",") for line in text.splitlines()]
    if not lines or name not in lines[0]:
        return text
    place = lines[0].index(name) - len(lines[0])  # from the end: a message before it may hold commas
    return "\n".join(",".join([*cells[:place], *cells[place + 1 :]] if place < -1 else cells[:place]) for cells in lines)


_NAMES = """
import json
from kkz_eval.line.installation import open_installation
from kkz_eval.definitions import build_defs
from kkz_eval.settings import load_settings
graph = build_defs(open_installation(load_settings())).resolve_asset_graph()
print(json.dumps({"assets": sorted(key.to_user_string() for key in graph.get_all_asset_keys()),
    "checks": sorted(f"{key.asset_key.to_user_string()}:{key.name}" for key in graph.asset_check_keys)}, indent=1))
"""


def _checks(folder: Path, files: Sequence[Path]) -> None:
    """What `check --json` says of each file, a file for each; no path in it."""
    folder.mkdir(parents=True)
    for at in range(0, len(files), _AT_ONCE):
        some = files[at : at + _AT_ONCE]
        for file, report in zip(some, json.loads(_run("check", *map(str, some), "--json")), strict=True):
            said = json.dumps(report, ensure_ascii=False, indent=1).replace(str(file.parent), "FOLDER")
            (folder / f"{file.parent.name}_{file.name}.json").write_text(said, encoding="utf-8")


def _run(*arguments: str) -> str:
    """What a command prints. Exit codes of a check that finds something are no fault here."""
    return _python("import sys; from kkz_eval.cli import entry; entry()", *arguments)


def _python(code: str, *arguments: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KKZ_")}
    environment["PYTHONPATH"] = str(ROOT)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, *arguments],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if "Traceback" in done.stderr:
        raise RuntimeError(done.stderr)
    return done.stdout


def _digests(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return "\n".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}" for path in files)


def _masked(text: str) -> str:
    return _DAY.sub("TIME", _DIGEST.sub("DIGEST", text))


def compare(before: Path, after: Path) -> int:
    """Print the names of what differs; 0 where nothing does."""
    sides = [{path.relative_to(side / "kept").as_posix(): path for path in _files(side / "kept")} for side in (before, after)]
    names = sorted(sides[0].keys() | sides[1].keys())
    different = [name for name in names if _bytes(sides[0].get(name)) != _bytes(sides[1].get(name))]
    for name in different:
        print(name if name in sides[0] and name in sides[1] else f"{name} (only on one side)")
    print(f"{len(different)} of {len(names)} differ")
    return 1 if different else 0


def _files(folder: Path) -> Iterable[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _bytes(path: Path | None) -> bytes | None:
    return None if path is None else path.read_bytes()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["record", folder]:
            record(Path(folder))
        case ["compare", before, after]:
            sys.exit(compare(Path(before), Path(after)))
        case _:
            sys.exit(__doc__)
