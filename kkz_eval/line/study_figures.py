"""Figures that no report has: what is there of what is owed, an audit, an estimate taken apart. For notebooks; by the chart functions of reports.

Belongs here: from a snapshot or a study to what such a figure shows. Does not belong here: drawing (reporting.figures), computing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from kkz_eval.evaluation.arrays import PerUnit
from kkz_eval.evaluation.examination.chance import names_of
from kkz_eval.evaluation.plan import Plan
from kkz_eval.line import say as of_line
from kkz_eval.line.gap_costs import board_of
from kkz_eval.line.snapshot import Snapshot
from kkz_eval.line.study import Study
from kkz_eval.model.errors import UserError
from kkz_eval.model.texts import Language
from kkz_eval.model.verdicts import State
from kkz_eval.reporting import say
from kkz_eval.reporting.document import Figure
from kkz_eval.reporting.figures.audit import Audit, Size, draw_audit
from kkz_eval.reporting.figures.delivered import Delivered, Tile, draw_delivered
from kkz_eval.reporting.figures.partial_regression import PartialRegression, Point, draw_partial_regression

HOLDS = frozenset({State.ACCEPTED, State.WARNINGS, State.WAIVED, State.EARLIER_HOLDS, State.DECIDED})
"""States of a place of the board of which a delivery holds."""


def delivered_tiles(snapshot: Snapshot, language: Language) -> tuple[Tile, ...]:
    """Of each dataset and year how many units owe it, and of how many of them something holds, as the board has it."""
    tiles = []
    for table in board_of(snapshot):
        title = table.contract.title.in_language(language)
        for place, year in enumerate(table.years):
            owed = [row[place] for row in table.rows if row[place].is_owed]
            tiles.append(Tile(title, year, len(owed), sum(cell.state in HOLDS for cell in owed)))
    return tuple(tiles)


def delivered_figure(snapshot: Snapshot, language: Language) -> Figure:
    """What is there of what is owed. Raises UserError where nobody owes or sent anything."""
    shown = Delivered(delivered_tiles(snapshot, language), bool(snapshot.simulated))
    if not shown.tiles:
        raise UserError("nothing_delivered", package=of_line.package, snapshot=snapshot.name)
    return draw_delivered("delivered.figure", shown, (say("figures.delivered_caption").in_language(language),), language)


def audit_figure(study: Study, audit: pd.DataFrame, indicator: str, language: Language) -> Figure:
    """How often comparisons would find something in an outcome where there is nothing. audit: AUDIT_COLUMNS. Raises UserError where it has no size of this outcome."""
    own = audit[audit["indicator"] == indicator]
    rows = own[(own["status"] == "ok") & own["size"].notna()]
    if rows.empty:
        reasons = " ".join(dict.fromkeys(own["message"].dropna().astype(str))) or "–"
        raise UserError("audit_without_size", package=of_line.package, indicator=indicator, plan=study.plan.id, reasons=reasons)
    full, blind = (
        tuple(_size(study.plan, row, language) for row in rows[rows["form"] == form].to_dict("records"))
        for form in ("full", "blind")
    )
    shown = Audit(
        study.installation.catalogue[indicator].label[language],
        full,
        blind,
        1 - study.plan.inference.level,
        _is_simulated(study, indicator),
    )
    return draw_audit("audit.figure", shown, (say("figures.audit_caption").in_language(language),), language)


def partial_regression_figure(
    study: Study, indicator: str, left: PerUnit, change: PerUnit, treated: np.ndarray, language: Language
) -> Figure:
    """An estimate as the slope through one point for each unit.

    left: (N,) what is left of taking part; change: (N,) likewise of the outcome; treated: (N,) bool. Raises ValueError without a unit.
    """
    definition = study.installation.catalogue[indicator]
    shown = PartialRegression(
        definition.label[language],
        definition.difference_unit[language],
        definition.decimals,
        tuple(Point(float(a), float(b), bool(t)) for a, b, t in zip(left, change, treated, strict=True)),
        float(left @ change / (left @ left)),
        _is_simulated(study, indicator),
    )
    caption = (say("figures.partial_regression_caption").in_language(language),)
    return draw_partial_regression("partial_regression.figure", shown, caption, language)


def _size(plan: Plan, row: Mapping[Any, Any], language: Language) -> Size:
    columns = ", ".join(str(row[name]) for name in ("within", "adjust") if row[name])
    held = say("figures.audit_held", columns=columns) if columns else say("figures.audit_held_nothing")
    law = say(f"figures.audit_law.{row['theta']}", column=row["law"]).in_language(language)
    is_own = (row["within"], row["adjust"]) == (names_of(plan.comparison.within), names_of(plan.comparison.adjust))
    is_own_law = plan.audit is None or plan.audit.law in (None, row["law"])  # the audit tries other columns, too
    counts = is_own and is_own_law and row["theta"] == plan.theta_that_counts
    return Size(held.in_language(language), law, float(str(row["size"])), counts)


def _is_simulated(study: Study, indicator: str) -> bool:
    source = study.installation.catalogue[indicator].source(study.plan.sources[indicator])
    return bool(study.simulated & set(source.datasets))
