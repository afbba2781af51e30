"""Indicators computed once for the observations they read. No rule of its own about values."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import pyarrow as pa

from kkz_eval.indicators.catalogue import Indicator, IndicatorSource
from kkz_eval.indicators.rates import IndicatorValues, digest_of_parts, indicator_values, observations_for
from kkz_eval.model.tables import INDICATOR_EDGES, INDICATORS
from kkz_eval.storage.digests import code_digest, digest_of
from kkz_eval.storage.steps import Steps


def stored_indicator(
    steps: Steps, indicator: Indicator, source: IndicatorSource, observations: Mapping[str, pa.Table], origin: str
) -> IndicatorValues:
    """Values of an indicator, found by the digest of what it reads or computed and kept.

    observations: by dataset, all that the source reads, model.tables.OBSERVATIONS; origin: municipal | official.
    """
    parts = observations_for(observations, source)
    invalid = [[i.year, *i.units] for i in indicator.invalid if set(i.datasets) & set(source.datasets)]
    definition = digest_of([repr(source), [[b.year, b.text["de"]] for b in indicator.breaks], invalid, origin])
    key_parts = [indicator.id, definition, digest_of_parts(parts), code_digest("kkz_eval.indicators.rates")]

    @cache
    def values() -> IndicatorValues:
        return indicator_values(indicator, source, parts, origin)

    subject = f"{indicator.id} ({source.dataset})"
    _, table = steps.table("indicators", subject, key_parts, INDICATORS, lambda: values().indicators)
    _, edges = steps.table("indicator_edges", subject, key_parts, INDICATOR_EDGES, lambda: values().edges)
    return IndicatorValues(table, edges)
