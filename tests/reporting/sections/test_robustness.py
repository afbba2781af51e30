"""What was tried for each result: ways to compute are counted, units that were left out stand apart."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kkz_eval.model.texts import Language
from kkz_eval.reporting.document import Table, plain
from kkz_eval.reporting.inputs import ReportInputs
from kkz_eval.reporting.sections.robustness import robustness_section

ONE_WAY = {"neighbours": -1.0, "log": 0.2}
UNITS = {f"each:{unit}": -1.0 for unit in range(43)}


def _told(inputs: ReportInputs, specifications: dict[str, float | None], language: Language) -> str:
    verdict = inputs.verdicts["leavers"]
    other = replace(verdict, evidence=replace(verdict.evidence, estimate=-1.2, specifications=specifications))
    section = robustness_section(replace(inputs, verdicts={**inputs.verdicts, "leavers": other}), language)
    table = next(block for block in section.blocks if isinstance(block, Table))
    return plain(next(row for row in table.rows if plain(row[0]).startswith("Schulabg"))[1])


@pytest.mark.parametrize(
    ("specifications", "german"),
    [
        (ONE_WAY, "1 von 2"),
        ({**ONE_WAY, **UNITS}, "1 von 2; je eine Einheit weggelassen: 43 von 43"),
        (UNITS, "je eine Einheit weggelassen: 43 von 43"),
        ({"neighbours": -1.0, "two_way": None}, "1 von 1, nicht berechenbar: 1"),
        ({}, "nicht geprüft"),
    ],
)
def test_ways_to_compute_are_counted_apart_from_units_left_out(
    inputs: ReportInputs, specifications: dict[str, float | None], german: str
) -> None:
    assert _told(inputs, specifications, "de") == german


def test_in_english_too(inputs: ReportInputs) -> None:
    assert _told(inputs, {**ONE_WAY, **UNITS}, "en") == "1 of 2; one unit left out at a time: 43 of 43"
