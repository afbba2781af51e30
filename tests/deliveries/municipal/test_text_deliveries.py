"""Deliveries of municipalities: every dialect of a spreadsheet program, ambiguity refused, every cell addressed."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Mapping
from dataclasses import replace

import pytest
from contract_values import CONTRACTS, SCHOOL_LEAVERS
from hypothesis import given, settings
from hypothesis import strategies as st

from kkz_eval.contracts.contract import Contract, Property
from kkz_eval.deliveries.columns.parsed_table import IGNORED
from kkz_eval.deliveries.columns.readings import ags_of, school_year_of
from kkz_eval.deliveries.reader import Claimed, PersonRecords, Unclaimed, Unreadable, read_file
from kkz_eval.model.findings import Called, Finding, Severity, iter_findings
from kkz_eval.model.parsed import ParsedTable

HEADER = "Gemeindeschlüssel;Abgangsjahr;Geschlecht;Abgänge;Anteil ohne Abschluss"


def parsed(text: str | bytes, contracts: Mapping[str, Contract] = CONTRACTS) -> ParsedTable:
    data = text if isinstance(text, bytes) else text.encode()
    result = read_file(data, "lieferung.csv", contracts)
    assert isinstance(result, Claimed), result
    (table,) = result.parsed
    return table


def found(table: ParsedTable) -> list[Finding]:
    return list(iter_findings(table.findings))


def kinds(table: ParsedTable) -> list[str]:
    return [finding.kind for finding in found(table)]


def test_a_delivery_becomes_typed_columns_with_addresses() -> None:
    table = parsed(
        f"Schulabgänge\n\n{HEADER}\n5911000;2015/16;Mädchen;1.234;12,5\n05913000;2016; ;7;-\n\n* vorläufig\n____\nIT.NRW;\n"
    )
    assert table.contract_id == "schulabgaenge"
    assert table.layout == "municipal_text"
    assert table.table.schema == SCHOOL_LEAVERS.schema
    assert table.values("unit_id").to_pylist() == ["05911000", "05913000"]
    assert table.texts("unit_id").to_pylist() == ["5911000", "05913000"]
    assert table.values("year").to_pylist() == [2016, 2016]
    assert table.values("sex").to_pylist() == ["w", None]
    assert table.texts("sex").to_pylist() == ["Mädchen", None]
    assert table.values("leavers").to_pylist() == [1234, 7]
    assert table.values("share_without").to_pylist() == [12.5, None]
    assert table.flags("share_without").to_pylist() == [None, "-"]
    assert table.table["leavers__row"].to_pylist() == [4, 5]
    assert table.table["leavers__col"].to_pylist() == [4, 4]
    assert table.table["__sheet"].to_pylist() == [None, None]
    assert found(table) == []
    assert table.table.schema.metadata[IGNORED] == b"4"


def test_an_absent_optional_column_takes_its_default() -> None:
    table = parsed("AGS;Jahr;Abgänge;Anteil o. A.\n05911000;2016;12;1,5\n")
    assert table.values("sex").to_pylist() == ["total"]
    for column in ("sex__text", "sex__row", "sex__col"):
        assert table.table[column].to_pylist() == [None]


def test_an_unknown_code_stays_for_the_rules_to_judge() -> None:
    table = parsed(f"{HEADER}\n05911000;2016;divers;12;1,5\n")
    assert table.values("sex").to_pylist() == [None]
    assert table.texts("sex").to_pylist() == ["divers"]
    assert found(table) == []


def test_a_number_in_brackets_keeps_value_and_symbol() -> None:
    table = parsed(f"{HEADER}\n05911000;2016;m;(12);( )\n")
    assert table.values("leavers").to_pylist() == [12]
    assert table.flags("leavers").to_pylist() == ["()"]
    assert table.flags("share_without").to_pylist() == ["( )"]


def test_thousands_are_read_where_other_numbers_show_a_decimal_comma() -> None:
    assert parsed(f"{HEADER}\n05911000;2016;m;1.234;12,5\n").values("leavers").to_pylist() == [1234]


def test_without_any_hint_thousands_are_a_finding() -> None:
    table = parsed(f"{HEADER}\n05911000;2016;m;1.234;12\n")
    (finding,) = found(table)
    assert (finding.kind, finding.cell, finding.value) == ("reader_ambiguous_number", "D2", "1.234")
    assert (finding.unit_id, finding.year, finding.severity) == ("05911000", 2016, Severity.ERROR)
    assert table.values("leavers").to_pylist() == [None]


def test_a_decimal_point_among_decimal_commas_is_a_finding() -> None:
    table = parsed(f"{HEADER}\n05911000;2016;m;12;1,5\n05911000;2016;w;12;1,7\n05913000;2016;m;12;12.5\n")
    assert [(f.kind, f.cell) for f in found(table)] == [("reader_number", "E4")]
    assert table.values("share_without").to_pylist() == [1.5, 1.7, None]


def test_an_english_file_is_read_in_its_own_style() -> None:
    table = parsed('AGS,Year,Sex,School leavers,Share without certificate\n05911000,2016,male,"1,234",12.5\n')
    assert table.values("leavers").to_pylist() == [1234]
    assert table.values("share_without").to_pylist() == [12.5]


@pytest.mark.parametrize(
    ("cells", "kind", "cell"),
    [
        ("05911000;2015/18;m;1;1,5", "reader_school_year", "B2"),
        ("05911000;bald;m;1;1,5", "reader_school_year", "B2"),
        ("01001000;2016;m;1;1,5", "reader_ags", "A2"),
        ("591100;2016;m;1;1,5", "reader_ags", "A2"),
        ("Herne;2016;m;1;1,5", "reader_ags", "A2"),
        ("05911000;2016;m;viele;1,5", "reader_number", "D2"),
        ("05911000;2016;m;1,5;1,5", "reader_integer", "D2"),
        ("05911000;2016;m;1;1,5;9", "reader_long_row", "F2"),
        ("05911000;2016;m;1", "reader_short_row", "2:2"),
    ],
)
def test_what_cannot_be_read_is_a_finding_with_its_address(cells: str, kind: str, cell: str) -> None:
    table = parsed(f"{HEADER}\n{cells}\n05913000;2016;m;1;1,5\n")
    (finding,) = found(table)
    assert (finding.kind, finding.cell) == (kind, cell)
    assert finding.message(Called("Feld")).in_language("de")
    assert finding.fix(Called("field")).in_language("en")


@pytest.mark.parametrize(
    ("text", "ags"),
    [
        ("5911000", "05911000"),
        ("5911", "05911"),
        ("05911", "05911"),
        (" 05 911 000 ", "05911000"),
        ("591100", None),
        ("59110000", None),
        ("5911000.0", "05911000"),
        ("5911000,0", "05911000"),
        ("5911000.5", None),
        ("5.911.000", "05911000"),
        ("'05911000", "05911000"),
        ("055540008008", "05554008"),
        ("05 9 11 0000 000", "05911000"),
        ("055540009008", None),
        ("5,911E+06", None),
        ("٠٥٩١١", None),
    ],
)
def test_a_lost_zero_is_restored_only_where_nothing_else_can_be_meant(text: str, ags: str | None) -> None:
    assert ags_of(text) == ags


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("2015/16", 2016),
        ("2015/2016", 2016),
        ("15/16", 2016),
        ("99/00", 2000),
        ("1999/00", 2000),
        ("98/99", 1999),
        ("Schuljahr 2015/16", 2016),
        ("2016", 2016),
        ("2015/18", None),
        ("2016/15", None),
        ("15/2016", None),
        ("16", None),
    ],
)
def test_a_school_year_counts_for_the_year_in_which_it_ends(text: str, year: int | None) -> None:
    assert school_year_of(text) == year


def test_a_missing_required_column_is_a_finding_without_a_row() -> None:
    table = parsed("AGS;Abgangsjahr;Abgänge\n05911000;2016;12\n")
    (finding,) = found(table)
    assert (finding.kind, finding.field, finding.row) == ("reader_missing_column", "share_without", None)
    assert finding.allowed == "Anteil ohne Abschluss | Anteil o. A. | share_without"


def test_keys_alone_claim_nothing() -> None:
    result = read_file(b"AGS;Jahr;Einwohner\n05911000;2016;12\n", "einwohner.csv", CONTRACTS)
    assert isinstance(result, Unclaimed)
    assert "Kein Vertrag kennt diese Spalten: AGS, Jahr, Einwohner" in result.in_language("de")
    assert "AGS, Jahr, Einwohner" in result.in_language("en")


def test_a_repeated_header_is_a_finding() -> None:
    table = parsed("AGS;Abgangsjahr;Abgänge;Anteil o. A.;Schulabgänge insgesamt\n05911000;2016;12;1,5;13\n")
    assert [(f.kind, f.cell, f.field) for f in found(table)] == [
        ("reader_repeated_column", "C1", "leavers"),
        ("reader_repeated_column", "E1", "leavers"),
    ]


def test_lines_of_text_between_records_are_ignored_with_a_warning() -> None:
    table = parsed(f"{HEADER}\n05911000;2016;m;1;1,5\nKreis Unna;;;;\n05978004;2016;m;1;1,5\n")
    assert [(f.kind, f.cell, f.severity) for f in found(table)] == [("reader_line_ignored", "A3", "warning")]
    assert table.table["leavers__row"].to_pylist() == [2, 4]


def test_a_footnote_with_the_delimiter_in_it_is_no_record() -> None:
    table = parsed(f"{HEADER}\n05911000;2016;m;1;1,5\nQuelle: Schulamt; Stand 2016\n")
    assert table.table.num_rows == 1
    assert found(table) == []


@pytest.mark.parametrize(
    ("end", "kind"),
    [
        ("Boch", ["reader_short_row"]),
        ("Bad Salz", ["reader_short_row"]),
        ("* vorläufig", []),
        ("Quelle: Amt", []),
        ("Zahlen sind noch vorläufig", ["reader_line_ignored"]),
    ],
)
def test_a_last_line_without_its_line_break_may_be_a_stump(end: str, kind: list[str]) -> None:
    table = parsed(f"Kommune;{HEADER}\nHamm;05915000;2016;m;1;1,5\n{end}")
    assert kinds(table) == kind
    assert kinds(parsed(f"Kommune;{HEADER}\nHamm;05915000;2016;m;1;1,5\n{end}\n")) == []


def test_empty_columns_at_the_end_are_no_fault() -> None:
    table = parsed(f"{HEADER};;\n05911000;2016;m;1;1,5;;\n05913000;2016;m;1;1,5\n")
    assert found(table) == []


def test_a_comma_separated_file_with_quoted_decimal_commas_is_read() -> None:
    table = parsed('AGS,Jahr,Abgänge,Anteil o. A.\n5911000,2015/16,"1.234","12,5 %"\n')
    assert table.values("leavers").to_pylist() == [1234]
    assert table.values("share_without").to_pylist() == [12.5]
    assert found(table) == []


def test_an_unquoted_decimal_comma_between_commas_is_a_finding() -> None:
    assert "reader_long_row" in kinds(parsed("AGS,Jahr,Abgänge,Anteil o. A.\n05911000,2016,12,1,5\n"))


def test_a_quoted_line_break_counts_as_one_row() -> None:
    table = parsed(f'"Titel\nin zwei Zeilen"\n{HEADER}\n"05911000";2016;"m";1;1,5\n')
    assert table.table["unit_id__row"].to_pylist() == [3]


def test_an_open_quotation_mark_is_a_finding() -> None:
    assert "reader_cut_off" in kinds(parsed(f'{HEADER}\n05911000;2016;m;1;1,5\n05913000;2016;"m;1;1,5\n'))


def test_a_declared_delimiter_is_no_row() -> None:
    table = parsed(f"sep=;\n{HEADER}\n05911000;2016;m;1;1,5\n")
    assert table.table["unit_id__row"].to_pylist() == [2]


def test_a_header_alone_says_that_there_are_no_records() -> None:
    assert kinds(parsed(HEADER + "\n")) == ["reader_no_rows"]


def test_a_header_is_looked_for_in_the_first_twenty_rows() -> None:
    record = "\n05911000;2016;m;1;1,5\n"
    assert parsed("Titel\n" * 19 + HEADER + record).table["unit_id__row"].to_pylist() == [21]
    late = read_file(("Titel;von;vielen\n" * 21 + HEADER + record).encode(), "spaet.csv", CONTRACTS)
    assert isinstance(late, Unclaimed)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b" \r\n\t ", "empty"),
        (codecs.BOM_UTF8, "empty"),
        (b"a;b\0;c\n", "nul"),
        (b"\xc3\xa4\0\xff\x81;\n", "nul"),  # bytes that are no text, though two of them make an umlaut
        ("a;b\n1;2\n".encode("utf-16-le"), "nul"),
        (b"a;b\x01\n", "control"),
        (b"a;b\n" * 9_000 + b";" * 16_384 + b"\n1;2\n", "wide"),
        (b"a" + b"," * 16_384, "wide"),
        (b"\x81\x8d;\x8f\n", "undecodable"),
        (b"nur ein Satz ohne Spalten\n", "no_table"),
        (b'a;"' + b"b" * 200_000, "cell_too_long"),
        (b"PK\x03\x04 kein Archiv", "broken_workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "truncated_workbook"),
    ],
)
def test_what_is_no_table_gets_a_sentence(data: bytes, code: str) -> None:
    result = read_file(data, "datei.csv", CONTRACTS)
    assert isinstance(result, Unreadable)
    assert result.reason_code == code
    assert result.in_language("de").startswith("datei.csv")
    assert result.in_language("en").startswith("datei.csv")


@pytest.mark.parametrize(
    "header",
    [
        "Name;Vorname;Schule",
        "Nr;Geburtsdatum",
        "Name;Straße;Ort",
        "Name, Vorname;Klasse",
        "Aktenzeichen;Jahr",
        "Versicherten-Nr.;Jahr",
    ],
)
def test_records_of_persons_are_refused(header: str) -> None:
    for data in (f"{header}\na;b;c\n".encode("cp1252"), f"Titel\n{header}\n".replace(";", ",").encode("utf-16")):
        result = read_file(data, "liste.csv", CONTRACTS)
        assert isinstance(result, PersonRecords)
        assert "einzelnen Personen" in result.in_language("de")


@pytest.mark.parametrize(
    "header",
    ["Kennziffer;Name;Jahr", "AGS;Anzahl Aktenzeichen", "Straße;Verkehr", "Tabelle ohne den Vornamen und das Geburtsdatum;2"],
)
def test_statistics_are_no_records_of_persons(header: str) -> None:
    assert not isinstance(read_file(f"{header}\n1;2;3\n".encode(), "statistik.csv", CONTRACTS), PersonRecords)


def _siblings(*markers: str | None) -> dict[str, Contract]:
    return {f"c{i}": replace(SCHOOL_LEAVERS, id=f"c{i}", title_marker=marker) for i, marker in enumerate(markers)}


def test_siblings_are_told_apart_by_the_title() -> None:
    siblings = _siblings(None, "Hauptschule")
    record = f"{HEADER}\n05911000;2016;m;1;1,5\n"
    assert parsed(record, siblings).contract_id == "c0"
    assert parsed(f"Abgänge an HAUPT-SCHULEN;\n{record}", siblings).contract_id == "c1"


def test_equal_claims_are_refused_by_name() -> None:
    result = read_file(f"{HEADER}\n05911000;2016;m;1;1,5\n".encode(), "x.csv", _siblings(None, None))
    assert isinstance(result, Unclaimed)
    assert "c0, c1" in result.in_language("de")


def test_the_contract_that_knows_more_columns_wins() -> None:
    narrow = replace(SCHOOL_LEAVERS, id="narrow", properties=tuple(p for p in SCHOOL_LEAVERS.properties if p.required))
    assert parsed(f"{HEADER}\n05911000;2016;m;1;1,5\n", {"narrow": narrow, **CONTRACTS}).contract_id == "schulabgaenge"


NAMED = replace(
    SCHOOL_LEAVERS,
    id="named",
    properties=(*SCHOOL_LEAVERS.properties, Property("remark", "string", "dimension", "Bemerkung", "Remark", required=False)),
)
_REMARKS = st.text(st.sampled_from("abcÄÖÜß€ ,;\"'\t\n0-9"), max_size=8)
_RECORDS = st.lists(
    st.tuples(
        st.sampled_from(["05911000", "05913000", "05334002"]),
        st.integers(2006, 2019),
        st.sampled_from(["m", "w", "total"]),
        st.integers(0, 999),
        st.integers(0, 1000).map(lambda tenths: f"{tenths // 10},{tenths % 10}"),
        _REMARKS,
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=150, deadline=None)
@given(
    _RECORDS,
    st.sampled_from(
        [
            ("utf-8", b""),
            ("utf-8", codecs.BOM_UTF8),
            ("cp1252", b""),
            ("utf-16-le", codecs.BOM_UTF16_LE),
            ("utf-16-be", codecs.BOM_UTF16_BE),
        ]
    ),
    st.sampled_from(";,\t"),
    st.sampled_from(["\r\n", "\n", "\r"]),
    st.integers(0, 3),
)
def test_a_table_in_any_dialect_is_read_back(
    records: list[tuple[str, int, str, int, str, str]], encoding: tuple[str, bytes], delimiter: str, end: str, n_titles: int
) -> None:
    written = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if end == "\r" else csv.QUOTE_MINIMAL  # else the writer leaves \n unquoted
    writer = csv.writer(written, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerows([["Schulabgänge in Köln"]] * n_titles)
    writer.writerow(["AGS", "Abgangsjahr", "Geschlecht", "Abgänge", "Anteil o. A.", "Bemerkung"])
    writer.writerows(records)
    table = parsed(encoding[1] + written.getvalue().encode(encoding[0]), {"named": NAMED})
    for position, name in enumerate(["unit_id", "year", "sex", "leavers", "share_without", "remark"]):
        delivered = [str(record[position]) for record in records]
        assert table.texts(name).to_pylist() == [text if text.strip() else None for text in delivered]
        assert table.table[name + "__row"].to_pylist() == [n_titles + 2 + i for i in range(len(records))]
        assert table.table[name + "__col"].to_pylist() == [position + 1] * len(records)
    assert table.values("leavers").to_pylist() == [record[3] for record in records]
    assert table.values("share_without").to_pylist() == [float(record[4].replace(",", ".")) for record in records]
    assert found(table) == []


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_a_text_cut_off_anywhere_never_raises_and_a_cut_last_line_is_a_finding(encoding: str) -> None:
    whole = (HEADER + "\r\n" + "05911000;2015/16;männlich;123;12,5\r\n" * 8).encode(encoding)
    for cut in range(0, len(whole), max(len(whole) // 60, 1)):
        result = read_file(whole[:cut], "abgeschnitten.csv", CONTRACTS)
        assert isinstance(result, Claimed | Unclaimed | Unreadable)
    end_of_last_line = len(whole) - len("12,5\r\n".encode(encoding.replace("utf-16", "utf-16-le")))
    for cut in range(end_of_last_line - 29, end_of_last_line - 2):
        result = read_file(whole[:cut], "abgeschnitten.csv", CONTRACTS)
        assert isinstance(result, Claimed)
        assert {"reader_short_row", "reader_cut_off", "reader_line_ignored"} & set(kinds(result.parsed[0])), whole[:cut]


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=400),
        st.text('AGS;Jahr,"\t\n\r05911000(-.x/ü', max_size=200).map(str.encode),
        st.text(max_size=60).map(lambda t: (HEADER + "\n" + t).encode("utf-8", "ignore")),
    )
)
def test_no_bytes_raise(data: bytes) -> None:
    result = read_file(data, "irgendwas", CONTRACTS)
    assert isinstance(result, Claimed | Unclaimed | Unreadable | PersonRecords)
    if not isinstance(result, Claimed):
        assert result.in_language("de")
