"""The decomposition against regressions on each pair of groups, its identity, and what it refuses."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from kkz_eval.evaluation.effects import run_effects
from kkz_eval.evaluation.plan_file import parse_plan


def random_panel(seed: int) -> pd.DataFrame:
    """Balanced: 15 to 30 units, 6 to 9 years, cohorts treated always, early, late, after the last year and never."""
    draw = np.random.default_rng(700 + seed)
    n_units, n_years = int(draw.integers(15, 31)), int(draw.integers(6, 10))
    possible = [np.nan, 2003.0, 2007.0, 2008.0, 2009.0, 2030.0] if seed % 3 else [2007.0, 2008.0, 2009.0]
    cohorts = draw.choice(possible, size=n_units)
    cohorts[:4] = [possible[0], 2007.0, 2009.0, 2008.0]
    unit, year = np.repeat(np.arange(n_units), n_years), np.tile(np.arange(2005, 2005 + n_years), n_units)
    since = year - np.nan_to_num(cohorts[unit], nan=9999)
    value = unit + year + np.where(since >= 0, 1 + since, 0) + draw.normal(size=len(unit))
    return pd.DataFrame(
        {"unit_id": unit.astype(str), "year": year, "indicator": "y", "value": value, "cohort": cohorts[unit]}
    ).sample(frac=1, random_state=seed)


def left_by_effects(columns: np.ndarray, *codes: np.ndarray) -> np.ndarray:
    """Columns (n, k) less what dummies of units and years explain."""
    dummies = np.column_stack([pd.get_dummies(code).to_numpy(float) for code in codes])
    return np.asarray(columns - dummies @ np.linalg.lstsq(dummies, columns, rcond=None)[0])


def _plan(**keys: object) -> dict[str, object]:
    methods = [{"id": "twfe", "method": "twfe"}, {"id": "bacon", "method": "bacon"}]
    base = {"plan_version": 1, "id": "p", "outcomes": [{"indicator": "y"}], "reference": "not_yet", "estimators": methods}
    return {**base, "languages": ["en"], **keys}


def pairs(frame: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Key: (estimate, weight) of every regression on two groups, the treated with those of another path while these do not change.

    Weight: squared share of cells times the variance of what effects leave of D (Goodman-Bacon 2021, equations 7 to 9).
    """
    first, last = frame["year"].min(), frame["year"].max()
    group = frame["cohort"].where(frame["cohort"] > first, 0.0).where(frame["cohort"].notna() & (frame["cohort"] <= last), np.inf)
    names = {0.0: "always", np.inf: "never"}
    treated = (frame["year"] >= group).astype(float)
    found = {}

    def add(kind: str, own: float, other: float, years: pd.Series) -> None:
        chosen = group.isin([own, other]) & years
        part = frame[chosen]
        codes = [pd.factorize(part[name])[0] for name in ("unit_id", "year")]
        left = left_by_effects(np.column_stack([part["value"], treated[chosen] * (group[chosen] == own)]), *codes)
        key = f"{kind}:{names.get(own, str(int(own) if np.isfinite(own) else ''))}:{names.get(other) or int(other)}"
        variance = float(left[:, 1] @ left[:, 1]) / len(part)
        found[key] = (float(left[:, 0] @ left[:, 1] / (left[:, 1] @ left[:, 1])), (len(part) / len(frame)) ** 2 * variance)

    for early, late in itertools.combinations(sorted(group.unique()), 2):
        if early == 0 and late == np.inf:
            continue
        if late == np.inf:
            add("treated_vs_untreated", early, late, frame["year"] > 0)
            continue
        if early > 0:
            add("earlier_vs_later", early, late, frame["year"] < late)
        add("later_vs_always" if early == 0 else "later_vs_earlier", late, early, frame["year"] >= early)
    left = left_by_effects(treated.to_numpy()[:, None], pd.factorize(frame["unit_id"])[0], frame["year"].to_numpy())
    total = float((left**2).mean())
    return {key: (estimate, weight / total) for key, (estimate, weight) in found.items()}


@pytest.mark.parametrize("seed", range(50))
def test_agrees_with_regressions_on_pairs_and_adds_up(seed: int) -> None:
    frame = random_panel(seed)
    result = run_effects(frame, parse_plan(_plan(), "test"))
    found = {row["key"]: (row["estimate"], row["weight"]) for row in result.weights.to_dict("records")}
    wanted = pairs(frame)
    assert found.keys() == wanted.keys()
    for key, values in wanted.items():
        assert found[key] == pytest.approx(values, abs=1e-9)
    assert set(result.weights["kind"]) == {"bacon"}
    assert result.weights["weight"].sum() == pytest.approx(1.0, abs=1e-12)
    estimates = result.estimates.set_index("estimator")["estimate"]
    assert (result.weights["weight"] * result.weights["estimate"]).sum() == pytest.approx(estimates["twfe"], abs=1e-10)
    assert estimates["bacon"] == pytest.approx(estimates["twfe"], abs=1e-10)
    row = result.estimates[result.estimates["estimator"] == "bacon"].iloc[0]
    assert np.isnan(row["std_error"])
    assert (row["aggregation"], row["term"], row["p_method"]) == ("coefficient", "att", "")


def test_what_has_no_decomposition_is_refused_while_twfe_goes_on() -> None:
    frame = random_panel(1).assign(people=2.0, x=np.random.default_rng(1).normal(size=len(random_panel(1))))
    for keys, panel, words in [
        ({"weight": "people"}, frame, "without weights only; the plan weights by people"),
        ({"covariates": ["x"]}, frame, "without covariates only; the plan names x"),
        ({}, frame.iloc[1:], "1 cell is missing"),
    ]:
        rows = run_effects(panel, parse_plan(_plan(**keys), "test")).estimates.set_index("estimator")
        assert rows.loc["bacon", "status"] == "refused"
        assert words in rows.loc["bacon", "message"]
        assert (rows.loc[["twfe"], "status"] == "ok").all()
    same = frame[frame["cohort"] == 2007]
    rows = run_effects(same, parse_plan(_plan(), "test")).estimates
    assert rows["status"].tolist() == ["refused", "refused"]


def test_a_high_level_takes_no_digits_away() -> None:
    frame = random_panel(1)
    frame["value"] = np.round(frame["value"] * 64) / 64  # as exact above the level as without it
    rows = [
        run_effects(frame.assign(value=frame["value"] + level), parse_plan(_plan(), "test")).estimates for level in (0, 2.0**40)
    ]
    assert rows[0]["estimate"].to_numpy() == pytest.approx(rows[1]["estimate"].to_numpy(), abs=1e-9)
