"""The command line: what a user gets wrong is one sentence (what, where, next step), the right exit code and nothing half-written."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml

from kkz_eval.cli import main
from kkz_eval.simulation.layout import delivery_name, official_name
from kkz_eval.simulation.run import simulate

ROOT = Path(__file__).parents[1]
CONTRACTS = ROOT / "data_contracts"
SHARED_DATA = ROOT / os.environ.get("KKZ_SHARED", "../shared") / "data"
MPDTA = SHARED_DATA / "methods" / "mpdta.csv"
WORKBOOK = SHARED_DATA / "official" / "inkar" / "INKAR2024_B_SchulabgaengerohneAbschluss.xls"
MOST_MODULES_FOR_HELP = 24
NEXT_STEP = re.compile(r"[Bb]itte|Der Jahreslauf|[Gg]emeint|[Ee]rlaubt|Möglich")


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("KKZ_") and name != "KKZ_SHARED"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("KKZ_SETTLE_SECONDS", "0")  # these inboxes are fresh, and nobody writes to them any more


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two years of the model world, with a plan over them; of the deliveries those of school leavers, for time; never changed."""
    folder = tmp_path_factory.mktemp("cli") / "world"
    simulate(folder, 1, years=(2011, 2012))
    for file in (folder / "deliveries").iterdir():
        if not (file.name.startswith("schulabgaenge_") or "amtlich" in file.name):
            file.unlink()
    plan = (CONTRACTS / "plans" / "modellwelt.yaml").read_text(encoding="utf-8")
    (folder / "plan.yaml").write_text(
        plan.replace("[2006, 2019]", "[2011, 2012]").replace("[2009, 2019]", "[2011, 2012]").replace("2007-2010", "2011"),
        encoding="utf-8",
    )
    return folder


def _with_one_outcome(plan: Path, folder: Path) -> Path:
    """A plan without all that takes time: one outcome, one estimator, a report in German."""
    content = yaml.safe_load(plan.read_text(encoding="utf-8"))
    for key in ("audit", "specifications", "negative_controls", "co_treatments"):
        content.pop(key, None)
    (outcome,) = (one for one in content["outcomes"] if one["indicator"] == "schulabgaenge_ohne_abschluss")
    outcome.pop("negative_controls", None)
    inference = {"method": "analytic", "level": 0.95, "draws": 0, "small_sample": "fixest"}
    few = {"outcomes": [outcome], "estimators": [{"id": "twfe", "method": "twfe"}], "languages": ["de"], "inference": inference}
    file = folder / "one_outcome.yaml"
    file.write_text(yaml.safe_dump(content | few, allow_unicode=True), encoding="utf-8")
    return file


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


Command = Callable[..., Said]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command in this process; no traceback may reach the user."""

    def command(*arguments: object) -> Said:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        said = Said(code, *capsys.readouterr())
        assert "Traceback" not in said.out + said.err
        return said

    return command


def _refused(said: Said, *parts: str) -> None:
    """Exit 2 with a sentence on standard error that names the parts and a next step."""
    assert said.code == 2
    assert NEXT_STEP.search(said.err), said.err
    for part in parts:
        assert part in said.err


def _inbox(world: Path, folder: Path) -> Path:
    """A copy of the world's deliveries."""
    return Path(shutil.copytree(world / "deliveries", folder / "inbox"))


def _kept(home: Path) -> list[str]:
    """What is kept below home, without Dagster's run history and the file that says who writes there."""
    files = (path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file())
    return sorted(name for name in files if not name.startswith("dagster/") and name != "writer.lock")


# ---- faults that come before any work: nothing at all is written ----


def test_a_missing_inbox_is_named(cli: Command, world: Path, tmp_path: Path) -> None:
    said = cli("run", "--inbox", tmp_path / "fehlt", "--home", tmp_path / "home", "--plan", world / "plan.yaml")
    _refused(said, str(tmp_path / "fehlt"), "--inbox")
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("indicator: schulabgaenge_hochschulreife, role", "indicator: abitur, role", ["abitur", "schulabgaenge_hochschulreife"]),
        ("cluster: unit_id", "clusters: unit_id", ["clusters", "cluster", "Zeile"]),
        ("outcomes:", "outcomes: [", ["YAML"]),
        (
            "schulabgaenge_hochschulreife: schulabgaenge_amtlich",
            "schulabgaenge_hochschulreife: schulabgaenge",
            ["amtliche Quelle"],
        ),
        ("schulabgaenge_hochschulreife: schulabgaenge_amtlich", "schulabgaenge_hochschulreife: inkar", ["inkar"]),
        ("  schulabgaenge_hochschulreife: schulabgaenge_amtlich\n", "", ["sources", "schulabgaenge_hochschulreife"]),
        ("plan_version: 1", "plan_version: 7", ["plan_version"]),
    ],
    ids=["unknown outcome", "unknown key", "no YAML", "municipal source", "source without it", "no source", "other version"],
)
def test_a_faulty_plan_is_refused_before_anything_is_written(
    cli: Command, world: Path, tmp_path: Path, old: str, new: str, parts: list[str]
) -> None:
    text = (world / "plan.yaml").read_text(encoding="utf-8")
    assert old in text
    plan = tmp_path / "plan.yaml"
    plan.write_text(text.replace(old, new, 1), encoding="utf-8")
    said = cli("run", "--inbox", world / "deliveries", "--home", tmp_path / "home", "--plan", plan)
    _refused(said, *parts)
    assert not (tmp_path / "home").exists()
    _refused(cli("plan", "check", plan), *parts)


def test_a_missing_plan_is_named(cli: Command, world: Path, tmp_path: Path) -> None:
    said = cli("run", "--inbox", world / "deliveries", "--home", tmp_path / "home", "--plan", tmp_path / "kein.yaml")
    _refused(said, "kein.yaml", "gibt es nicht")
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("years", ["abc", "2019-2006", "06-19", ""])
def test_unreadable_years_are_quoted(cli: Command, world: Path, tmp_path: Path, years: str) -> None:
    said = cli("run", "--inbox", world / "deliveries", "--home", tmp_path / "home", "--years", years)
    _refused(said, f"„{years}“", "2006-2019")
    assert not (tmp_path / "home").exists()


def test_years_that_are_no_reporting_years_are_refused(cli: Command, world: Path, tmp_path: Path) -> None:
    arguments = ["--inbox", world / "deliveries", "--home", tmp_path / "home", "--plan", world / "plan.yaml"]
    _refused(cli("run", *arguments, "--years", "2030-2031"), "2030–2031", "1995")
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("content", "parts"),
    [("id: [", ["inkar.odcs.yaml", "Zeile"]), ("id: inkar\n", ["inkar.odcs.yaml"]), ("", ["inkar.odcs.yaml"])],
    ids=["no YAML", "too little", "empty"],
)
def test_a_corrupt_contract_is_named(
    cli: Command, world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, parts: list[str]
) -> None:
    contracts = shutil.copytree(CONTRACTS, tmp_path / "contracts")
    (contracts / "inkar.odcs.yaml").write_text(content, encoding="utf-8")
    monkeypatch.setenv("KKZ_CONTRACTS", str(contracts))
    said = cli("run", "--inbox", world / "deliveries", "--home", tmp_path / "home", "--plan", world / "plan.yaml")
    assert said.code == 2
    for part in parts:
        assert part in said.err
    assert not (tmp_path / "home").exists()


def test_a_home_that_cannot_be_written_is_named(cli: Command, world: Path, tmp_path: Path) -> None:
    (tmp_path / "datei").write_text("x", encoding="utf-8")
    home = tmp_path / "datei" / "home"
    said = cli("run", "--inbox", world / "deliveries", "--home", home, "--plan", world / "plan.yaml")
    _refused(said, str(tmp_path / "datei"), "--home")


def test_an_unknown_language_is_refused(cli: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KKZ_LANGUAGE", "fr")
    _refused(cli("deliveries", "list"), "fr", "KKZ_LANGUAGE")


# ---- faults that the run itself meets ----


def test_an_empty_inbox_leaves_no_report(cli: Command, world: Path, tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    said = cli("run", "--inbox", tmp_path / "inbox", "--home", tmp_path / "home", "--plan", world / "plan.yaml")
    _refused(said, str(tmp_path / "inbox"), "keine Datei")
    assert _kept(tmp_path / "home") == []


def test_a_run_says_that_it_waits_for_a_file_that_was_just_saved(
    cli: Command, world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KKZ_SETTLE_SECONDS", "1")
    (tmp_path / "inbox").mkdir()
    file = tmp_path / "inbox" / "fremd.csv"
    file.write_text("Farbe;Größe\nrot;3\n", encoding="utf-8")
    os.utime(file, (time.time() + 3600,) * 2)
    said = cli("run", "--inbox", tmp_path / "inbox", "--home", tmp_path / "home", "--plan", world / "plan.yaml")
    assert said.out.count("fremd.csv wird vielleicht noch geschrieben; der Lauf wartet") == 1
    assert "fremd.csv: Kein Vertrag kennt diese Spalten" in said.out


def test_an_inbox_of_unknown_files_only_leaves_no_report(cli: Command, world: Path, tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "fremd.csv").write_text("Farbe;Größe\nrot;3\n", encoding="utf-8")
    said = cli("run", "--inbox", tmp_path / "inbox", "--home", tmp_path / "home", "--plan", world / "plan.yaml")
    _refused(said, str(tmp_path / "inbox"), "schulabgaenge_amtlich")
    assert "fremd.csv: Kein Vertrag kennt diese Spalten: Farbe, Größe" in said.out
    assert _kept(tmp_path / "home") == []


def test_years_without_data_are_named_with_those_that_have(cli: Command, world: Path, tmp_path: Path) -> None:
    arguments = ["--inbox", world / "deliveries", "--home", tmp_path / "home", "--plan", world / "plan.yaml"]
    said = cli("run", *arguments, "--years", "1999-2001")
    _refused(said, "1999–2001", "2011–2012")
    assert _kept(tmp_path / "home") == []


def test_coverage_below_the_plan_stops_the_report_and_says_what_is_missing(cli: Command, world: Path, tmp_path: Path) -> None:
    inbox = _inbox(world, tmp_path)
    (inbox / official_name("schulabgaenge", 2012)).unlink()
    said = cli("run", "--inbox", inbox, "--home", tmp_path / "home", "--plan", world / "plan.yaml")
    _refused(said, "schulabgaenge_ohne_abschluss", "13 von 26", "Duisburg 2012", "95 Prozent")
    assert not [name for name in _kept(tmp_path / "home") if name.startswith(("reports/", "derived/effects"))]


def test_unusable_files_among_good_ones_are_named_and_the_others_go_on(cli: Command, world: Path, tmp_path: Path) -> None:
    inbox = _inbox(world, tmp_path)
    (inbox / "leer.csv").write_bytes(b"")
    (inbox / "kaputt.csv").write_bytes(b"\x00\x01\x02" * 50)
    secret = "Tannenhäherweg"
    persons = f"Vorname;Nachname;Geburtsdatum;Straße\nX;Y;01.01.2001;{secret}\n"
    (inbox / "personen.csv").write_text(persons, encoding="utf-8")
    if WORKBOOK.exists():
        (inbox / "halb.xls").write_bytes(WORKBOOK.read_bytes()[:60_000])
    home = tmp_path / "home"
    said = cli("run", "--inbox", inbox, "--home", home, "--plan", _with_one_outcome(world / "plan.yaml", tmp_path))

    assert said.code == 1
    assert "leer.csv ist leer. Bitte" in said.out
    assert "kaputt.csv ist kein lesbarer Text" in said.out
    assert "personen.csv enthält Angaben zu einzelnen Personen: Spalte" in said.out
    if WORKBOOK.exists():
        assert "halb.xls ist unvollständig" in said.out
    assert len(list(home.glob("reports/*/*/bericht.html"))) == 1
    assert f"{len(list((world / 'deliveries').iterdir()))} neu aufgenommen" in said.out
    kept = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    for form in ("utf-8", "cp1252", "utf-16-le"):
        assert secret.encode(form) not in kept
    assert persons.encode() not in kept


# ---- the steward's check of one file ----


def _faulty(world: Path, folder: Path) -> Path:
    """A delivery with one count that is no number."""
    data = (world / "deliveries" / delivery_name("schulabgaenge", "05114000")).read_bytes()
    path = folder / "krefeld.csv"
    path.write_bytes(data.replace(b";insgesamt;", b";insgesamt;viele", 1))
    return path


def test_check_of_a_clean_file_ends_with_0(cli: Command, world: Path) -> None:
    said = cli("check", world / "deliveries" / official_name("schulabgaenge", 2012))
    assert (said.code, said.err) == (0, "")
    assert "ohne Befund (Vertrag schulabgaenge_amtlich)" in said.out


def test_check_of_a_file_with_findings_ends_with_1_and_shows_cell_and_remedy(cli: Command, world: Path, tmp_path: Path) -> None:
    said = cli("check", _faulty(world, tmp_path))
    assert said.code == 1
    assert "(Vertrag schulabgaenge)" in said.out
    assert re.search(r"^ +E4 +Fehler +.*Bitte", said.out, re.MULTILINE), said.out


def test_check_as_json_says_the_same(cli: Command, world: Path, tmp_path: Path) -> None:
    said = cli("check", "--json", _faulty(world, tmp_path), world / "deliveries" / official_name("schulabgaenge", 2011))
    assert said.code == 1
    faulty, clean = json.loads(said.out)
    (table,) = faulty["tables"]
    assert table["errors"] > 0
    assert {"rule", "severity", "cell", "unit", "year", "value", "message", "fix"} <= set(table["findings"][0])
    assert "E4" in {finding["cell"] for finding in table["findings"]}
    assert clean["tables"][0]["findings"] == []


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("leer.csv", b"", "leer.csv ist leer"),
        ("fremd.csv", b"Farbe;Form\nrot;rund\n", "Farbe, Form"),
        ("fehlt.csv", None, "fehlt.csv"),
    ],
)
def test_check_of_what_cannot_be_read_ends_with_2(
    cli: Command, tmp_path: Path, name: str, content: bytes | None, part: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    _refused(cli("check", tmp_path / name), part)


def test_check_by_an_unknown_contract_names_those_there_are(cli: Command, world: Path) -> None:
    _refused(
        cli("check", "--contract", "kita", world / "deliveries" / official_name("schulabgaenge", 2012)),
        "kita",
        "schulabgaenge_amtlich",
    )


def test_check_works_where_no_heavy_library_can_be_imported(world: Path) -> None:
    """pyarrow looks for pandas by itself and does without it; nothing else may ask for one of these."""
    file = world / "deliveries" / official_name("schulabgaenge", 2012)
    program = f"""
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name in ("pandas", "dagster", "great_expectations", "statsmodels", "altair"):
            raise ImportError(name)

sys.meta_path.insert(0, Missing())
from kkz_eval.cli import main
sys.exit(main(["check", {str(file)!r}]))
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert "ohne Befund" in done.stdout


# ---- the other commands ----


@pytest.mark.skipif(not MPDTA.exists(), reason="the published example is not at hand (KKZ_SHARED)")
def test_effects_on_a_published_panel_writes_the_files_and_says_what_is_refused(cli: Command, tmp_path: Path) -> None:
    text = (ROOT / "tests" / "replication" / "mpdta.plan.yaml").read_text(encoding="utf-8")
    text = re.sub(r"  - \{id: cs, .*\n", "", text).replace("event_reference: -1", "event_reference: -9")
    (tmp_path / "plan.yaml").write_text(text, encoding="utf-8")
    panel = _mpdta_panel(tmp_path)
    said = cli("effects", "--panel", panel, "--plan", tmp_path / "plan.yaml", "--out", tmp_path / "out")
    assert said.code == 1, said.err
    files = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"estimates.csv", "estimates.parquet", "weights.csv", "tests.csv", "sensitivity.csv"} <= files
    assert "lemp, es: Keine Zelle beteiligter Einheiten beim Referenzzeitpunkt -9" in said.out


def _mpdta_panel(folder: Path) -> Path:
    """The published panel in the form of the interface."""
    import pandas as pd

    raw = pd.read_csv(MPDTA)
    cohort = raw["first.treat"].astype("Int64")
    panel = pd.DataFrame({"unit_id": raw["countyreal"].astype(int).astype(str), "year": raw["year"], "indicator": "lemp"})
    panel["value"], panel["cohort"] = raw["lemp"], cohort.where(cohort > 0)
    panel.to_csv(folder / "panel.csv", index=False)
    return folder / "panel.csv"


def test_effects_with_a_missing_panel_names_it(cli: Command, world: Path, tmp_path: Path) -> None:
    plan = ROOT / "tests" / "replication" / "mpdta.plan.yaml"
    said = cli("effects", "--panel", tmp_path / "kein.csv", "--plan", plan, "--out", tmp_path / "out")
    _refused(said, "kein.csv")
    assert not (tmp_path / "out").exists()


def test_the_register_of_a_new_home_says_how_to_fill_it(cli: Command, tmp_path: Path) -> None:
    said = cli("deliveries", "list", "--home", tmp_path / "home")
    assert said.code == 0
    assert "kkz-eval run --inbox" in said.out
    assert not (tmp_path / "home").exists()


def test_all_contracts_of_the_installation_are_clean(cli: Command) -> None:
    assert cli("contracts", "lint").code == 0


def test_a_plan_is_checked(cli: Command, world: Path) -> None:
    said = cli("plan", "check", world / "plan.yaml")
    assert said.code == 0
    assert "Der Plan modellwelt ist gültig; Zielgrößen: 9." in said.out


# ---- names ----


@pytest.mark.parametrize(
    ("name", "printable"),
    [(os.fsdecode(b"B\xfcro.csv"), "B\\xfcro.csv"), ("a\nb.csv", "a\\nb.csv"), ("x" * 251 + ".csv", "x" * 251 + ".csv")],
)
@pytest.mark.parametrize("form", ["table", "json"])
def test_a_file_whose_name_cannot_be_kept_is_a_finding_of_its_own_and_the_next_is_checked(
    world: Path, tmp_path: Path, name: str, printable: str, form: str
) -> None:
    delivery = world / "deliveries" / delivery_name("schulabgaenge", "05111000")
    odd, right = tmp_path / name, tmp_path / "right.csv"
    for path in (odd, right):
        path.write_bytes(delivery.read_bytes())
    os.mkfifo(tmp_path / "pipe.csv")
    arguments = [*([] if form == "table" else ["--json"]), str(odd), str(tmp_path / "pipe.csv"), "/dev/zero", str(right)]
    done = subprocess.run(
        [sys.executable, "-m", "kkz_eval", "check", *arguments], capture_output=True, cwd=tmp_path, check=False, env=_with_code()
    )
    assert done.returncode == 2, done.stderr
    said = done.stdout.decode("utf-8") + done.stderr.decode("utf-8")
    assert "Traceback" not in said
    if form == "json":
        reports = json.loads(done.stdout)
        assert [report["readable"] for report in reports] == [False, False, False, True]
        assert reports[0]["file"] == str(tmp_path / printable)
        assert reports[0]["sentence"].startswith(f"{printable}: Der Name der Datei")
    else:
        assert f"{printable}: Der Name der Datei" in said
        assert "pipe.csv ist keine Datei mit Inhalt" in said
        assert "zero ist keine Datei mit Inhalt" in said
        assert "right.csv: ohne Befund" in said


def test_help_loads_hardly_anything() -> None:
    code = (
        "import sys; from kkz_eval.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"sys_path = {str(ROOT)!r}; import sys; sys.path.insert(0, sys_path)\n{code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = done.stderr.split()
    own = [name for name in loaded if name.startswith("kkz_eval")]
    others = {name.partition(".")[0] for name in loaded} & packages_distributions().keys() - {"kkz_eval"}
    assert others <= {"yaml", "_yaml", "_distutils_hack"}  # the last comes with setuptools into every Python
    assert len(own) <= MOST_MODULES_FOR_HELP, own


def _with_code() -> dict[str, str]:
    """The environment of a command, without settings, that finds the code from any folder."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KKZ_")}
    return {**environment, "PYTHONPATH": str(ROOT)}
