"""Very many findings: none hides another, and the counts are those of all."""

from hypothesis import given
from hypothesis import strategies as st

from kkz_eval.model.findings import Finding, findings_table, iter_findings, repeated
from kkz_eval.model.shown_findings import counts, listed


def many(rule: str, n: int, **where: object) -> list[Finding]:
    return [Finding(rule, rule, "error", row=row, column=2, **where) for row in range(1, n + 1)]  # type: ignore[arg-type]


def test_few_findings_are_all_listed() -> None:
    table = findings_table(many("a", 3))
    assert listed(table, 3) is table


def test_of_many_findings_each_rule_and_column_is_listed_in_their_order() -> None:
    table = findings_table([*many("a", 50, field="x"), *many("a", 50, field="y"), *many("b", 2), *many("c", 50, sheet="S")])
    shown = [(f.rule, f.field, f.row) for f in iter_findings(listed(table, 17))]
    expected = [("a", "x", n) for n in range(1, 6)] + [("a", "y", n) for n in range(1, 6)]
    assert shown == [*expected, ("b", None, 1), ("b", None, 2), *(("c", None, n) for n in range(1, 6))]


def test_more_rules_than_may_be_listed_are_cut_off() -> None:
    table = findings_table([finding for n in range(9) for finding in many(f"r{n}", 2)])
    assert [f.rule for f in iter_findings(listed(table, 4))] == ["r0", "r1", "r2", "r3"]


def test_counts_name_the_first_of_each_rule_severity_sheet_and_column() -> None:
    table = findings_table([*many("b", 3, field="x"), *many("a", 2), *many("b", 1, field="y")])
    found = [(c.first.rule, c.first.field, c.first.cell, c.count) for c in counts(table)]
    assert found == [("b", "x", "B1", 3), ("a", None, "B1", 2), ("b", "y", "B1", 1)]
    assert counts(findings_table([])) == ()


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["x", None])), max_size=60), st.integers(1, 20))
def test_what_is_listed_is_part_of_all_and_the_counts_add_up(alike: list[tuple[str, str | None]], most: int) -> None:
    findings = [Finding(rule, rule, "error", row=row, field=field) for row, (rule, field) in enumerate(alike)]
    table = findings_table(findings)
    shown = list(iter_findings(listed(table, most)))
    assert shown == [finding for finding in findings if finding in shown]
    assert len(shown) <= most
    assert len(shown) == min(most, len(findings)) or len(shown) > most - len({*alike})
    assert sum(count.count for count in counts(table)) == len(findings)


def test_a_column_of_one_text_takes_the_memory_of_its_first_chunk_however_long() -> None:
    for n in (0, 1, 1 << 16, 1_000_001):
        column = repeated("key.unique_key", n)
        assert len(column) == n
        assert set(column.unique().to_pylist()) == ({"key.unique_key"} if n else set())
        assert column.get_total_buffer_size() < 2_000_000
