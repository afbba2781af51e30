"""Two deliveries side by side: what differs, ranked by its share, then by its size."""

from pathlib import Path

from kkz_eval.contracts.load import load_contracts
from kkz_eval.deliveries.reader import Claimed, read_file
from kkz_eval.model.parsed import ParsedTable
from kkz_eval.stewardship.delivery_diff import Change, changes_between

CONTRACT = load_contracts(Path(__file__).parents[2] / "data_contracts")["schulabgaenge"]
PLACES = (("Insgesamt", "insgesamt"), ("Insgesamt", "männlich"), ("Insgesamt", "weiblich"), ("Hauptschulabschluss", "insgesamt"))


def table(*counts: str) -> ParsedTable:
    rows = ["Gemeindeschlüssel;Schuljahr;Abschluss;Geschlecht;Anzahl", "05162024;2010;Fachhochschulreife;insgesamt;1,0"]
    rows += [f"05162024;2012;{c};{s};{count}" for (c, s), count in zip(PLACES, counts, strict=False)]
    result = read_file(("\r\n".join(rows) + "\r\n").encode("cp1252"), "a.csv", {CONTRACT.id: CONTRACT})
    assert isinstance(result, Claimed)
    return result.parsed[0]


def changes(old: ParsedTable, new: ParsedTable) -> list[Change]:
    return changes_between(old, new, CONTRACT)


def test_equal_deliveries_differ_in_nothing_whatever_their_notation() -> None:
    assert changes(table("10", "5"), table("10,0", "5")) == []


def test_the_largest_share_comes_first_then_the_largest_size_then_what_has_no_share() -> None:
    found = changes(table("100", "10", "0", "200"), table("110", "20", "50", "220"))
    assert [(change.old, change.new, change.relative) for change in found] == [
        ("10", "20", 1.0),
        ("200", "220", 0.1),
        ("100", "110", 0.1),
        ("0", "50", None),
    ]


def test_what_came_and_went_is_named() -> None:
    found = changes(table("100"), table("100", "50"))
    assert [(change.kind, change.old, change.new, change.size) for change in found] == [("added", None, "50", None)]
    back = changes(table("100", "50"), table("100"))
    assert [(change.kind, change.old, change.new) for change in back] == [("removed", "50", None)]


def test_a_symbol_is_another_value_than_zero() -> None:
    (found,) = changes(table("0"), table("."))
    assert (found.old, found.new, found.new_value, found.relative) == ("0", ".", None, None)
