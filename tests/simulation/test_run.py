"""What simulate writes: the same bytes for the same seed, German text files, sums that hold, all or nothing."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kkz_eval.contracts.load import load_contracts
from kkz_eval.contracts.masks import judge
from kkz_eval.deliveries.reader import Claimed, read_file
from kkz_eval.model.errors import UserError
from kkz_eval.reference.tables import as_whole_kreis, known_units, kreis_of, kreise, programme_units
from kkz_eval.simulation.grid import MADE_UP
from kkz_eval.simulation.layout import FORMS
from kkz_eval.simulation.parameters import DATASETS, OFFICIAL_DATASETS
from kkz_eval.simulation.run import SimulationSummary, simulate

BOM = b"\xef\xbb\xbf"
CONTRACTS = Path(__file__).parents[2] / "data_contracts"
ROWS_A_YEAR = {"schulabgaenge": 18, "bevoelkerung": 21, "kindertagesbetreuung": 18, "mindestsicherung": 2}
HEADERS = {
    "schulabgaenge": "Schuljahr;Abschluss;Geschlecht",
    "bevoelkerung": "Jahr;Altersgruppe;Geschlecht",
    "kindertagesbetreuung": "Jahr;Altersgruppe;Betreuungsform",
    "mindestsicherung": "Jahr;Personengruppe",
}
NUMBERS = {"schulabgaenge": "21111", "bevoelkerung": "12411", "kindertagesbetreuung": "22541", "mindestsicherung": "22811"}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> SimulationSummary:
    return simulate(tmp_path_factory.mktemp("world") / "out", 11)


def _tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def _text(path: Path) -> str:
    content = path.read_bytes()
    return content.decode("utf-8-sig") if content.startswith(BOM) else content.decode("cp1252")


def _of(paths: tuple[Path, ...], dataset: str) -> list[Path]:
    return [path for path in paths if path.name.startswith(f"{dataset}_")]


def _records(path: Path) -> Iterator[list[str]]:
    lines = _text(path).split("\r\n")
    for line in lines[lines.index(next(line for line in lines if line.endswith(";Anzahl"))) + 1 :]:
        if ";" not in line:
            return
        yield line.split(";")


def test_the_same_seed_gives_the_same_bytes(written: SimulationSummary, tmp_path: Path) -> None:
    simulate(tmp_path / "again", 11)
    assert _tree(tmp_path / "again") == _tree(written.out)


def test_another_seed_gives_other_counts(written: SimulationSummary, tmp_path: Path) -> None:
    simulate(tmp_path / "other", 12)
    names = [path.name for path in written.official]
    assert all(
        (tmp_path / "other" / "deliveries" / name).read_bytes() != (written.out / "deliveries" / name).read_bytes()
        for name in names
    )


def test_everything_named_in_the_summary_is_there_and_nothing_else(written: SimulationSummary) -> None:
    named = {*written.deliveries, *written.official, written.truth, written.truth_att}
    named |= {written.out / "effects.yaml", written.out / "seed.json"}
    assert {path for path in written.out.rglob("*") if path.is_file()} == named
    assert (len(written.deliveries), len(written.official)) == (
        10 * 40 + 2 * 39 + 11 + 7,
        4 * 14 + 3,
    )  # one Kreis has no youth office; who set goals, who asked parents
    assert not [path for path in written.out.parent.iterdir() if path.name.endswith(".partial")]


def test_deliveries_are_what_a_german_spreadsheet_writes(written: SimulationSummary) -> None:
    for dataset in DATASETS:
        paths = _of(written.deliveries, dataset)
        contents = [path.read_bytes() for path in paths]
        assert len(contents) == 40
        assert sum(content.startswith(BOM) for content in contents) == 1
        for path, content in zip(paths, contents, strict=True):
            lines = _text(path).split("\r\n")
            assert "\n" not in "".join(lines)
            assert lines[0] == f"Gemeindeschlüssel;{HEADERS[dataset]};Anzahl"
            assert lines[-3:] == ["", MADE_UP, ""]
            assert len(lines) == 1 + 14 * ROWS_A_YEAR[dataset] + 3
            if not content.startswith(BOM):
                with pytest.raises(UnicodeDecodeError):
                    content.decode("utf-8")


def test_some_deliveries_lost_the_leading_zero(written: SimulationSummary) -> None:
    for dataset in DATASETS:
        lost = 0
        for unit, path in zip(programme_units(), _of(written.deliveries, dataset), strict=True):
            keys = {record[0] for record in _records(path)}
            assert keys in ({unit.ags}, {unit.ags.removeprefix("0")})
            lost += keys != {unit.ags}
        assert 0 < lost < 40


def test_school_years_end_in_the_reporting_year(written: SimulationSummary) -> None:
    years = list(dict.fromkeys(record[1] for record in _records(written.deliveries[0])))
    assert (years[0], years[-1], len(years)) == ("2005/06", "2018/19", 14)


def test_names_of_files_are_plain_ascii(written: SimulationSummary) -> None:
    names = {path.name for path in written.deliveries}
    assert {f"{dataset}_05117000_Muelheim_an_der_Ruhr.csv" for dataset in DATASETS} < names
    assert all(name.isascii() for name in names)


def test_official_tables_look_like_those_of_the_offices(written: SimulationSummary) -> None:
    for dataset in DATASETS:
        for year, path in zip(range(2006, 2020), _of(written.official, f"{dataset}_amtlich"), strict=True):
            lines = path.read_bytes().decode("cp1252").split("\r\n")
            assert path.name == f"{dataset}_amtlich_{year}.csv"
            assert lines[0] == f"Tabelle: {NUMBERS[dataset]}-kkz;{FORMS[dataset].title}"
            assert lines[1] == f"Kreisschlüssel;{HEADERS[dataset].replace('Schuljahr', 'Jahr')};Anzahl"
            assert lines[-4] == "__________"
            assert "simulierte Daten, keine amtlichen Zahlen" in lines[-3]
            records = list(_records(path))
            assert len(records) == 53 * ROWS_A_YEAR[dataset]
            assert {record[1] for record in records} == {str(year)}
            assert len({record[0] for record in records}) == 53
            assert {len(record[0]) for record in records} == {5}


def test_tables_of_all_years_look_like_those_of_regionalstatistik(written: SimulationSummary) -> None:
    for dataset, number in zip(OFFICIAL_DATASETS, ("12612-01-01", "12411-05-01", "13211-02-05"), strict=True):
        (path,) = _of(written.official, f"{dataset}_amtlich")
        lines = path.read_bytes().decode("cp1252").split("\r\n")
        assert path.name == f"{dataset}_amtlich_2006-2019.csv"
        assert lines[0] == f"Tabelle: {number}-kkz"
        assert lines[-4:] == [
            "__________",
            "© Modellwelt der Evaluation: simulierte Daten, keine amtlichen Zahlen.",
            "Stand: 01.03.2020",
            "",
        ]
        records = [line.split(";") for line in lines if line[:1] in "12" and line]
        assert [record[0] for record in records] == [str(year) for year in range(2019, 2005, -1) for _ in range(53)]
        assert {record[1] for record in records} == {kreis.ags5 for kreis in kreise()}
        assert len({line.count(";") for line in lines[1:-4]}) == 1


def test_births_and_rates_of_unemployment_agree_with_what_municipalities_count(written: SimulationSummary) -> None:
    """Births of a town are among those of its Kreis, of a Kreis the same; the rate of the young is that of their number."""
    official = _typed(written, "geburten_amtlich", "geburten_amtlich")
    births = {(row["unit_id"], row["year"]): row["births"] for row in official if row["sex"] == "insgesamt"}
    delivered = _typed(written, "geburten_fruehe_hilfen", "geburten_fruehe_hilfen")
    assert len({row["unit_id"] for row in delivered}) == 40
    for row in delivered:
        of_kreis = births[kreis_of(row["unit_id"]), row["year"]]
        assert row["births"] == of_kreis if as_whole_kreis(row["unit_id"]) else row["births"] < of_kreis
    unemployed = {
        (row["unit_id"], row["year"], row["group"]): row
        for row in _typed(written, "arbeitslosigkeit_amtlich", "arbeitslosigkeit_amtlich")
    }
    assert {
        year for (_, year, group), row in unemployed.items() if group == "15_bis_unter_25" and row["rate"] is not None
    } == set(range(2009, 2020))
    young = [row for row in _typed(written, "ausbildung_und_arbeit", "ausbildung_und_arbeit") if row["sex"] == "insgesamt"]
    whole = [row for row in young if as_whole_kreis(row["unit_id"])]
    assert len(whole) > 100
    for row in whole:
        cell = unemployed[kreis_of(row["unit_id"]), row["year"], "15_bis_unter_25"]
        assert row["unemployed_15_24"] == cell["unemployed"]


def _typed(written: SimulationSummary, prefix: str, contract_id: str) -> list[dict[str, Any]]:
    """The records of the files of a dataset as their contract reads them."""
    contracts = load_contracts(CONTRACTS)
    found: list[dict[str, Any]] = []
    for path in _of((*written.deliveries, *written.official), prefix):
        result = read_file(path.read_bytes(), path.name, contracts)
        assert isinstance(result, Claimed)
        (parsed,) = result.parsed
        assert parsed.contract_id == contract_id
        found += parsed.table.select(list(parsed.property_names())).to_pylist()
    return found


@pytest.mark.parametrize("dataset", OFFICIAL_DATASETS)
def test_a_table_of_all_years_is_accepted_by_its_own_contract_without_a_finding(written: SimulationSummary, dataset: str) -> None:
    contracts = load_contracts(CONTRACTS)
    (path,) = _of(written.official, f"{dataset}_amtlich")
    result = read_file(path.read_bytes(), path.name, contracts)
    assert isinstance(result, Claimed)
    (parsed,) = result.parsed
    assert parsed.contract_id == f"{dataset}_amtlich"
    assert judge(parsed, contracts[parsed.contract_id], known_units()).num_rows == 0


@pytest.mark.parametrize("dataset", DATASETS)
def test_each_file_is_accepted_by_its_own_contract_without_a_finding(written: SimulationSummary, dataset: str) -> None:
    contracts = load_contracts(CONTRACTS)
    for paths, contract_id in ((written.deliveries, dataset), (written.official, f"{dataset}_amtlich")):
        path = _of(paths, dataset)[0]
        result = read_file(path.read_bytes(), path.name, contracts)
        assert isinstance(result, Claimed)
        (parsed,) = result.parsed
        assert parsed.contract_id == contract_id
        assert judge(parsed, contracts[contract_id], known_units()).num_rows == 0


def test_parts_sum_exactly_to_totals_in_every_file(written: SimulationSummary) -> None:
    *parts, total = (label for label, _ in FORMS["schulabgaenge"].columns[0].labels)
    men, women, both = (label for label, _ in FORMS["schulabgaenge"].columns[1].labels)
    for path in _of((*written.deliveries, *written.official), "schulabgaenge"):
        cells = {tuple(record[:4]): int(record[4]) for record in _records(path)}
        for (key, year, certificate, sex), value in cells.items():
            if sex == both:
                assert value == cells[key, year, certificate, men] + cells[key, year, certificate, women]
            if certificate == total:
                assert value == sum(cells[key, year, part, sex] for part in parts)


def test_truth_has_every_kreis_year_and_indicator(written: SimulationSummary) -> None:
    with written.truth.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({(row["kreis_ags5"], row["year"], row["indicator"]) for row in rows}) == len(rows) == 53 * 14 * 8
    for row in rows:
        difference = float(row["share_with_percent"]) - float(row["share_without_percent"])
        assert difference == pytest.approx(float(row["effect_percentage_points"]), abs=1e-9)
    assert "-0.0000000000" not in written.truth.read_text(encoding="utf-8")


def test_the_true_att_is_that_of_the_effects_file(written: SimulationSummary) -> None:
    with written.truth_att.open(encoding="utf-8", newline="") as file:
        rows = {(row["indicator"], row["cohort"], row["year_from"], row["year_to"]): row for row in csv.DictReader(file)}
    row = rows["schulabgaenge_ohne_abschluss", "2012", "2012", "2019"]
    assert (float(row["att_percentage_points"]), row["n_kreise"]) == (-1.0, "13")
    row = rows["schulabgaenge_hochschulreife", "2017", "2017", "2019"]
    assert (float(row["att_percentage_points"]), row["n_kreise"]) == (2.0, "14")
    assert float(rows["schulabgaenge_hauptschulabschluss", "all", "2012", "2019"]["att_percentage_points"]) == 0
    row = rows["betreuungsquote_u3", "2012", "2012", "2019"]
    assert (float(row["att_percentage_points"]), row["n_kreise"]) == (1.5, "13")
    row = rows["betreuungsquote_ue3", "2012", "2012", "2019"]
    assert (float(row["att_percentage_points"]), row["n_kreise"]) == (1.0, "13")
    row = rows["jugendarbeitslosenquote", "2012", "2012", "2019"]
    assert (float(row["att_percentage_points"]), row["n_kreise"]) == (-0.5, "13")
    assert float(rows["schulabgaenge_mittlerer_abschluss", "all", "2012", "2019"]["att_percentage_points"]) == -1.0


def test_the_effects_and_the_seed_stand_beside_the_deliveries(tmp_path: Path) -> None:
    effects = tmp_path / "mine.yaml"
    effects.write_text("effects_version: 1\neffects: []  # nothing\n", encoding="utf-8")
    simulate(tmp_path / "out", 5, effects, (2010, 2012))
    assert (tmp_path / "out" / "effects.yaml").read_bytes() == effects.read_bytes()
    assert json.loads((tmp_path / "out" / "seed.json").read_text(encoding="utf-8")) == {
        "model_version": 8,
        "seed": 5,
        "years": [2010, 2012],
    }


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert simulate(tmp_path / "out", 1, None, (2012, 2012)).truth.exists()


def test_a_folder_with_content_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UserError) as caught:
        simulate(tmp_path, 1)
    assert str(tmp_path) in caught.value.sentence.in_language("de")
    assert "nicht leer" in caught.value.sentence.in_language("de")
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("", encoding="utf-8")
    with pytest.raises(UserError, match="is a file"):
        simulate(tmp_path / "out", 1)


def test_the_working_folder_itself_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="working in"):
        simulate(Path(), 1, None, (2012, 2012))
    assert simulate(Path("out"), 1, None, (2012, 2012)).truth.exists()


def test_a_link_to_an_empty_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    simulate(tmp_path / "link", 1, None, (2012, 2012))
    assert (tmp_path / "real" / "truth.csv").exists()


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(UserError, match="can't be written"):
        simulate(tmp_path / "file" / "out", 1, None, (2012, 2012))


def test_nothing_is_written_where_the_effects_are_wrong(tmp_path: Path) -> None:
    effects = tmp_path / "wrong.yaml"
    effects.write_text("effects_version: 1\neffects: 3\n", encoding="utf-8")
    with pytest.raises(UserError):
        simulate(tmp_path / "out", 1, effects)
    assert [path.name for path in tmp_path.iterdir()] == ["wrong.yaml"]


@pytest.mark.parametrize("years", [(2019, 2006), (1990, 2019), (2006, 2050)])
def test_years_that_do_not_fit_are_refused(tmp_path: Path, years: tuple[int, int]) -> None:
    with pytest.raises(UserError, match="2000–2030"):
        simulate(tmp_path / "out", 1, None, years)


def test_a_negative_seed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="negative"):
        simulate(tmp_path / "out", -1)
