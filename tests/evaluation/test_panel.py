"""The panel is read strictly; every fault is a sentence with its row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kkz_eval.evaluation.panel import read_panel, validate_panel
from kkz_eval.evaluation.plan import Plan
from kkz_eval.evaluation.plan_file import parse_plan
from kkz_eval.evaluation.problems import PanelInvalid

HEADER = "unit_id,year,indicator,value,cohort,x1,people,region\n"
ROWS = "05111,2010,y,1.5,2012,0.1,10,a\n05111,2012,y,,2012,,10,a\n05112,2010,y,-2e3,,0.3,5,\n"


def _plan(**keys: object) -> Plan:
    base = {"plan_version": 1, "id": "p", "outcomes": [{"indicator": "y"}], "estimators": [{"id": "t", "method": "twfe"}]}
    return parse_plan({**base, **keys}, "test")


def _read(path: Path, content: str) -> pd.DataFrame:
    path.write_text(content, encoding="utf-8")
    return read_panel(path)


def _faults(path: Path, content: str) -> list[tuple[str, int | None]]:
    with pytest.raises(PanelInvalid) as caught:
        _read(path, content)
    assert caught.value.exit_code == 2
    assert str(path) in caught.value.sentence.in_language("de")
    return [(problem.code, problem.line) for problem in caught.value.problems]


def test_csv_is_converted_strictly(tmp_path: Path) -> None:
    frame = _read(tmp_path / "p.csv", HEADER + ROWS)
    assert frame["unit_id"].tolist() == ["05111", "05111", "05112"]
    assert frame["value"].tolist()[::2] == [1.5, -2000.0]
    assert np.isnan(frame["value"][1])
    assert frame["cohort"].isna().tolist() == [False, False, True]
    assert frame["year"].dtype == "int64"


@pytest.mark.parametrize(
    "change",
    [
        lambda t: "\ufeff" + t,
        lambda t: t.replace("\n", "\r\n"),
        lambda t: t + "\n\n",
        lambda t: t.replace("2012,0.1", "2012.0,0.1"),
    ],
)
def test_forms_that_say_the_same(tmp_path: Path, change: object) -> None:
    expected = _read(tmp_path / "a.csv", HEADER + ROWS)
    pd.testing.assert_frame_equal(_read(tmp_path / "b.csv", change(HEADER + ROWS)), expected)  # type: ignore[operator]


def test_parquet_gives_the_same_frame_as_csv(tmp_path: Path) -> None:
    frame = validate_panel(_read(tmp_path / "p.csv", HEADER + ROWS), _plan(covariates=["x1"], weight="people", cluster="region"))
    frame.to_parquet(tmp_path / "p.parquet", index=False)
    frame.set_index("unit_id").to_parquet(tmp_path / "indexed.parquet")
    again = validate_panel(read_panel(tmp_path / "p.parquet"), _plan(covariates=["x1"], weight="people", cluster="region"))
    pd.testing.assert_frame_equal(again, frame)
    assert read_panel(tmp_path / "indexed.parquet")["unit_id"].tolist() == frame["unit_id"].tolist()


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("05113,20x,y,1,,,,", "cell_not_integer"),
        ("05113,2010.5,y,1,,,,", "cell_not_integer"),
        ("05113,,y,1,,,,", "cell_empty"),
        (",2010,y,1,,,,", "cell_empty"),
        ("05113,2010,,1,,,,", "cell_empty"),
        ('05113,2010,y,"1,5",,,,', "cell_not_number"),
        ("05113,2010,y,NA,,,,", "cell_not_number"),
        ("05113,2010,y,inf,,,,", "cell_not_number"),
        ("05113,2010,y,1e999,,,,", "cell_infinite"),
        ("05113,2010,y,1,never,,,", "cell_not_integer"),
        ("05113,2010,y,1", "row_length"),
        ("05113,2010,y,1,,,,,", "row_length"),
        ("05112,2010,y,3,,,,", "duplicate_row"),
        ("05112,2011,y,3,2017,,,", "cohort_varies"),
        ("05113,2010,y,3,0,,,", "cohort_zero"),
        ("05111,2011,y,3,,,,", "cohort_varies"),
    ],
)
def test_a_faulty_row_is_named(tmp_path: Path, row: str, code: str) -> None:
    assert _faults(tmp_path / "p.csv", HEADER + ROWS + row + "\n") == [(code, 5)]


@pytest.mark.parametrize(
    ("content", "codes"),
    [
        ("", ["panel_empty"]),
        (HEADER, ["panel_empty"]),
        (HEADER.replace(",", ";") + ROWS.replace(",", ";"), ["panel_separator"]),
        (HEADER.replace(",", ";") + ROWS.replace(",", ";").replace(".", ","), ["panel_separator"]),
        (HEADER.replace("x1", "value") + ROWS, ["column_repeated"]),
        (HEADER + ROWS + '"a', ["panel_unreadable"]),
        (HEADER + ROWS + "\n" + ROWS.splitlines()[0], ["row_length"]),
    ],
)
def test_files_that_are_no_panel(tmp_path: Path, content: str, codes: list[str]) -> None:
    assert [code for code, _ in _faults(tmp_path / "p.csv", content)] == codes


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "p.parquet").write_bytes(b"no parquet")
    (tmp_path / "latin.csv").write_bytes((HEADER + ROWS.replace("05111", "Düren")).encode("latin-1"))
    for name, code in [
        ("p.xlsx", "panel_format"),
        ("none.csv", "file_missing"),
        ("p.parquet", "panel_unreadable"),
        ("latin.csv", "not_utf8"),
    ]:
        with pytest.raises(PanelInvalid) as caught:
            read_panel(tmp_path / name)
        assert caught.value.problems[0].code == code


def test_many_faults_of_one_kind_are_counted(tmp_path: Path) -> None:
    rows = "".join(f"u{number},2010,y,x,,,,\n" for number in range(40))
    with pytest.raises(PanelInvalid) as caught:
        _read(tmp_path / "p.csv", HEADER + rows)
    faults = caught.value.problems
    assert (len(faults), faults[-1].code, faults[-1].line) == (11, "more", None)
    assert caught.value.sentence.in_language("de").splitlines()[0].endswith("(40 zu beheben):")


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ({"covariates": ["income"]}, "plan_column_missing"),
        ({"weight": "pop"}, "plan_column_missing"),
        ({"cluster": "state"}, "plan_column_missing"),
        ({"estimators": [{"id": "d", "method": "dose"}]}, "plan_column_missing"),
        ({"outcomes": [{"indicator": "z"}]}, "outcome_missing"),
        ({"covariates": ["region"]}, "column_of_texts"),
        ({"comparison": {"adjust": ["region"]}}, "column_of_texts"),
    ],
)
def test_what_the_plan_names_must_be_there(tmp_path: Path, keys: dict[str, object], code: str) -> None:
    frame = _read(tmp_path / "p.csv", HEADER + ROWS)
    with pytest.raises(PanelInvalid) as caught:
        validate_panel(frame, _plan(**keys))
    assert caught.value.problems[0].code == code
    assert caught.value.sentence.in_language("de") != caught.value.sentence.in_language("en")


def test_negative_weights_are_named(tmp_path: Path) -> None:
    frame = _read(tmp_path / "p.csv", HEADER + ROWS.replace(",5,", ",-5,"))
    with pytest.raises(PanelInvalid) as caught:
        validate_panel(frame, _plan(weight="people"))
    assert [(problem.code, problem.line) for problem in caught.value.problems] == [("cell_negative_weight", 4)]


def test_whole_numbers_as_unit_are_text_and_floats_are_refused() -> None:
    frame = pd.DataFrame({"unit_id": [1, 2], "year": [2010, 2010], "indicator": "y", "value": [1, 2], "cohort": [np.nan, 2012.0]})
    assert validate_panel(frame, _plan())["unit_id"].tolist() == ["1", "2"]
    with pytest.raises(PanelInvalid) as caught:
        validate_panel(frame.assign(unit_id=[1.5, 2.5]), _plan())
    assert [problem.code for problem in caught.value.problems] == ["column_not_text"]


@pytest.mark.parametrize(
    ("column", "cell", "shown"),
    [("cohort", 2012.5, "„cohort“ enthält 2012.5;"), ("year", pd.Timestamp("2010-01-01"), "„year“ enthält 2010-01-01 00:00:00;")],
)
def test_cells_are_shown_without_the_names_of_their_types(column: str, cell: object, shown: str) -> None:
    frame = pd.DataFrame({"unit_id": ["a"], "year": [2010], "indicator": "y", "value": [1.0], "cohort": [np.nan]})
    with pytest.raises(PanelInvalid) as caught:
        validate_panel(frame.assign(**{column: [cell]}), _plan())
    assert shown in caught.value.sentence.in_language("de")


def test_neighbours_are_asked_for_among_kreise_only(tmp_path: Path) -> None:
    frame = _read(tmp_path / "p.csv", HEADER + ROWS)
    plan = _plan(specifications=[{"id": "apart", "controls": "not_adjacent"}])
    validate_panel(frame, plan)
    with pytest.raises(PanelInvalid) as caught:
        validate_panel(frame.assign(unit_id=["05111", "05111", "Ahlen"]), plan)
    (problem,) = caught.value.problems
    assert (problem.code, problem.parameters["unit"]) == ("no_neighbours", "Ahlen")
