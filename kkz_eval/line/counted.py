"""Of whom an outcome is a share, and how many of them there are in the programme group. No estimates, no wording.

Belongs here: which official figures count them, of which year. Does not belong here: how a result is told in persons (reporting.in_children).
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from kkz_eval.deliveries.official.known_since import Asked
from kkz_eval.evaluation.plan import Outcome
from kkz_eval.indicators.catalogue import IndicatorSource, Selection
from kkz_eval.indicators.rates import official_counts
from kkz_eval.line.study import Study
from kkz_eval.reporting.inputs import Among, LocalText


def among_of(study: Study, outcome: Outcome) -> Among | None:
    """Those of whom the outcome is a share, counted in the newest year of its window in which an official source counts them all.

    All: in every unit of the programme group that the outcome has a value for in that year. None where it is no share of persons.
    """
    among = study.installation.catalogue[outcome.indicator].among
    if among is None:
        return None
    words = {str(language): text for language, text in among.of.items()}
    found = next((sum_and_year for table in _official(study, outcome) if (sum_and_year := _newest(study, outcome, table))), None)
    if found is not None:
        return Among(words, among.per, *found)
    return Among(words, among.per, brought_by=tuple(_titles(study, outcome)))


def _sources(study: Study, outcome: Outcome) -> list[IndicatorSource]:
    """The official sources of the indicator itself that count, that of the plan first."""
    official = {contract.dataset for contract in study.snapshot.contracts.values() if contract.source == "official"}
    sources = study.installation.catalogue[outcome.indicator].sources
    counting = [source for source in sources if source.denominator is not None and set(source.datasets) <= official]
    return sorted(counting, key=lambda source: source.dataset != study.plan.sources.get(outcome.indicator))


def _official(study: Study, outcome: Outcome) -> Iterator[pd.DataFrame]:
    """unit_id, year, denominator: those of the indicator itself, then what else counts those of whom it is a share."""
    name, snapshot = outcome.indicator, study.snapshot
    for source in _sources(study, outcome):
        asked = study.asked(name) if source.dataset == study.plan.sources.get(name) else Asked(study.as_of)
        yield snapshot.indicator(name, source.dataset, asked).indicators.to_pandas()
    for selection in _counting(study, outcome):
        observations = snapshot.accepted(_dataset(selection), Asked(study.as_of)).observations
        yield official_counts(observations, selection).rename(columns={"value": "denominator"})


def _counting(study: Study, outcome: Outcome) -> tuple[Selection, ...]:
    among = study.installation.catalogue[outcome.indicator].among
    return () if among is None else among.counted


def _dataset(selection: Selection) -> str:
    """The dataset that counts, which the schema of the catalogue demands."""
    assert selection.dataset is not None
    return selection.dataset


def _titles(study: Study, outcome: Outcome) -> Iterator[LocalText]:
    """What the official tables are called that would count them."""
    datasets = [source.datasets[-1] for source in _sources(study, outcome)] + [_dataset(one) for one in _counting(study, outcome)]
    for dataset in dict.fromkeys(datasets):
        yield study.installation.contract_of(dataset).title.by_language


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
