"""contracts diff with a register, contracts docs, simulate --faults, and what is doubtful beside other deliveries: as people call them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest

from kkz_eval.checks.plausibility import plausibility_check
from kkz_eval.cli import main
from kkz_eval.commands.contracts import diff_contracts
from kkz_eval.line.installation import Installation, open_installation
from kkz_eval.line.intake import judge_arrivals, land
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.settings import Settings

FOLDER = Path(__file__).parents[2] / "data_contracts"
YEARS = (2015, 2016)
AGES = ("unter 3 Jahre", "3 bis unter 6", "6–14", "15 bis unter 18", "18 bis unter 21 Jahre", "ab 21")


def population(under_3: int) -> str:
    lines = ["AGS;Jahr;Altersgruppe;Geschlecht;Einwohner"]
    for year in YEARS:
        people = [under_3, 1000, 3000, 1000, 1000, 20000]
        for age, count in (*zip(AGES, people, strict=True), ("Gesamt", sum(people))):
            lines += [f"05911000;{year};{age};{sex};{part * count}" for sex, part in (("m", 1), ("w", 1), ("insgesamt", 2))]
    return "\n".join(lines) + "\n"


def welfare(persons: dict[int, int]) -> str:
    lines = ["Gemeindeschlüssel;Berichtsjahr;Gruppe;Anzahl"]
    for year, count in persons.items():
        lines += [f"05911000;{year};Personen;{count}", f"05911000;{year};Kinder unter 15;{count // 4}"]
    return "\n".join(lines) + "\n"


@pytest.fixture
def line(tmp_path: Path) -> Installation:
    """A register with the population and the persons in households of one city; in 2016 they are more than all people."""
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "people.csv").write_text(population(900), encoding="utf-8")
    (inbox / "welfare.csv").write_text(welfare({2015: 9000, 2016: 60000}), encoding="utf-8")
    line = open_installation(Settings(tmp_path / "home", inbox, FOLDER), [])
    land(line, YEARS)
    sources = judge_arrivals(line, YEARS)
    assert [source.verdict.n_errors + source.verdict.n_warnings for source in sources] == [0, 0]
    return line


def test_what_is_doubtful_is_found_beside_verdicts_that_stand(line: Installation) -> None:
    found = current_snapshot(line).doubts(line.contracts["mindestsicherung"])
    assert [(doubt.finding.rule, doubt.finding.cell, doubt.finding.allowed) for doubt in found] == [
        ("persons_not_above_population", "D4", "≤ 53800"),
        ("persons_jump", "D4", "6300–11700 (2015: 9000)"),
    ]
    assert current_snapshot(line).doubts(line.contracts["bevoelkerung"]) == ()


def test_the_check_warns_without_values_of_cells(line: Installation) -> None:
    asset = dg.AssetSpec("observations")
    check = plausibility_check(line.contracts["mindestsicherung"])
    run = dg.materialize([dg.multi_asset(specs=[asset], name="observed")(_nothing), check], resources={"installation": line})
    (evaluation,) = run.get_asset_check_evaluations()
    assert not evaluation.passed
    assert evaluation.severity == dg.AssetCheckSeverity.WARN
    assert "welfare.csv, D4" in str(evaluation.description)
    assert "60000" not in str(evaluation.description)
    assert evaluation.metadata["hinweise"].value == 2


def _nothing() -> dg.MaterializeResult:  # type: ignore[type-arg]
    return dg.MaterializeResult(asset_key="observations")


def changed(tmp_path: Path, *pairs: tuple[str, str]) -> Path:
    source = (FOLDER / "mindestsicherung.odcs.yaml").read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in source
        source = source.replace(old, new)
    path = tmp_path / "mindestsicherung.odcs.yaml"
    path.write_text(source, encoding="utf-8")
    return path


def diff(*arguments: object) -> int:
    return main(["contracts", "diff", *(str(argument) for argument in arguments)])


OLD = FOLDER / "mindestsicherung.odcs.yaml"
STRICTER = ("minimum: 1990, maximum: 2050", "minimum: 2016, maximum: 2050")


def test_diff_names_the_deliveries_that_would_be_judged_differently_and_judges_none(
    line: Installation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = line.register().verdicts
    new = changed(tmp_path, STRICTER, ("version: 1.1.0", "version: 2.0.0"))
    assert diff(OLD, new, "--home", line.settings.home) == 1
    said = capsys.readouterr().out
    assert "welfare.csv, 05911000 2015: angenommen, würde zurückgewiesen (Regel year.range)." in said
    assert "2016: angenommen" not in said
    assert "Die Fassung 2.0.0 sagt" in said
    assert line.register().verdicts == before


def test_diff_names_the_deliveries_in_which_the_new_version_reads_other_values(
    line: Installation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = changed(tmp_path, ("value: children_under_15", "value: children_u15"), ("version: 1.1.0", "version: 2.0.0"))
    diff(OLD, new, "--home", line.settings.home)
    said = capsys.readouterr().out
    assert "welfare.csv: bliebe angenommen, die neue Fassung liest aber andere Werte" in said
    assert "würde anders beurteilt" not in said


def test_diff_says_where_a_delivery_would_belong_to_no_contract(
    line: Installation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = changed(
        tmp_path, ("          - {synonym: Gruppe, locale: de}\n", ""), ("          - {synonym: Anzahl, locale: de}\n", "")
    )
    diff(OLD, new, "--home", line.settings.home)
    assert "welfare.csv: angenommen, gehört nach der neuen Fassung" in capsys.readouterr().out


def test_diff_of_a_compatible_version_ends_with_0_and_looks_where_the_deliveries_of_the_home_are(
    line: Installation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = changed(tmp_path, ("synonym: Anzahl,", "synonym: Anzahl Personen, locale: de}\n          - {synonym: Anzahl,"), ("version: 1.1.0", "version: 1.2.0"))  # fmt: skip
    assert diff(OLD, new, "--home", line.settings.home) == 0
    assert "Keine der 1 Lieferungen" in capsys.readouterr().out
    elsewhere = replace(line.settings, home=tmp_path / "of_this_machine", object_store=f"file://{line.settings.home}")
    assert diff_contracts(elsewhere, OLD, new, with_register=True) == 0
    assert "Keine der 1 Lieferungen" in capsys.readouterr().out


def test_a_version_that_says_too_little_ends_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert diff(OLD, changed(tmp_path, ("share: 0.3", "share: 0.4"))) == 1
    assert "mindestens 1.2.0" in capsys.readouterr().out


def test_two_different_contracts_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert diff(OLD, FOLDER / "netzwerk.odcs.yaml") == 2
    assert "verschiedenen Datensätzen" in capsys.readouterr().err


def test_docs_writes_a_page_and_a_template_for_each_dataset(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["contracts", "docs", "--out", str(tmp_path / "seiten")]) == 0
    assert "15 Datensätzen" in capsys.readouterr().out
    names = sorted(path.name for path in (tmp_path / "seiten").iterdir())
    assert (len(names), "index.html" in names) == (32, True)
    assert {"netzwerk.html", "vorlage_netzwerk.xlsx", "regeln"} < set(names)
    assert {"index.html", "reader_scale.html", "jump.html"} < {path.name for path in (tmp_path / "seiten" / "regeln").iterdir()}
    assert 'href="regeln/index.html"' in (tmp_path / "seiten" / "index.html").read_text(encoding="utf-8")


def test_docs_in_place_of_a_file_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "seiten").write_text("", encoding="utf-8")
    assert main(["contracts", "docs", "--out", str(tmp_path / "seiten")]) == 2
    assert str(tmp_path / "seiten") in capsys.readouterr().err


def test_simulate_lists_the_faults_that_it_plants(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--out", str(tmp_path / "world"), "--faults", "1"]) == 0
    assert str(tmp_path / "world" / "faults.csv") in capsys.readouterr().out
    assert (tmp_path / "world" / "faults.csv").read_text(encoding="utf-8").startswith("file,cell,rule,before,after\n")
