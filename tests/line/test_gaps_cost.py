"""A gap says which indicators, outcomes and units are lost by it, and what that costs in the size that could be seen."""

from __future__ import annotations

from dataclasses import replace

import pytest
from five_years import DAY, LATER, OFFICIAL, YEARS, deliver_again

from kkz_eval.evaluation.examination.seen import seen_of
from kkz_eval.evaluation.plan import Audit, Plan
from kkz_eval.line.gap_costs import GapCosts, gap_costs
from kkz_eval.line.installation import Installation
from kkz_eval.line.intake import judge_arrivals, land
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.line.study import study_of

UNIT, YEAR, OUTCOME = "05111", 2012, "schulabgaenge_ohne_abschluss"


@pytest.fixture
def own(own: Installation) -> Installation:
    """The copy, with a plan of two outcomes of one source and one of another."""
    plan = own.plans["modellwelt"]
    kept = (OUTCOME, "schulabgaenge_hochschulreife", "betreuungsquote_u3")
    return asked(own, outcomes=tuple(one for one in plan.outcomes if one.indicator in kept))


def withhold(installation: Installation) -> None:
    """A corrected official file in which Düsseldorf's figures are withheld in one year."""
    file = installation.settings.inbox / OFFICIAL
    lines = deliver_again(installation).decode("cp1252").split("\r\n")
    kept = [f"{line.rpartition(';')[0]};." if line.startswith(f"{UNIT};") else line for line in lines]
    file.write_bytes("\r\n".join(kept).encode("cp1252"))
    land(installation, YEARS)
    judge_arrivals(installation, YEARS)


def asked(installation: Installation, **changes: object) -> Installation:
    plan: Plan = replace(installation.plans["modellwelt"], **changes)
    return replace(installation, plans={plan.id: plan})


def costs(installation: Installation) -> GapCosts:
    return gap_costs(current_snapshot(installation, DAY))


def test_a_withheld_figure_costs_the_outcomes_that_read_it_and_their_unit(own: Installation) -> None:
    assert costs(own).outcomes == ()
    withhold(own)
    found = costs(own)
    (gap,) = (gap for gap in found.gaps if UNIT in gap.units)
    assert (gap.dataset, gap.years) == ("schulabgaenge_amtlich", (YEAR,))
    assert gap.state.in_language("de").startswith("da, aber ohne Zahl")
    plan = own.plans["modellwelt"]
    reading = {one.indicator for one in plan.outcomes if plan.sources[one.indicator] == "schulabgaenge_amtlich"}
    assert {lost.indicator for lost in gap.outcomes} == reading
    assert len(gap.indicators) == len(reading)

    panel = study_of(current_snapshot(own, DAY), "modellwelt").panel
    group = "treated" if panel.loc[panel["unit_id"] == UNIT, "cohort"].notna().all() else "reference"
    for lost in gap.outcomes:
        assert (lost.group, lost.cells, lost.is_alone, lost.mde) == (group, 1, True, None)
    for of in found.outcomes:
        other = {"treated": "reference", "reference": "treated"}[group]
        assert (of.cells, of.units[group] - of.whole[group], of.units[other] - of.whole[other]) == (1, 1, 0)
        assert "nur die Einheiten" in of.basis.in_language("de"), "what the numbers rest on is said"


def test_the_smallest_detectable_difference_is_that_of_the_units_without_gaps_and_falls_when_they_are_filled(
    own: Installation,
) -> None:
    whole = asked(own, audit=Audit(strata=("kind",)))
    before = study_of(current_snapshot(whole, DAY), "modellwelt")
    withhold(own)
    snapshot = current_snapshot(whole, DAY)
    found = gap_costs(snapshot)
    (of,) = (one for one in found.outcomes if one.indicator == OUTCOME)
    study = study_of(snapshot, "modellwelt")
    outcome = study.plan.outcome(OUTCOME)
    complete = study.panel[study.panel["unit_id"] != UNIT]
    assert of.mde == pytest.approx(seen_of(complete, study.plan, outcome).mde)
    assert 0.9 * of.mde < of.filled < of.mde
    (gap,) = (gap for gap in found.gaps if UNIT in gap.units)
    assert {lost.mde for lost in gap.outcomes if lost.indicator == OUTCOME} == {of.filled}, "the only gap: filled, all is whole"
    assert len(complete) < len(before.panel)
    assert "liegt dazwischen" in of.basis.in_language("de")


def test_what_municipalities_owe_is_named_with_the_indicators_that_can_not_be_told(own: Installation) -> None:
    (own.settings.inbox / LATER).write_bytes((own.settings.home.parent / "later" / LATER).read_bytes())
    land(own, YEARS)
    judge_arrivals(own, YEARS)
    services = {unit: gap for gap in costs(own).gaps if gap.dataset == "geburten_fruehe_hilfen" for unit in gap.units}
    assert LATER.split("_")[3] == "05112000" not in services, "who delivered has no gap"
    assert len(services) > 10
    for gap in services.values():
        assert gap.indicators
        assert not gap.outcomes, "no plan reads it"
        assert gap.state.in_language("de") == "fehlt"
    assert services["05111000"].years == (2012, 2013, 2014), "from when it joined"
