"""All municipalities of a country as a panel with known truth: many small ones, counts of few that nobody publishes, starts in several years.

Belongs here: the panel and the effects planted in it. Does not belong here: the model world of the programme (kkz_eval/simulation), what is measured on
the panel (scale.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

UNITS, YEARS, OUTCOMES = 10_800, 25, 40  # municipalities of Germany, in round numbers
FIRST_YEAR = 2000
STARTS = (2012, 2016)
TREATED = 0.04  # share of the municipalities that start in one of the years, in each
REGIONS = 16
FEWEST = 3  # cases that are published; of 1 or 2 nothing is said
MIDDLE, SPREAD = 1_800, 1.5  # inhabitants of the municipality in the middle, and standard deviation of their logarithm
LEAST_INHABITANTS = 50


@dataclass(frozen=True)
class Country:
    """So many municipalities, years and outcomes. starts: years in which municipalities start; seed: of all draws.

    Municipalities, outcomes and years of a smaller country are drawn anew: they are alike, not the same.
    """

    units: int = UNITS
    years: int = YEARS
    outcomes: int = OUTCOMES
    starts: tuple[int, ...] = STARTS
    seed: int = 1

    @property
    def indicators(self) -> tuple[str, ...]:
        """Names of the outcomes."""
        return tuple(f"y{number:02d}" for number in range(self.outcomes))

    def truth(self, outcome: int) -> float:
        """The effect on the treated in each year from the start on, percentage points: from -1 to 1, none in each fifth outcome."""
        return 0.0 if outcome % 5 == 4 else float((-1) ** outcome * (10 - outcome % 10) / 10)

    def complete(self, outcome: int) -> pd.DataFrame:
        """Every municipality in every year: the share itself with an error of estimation, percent. Columns as effects-interface has them, and region."""
        share, people = self._shares(outcome)
        error = np.sqrt(share * (1 - share) / people[:, None])
        return self._panel(outcome, 100 * (share + self._random(outcome, 2).normal(size=share.shape) * error))

    def published(self, outcome: int) -> pd.DataFrame:
        """The same from counts: a share in percent, missing where a municipality has 1 or 2 cases."""
        share, people = self._shares(outcome)
        cases = self._random(outcome, 2).binomial(people[:, None], share)
        return self._panel(outcome, np.where((cases > 0) & (cases < FEWEST), np.nan, 100 * cases / people[:, None]))

    def _random(self, outcome: int, part: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, part, outcome])

    def _cohorts(self) -> np.ndarray:
        """(N,) year of start, NaN for municipalities that never start: spread over the regions at random."""
        random = np.random.default_rng([self.seed, 0])
        cohort, each = np.full(self.units, np.nan), max(2, round(TREATED * self.units))
        chosen = random.permutation(self.units)
        for place, start in enumerate(self.starts):
            cohort[chosen[place * each : (place + 1) * each]] = start
        return cohort

    def _shares(self, outcome: int) -> tuple[np.ndarray, np.ndarray]:
        """(N, T) true shares, and (N,) people of whom they are one: from one in a hundred inhabitants to one in three, by outcome."""
        inhabitants = MIDDLE * np.exp(SPREAD * np.random.default_rng([self.seed, 1]).normal(size=self.units))
        random = self._random(outcome, 1)
        people = np.ceil(np.maximum(inhabitants, LEAST_INHABITANTS) * random.uniform(0.03, 0.3)).astype("int64")
        year = np.arange(FIRST_YEAR, FIRST_YEAR + self.years)
        region = np.arange(self.units) % REGIONS
        level = random.uniform(0.04, 0.4) + 0.02 * random.normal(size=(self.units, 1)).clip(-2, 2)
        moves = 0.01 * random.normal(size=(REGIONS, self.years)).cumsum(axis=1)[region] / np.sqrt(self.years)
        effect = self.truth(outcome) / 100 * (self._cohorts()[:, None] <= year)
        return (level + moves + effect).clip(0.005, 0.995), people

    def _panel(self, outcome: int, value: np.ndarray) -> pd.DataFrame:
        unit = pd.Categorical.from_codes(
            np.repeat(np.arange(self.units), self.years), [f"{code:08d}" for code in range(self.units)]
        )
        return pd.DataFrame(
            {
                "unit_id": unit,
                "year": np.tile(np.arange(FIRST_YEAR, FIRST_YEAR + self.years), self.units),
                "indicator": self.indicators[outcome],
                "value": value.ravel(),
                "cohort": np.repeat(self._cohorts(), self.years),
                "region": np.repeat(np.arange(self.units) % REGIONS, self.years),
            }
        )
