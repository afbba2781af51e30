"""Of whom an outcome is a share, and how many of them there are in the programme group. No estimates, no wording.

Belongs here: which official figures count them, of which year. Does not belong here: how a result is told in persons (reporting.in_children).
"""

from __future__ import annotations

import pandas as pd

from kkz_eval.deliveries.official.known_since import Asked
from kkz_eval.evaluation.plan import Outcome
from kkz_eval.line.study import Study
from kkz_eval.reporting.inputs import Among


def among_of(study: Study, outcome: Outcome) -> Among | None:
    """Those of whom the outcome is a share, counted in the newest year of its window in which an official source counts them all.

    All: in every unit of the programme group that the outcome has a value for in that year. None where it is no share of persons.
    """
    among = study.installation.catalogue[outcome.indicator].among
    if among is None:
        return None
    words = {str(language): text for language, text in among.of.items()}
    counted = next((found for table in _official(study, outcome.indicator) if (found := _newest(study, outcome, table))), None)
    return Among(words, among.per, *(counted or (None, None)))


def _official(study: Study, indicator: str) -> list[pd.DataFrame]:
    """Numerators and denominators of the indicator itself, else of the one that counts for it, by the plan's source first."""
    catalogue, plan = study.installation.catalogue, study.plan
    official = {contract.dataset for contract in study.snapshot.contracts.values() if contract.source == "official"}
    among = catalogue[indicator].among
    names = [indicator, *([among.counted_by] if among is not None and among.counted_by is not None else [])]
    tables = []
    for name in names:
        sources = [s for s in catalogue[name].sources if s.denominator is not None and set(s.datasets) <= official]
        for source in sorted(sources, key=lambda source: source.dataset != plan.sources.get(name)):
            asked = study.asked(name) if source.dataset == plan.sources.get(name) else Asked(study.as_of)
            tables.append(study.snapshot.indicator(name, source.dataset, asked).indicators.to_pandas())
    return tables


def _newest(study: Study, outcome: Outcome, table: pd.DataFrame) -> tuple[float, int] | None:
    """The sum of the denominators, and its year."""
    treated = set(study.groups.loc[study.groups["group"] == "treated", "unit_id"])
    values = study.panel[(study.panel["indicator"] == outcome.indicator) & study.panel["unit_id"].isin(treated)]
    counted = table[table["denominator"].notna() & table["unit_id"].isin(treated)]
    for year in sorted({int(year) for year in values.dropna(subset=["value"])["year"]}, reverse=True):
        wanted = set(values.loc[(values["year"] == year) & values["value"].notna(), "unit_id"])
        rows = counted[(counted["year"] == year) & counted["unit_id"].isin(wanted)]
        if wanted and wanted == set(rows["unit_id"]):
            return float(rows["denominator"].sum()), year
    return None
