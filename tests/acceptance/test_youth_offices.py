"""A plan at the level of the youth offices on a simulated official table: founded, closed and renamed offices, an effect found again."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from whole_runs import ALL_YEARS, take_in_and_judge

from kkz_eval.commands.plan import show_plan
from kkz_eval.evaluation.effects import run_effects
from kkz_eval.evaluation.plan import Measured, Plan
from kkz_eval.evaluation.plan_file import load_plan
from kkz_eval.line.installation import Installation, open_installation
from kkz_eval.line.report import report_inputs
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.line.study import Study
from kkz_eval.reference.register import current_office_key, existing, youth_offices
from kkz_eval.reference.unit_groups import Nested, youth_office_groups
from kkz_eval.reporting.build import build_document
from kkz_eval.reporting.document import readable_texts
from kkz_eval.settings import Settings

YEARS = (2007, 2019)
PERSONS, EFFECT = 100_000, 25.0  # under 21; supports per 10,000 of them, from the start on


def _property(name: str, label: str, kind: str, **more: object) -> dict[str, object]:
    own = [{"property": "labelEn", "value": name}, {"property": "descriptionEn", "value": name}]
    own += [{"property": "form", "value": more.pop("form")}] if "form" in more else [{"property": "unit", "value": "Fälle"}]
    return {
        "name": name, "businessName": label, "description": label, "logicalType": kind, "required": True, "customProperties": own
    } | more  # fmt: skip


def _contract() -> dict[str, object]:
    own = {
        "titleEn": "Support by youth office", "dataset": "hze_probe", "source": "official", "levels": ["youth_office"],
        "layouts": ["municipal_text"], "supersedes": "unit_year", "acceptance": "unit", "smallestCell": 0, "attribution": "Probe",
        "licence": "dl-de/by-2-0", "legalBasis": "Probe", "permittedRecipient": "Probe", "deadline": "Probe", "contactRole": "Probe",
    }  # fmt: skip
    properties = [
        _property("unit_id", "Schlüssel des Jugendamts", "string", form="ags"),
        _property("year", "Jahr", "integer", form="year"),
        _property("supports", "Hilfen zur Erziehung", "integer", semanticType="measure"),
        _property("persons", "Personen unter 21 Jahren", "integer", semanticType="measure", logicalTypeOptions={"minimum": 1}),
    ]
    return {
        "apiVersion": "v3.2.0", "kind": "DataContract", "id": "hze_probe", "name": "Hilfen nach Jugendamt", "version": "1.0.0",
        "status": "active", "description": {"purpose": "Probe", "usage": "Probe", "limitations": "Probe"},
        "customProperties": [{"property": name, "value": value} for name, value in own.items()],
        "schema": [
            {"name": "hze_probe", "logicalType": "object", "dataGranularityDescription": "Eine Zeile", "properties": properties}
        ],
    }  # fmt: skip


def _catalogue() -> dict[str, object]:
    both = {"de": "Hilfen je 10.000 unter 21", "en": "Support per 10,000 under 21"}
    source = {
        "dataset": "hze_probe", "numerator": {"measure": "supports"}, "denominator": {"measure": "persons"}, "per": 10000,
        "first_year": 2007,
    }  # fmt: skip
    entry = {
        "label": both, "unit": both, "difference_unit": both, "decimals": 1, "stage": "family", "sources": [source],
        "desirable": "decrease",
    }  # fmt: skip
    return {"catalogue_version": 1, "indicators": {"hze": entry}}


def _plan() -> dict[str, object]:
    both = {"de": "Probe", "en": "Trial"}
    return {
        "plan_version": 1, "id": "jugendaemter", "title": both, "languages": ["de", "en"], "treated_cohorts": [2012],
        "units": {"level": "youth_office", "nested": "own_start", "known_until": 2019}, "cluster": "kreis",
        "coverage": {"minimum": 0.95}, "sources": {"hze": "hze_probe"},
        "outcomes": [{"indicator": "hze", "role": "primary", "window": list(YEARS)}],
        "estimators": [{"id": "twfe", "method": "twfe"}],
    }  # fmt: skip


def _table() -> str:
    """Every office in every year in which it existed, under its key of that year."""
    rng = np.random.default_rng(1)
    starts = {row.unit_id: row.cohort for row in youth_office_groups(Nested.OWN_START, 2019, YEARS)}
    level = {key: rng.uniform(150, 400) for key in starts}
    lines = ["Schlüssel des Jugendamts;Jahr;Hilfen zur Erziehung;Personen unter 21 Jahren"]
    for year in range(YEARS[0], YEARS[1] + 1):
        for unit in existing(youth_offices(), year):
            key = current_office_key(unit.key)
            start = starts[key]
            rate = level[key] + 4.0 * (year - 2007) + rng.normal(0, 2) + (EFFECT if start is not None and year >= start else 0)
            lines.append(f"{unit.key};{year};{round(rate * PERSONS / 10_000)};{PERSONS}")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    folder = tmp_path_factory.mktemp("offices")
    contents = {
        "contracts/hze_probe.odcs.yaml": _contract(), "contracts/indicators.yaml": _catalogue(),
        "contracts/breaks.yaml": {"breaks_version": 1, "breaks": []}, "plan.yaml": _plan(),
    }  # fmt: skip
    (folder / "contracts").mkdir()
    (folder / "inbox").mkdir()
    for name, content in contents.items():
        (folder / name).write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
    (folder / "inbox" / "hze.csv").write_text(_table(), encoding="utf-8")
    line = open_installation(Settings(folder / "home", folder / "inbox", folder / "contracts"), [folder / "plan.yaml"])
    take_in_and_judge(line, ALL_YEARS)
    return line


@pytest.fixture(scope="module")
def plan(line: Installation) -> Plan:
    (plan,) = line.plans.values()
    return plan


@pytest.fixture(scope="module")
def design(line: Installation, plan: Plan) -> Study:
    return Study(current_snapshot(line), plan)


def test_who_is_compared(design: Study) -> None:
    assert Counter(design.groups["group"]) == {"treated": 28, "reference": 96, "later": 49, "left_out": 14}
    assert not design.coverage[0].missing


def test_a_renamed_office_keeps_its_series_and_a_founded_one_has_none(design: Study) -> None:
    alsdorf = design.panel[design.panel["unit_id"] == "JH05334004"]
    assert alsdorf["value"].notna().all()
    assert len(alsdorf) == YEARS[1] - YEARS[0] + 1
    assert not design.panel["unit_id"].isin(["JH05166016", "JH05166999", "JH05354004"]).any()


def test_the_planted_effect_is_found(design: Study, plan: Plan) -> None:
    (row,) = run_effects(design.panel, plan).estimates.to_dict("records")
    assert row["estimate"] == pytest.approx(EFFECT, abs=3 * row["std_error"])
    assert row["std_error"] < 0.5
    assert row["n_clusters"] == design.panel.query("unit_id in @compared", local_dict=_compared(design))["kreis"].nunique()


def _compared(design: Study) -> dict[str, list[str]]:
    return {"compared": design.groups.loc[design.groups["group"].isin(["treated", "reference"]), "unit_id"].tolist()}


def test_matching_stays_within_the_kind_of_office(line: Installation, plan: Plan) -> None:
    matching = {"method": "nearest_neighbour", "covariates": [{"indicator": "hze"}], "exact": ["kind"]}
    variant = replace(plan, **_matching_of(matching, line.settings.home.parent))
    units = Study(current_snapshot(line), variant).matched.units
    assert set(units["stratum"]) == {"kreisfrei", "kreisangehoerig", "kreis"}
    assert variant.matching is not None
    assert variant.matching.covariates == (Measured("hze"),)


def _matching_of(matching: dict[str, object], folder: Path) -> dict[str, object]:
    file = folder / "matched.yaml"
    file.write_text(yaml.safe_dump(_plan() | {"matching": matching}), encoding="utf-8")
    loaded = load_plan(file)
    return {"matching": loaded.matching, "weight": loaded.weight}


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("de", ("Grundlage: 124 Jugendämter, davon 28", "Alle Jugendämter der Vergleichsgruppe zählen gleich.", "Nettetal")),
        ("en", ("Based on 124 youth offices, 28 of them", "did not exist in all years from 2007 to 2019")),
    ],
)
def test_the_report_speaks_of_youth_offices(
    line: Installation, plan: Plan, design: Study, language: str, sentences: tuple[str, ...]
) -> None:
    line = replace(line, settings=replace(line.settings, language=language))  # type: ignore[arg-type]
    inputs = report_inputs(Study(current_snapshot(line), plan), run_effects(design.panel, plan))
    document = build_document(inputs, "de" if language == "de" else "en")
    said = "\n".join(" ".join(prose.split()) for prose in readable_texts(document))
    for sentence in sentences:
        assert sentence in said


def test_the_plan_is_shown_with_its_rule(line: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    show_plan(line.settings, line.settings.home.parent / "plan.yaml")
    shown = capsys.readouterr().out
    assert "28 Jugendämter (Beginn 2012) mit 96 der Vergleichsgruppe; 49 haben einen anderen Beginn, 14 sind ausgenommen" in shown
    assert "Jugendämter in einem beteiligten Kreis zählen vom Beitritt des Kreises an als beteiligt." in shown
