"""What worlds with a known truth say about the comparison and the rule of the verdict: how often each errs, how often it finds something.

study.json beside this module is made by `make study` (benchmarks/study_comparison.py) and names its date and the version of the rules.
Belongs here: the value and its reading, so that a report can quote it. Does not belong here: worlds; words.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from kkz_eval.evaluation.plan import Comparison

RESULT = "study.json"
KIND, NEED = (
    "kind",
    ("q_PBG_bev", "sgbii_quote"),
)  # what the worlds hold fixed: the column, and the rate of SGB II by its indicators


@dataclass(frozen=True)
class StudiedSeries:
    """A series whose trends and errors are as large as those of a genuine one. Shares of worlds; all else in percentage points.

    own_test_size: how often the 5 % test of a comparison (two_way | kind | need | kind_and_need) rejects where nothing happened; bias: its
    mean estimate there. law_size: the same of the chosen comparison by the law of assignments at θ̂, kind_law_size: of kind alone where all
    assignments are equally likely. coverage: of the chosen interval. mde: minimum detectable effect; power: share of p ≤ .05 by size of effect
    (small, large; small_mirrored, large_mirrored of the other sign). verdicts: share of each verdict and form (code:form) under effects
    none, small, large; empty where the series is no primary outcome.
    """

    own_test_size: Mapping[str, float]
    bias: Mapping[str, float]
    law_size: float
    kind_law_size: float
    coverage: float
    mde: float
    effects: Mapping[str, float]
    power: Mapping[str, float]
    verdicts: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class StudyOfComparisons:
    """version: of this form; made: the day; rules_version: of the table of the verdict; worlds: drawn; refused: of these without a law; draws: of
    assignments in each. series: by indicator of the model world.
    """

    version: int
    made: date
    command: str
    rules_version: int
    worlds: int
    refused: int
    draws: int
    series: Mapping[str, StudiedSeries]

    def largest_size(self, comparison: str) -> float:
        """The largest share of worlds without an effect in which the comparison's own 5 % test rejects, over the series."""
        return max(series.own_test_size[comparison] for series in self.series.values())

    def law_sizes(self) -> tuple[float, float]:
        """Smallest and largest share of worlds without an effect in which the chosen comparison rejects by the law, over the series."""
        sizes = [series.law_size for series in self.series.values()]
        return min(sizes), max(sizes)


@cache
def study_of_comparisons() -> StudyOfComparisons:
    """The study as it was last made."""
    content = json.loads(resources.files("kkz_eval.evaluation.verdict").joinpath(RESULT).read_text(encoding="utf-8"))
    return study_from(content)


def study_from(content: dict[str, Any]) -> StudyOfComparisons:
    """The value of the content of study.json."""
    series = {name: StudiedSeries(**found) for name, found in content["series"].items()}
    return StudyOfComparisons(
        **{**content, "made": date.fromisoformat(content["made"]), "series": MappingProxyType(series)},
    )


def studied_as(comparison: Comparison) -> str | None:
    """Which comparison of the study a plan's is: two_way | kind | need | kind_and_need; None where it holds fixed what no world has."""
    kinds = {(): False, (KIND,): True}.get(comparison.within)
    needs = tuple(column.partition(":")[0] in NEED for column in comparison.adjust)
    if kinds is None or needs not in ((), (True,)):
        return None
    return {(False, False): "two_way", (True, False): "kind", (False, True): "need", (True, True): "kind_and_need"}[
        kinds, bool(needs)
    ]
