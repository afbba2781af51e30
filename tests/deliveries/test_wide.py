"""Wide tables: codes and years as titles of columns, where the contract admits it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from contract_values import SCHOOL_LEAVERS
from hypothesis import given, settings
from hypothesis import strategies as st

from kkz_eval.contracts.contract import Code, Property
from kkz_eval.deliveries.reader import Claimed, Unclaimed, read_file
from kkz_eval.model.findings import iter_findings
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


def records(table: ParsedTable) -> list[tuple[object, ...]]:
    columns = [table.values(name).to_pylist() for name in ("unit_id", "year", "sex", "leavers")]
    return list(zip(*columns, strict=True))


def test_codes_as_titles_become_records_with_the_address_of_each_number() -> None:
    table = wide("Titel\nAGS;Schuljahr;männlich;weiblich\n5911000;2015/16;1;2\n05913000;2016;.;1.234\n")
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
    assert [(f.kind, f.cell) for f in iter_findings(table.findings)] == [("reader_ambiguous_number", "D4")]


def test_years_as_titles() -> None:
    assert records(wide("AGS;Geschlecht;2015;2016\n05911000;m;1;2\n")) == [("05911000", 2015, "m", 1), ("05911000", 2016, "m", 2)]


def test_titles_in_two_lines_the_upper_over_several_columns() -> None:
    table = wide("AGS;2014/15;;2015/16;\n;m;w;m;w\n05911000;1;2;3;4\n")
    assert records(table) == [
        ("05911000", y, s, n) for y, s, n in ((2015, "m", 1), (2015, "w", 2), (2016, "m", 3), (2016, "w", 4))
    ]


def test_insgesamt_belongs_to_the_dimension_that_has_the_other_titles() -> None:
    table = wide("AGS;Schuljahr;männlich;weiblich;insgesamt\n05911000;2016;1;2;3\n", BY_NATION)
    assert [(s, n) for _, _, s, n in records(table)] == [("m", 1), ("w", 2), ("total", 3)]
    assert table.values("nation").to_pylist() == ["total"] * 3


def test_titles_that_may_be_of_two_dimensions_are_not_read() -> None:
    codes = BY_NATION.property_named("sex").codes
    alike = replace(
        BY_NATION,
        properties=tuple(replace(p, codes=codes) if p.name == "nation" else p for p in BY_NATION.properties),
    )
    text = "AGS;Schuljahr;m;w\n;m;w\n05911000;2016;1;2\n"
    assert isinstance(read_file(text.encode(), "x.csv", {"schulabgaenge": alike}), Claimed)  # the demanded one
    both = replace(alike, properties=tuple(replace(p, required=True) if p.role == "dimension" else p for p in alike.properties))
    assert isinstance(read_file(text.encode(), "x.csv", {"schulabgaenge": both}), Unclaimed)


def test_a_title_that_names_nothing_is_an_error_at_its_cell() -> None:
    table = wide("AGS;Schuljahr;männlich;weiblch;insgesamt;Bemerkung\n05911000;2016;1;2;3;x\n")
    assert [(f.kind, f.cell, f.severity) for f in iter_findings(table.findings)] == [("reader_unknown_title", "D1", "error")]


def test_a_total_of_a_wide_table_is_checked_by_column() -> None:
    lines = "AGS;Schuljahr;m;w\n05911000;2016;1;2\n05913000;2016;3;4\nSumme;2016;4;{}\n"
    assert list(iter_findings(wide(lines.format(6)).findings)) == []
    (finding,) = iter_findings(wide(lines.format(7)).findings)
    assert (finding.kind, finding.cell, finding.allowed) == ("reader_total_differs", "D4", "6")


def test_a_long_table_stays_long() -> None:
    assert wide("AGS;Schuljahr;Geschlecht;Abgänge\n05911000;2016;m;1\n").layout == "municipal_text"


@pytest.mark.parametrize("text", ["AGS;Schuljahr;männlich;weiblich\n05911000;2016;1;2\n"])
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
    across = [["AGS", "Schuljahr", *codes], *([_UNITS[i], str(year), *numbers] for i, (year, *numbers) in enumerate(lines))]
    down = [["AGS", "Schuljahr", "Geschlecht", "Abgänge"]] + [
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
    kinds = [[(f.kind, f.unit_id, f.year, f.value) for f in iter_findings(table.findings)] for table in (one, other)]
    assert kinds[0] == kinds[1]
