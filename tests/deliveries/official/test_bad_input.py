"""Bad official files: a finding with its address, never a wrong number, never a crash."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from official_values import (
    CUBE,
    EDITIONS,
    GISD,
    LONG,
    NEW_GERMAN,
    NEW_HEADER,
    OLDER_GERMAN,
    PANEL,
    TABLE,
    TEXTS,
    WEGWEISER,
    at,
    kinds,
    official,
)

import kkz_eval.deliveries.official
from kkz_eval.deliveries.official.read import read_official
from kkz_eval.deliveries.official.table import OfficialTable
from kkz_eval.deliveries.text.records import NotTextError
from kkz_eval.model.findings import iter_findings
from kkz_eval.model.texts import LANGUAGES, Language, catalogue


def found(table: OfficialTable, kind: str) -> list[tuple[int | None, int | None, str | None, str | None]]:
    """Row, column, value and allowed of the findings of one kind."""
    return [(f.row, f.column, f.value, f.allowed) for f in iter_findings(table.findings) if f.kind == kind]


def values(table: OfficialTable) -> dict[tuple[object, ...], float]:
    """Numbers by address and meaning."""
    return {
        (r["row"], r["column"], r["unit_id"], r["level"], r["time"], r["measure"], str(r["dimensions"]), r["edition"]): r["value"]
        for r in table.table.to_pylist()
        if r["value"] is not None
    }


@pytest.mark.parametrize("family", TEXTS)
def test_a_file_cut_anywhere_never_gives_a_wrong_number(family: str) -> None:
    text = TEXTS[family]
    whole = values(official(text))
    assert whole
    for end in range(1, len(text)):
        try:
            cut = read_official(text[:end].encode())
        except NotTextError:
            continue
        if cut is None:
            continue
        read = values(cut)
        wrong = {key: value for key, value in read.items() if key not in whole or whole[key] != value}
        assert not wrong, (end, text[:end][-40:], wrong)
        lost = len(whole) - len(read)
        between_lines = text[:end].endswith(("\n", "\r"))
        if lost and not (between_lines and family not in ("datencsv", "wegweiser")):  # only a footer tells of missing lines
            assert cut.findings.num_rows, (end, text[:end][-40:])


@pytest.mark.parametrize("family", TEXTS)
@settings(max_examples=40, deadline=None)
@given(
    place=st.integers(0, 2000), junk=st.sampled_from([b"", b";", b"\n", b'"', b"\r", b"\xff", b"x;y\n", b"\n\n", b";;;;;;;;;"])
)
def test_no_damage_raises(family: str, place: int, junk: bytes) -> None:
    data = TEXTS[family].encode()
    place %= len(data)
    with suppress(NotTextError):
        read_official(data[:place] + junk + data[place + 1 :])


def test_a_table_of_genesis_without_its_footer_was_cut() -> None:
    table = official(TABLE[: TABLE.index("____")])
    assert found(table, "official_no_footer") == [(10, None, None, None)]
    assert table.n_values == 6


def test_a_footer_without_its_last_line_is_a_hint() -> None:
    table = official(TABLE[: TABLE.index("Stand:")])
    assert kinds(table) == ["official_footer_cut"]
    assert table.edition == ""


def test_records_below_the_footer_are_found() -> None:
    assert "official_after_footer" in kinds(official(TABLE + "2024;05;Nordrhein-Westfalen;1;2\n"))
    extra = "Ahlen;05570004;055700004004;Nordrhein-Westfalen;1,0;2\n"
    assert found(official(WEGWEISER + extra), "official_after_footer")[0][0] == 7


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (";;;Insgesamt;ohne", ";;;;Insgesamt;ohne"),
        (";;;Insgesamt;ohne", ";;Insgesamt;ohne"),
        (";;;Insgesamt;ohne", ";;;Insgesamt"),
    ],
)
def test_a_shifted_header_gives_no_value_at_all(old: str, new: str) -> None:
    table = official(TABLE.replace(old, new))
    assert [row for row, *_ in found(table, "official_header")] == [6]
    assert table.n_values == 0


def test_all_header_rows_shifted_leave_a_column_without_header() -> None:
    shifted = TABLE.replace(";;;Abschluss;Abschluss", ";;;;Abschluss").replace(";;;Insgesamt;ohne", ";;;;Insgesamt")
    table = official(shifted)
    assert table.n_values == 0
    assert "official_header_shifted" in kinds(table)


@pytest.mark.parametrize("line", ["Hier steht eine Fußnote", "Hier steht eine Fußnote;;;;"])
def test_a_footnote_in_the_middle_is_named_and_moves_no_address(line: str) -> None:
    table = official(TABLE.replace("2023;05;Nord", line + "\n2023;05;Nord"))
    assert found(table, "reader_line_ignored") == [(9, 1, "Hier steht eine Fußnote", None)]
    assert at(table, 10, 4)["value"] == 210
    assert table.n_values == 6


def test_a_footnote_in_the_middle_of_a_flat_file() -> None:
    lines = NEW_GERMAN.split("\n")
    table = official("\n".join([*lines[:2], "Hier steht eine Fußnote", *lines[2:]]))
    assert found(table, "reader_line_ignored") == [(3, 1, "Hier steht eine Fußnote", None)]
    assert at(table, 5, 14)["value"] == 12.5


def test_a_year_twice_counts_not_at_all() -> None:
    table = official(TABLE.replace("2023;05978", "2022;05978"))
    assert found(table, "official_twice") == [(10, 2, "05978 2022", "8")]
    assert at(table, 8, 4)["value"] is None
    assert at(table, 8, 4)["value_delivered"] == "100"
    assert at(table, 7, 4)["value"] == 200


def test_one_unit_under_two_forms_of_its_key_is_there_twice() -> None:
    table = official(PANEL.replace("05562014,Gladbeck,2012", "5562014,Gladbeck,2011"))
    assert [row for row, *_ in found(table, "official_twice")] == [3]
    assert table.n_values == 0


def test_two_units_under_one_key_give_no_value() -> None:
    table = official(TABLE.replace("2023;05978;    Unna, Kreis", "2023;05978;    Hamm, Stadt"))
    assert found(table, "official_two_units") == [(10, 2, "05978", "Unna, Kreis | Hamm, Stadt")]
    assert at(table, 8, 4)["value"] is None
    assert at(table, 9, 4)["value"] == 210


def test_an_unknown_symbol_and_a_text_are_no_numbers() -> None:
    table = official(TABLE.replace(";200;20", ";?;zwanzig"))
    assert found(table, "official_symbol") == [(7, 4, "?", None)]
    assert found(table, "reader_number") == [(7, 5, "zwanzig", None)]
    assert at(table, 7, 4)["value"] is None
    assert at(table, 7, 4)["value_delivered"] == "?"


def test_infinity_is_no_number() -> None:
    table = official(PANEL.replace("9.3", "inf"))
    assert found(table, "official_symbol") == [(2, 5, "inf", None)]
    assert at(table, 2, 5)["value"] is None


def test_a_number_in_the_other_style_is_refused() -> None:
    lines = NEW_GERMAN.replace("299070", "12.5").replace(";-;", ";7,25;")
    assert found(official(lines), "reader_number") == [(2, 14, "12.5", None)]


def test_a_record_that_moved_by_a_column_gives_no_value() -> None:
    table = official(TABLE.replace("    Unna, Kreis;100;-", "    Unna, Kreis;;100"))
    assert found(table, "official_blank") == [(8, 4, "05978", None)]
    assert (at(table, 8, 5)["value"], at(table, 8, 5)["value_delivered"]) == (None, "100")
    assert at(table, 7, 4)["value"] == 200


def test_a_table_that_writes_nothing_for_nothing_is_read() -> None:
    table = official(TABLE.replace(";100;-", ";100;").replace(";.;11r", ";;11"))
    assert table.findings.num_rows == 0
    assert table.n_values == 6


def test_a_footnote_in_a_table_of_one_year_hides_no_year() -> None:
    lines = [line for line in TABLE.split("\n") if not line.startswith("2023;")]
    table = official("\n".join([*lines[:7], "Hier steht eine Fußnote;;;;", *lines[7:]]))
    assert found(table, "reader_line_ignored") == [(8, 1, "Hier steht eine Fußnote", None)]
    assert table.years == (2022,)


def test_the_time_may_stand_behind_the_region() -> None:
    swapped = "\n".join(
        "{1};{0};{2};{3};{4}".format(*line.split(";")) if line.startswith("20") else line for line in TABLE.split("\n")
    )
    assert kinds(official(swapped)) == []
    assert values(official(swapped)) == values(official(TABLE))


QUOTES = (
    TABLE.replace(";200;20", ";1.505;1234").replace(";100;-", ";5.525;12345").replace(";210;21", ";1;1").replace(";.;11r", ";1;1")
)


def test_a_point_before_three_digits_is_refused_where_other_numbers_go_without_groups() -> None:
    table = official(QUOTES)
    assert found(table, "reader_ambiguous_number") == [(7, 4, "1.505", None), (8, 4, "5.525", None)]
    assert (at(table, 7, 4)["value"], at(table, 7, 5)["value"]) == (None, 1234)


def test_a_point_before_three_digits_groups_thousands_where_all_numbers_have_groups() -> None:
    table = official(QUOTES.replace("1234\n", "1.234\n").replace("12345", "12.345"))
    assert table.findings.num_rows == 0
    assert (at(table, 7, 4)["value"], at(table, 7, 5)["value"]) == (1505, 1234)


def test_two_statistics_in_one_file() -> None:
    first, second, *rest = NEW_GERMAN.split("\n")
    table = official("\n".join([first, second, *(line.replace("12411;", "21111;", 1) for line in rest)]))
    assert found(table, "official_statistics") == [(3, 1, "21111", "12411")]


def test_a_key_that_is_none_belongs_to_no_unit() -> None:
    table = official(NEW_GERMAN.replace("05978;Unna, Kreis", "99999;Unna, Kreis"))
    assert found(table, "official_key") == [(4, 8, "99999", None)]
    assert at(table, 4, 14)["unit_id"] is None
    assert at(table, 4, 14)["level"] is None


def test_a_time_that_is_none_gives_no_value() -> None:
    table = official(TABLE.replace("2023;05;", "20X3;05;"))
    assert found(table, "official_time") == [(9, 1, "20X3", None)]
    assert at(table, 9, 4)["value"] is None


def test_a_flat_file_with_a_row_missing_may_be_cut() -> None:
    lines = NEW_GERMAN.split("\n")
    table = official("\n".join([*lines[:4], ""]))
    assert found(table, "official_incomplete") == [(4, None, "3", "4")]


def test_a_panel_with_a_year_missing_may_be_cut() -> None:
    panel = PANEL + "05570004,Ahlen,2011,1.0,2.0\n"
    assert found(official(panel), "official_incomplete") == [(4, None, "3", "4")]


def test_a_label_cut_at_the_end_of_a_flat_file_is_found() -> None:
    header = NEW_HEADER.removesuffix(";value_q")
    body = [line.rsplit(";", 1)[0] for line in NEW_GERMAN.split("\n")[1:5]]
    table = official("\n".join([header, *body])[:-3])
    assert found(table, "official_label") == [(5, 17, "Best", "Bestand")]
    assert at(table, 5, 14)["value"] is None


@pytest.mark.parametrize("text", [GISD, LONG, PANEL, EDITIONS, OLDER_GERMAN])
def test_a_last_value_without_line_break_may_be_cut(text: str) -> None:
    table = official(text.rstrip("\r\n"))
    ((row, _, value, _),) = found(table, "official_open_end")
    assert row == max(table.table.column("row").to_pylist())
    assert (
        value == text.rstrip("\r\n").replace(";", ",").rsplit(",", 2 if text is OLDER_GERMAN else 1)[-1] or text is OLDER_GERMAN
    )


def test_two_columns_with_one_header_give_no_value() -> None:
    table = official(TABLE.replace(";;;Insgesamt;ohne", ";;;ohne;ohne"))
    assert found(table, "official_column_twice") == [(None, 5, "Abgehende, Abschluss, ohne", "4")]
    assert table.n_values == 0


def test_two_columns_with_one_header_and_the_same_values_are_one() -> None:
    text = TABLE.replace(";;;Insgesamt;ohne", ";;;ohne;ohne")
    lines = [
        ";".join([*cells[:4], cells[3]]) if len(cells := line.split(";")) == 5 and cells[0].isdigit() else line
        for line in text.split("\n")
    ]
    table = official("\n".join(lines))
    assert found(table, "official_column_repeated") == [(None, 5, "Abgehende, Abschluss, ohne", "4")]
    assert (table.n_values, set(table.table.column("column").to_pylist())) == (official(TABLE).n_values // 2, {4})


def test_a_cube_without_its_values_says_which_blocks_are_missing() -> None:
    table = official(CUBE[: CUBE.index("K;QEI")])
    assert found(table, "official_cube_blocks") == [(None, None, "QEI", None)]


def test_a_record_of_a_cube_with_a_field_missing_is_not_read() -> None:
    table = official(CUBE.replace("319615;e;;0", "319615;e;0"))
    assert found(table, "reader_short_row") == [(14, None, None, "12")]
    assert 14 not in table.table.column("row").to_pylist()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_finding_has_its_sentence_and_remedy(language: Language) -> None:
    sources = Path(kkz_eval.deliveries.official.__file__).parent.glob("*.py")
    kinds = re.compile(r'(?<!Unclaimed\()"((?:official|reader)_\w+)"')
    named = {kind for source in sources for kind in kinds.findall(source.read_text(encoding="utf-8"))}
    assert len(named) >= 45
    texts = catalogue("kkz_eval.model", language)
    assert {f"findings.{kind}.{part}" for kind in named for part in ("message", "fix")} <= texts.keys()


def test_symbols_are_never_zero_and_never_gone() -> None:
    for text in TEXTS.values():
        table = official(text).table
        symbols = table.filter(pc.and_(pc.is_valid(table["flag"]), pc.is_null(table["value"])))
        assert symbols.column("value_delivered").null_count == 0
    assert official(OLDER_GERMAN).n_flags == 5


@pytest.mark.parametrize("text", [GISD, LONG, PANEL, EDITIONS, OLDER_GERMAN, NEW_GERMAN])
def test_of_a_file_cut_inside_a_row_the_row_above_holds(text: str) -> None:
    whole = official(text)
    last = max(whole.table.column("row").to_pylist())
    cut = official(text.rstrip("\r\n").rsplit("\n", 1)[0] + "\n" + text.rstrip("\r\n").rsplit("\n", 1)[1][:4])
    assert found(cut, "official_open_end") == []
    assert [row for row, *_ in found(cut, "reader_short_row")] == [last]
    assert {row for row, *_ in found(cut, "official_no_line_end")} <= {last}
    assert values(cut) == {place: value for place, value in values(whole).items() if place[0] != last}


def test_of_a_table_cut_inside_a_row_the_row_above_holds() -> None:
    table = official(TABLE.split("2023;05978")[0] + "2023;05")
    assert found(table, "official_open_end") == []
    assert found(table, "official_no_footer") == [(10, None, None, None)]
    assert at(table, 9, 5)["value"] == 21


def test_a_flat_file_below_another_says_that_the_header_comes_again() -> None:
    lines = NEW_GERMAN.split("\n")
    table = official("\n".join([NEW_HEADER, *lines]))
    assert found(table, "official_header_again") == [(2, 1, "statistics_code", None)]
    assert (table.code, kinds(table)) == ("12411", ["official_header_again"])


def test_a_table_saved_with_commas_says_what_divides_its_columns() -> None:
    table = official(TABLE.replace(";", ","))
    ((finding),) = iter_findings(table.findings)
    assert (finding.kind, finding.row) == ("official_no_header", 1)
    assert "Semikolon" in finding.message().in_language("de")
    assert "semicolon" in finding.message().in_language("en")


@pytest.mark.parametrize(
    "text", [TABLE.replace(";", ","), TABLE.replace(";;;Insgesamt", ";;;;Insgesamt"), WEGWEISER.replace("2019 Kauf", "Kauf")]
)
def test_no_sentence_has_a_hole(text: str) -> None:
    for finding in iter_findings(official(text).findings):
        for language in LANGUAGES:
            said = finding.message().in_language(language)
            assert not any(hole in said for hole in ("„“", '""', "  ", "( ", "(,")), said


def test_keys_that_slipped_against_their_names_give_no_value() -> None:
    table = official(TABLE.replace("2023;05978;    Unna, Kreis", "2023;05978;    Duisburg, krfr. Stadt"))
    assert found(table, "official_other_name") == [(10, 2, "05978", "Duisburg, krfr. Stadt")]
    assert not [value for key, value in values(table).items() if "05978" in key and "2023" in key]
