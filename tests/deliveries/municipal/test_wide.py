"""Wide tables: codes and years as titles of columns, where the contract admits it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from contract_values import SCHOOL_LEAVERS, shipped
from hypothesis import given, settings
from hypothesis import strategies as st

from kkz_eval.contracts.contract import Code, Property
from kkz_eval.deliveries.reader import Claimed, Unclaimed, read_file
from kkz_eval.model.findings import Finding, iter_findings
from kkz_eval.model.parsed import ParsedTable

_LONG_ONLY = replace(
    SCHOOL_LEAVERS,
    properties=tuple(
        replace(p, required=True, default=None) if p.name == "sex" else p
        for p in SCHOOL_LEAVERS.properties
        if p.name != "share_without"
    ),
)
WIDE = replace(_LONG_ONLY, layouts=("municipal_text", "municipal_wide"))
BY_NATION = replace(
    WIDE,
    properties=(
        *WIDE.properties[:3],
        Property(
            "nation",
            "string",
            "dimension",
            "Staatsangehörigkeit",
            "Nationality",
            form="code",
            codes=(Code("d", "deutsch", "German"), Code("n", "nichtdeutsch", "other"), Code("total", "insgesamt", "total")),
            required=False,
            default="total",
        ),
        *WIDE.properties[3:],
    ),
)


def wide(text: str, contract: object = WIDE) -> ParsedTable:
    result = read_file(text.encode(), "breit.csv", {"schulabgaenge": contract})  # type: ignore[dict-item]
    assert isinstance(result, Claimed), result
    (table,) = result.parsed
    return table


def said_of(table: ParsedTable) -> list[Finding]:
    """All findings but that no title says what is counted."""
    return [finding for finding in iter_findings(table.findings) if finding.kind != "reader_measure_unnamed"]


def records(table: ParsedTable) -> list[tuple[object, ...]]:
    columns = [table.values(name).to_pylist() for name in ("unit_id", "year", "sex", "leavers")]
    return list(zip(*columns, strict=True))


def test_codes_as_titles_become_records_with_the_address_of_each_number() -> None:
    table = wide("Abgänge\nAGS;Abgangsjahr;männlich;weiblich\n5911000;2015/16;1;2\n05913000;2016;.;1.234\n")
    assert table.layout == "municipal_wide"
    assert records(table) == [
        ("05911000", 2016, "m", 1),
        ("05911000", 2016, "w", 2),
        ("05913000", 2016, "m", None),
        ("05913000", 2016, "w", None),
    ]
    assert table.flags("leavers").to_pylist() == [None, None, ".", None]
    assert table.table["leavers__row"].to_pylist() == [3, 3, 4, 4]
    assert table.table["leavers__col"].to_pylist() == [3, 4, 3, 4]
    assert table.table["sex__row"].to_pylist() == [2, 2, 2, 2]
    assert table.table["sex__col"].to_pylist() == [3, 4, 3, 4]
    assert table.texts("sex").to_pylist() == ["männlich", "weiblich"] * 2
    assert [(f.kind, f.cell) for f in said_of(table)] == [("reader_ambiguous_number", "D4")]


def test_years_as_titles() -> None:
    assert records(wide("AGS;Geschlecht;2015;2016\n05911000;m;1;2\n")) == [("05911000", 2015, "m", 1), ("05911000", 2016, "m", 2)]


def test_titles_in_two_lines_the_upper_over_several_columns() -> None:
    table = wide("AGS;2014/15;;2015/16;\n;m;w;m;w\n05911000;1;2;3;4\n")
    assert records(table) == [
        ("05911000", y, s, n) for y, s, n in ((2015, "m", 1), (2015, "w", 2), (2016, "m", 3), (2016, "w", 4))
    ]


def test_insgesamt_belongs_to_the_dimension_that_has_the_other_titles() -> None:
    table = wide("AGS;Abgangsjahr;männlich;weiblich;insgesamt\n05911000;2016;1;2;3\n", BY_NATION)
    assert [(s, n) for _, _, s, n in records(table)] == [("m", 1), ("w", 2), ("total", 3)]
    assert table.values("nation").to_pylist() == ["total"] * 3


def test_titles_that_may_be_of_two_dimensions_are_not_read() -> None:
    codes = BY_NATION.property_named("sex").codes
    alike = replace(
        BY_NATION,
        properties=tuple(replace(p, codes=codes) if p.name == "nation" else p for p in BY_NATION.properties),
    )
    text = "AGS;Abgangsjahr;m;w\n;m;w\n05911000;2016;1;2\n"
    assert isinstance(read_file(text.encode(), "x.csv", {"schulabgaenge": alike}), Claimed)  # the demanded one
    both = replace(alike, properties=tuple(replace(p, required=True) if p.role == "dimension" else p for p in alike.properties))
    assert isinstance(read_file(text.encode(), "x.csv", {"schulabgaenge": both}), Unclaimed)


def test_a_title_that_names_nothing_is_an_error_at_its_cell() -> None:
    table = wide("AGS;Abgangsjahr;männlich;weiblch;insgesamt;Bemerkung\n05911000;2016;1;2;3;x\n")
    assert [(f.kind, f.cell, f.severity) for f in said_of(table)] == [("reader_unknown_title", "D1", "error")]


def test_a_total_of_a_wide_table_is_checked_by_column() -> None:
    lines = "AGS;Abgangsjahr;m;w\n05911000;2016;1;2\n05913000;2016;3;4\nSumme;2016;4;{}\n"
    assert said_of(wide(lines.format(6))) == []
    (finding,) = said_of(wide(lines.format(7)))
    assert (finding.kind, finding.cell, finding.allowed) == ("reader_total_differs", "D4", "6")


def test_a_long_table_stays_long() -> None:
    assert wide("AGS;Abgangsjahr;Geschlecht;Abgänge\n05911000;2016;m;1\n").layout == "municipal_text"


@pytest.mark.parametrize("text", ["AGS;Abgangsjahr;männlich;weiblich\n05911000;2016;1;2\n"])
def test_a_contract_that_does_not_admit_wide_tables_claims_none(text: str) -> None:
    assert isinstance(read_file(text.encode(), "x.csv", {"schulabgaenge": _LONG_ONLY}), Unclaimed)


_NUMBERS = st.one_of(st.integers(0, 99_999).map(str), st.sampled_from([".", "-", "", "viele"]))
_UNITS = ("05911000", "05913000", "05334002", "05358004")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([2014, 2015, 2016]), _NUMBERS, _NUMBERS, _NUMBERS), min_size=1, max_size=4),
    st.integers(0, 3),
    st.sampled_from(";,\t"),
)
def test_wide_and_long_say_the_same(lines: list[tuple[int, str, str, str]], n_titles: int, delimiter: str) -> None:
    def text(rows: list[list[str]]) -> str:
        return "Titel\n" * n_titles + "\n".join(delimiter.join(row) for row in rows) + "\n"

    codes = ("m", "w", "total")
    across = [["AGS", "Abgangsjahr", *codes], *([_UNITS[i], str(year), *numbers] for i, (year, *numbers) in enumerate(lines))]
    down = [["AGS", "Abgangsjahr", "Geschlecht", "Abgänge"]] + [
        [_UNITS[i], str(year), code, number]
        for i, (year, *numbers) in enumerate(lines)
        for code, number in zip(codes, numbers, strict=True)
    ]
    one, other = wide(text(across)), wide(text(down))
    assert (one.layout, other.layout) == ("municipal_wide", "municipal_text")
    for name in ("unit_id", "year", "sex", "leavers"):
        assert one.values(name).to_pylist() == other.values(name).to_pylist()
    assert one.flags("leavers").to_pylist() == other.flags("leavers").to_pylist()
    assert one.table["leavers__row"].to_pylist() == [n_titles + 2 + i for i in range(len(lines)) for _ in codes]
    assert one.table["leavers__col"].to_pylist() == [3, 4, 5] * len(lines)
    kinds = [[(f.kind, f.unit_id, f.year, f.value) for f in said_of(table)] for table in (one, other)]
    assert kinds[0] == kinds[1]


def _of_contracts(text: str) -> tuple[str, ParsedTable] | Unclaimed:
    result = read_file(text.encode(), "breit.csv", shipped())
    if isinstance(result, Unclaimed):
        return result
    assert isinstance(result, Claimed), result
    (table,) = result.parsed
    return table.contract_id, table


_AGES = "unter 3;3 bis unter 6;6 bis unter 15;15 bis unter 18;18 bis unter 21;ab 21;insgesamt"
_SCHOOLS = "Hauptschule;Realschule;Sekundarschule;Gesamtschule;Gymnasium;Förderschule;Sonstige;insgesamt"


@pytest.mark.parametrize(
    ("contract", "header", "n_records"),
    [
        ("bevoelkerung", f"AGS;Jahr;Geschlecht;{_AGES}", 7),
        ("bevoelkerung", "AGS;Jahr;männlich;;weiblich;\n;;unter 3;3–5;unter 3;3–5", 4),
        ("bevoelkerung", "AGS;Altersgruppe;Geschlecht;2015;2016", 2),
        ("schulabgaenge", "AGS;Schuljahr;Geschlecht;ohne Abschluss;HSA;mittlere Reife;Fachabitur;Abitur;insgesamt", 6),
        ("uebergang_grundschule", f"AGS;Schuljahr;Geschlecht;{_SCHOOLS}", 8),
        ("kindertagesbetreuung", "AGS;Jahr;Altersgruppe;Kita;Tagespflege;insgesamt", 3),
        ("hilfen_zur_erziehung", "AGS;Jahr;Hilfeart;unter 3;3 bis unter 6;6 bis unter 10;insgesamt", 4),
        ("ausgaben_jugendhilfe", "AGS;Jahr;Präventiv;§ 11;§ 13;insgesamt", 3),
        ("schuleingangsuntersuchung", "AGS;Schuljahr;Befund;Untersuchte Kinder;;Kinder mit Befund;\n;;;m;w;m;w", 2),
    ],
)
def test_the_contracts_take_the_wide_tables_that_municipalities_make(contract: str, header: str, n_records: int) -> None:
    width = max(line.count(";") for line in header.splitlines()) + 1
    keys = {"Schuljahr": "2015/16", "Jahr": "2016", "Geschlecht": "m", "Altersgruppe": "unter 3", "Hilfeart": "§ 31"}
    keys |= {"Präventiv": "ja", "Befund": "Zählen", "AGS": "05911000"}
    first = [keys[title] for title in header.split("\n", maxsplit=1)[0].split(";") if title in keys]
    record = ";".join([*first, *(str(number) for number in range(1, width - len(first) + 1))])
    claimed = _of_contracts(f"Angaben der Stadt\n{header}\n{record}\n")
    assert isinstance(claimed, tuple), claimed
    assert claimed[0] == contract
    assert claimed[1].layout == "municipal_wide"
    assert claimed[1].table.num_rows == n_records


def test_a_wide_table_that_does_not_say_what_it_counts_is_a_warning() -> None:
    header = f"AGS;Schuljahr;Geschlecht;{_SCHOOLS}\n05911000;2015/16;m;1;1;1;1;1;1;1;7\n"
    _, unnamed = _of_contracts(header)  # type: ignore[misc]
    assert [(f.kind, f.severity, f.cell) for f in iter_findings(unnamed.findings)] == [
        ("reader_measure_unnamed", "warning", "D1")
    ]
    _, named = _of_contracts("Übergänge von der Grundschule;\n" + header)  # type: ignore[misc]
    assert list(iter_findings(named.findings)) == []


def test_codes_that_any_table_has_are_no_wide_table_of_welfare() -> None:
    assert isinstance(_of_contracts("AGS;Jahr;insgesamt;unter 15\n05911000;2016;100;10\n"), Unclaimed)
