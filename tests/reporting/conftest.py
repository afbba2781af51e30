"""A hand-made report: one outcome with a difference, one too imprecise, one where the groups drifted apart before, one refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from kkz_eval.evaluation.verdict.decide import Verdict, verdict_of
from kkz_eval.evaluation.verdict.evidence import BreakState, Evidence, LockState
from kkz_eval.evaluation.verdict.rules import rules
from kkz_eval.indicators.chain import StageCoverage
from kkz_eval.indicators.offers import Answers, Delivered, Offers, Reach, StageOffers
from kkz_eval.model.texts import Wording
from kkz_eval.reporting.build import build_document, render
from kkz_eval.reporting.document import Document
from kkz_eval.reporting.inputs import ESTIMATE_COLUMNS, OutcomeInfo, ReportInputs, SourceInfo, SpecificationInfo

YEARS = range(2007, 2017)
TREATED = tuple(f"058{n:02d}" for n in range(6))
REFERENCE = tuple(f"059{n:02d}" for n in range(8))


def _outcome(indicator: str, label: str, **changes: object) -> OutcomeInfo:
    base = OutcomeInfo(
        indicator=indicator,
        role="primary",
        window=(2007, 2016),
        earliest_plausible_year=None,
        expected_direction="decrease",
        mechanism={"de": "Frühere Unterstützung im Übergang.", "en": "Earlier support in the transition."},
        label={"de": label, "en": f"{label} (en)"},
        unit={"de": "Prozent", "en": "per cent"},
        difference_unit={"de": "Prozentpunkte", "en": "percentage points"},
        desirable="decrease",
        decimals=1,
        breaks=(),
        source="inkar",
    )
    return replace(base, **changes)


def estimate_row(indicator: str, **values: object) -> dict[str, object]:
    """A row of the engine's estimates, callaway_santanna/simple unless said otherwise."""
    row: dict[str, object] = dict.fromkeys(ESTIMATE_COLUMNS)
    row |= {
        **{"indicator": indicator, "estimator": "cs", "method": "callaway_santanna", "variant": "dr"},
        **{"aggregation": "simple", "term": "att", "conf_level": 0.95, "status": "ok", "message": ""},
        **{"n_units": 14, "n_treated": 6, "n_control": 8, "n_clusters": 14},
    }
    return row | values


SOUND = Evidence(
    **{"role": "primary", "coverage_share": 0.98, "missing_share": 0.02, "sources_mixed": False, "share_compared": 0.97},
    **{"break_state": BreakState.IN_WINDOW, "n_breaks": 1, "exposed_years": 5, "years_before": 5, "smallest_p": 1e-5},
    **{"n_primaries": 4, "audit_size": 0.06, "slope_bias": 0.2, "slope_p": 0.4, "mde": 1.1, "negative_controls": ()},
    **{"specifications": {"two_way": -1.1}, "scales": {"level": -1.2, "log": -0.2}, "breakdown": 1.1},
    **{"desired_direction": "decrease", "lock_state": LockState.LOCKED_BLIND, "n_deviations": 0},
    **{"estimate": -1.24, "interval": (-2.02, -0.46), "p_raw": 0.004, "p_adjusted": 0.012},
)


OFFERS = Offers(
    owed=6,
    services=Delivered(2016, 5),
    network=Delivered(2015, 4),
    stages=(
        StageOffers("birth", Answers(5, 5), 7, Reach(1300.0, 6200.0, 4), Answers(1, 2), Answers(3, 4)),
        StageOffers("secondary", Answers(2, 5), 2, Reach(2.0, 90.0, 1), Answers(0, 0), Answers(0, 4)),
        StageOffers("transition", Answers(0, 5), 0, None, None, None),
        StageOffers("family", Answers(1, 5), 1, None, Answers(0, 1), None),
    ),
)
"""Of six municipalities five delivered their services and four their network."""


def verdict_on(**changes: object) -> Verdict:
    """The verdict on a comparison that stands and finds a difference, unless said otherwise."""
    return verdict_of(replace(SOUND, **changes), rules())


def _dynamic(indicator: str, post: float) -> list[dict[str, object]]:
    rows = []
    for event_time in range(-5, 5):
        if event_time == -1:
            continue
        estimate = post * (event_time + 1) / 4 if event_time >= 0 else 0.05 * event_time
        rows.append(
            estimate_row(
                indicator,
                **{"estimator": "es", "method": "event_study", "variant": "", "aggregation": "dynamic"},
                **{"event_time": event_time, "estimate": estimate, "std_error": 0.3},
                **{"conf_low": estimate - 0.6, "conf_high": estimate + 0.6},
            )
        )
    return rows


def _balance_row(indicator: str, measure: str, treated: object, reference: object, smd: object, **values: object):
    row = {"indicator": indicator, "measure": measure, "mean_treated": treated, "mean_reference": reference, "smd": smd}
    row |= {"n_treated": 6, "n_reference": 8, "first_year": 2007, "last_year": 2011, "n_years": 5, "status": "ok", "reason": ""}
    return row | values


SPECIFICATIONS = (
    SpecificationInfo("two_way", {"de": "Alle mit allen", "en": "All with all"}),
    SpecificationInfo("log", {"de": "In Verhältnissen", "en": "In ratios"}, other_scale=True),
    SpecificationInfo("each", {"de": "Je ein Kreis weggelassen", "en": "One Kreis left out in turn"}, without_each=True),
    SpecificationInfo("neighbours", {"de": "Ohne Nachbarn", "en": "Without neighbours"}),
)


def _sensitivity(indicator: str) -> list[dict[str, object]]:
    """Four specifications, one of them refused and one against the estimate; each unit left out; bounds of which the widest has no end."""
    rows: list[tuple[str, str, str, float | None, float | None]] = [
        ("specification", "neighbours", "specification", -0.4, 1.0),
        ("specification", "log", "specification", -0.3, -0.1),
        ("specification", "two_way", "specification", None, None),
        *(
            ("specification", f"each:{unit}", "specification", -2.0 + 0.01 * n, -0.5)
            for n, unit in enumerate(TREATED + REFERENCE)
        ),
        ("honest_relative_magnitudes", "0.5", "first", -2.5, -0.1),
        ("honest_relative_magnitudes", "1.0", "first", -3.5, 0.9),
        ("honest_relative_magnitudes", "2.0", "first", float("-inf"), float("inf")),
        ("honest_relative_magnitudes", "0.5", "average", -9.0, 9.0),
        ("honest_smoothness", "0.0", "first", -1.9, -0.3),
        ("breakdown", "", "first", 0.6, 0.6),
    ]
    names = ("method", "parameter", "target", "conf_low", "conf_high")
    return [{"indicator": indicator, "estimator": "es", **dict(zip(names, row, strict=True))} for row in rows]


def _chance(indicator: str) -> list[dict[str, object]]:
    """Seven bins around 0.06, of which the outer ones lie as far out as the estimate; the last has no end."""
    bounds = (-1.24, -0.8, -0.4, 0.06, 0.52, 0.92, 1.36)
    bins = [(-1.9, -1.24, 0.004), *zip(bounds, bounds[1:], (0.1, 0.2, 0.2, 0.2, 0.2, 0.094), strict=False), (1.36, None, 0.002)]
    common = {"indicator": indicator, "estimator": "cs", "aggregation": "simple", "estimate": -1.24, "center": 0.06}
    shares = [{"low": low, "high": high, "share": share} for low, high, share in bins]
    return [{**common, **each, "n_assignments": 3003, "exact": True} for each in shares]


@pytest.fixture(scope="session")
def inputs() -> ReportInputs:
    random = np.random.default_rng(7)
    outcomes = (
        _outcome(
            "leavers",
            "Schulabgänge ohne Abschluss",
            breaks=((2013, {"de": "Doppelter Abiturjahrgang", "en": "Double Abitur year"}),),
        ),
        _outcome("training", "Ausbildungsplätze je 100 Bewerbungen", desirable="increase", expected_direction="increase"),
        _outcome("help", "Beginn der Hilfe unter 3 Jahren", earliest_plausible_year=2014, role="primary"),
        _outcome("visits", "Willkommensbesuche", expected_direction=None, mechanism=None),
        _outcome(
            "poverty",
            "Personen in SGB-II-Bedarfsgemeinschaften",
            role="context",
            unit={"de": "je 1.000 Einwohner", "en": "per 1,000 inhabitants"},
            expected_direction=None,
        ),
    )
    slopes = {"leavers": (-0.30, -0.05), "training": (0.4, 0.5), "help": (0.3, 0.1), "visits": (0.0, 0.1), "poverty": (0.5, 0.2)}
    panel = pd.DataFrame(
        [
            {
                "unit_id": unit,
                "year": year,
                "indicator": indicator,
                "value": 6 + (0.8 if unit in TREATED else 0) + slope * (year - 2007) + random.normal(0, 0.1),
                "cohort": 2012 if unit in TREATED else np.nan,
                "unit_name": f"Kreis {unit}",
            }
            for indicator, slopes_of in slopes.items()
            for units, slope in zip((TREATED, REFERENCE), slopes_of, strict=True)
            for unit in units
            for year in YEARS
        ]
    )
    groups = pd.DataFrame(
        [
            {
                "unit_id": u,
                "name": f"Kreis Alba {u[-1]}" if u != TREATED[0] else '<b>Unna</b> & "Co"',
                "group": "treated",
                "cohort": 2012,
            }
            for u in TREATED
        ]
        + [{"unit_id": u, "name": f"Kreis Brun {u[-1]}", "group": "reference", "cohort": np.nan} for u in REFERENCE]
        + [
            {"unit_id": "05700", "name": "Kreis Cassel", "group": "later", "cohort": 2017},
            {"unit_id": "05701", "name": "Kreis Dorn", "group": "left_out", "cohort": np.nan},
        ]
    )
    estimates = pd.DataFrame(
        [
            estimate_row("leavers", estimate=-1.24, std_error=0.4, conf_low=-2.02, conf_high=-0.46),
            estimate_row(
                "leavers",
                estimator="twfe",
                method="twfe",
                aggregation="coefficient",
                estimate=-1.1,
                std_error=0.35,
                conf_low=-1.8,
                conf_high=-0.4,
            ),
            *_dynamic("leavers", -1.6),
            estimate_row("training", estimate=-0.31, std_error=0.61, conf_low=-1.5, conf_high=0.88),
            *_dynamic("training", -0.4),
            estimate_row("help", estimate=0.2, std_error=0.1, conf_low=0.0, conf_high=0.4),
            estimate_row("help", aggregation="exposed", estimate=1.3, std_error=0.2, conf_low=0.9, conf_high=1.7),
            estimate_row("visits", status="refused", message="fewer than two treated units have values"),
        ]
    )
    tests = pd.DataFrame(
        [
            {"indicator": "leavers", "estimator": "cs", "test": "pre_trend", "statistic": 2.0, "df": 4, "p_value": 0.41},
            {"indicator": "help", "estimator": "cs", "test": "pre_trend", "statistic": 14.0, "df": 4, "p_value": 0.0123},
        ]
    )
    balance = pd.DataFrame(
        [
            _balance_row("leavers", "level", 8.0, 6.9, 0.81),
            _balance_row("leavers", "trend", -0.3, -0.29, -0.04),
            _balance_row("training", "level", 7.6, 7.5, 0.12),
            _balance_row("training", "trend", 0.4, 0.5, -0.25),
            _balance_row("help", "level", 5.0, 5.0, 0.05),
            _balance_row("help", "trend", None, None, None, status="refused", reason="one_year"),
            _balance_row("visits", "level", 6.0, 8.1, -1.34),
            _balance_row("poverty", "level", 90.0, 70.0, 0.66),
        ]
    )
    deliveries = pd.DataFrame(
        [
            {
                "dataset": "schulabgaenge",
                "unit_id": u,
                "unit_name": f"Kreis Alba {u[-1]}",
                "year": 2014,
                "status": status,
                "n_errors": errors,
                "n_warnings": 0,
                "n_errors_of_file": 0,
                "delivery": "",
            }
            for u, status, errors in zip(
                TREATED,
                ["accepted", "accepted", "accepted_with_warnings", "rejected", "missing", "accepted"],
                [0, 0, 0, 3, 0, 0],
                strict=True,
            )
        ]
    )
    counts = pd.DataFrame(
        [
            {
                "unit_id": "05800",
                "unit_name": "<b>Unna</b>",
                "year": 2014,
                "whole": "Schulabgänge nach Abschluss",
                "part": part,
                "count": n,
                "total": 1260,
            }
            for part, n in [
                ("Ohne Abschluss", 2),
                ("Hauptschulabschluss", 58),
                ("Mittlerer Abschluss", 700),
                ("Hochschulreife", 500),
            ]
        ]
    )
    return ReportInputs(
        plan_id="probe",
        title={
            "de": "Kein Kind zurücklassen! Schulabgang und Übergang in Ausbildung",
            "en": "Leave no child behind! Leaving school and the transition to training",
        },
        texts={
            "question": {
                "de": "Wie haben sich die Kreise der ersten Runde seit 2012 entwickelt?",
                "en": "How have the districts of the first round developed since 2012?",
            },
            "treated_group": {"de": "Kreise, die 2012 begonnen haben.", "en": "Districts that started in 2012."},
            "simulated": {
                "de": "Alle Werte dieses Berichts stammen aus einer Modellwelt.",
                "en": "All values in this report come from a model world.",
            },
        },
        outcomes=outcomes,
        panel=panel,
        groups=groups,
        why_left_out={"05701": Wording({"de": "Kreis Dorn: nur zum Teil dabei", "en": "Kreis Dorn: takes part in part"})},
        treated_cohorts=(2012,),
        estimates=estimates,
        tests=tests,
        balance=balance,
        sources=(
            SourceInfo(
                "inkar",
                {"de": "INKAR, Ausgabe der Probe", "en": "INKAR, edition of the probe"},
                {"de": "INKAR, Ausgabe der Probe", "en": "INKAR, edition of the probe"},
                "© BBSR Bonn",
                "Datenlizenz Deutschland – Namensnennung – Version 2.0",
                "2024",
                (("inkar.csv", "ab" * 32),),
            ),
        ),
        deliveries=deliveries,
        notices=(
            Wording(
                {"de": "Eine Datei lag doppelt vor und wurde einmal gezählt.", "en": "One file was there twice and counted once."}
            ),
        ),
        counts=counts,
        smallest_cell=3,
        digests={"plan": "cd" * 32, "code": "ef" * 32},
        versions={"pandas": "3.0"},
        simulated=True,
        chain=(
            StageCoverage("birth"),
            StageCoverage("secondary", evaluated=("leavers", "help")),
            StageCoverage("transition", evaluated=("training",)),
            StageCoverage("family", evaluated=("visits",)),
            StageCoverage("context", evaluated=("poverty",)),
        ),
        offers=OFFERS,
        sensitivity=pd.DataFrame(_sensitivity("leavers") + _sensitivity("help")),
        chance=pd.DataFrame(_chance("leavers")),
        estimators=("twfe", "cs", "es"),
        specifications=SPECIFICATIONS,
        verdicts={
            "leavers": verdict_on(),
            "training": verdict_on(
                estimate=-0.31, interval=(-1.5, 0.88), p_raw=0.6, p_adjusted=0.9, desired_direction="increase"
            ),
            "help": verdict_on(estimate=1.3, interval=(0.9, 1.7), slope_p=0.012, slope_bias=1.43, exposed_years=3),
        },
    )


@pytest.fixture(scope="session")
def row():
    """Maker of rows of estimates."""
    return estimate_row


@pytest.fixture(scope="session")
def verdict():
    """Maker of verdicts."""
    return verdict_on


@pytest.fixture(scope="session", params=["de", "en"])
def page(request, inputs) -> tuple[str, Document, str]:
    """The finished report in each language: language, document, HTML."""
    document = build_document(inputs, request.param)
    return request.param, document, render(document)
