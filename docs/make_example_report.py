"""Writes docs/examples/bericht.html, a finished report, from a run of the model world. Run as `python docs/make_example_report.py [HOME]`.

Belongs here: the run of the model world that the documentation shows. Does not belong here: what is in the report, pictures of it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "docs" / "examples" / "bericht.html"
PLAN = ROOT / "data_contracts" / "plans" / "modellwelt.yaml"
LARGEST = 1_500_000  # bytes of the example in the repository
KKZ_EVAL = (sys.executable, "-c", "from kkz_eval.cli import entry; entry()")


def model_world_home(folder: Path) -> Path:
    """A fresh home below `folder` with the report of the model world."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "KKZ_LANGUAGE": "de"}
    world, home = folder / "modellwelt", folder / "home"
    subprocess.run([*KKZ_EVAL, "simulate", "--out", str(world), "--seed", "1"], env=environment, check=True)
    run = ["run", "--inbox", str(world / "deliveries"), "--home", str(home), "--plan", str(PLAN)]
    subprocess.run([*KKZ_EVAL, *run], env=environment, check=True)
    return home


def newest_report(home: Path) -> Path:
    """The report of the model world that was written last in a home. Ends the script where there is none."""
    pages = sorted(home.glob("reports/modellwelt/*/bericht.html"), key=lambda page: page.stat().st_mtime)
    if not pages:
        raise SystemExit(f"No report of the model world in {home}; make one with: make run")
    return pages[-1]


def keep(report: Path) -> Path:
    """Put a report where the documentation shows it. Ends the script where it is no simulated one, or too large."""
    content = report.read_bytes()
    if b'class="simulated"' not in content:
        raise SystemExit(f"{report} does not say that it is simulated; only such a report belongs into the documentation.")
    content = without_links_beside(content.decode("utf-8")).encode("utf-8")
    if len(content) > LARGEST:
        raise SystemExit(f"{report} has {len(content):,} bytes; at most {LARGEST:,} belong into the repository.")
    EXAMPLE.parent.mkdir(exist_ok=True)
    EXAMPLE.write_bytes(content)
    return EXAMPLE


def without_links_beside(page: str) -> str:
    """The page without links to files that lie beside a report: here it stands alone. Of a link to another page the words stay."""
    beside = r'<a href="(?!#|data:|mailto:|https?:)[^"]*"'
    page = re.sub(rf"{beside}[^>]* download\b[^>]*>.*?</a>\n?", "", page)
    return re.sub(rf"{beside}[^>]*>(.*?)</a>", r"\1", page)


def main(arguments: Sequence[str]) -> int:
    """Keep the report of the home that is named, of a fresh one where none is."""
    with tempfile.TemporaryDirectory(prefix="kkz-example-") as folder:
        home = Path(arguments[0]) if arguments else model_world_home(Path(folder))
        print(keep(newest_report(home)).relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
