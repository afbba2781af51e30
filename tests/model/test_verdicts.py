"""How many errors a verdict counts about a unit and year."""

from __future__ import annotations

from kkz_eval.model.verdicts import Slice, Status, Verdict


def test_errors_of_no_unit_and_year_speak_of_each_of_them():
    parts = (Slice("05112000", 2014, Status.REJECTED, 1, 0), Slice("05112000", 2015, Status.REJECTED, 0, 2))
    verdict = Verdict("a" * 64, "c", "1.0.0", "r", "", "p", "f", "municipal_text", "", Status.REJECTED, 5, 2, parts)
    assert verdict.n_errors_of_file == 4
    assert [verdict.n_errors_about(part) for part in parts] == [5, 4]
