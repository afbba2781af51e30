"""How many persons a share is of: by the official figures of the programme group, of the newest year that counts all of them."""

from __future__ import annotations

from dataclasses import replace

from five_years import DAY, YEARS

from kkz_eval.indicators.catalogue import Selection
from kkz_eval.line.counted import among_of
from kkz_eval.line.installation import Installation
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.line.study import Study
from kkz_eval.reporting.inputs import Among
from kkz_eval.simulation.layout import official_name

NEWEST = YEARS[-1]


def _outcomes(study: Study):
    return {outcome.indicator: outcome for outcome in study.plan.outcomes}


def test_a_share_is_of_so_many_in_the_programme_group(own: Installation) -> None:
    study = Study(current_snapshot(own, DAY), own.plans["modellwelt"])
    treated = set(study.groups.loc[study.groups["group"] == "treated", "unit_id"])
    rows = [
        line.split(";")
        for line in (own.settings.inbox / official_name("schulabgaenge", NEWEST)).read_bytes().decode("cp1252").split("\r\n")
        if line.count(";") == 4
    ]
    leavers = sum(int(row[4]) for row in rows if row[0] in treated and row[2:4] == ["Insgesamt", "insgesamt"])
    found = among_of(study, _outcomes(study)["schulabgaenge_ohne_abschluss"])
    assert found is not None
    assert (found.words["de"], found.per, found.count, found.year) == ("Schulabgängen", 100, leavers, NEWEST)


def test_where_the_source_publishes_the_share_alone_official_tables_count_or_are_named(own: Installation) -> None:
    outcome = _outcomes(Study(current_snapshot(own, DAY), own.plans["modellwelt"]))["jugendarbeitslosenquote"]
    catalogue = own.catalogue
    indicator = catalogue[outcome.indicator]
    assert indicator.among is not None

    def counted_in(*selections: Selection) -> Among:
        changed = replace(indicator, among=replace(indicator.among, counted=selections))
        line = replace(own, catalogue={**catalogue, outcome.indicator: changed})
        found = among_of(Study(current_snapshot(line, DAY), own.plans["modellwelt"]), outcome)
        assert found is not None
        return found

    nobody = counted_in()
    assert (nobody.count, nobody.year, nobody.brought_by) == (None, None, ())
    everyone = (("age_group", "unter_3"), ("nationality", "insgesamt"), ("sex", "insgesamt"))
    children = Selection("persons", everyone, "bevoelkerung_amtlich")
    ages = Selection("persons", (), "bevoelkerung_altersjahre", ("age", ("0", "1", "2")), "kreis")
    missing = counted_in(ages)
    assert (missing.count, missing.year) == (None, None)
    assert [title["de"] for title in missing.brought_by] == ["Bevölkerung nach Altersjahren, amtliche Statistik"]
    counted = counted_in(ages, children)
    assert counted.count is not None
    assert (counted.year, counted.brought_by) == (NEWEST, ())


def test_what_is_no_share_of_persons_is_of_nobody(own: Installation) -> None:
    study = Study(current_snapshot(own, DAY), own.plans["modellwelt"])
    assert among_of(study, _outcomes(study)["geburten_je_1000"]) is None
