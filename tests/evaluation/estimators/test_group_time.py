"""Group-time effects against slow formulas: a loop over comparisons by GLM and WLS, errors from stacked estimating equations.

The influence functions of the slow path are -A⁻¹ψ with a numerical A, so that none of the algebra of the engine is repeated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from kkz_eval.evaluation.effects import run_effects
from kkz_eval.evaluation.plan import Plan
from kkz_eval.evaluation.plan_file import parse_plan


def random_panel(seed: int) -> pd.DataFrame:
    """60 to 90 units, 6 to 8 years, four cohorts, holes, two covariates that predict treatment and trend, weights; clusters of units."""
    draw = np.random.default_rng(1000 + seed)
    n_units, n_years = int(draw.integers(60, 91)), int(draw.integers(6, 9))
    years = np.arange(2005, 2005 + n_years)
    fixed = draw.normal(size=(n_units, 2))
    shares = [0.4, 0.2, 0.2, 0.2] if seed % 10 else [0.0, 0.3, 0.4, 0.3]
    cohorts = draw.choice([np.nan, 2008.0, 2009.0, 2010.0], size=n_units, p=shares)
    cohorts = np.where((fixed[:, 0] > 1.2) & (draw.uniform(size=n_units) < 0.5), 2009.0, cohorts)
    if seed % 6 == 0:
        cohorts[:3] = 2005.0
    unit, year = np.repeat(np.arange(n_units), n_years), np.tile(years, n_units)
    cohort = cohorts[unit]
    moving = 0.2 if seed % 2 else 0.0
    covariates = fixed[unit] + moving * draw.normal(size=(len(unit), 2))
    effect = np.where(year >= np.nan_to_num(cohort, nan=9999), 1 + 0.3 * (year - np.nan_to_num(cohort)), 0)
    value = unit % 7 + 0.5 * (year - 2005) * (1 + 0.3 * fixed[unit, 0]) + effect + draw.normal(size=len(unit))
    people = draw.uniform(0.5, 4, size=n_units)[unit] * (draw.uniform(0.9, 1.1, size=len(unit)) if seed % 4 == 1 else 1.0)
    frame = pd.DataFrame(
        {
            "unit_id": [f"{code:05d}" for code in unit],
            "year": year,
            "indicator": "y",
            "value": value,
            "cohort": cohort,
            "x1": covariates[:, 0],
            "x2": covariates[:, 1],
            "people": people,
            "region": [f"r{code // 3}" for code in unit],
        }
    )
    return frame[draw.uniform(size=len(frame)) > (0.1 if seed % 3 else 0.0)].reset_index(drop=True)


def random_plan(seed: int) -> Plan:
    """Every choice of the plan in turn."""
    return parse_plan(
        {
            "plan_version": 1,
            "id": "random",
            "outcomes": [{"indicator": "y", "earliest_plausible_year": 2010 if seed % 2 else None}],
            "reference": "never" if seed % 3 == 1 and seed % 10 else "not_yet",
            "base_period": "universal" if seed % 5 == 2 else "varying",
            "anticipation": 1 if seed % 7 == 3 else 0,
            "covariates": [["x1", "x2"], ["x1"], []][seed % 3 if seed % 11 else 2],
            "weight": "people" if seed % 2 else None,
            "cluster": "region" if seed % 4 == 2 else "unit_id",
            "estimators": [{"id": "cs", "method": "callaway_santanna", "variant": ["dr", "ipw", "or"][seed // 3 % 3]}],
        },
        "test",
    )


@dataclass(frozen=True)
class Slow:
    """att by (cohort, year); influence by (cohort, year): a column for each unit, error of the estimate; the base years are left out."""

    att: dict[tuple[int, int], float]
    influence: dict[tuple[int, int], pd.Series]


def slow_group_time(frame: pd.DataFrame, plan: Plan) -> Slow:
    years = sorted(frame["year"].unique())
    ahead, variant = plan.anticipation, plan.estimators[0].variant
    start = frame.groupby("unit_id")["cohort"].first().fillna(np.inf)
    never = start > max(years) + ahead
    treatable = ~never
    if not never.any():
        years = [year for year in years if year < start.max() - ahead]
        treatable = start < start.max()
    att, influence = {}, {}
    for g in sorted(start[treatable & (start > min(years) + ahead)].unique()):
        last = max(year for year in years if year + ahead < g)
        for place, t in enumerate(years):
            long = plan.base_period == "universal" or t >= g - ahead
            if (not long and place == 0) or (long and t == last):
                continue
            base = last if long else years[place - 1]
            controls = never if plan.reference == "never" else (start > max(t, base) + ahead) & (start != g)
            both = [frame[frame["year"] == year].set_index("unit_id") for year in (t, base)]
            units = both[0].index.intersection(both[1].index)
            units = units[(start[units] == g) | controls[units]]
            now, then = both[0].loc[units], both[1].loc[units]
            earlier = then if base < t else now
            change = (now["value"] - then["value"]).to_numpy()
            treated = (start[units] == g).to_numpy().astype(float)
            weights = earlier[plan.weight].to_numpy() if plan.weight else np.ones(len(units))
            design = np.column_stack([np.ones(len(units)), earlier[list(plan.covariates)].to_numpy()])
            value, errors = slow_comparison(change, treated, weights, design, variant)
            att[int(g), int(t)] = value
            influence[int(g), int(t)] = pd.Series(errors, index=units).reindex(start.index, fill_value=0.0)
    return Slow(att, influence)


def slow_comparison(
    change: np.ndarray, treated: np.ndarray, weights: np.ndarray, design: np.ndarray, variant: str
) -> tuple[float, np.ndarray]:
    """The estimate, and the error that each unit contributes, from estimating equations that all are zero at the solution."""
    k = design.shape[1]
    logit = sm.GLM(treated, design, family=sm.families.Binomial(), freq_weights=weights).fit(tol=1e-14, maxiter=200)
    ols = sm.WLS(change[treated == 0], design[treated == 0], weights=weights[treated == 0]).fit()
    with_logit, with_ols = variant in {"ipw", "dr"}, variant in {"or", "dr"}

    def parts(theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        index, line = design @ theta[:k], design @ theta[k : 2 * k]
        residual = change - line if with_ols else change
        odds = np.exp(index) if with_logit else np.ones(len(change))
        return residual, weights * (1 - treated) * odds

    def equations(theta: np.ndarray) -> np.ndarray:
        residual, control = parts(theta)
        fitted = 1 / (1 + np.exp(-(design @ theta[:k])))
        last = control if variant != "or" else weights * treated
        second = residual if variant != "or" else np.zeros(len(change))
        return np.column_stack(
            [
                (weights * (treated - fitted))[:, None] * design,
                (weights * (1 - treated) * (change - design @ theta[k : 2 * k]))[:, None] * design,
                weights * treated * (residual - theta[-2]),
                last * (second - theta[-1]),
            ]
        )

    theta = np.concatenate([logit.params, ols.params, [0.0, 0.0]])
    residual, control = parts(theta)
    theta[-2] = np.average(residual, weights=weights * treated)
    theta[-1] = np.average(residual, weights=control) if variant != "or" else 0.0
    slope = jacobian(lambda point: equations(point).sum(axis=0), theta)
    errors = -np.linalg.solve(slope, equations(theta).T)
    return theta[-2] - theta[-1], errors[-2] - errors[-1]


def jacobian(function: Callable[[np.ndarray], np.ndarray], point: np.ndarray) -> np.ndarray:
    """Numerical derivative by central differences of fourth order."""
    columns = []
    for place in range(len(point)):
        step = np.zeros(len(point))
        step[place] = 1e-3
        near, far = function(point + step) - function(point - step), function(point + 2 * step) - function(point - 2 * step)
        columns.append((8 * near - far) / 12e-3)
    return np.column_stack(columns)


def slow_average(cells: list[tuple[int, int]], sizes: dict[int, float], att: dict[tuple[int, int], float]) -> float:
    return sum(sizes[g] * att[g, t] for g, t in cells) / sum(sizes[g] for g, _ in cells)


def averages(slow: Slow, earliest: int | None) -> dict[tuple[object, ...], Callable[..., float]]:
    """(aggregation, cohort, year, event_time): the average as a function of sizes and effects."""
    cells = list(slow.att)
    after = [(g, t) for g, t in cells if t >= g]
    found: dict[tuple[object, ...], Callable[..., float]] = {}

    def add(key: tuple[object, ...], chosen: list[tuple[int, int]]) -> None:
        found[key] = lambda sizes, att: slow_average(chosen, sizes, att)

    add(("simple", None, None, None), after)
    if earliest is not None:
        add(("exposed", None, None, None), [(g, t) for g, t in after if t >= earliest])
    for e in {t - g for g, t in cells}:
        add(("dynamic", None, None, e), [(g, t) for g, t in cells if t - g == e])
    for g in {g for g, _ in after}:
        add(("group", g, None, None), [cell for cell in after if cell[0] == g])
    for t in {t for _, t in after}:
        add(("calendar", None, t, None), [cell for cell in after if cell[1] == t])
    groups = sorted({g for g, _ in after})
    found["group", None, None, None] = lambda sizes, att: (
        sum(sizes[g] * found["group", g, None, None](sizes, att) for g in groups) / sum(sizes[g] for g in groups)
    )
    for name in ("dynamic", "calendar"):
        inner = [value for key, value in found.items() if key[0] == name and (name == "calendar" or key[3] >= 0)]  # type: ignore[operator]
        found[name, None, None, None] = lambda sizes, att, inner=inner: float(np.mean([value(sizes, att) for value in inner]))
    return found


@pytest.mark.parametrize("seed", range(21))
def test_agrees_with_estimating_equations(seed: int) -> None:
    frame, plan = random_panel(seed), random_plan(seed)
    result = run_effects(frame, plan)
    rows = {
        (row["aggregation"], *(None if pd.isna(row[key]) else int(row[key]) for key in ("cohort", "year", "event_time"))): row
        for row in result.estimates.to_dict("records")
    }
    slow = slow_group_time(frame, plan)
    first = frame.sort_values("year").groupby("unit_id").first()
    cluster = first.index.to_series() if plan.cluster == "unit_id" else first[plan.cluster]
    size = first[plan.weight] if plan.weight else pd.Series(1.0, index=first.index)
    sizes = {g: float(size[first["cohort"] == g].sum()) for g in sorted({g for g, _ in slow.att})}

    def agree(key: tuple[object, ...], estimate: float, errors: pd.Series) -> None:
        std_error = float(np.sqrt((errors.groupby(cluster).sum() ** 2).sum()))
        row = rows[key]
        assert row["estimate"] == pytest.approx(estimate, abs=1e-8)
        assert row["std_error"] == pytest.approx(std_error, rel=1e-7)
        assert row["conf_high"] == pytest.approx(estimate + 1.959963984540054 * std_error, abs=1e-6)
        assert row["p_value"] == pytest.approx(2 * stats.norm.sf(abs(estimate) / std_error), abs=1e-6)

    for (g, t), estimate in slow.att.items():
        agree(("group_time", g, t, None), estimate, slow.influence[g, t])
    keys = list(slow.att)
    for key, value in averages(slow, plan.outcomes[0].earliest_plausible_year).items():
        errors = pd.Series(0.0, index=first.index)
        for cell in keys:
            errors += slow.influence[cell] * (value(sizes, {**slow.att, cell: slow.att[cell] + 1}) - value(sizes, slow.att))
        for g, total in sizes.items():
            step = 1e-4 * total
            up, down = {**sizes, g: total + step}, {**sizes, g: total - step}
            slope = (value(up, slow.att) - value(down, slow.att)) / (2 * step)
            errors[first["cohort"] == g] += slope * size[first["cohort"] == g]
        agree(key, value(sizes, slow.att), errors)
    before = [cell for cell in keys if cell[1] < cell[0] - plan.anticipation]
    summed = np.column_stack([slow.influence[cell].groupby(cluster).sum() for cell in before])
    effects = np.array([slow.att[cell] for cell in before])
    (test,) = result.tests[result.tests["test"] == "pre_trend"].to_dict("records")
    if np.linalg.matrix_rank(summed) == len(before):
        statistic = effects @ np.linalg.inv(summed.T @ summed) @ effects
        assert test["statistic"] == pytest.approx(statistic, rel=1e-5)
        assert test["p_value"] == pytest.approx(stats.chi2.sf(statistic, len(before)), abs=1e-6)
    assert test["df"] == str(len(before))
