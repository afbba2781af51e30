"""How genuine series of the Kreise move: trends by kind and need, errors, selection. Run as `python -m benchmarks.measure_series INKAR_FILE`.

Writes kkz_eval/simulation/measured.json, which the model world and the studies follow. Belongs here: the measurement on genuine data,
done once and repeated by a test where the file is at hand. Does not belong here: the use of it (kkz_eval/simulation/series.py).

Over all 53 Kreise, 2007 to 2019, unit and year effects by kind taken out. Trends: least squares on kind and need of each Kreis' linear
slope. Errors: what unit, kind×year and need×year effects leave; standard deviation with the degrees of freedom that these cost, and
the sum of products of neighbouring years over the sum of squares. Need: persons in SGB II households, mean of 2007 to 2010, in standard
deviations over the 53. Selection: the conditional likelihood of the 13 of 2012 among the 30 compared, within kind, by need.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import brentq

from kkz_eval.reference.exposure import Group, kreis_groups
from kkz_eval.reference.tables import Kind, kreise
from kkz_eval.settings import CHECKOUT

YEARS, NEED_YEARS = (2007, 2019), (2007, 2010)
NEED = "q_PBG_bev"
SERIES = {  # indicator of the model world: its counterpart in INKAR, and by how much that is to be divided to be in percent
    "schulabgaenge_ohne_abschluss": ("a_schul_oA", 1.0),
    "schulabgaenge_hauptschulabschluss": ("a_schul_haupt", 1.0),
    "schulabgaenge_hochschulreife": ("a_schul_abi", 1.0),
    "betreuungsquote_u3": ("a_betr0003_bev0003", 1.0),
    "sgbii_quote": (NEED, 10.0),  # of 1,000 residents
}
RESULT_FILE = CHECKOUT / "kkz_eval" / "simulation" / "measured.json"
_DIGITS = 4

Floats = npt.NDArray[np.float64]


def measured(inkar: Path) -> dict[str, object]:
    """What measured.json contains. inkar: the long file of the INKAR indicators for the Kreise of North Rhine-Westphalia."""
    table = pd.read_csv(inkar, dtype={"kreis_ags5": str})
    city = np.array([kreis.kind is Kind.KREISFREIE_STADT for kreis in kreise()])
    need = _wide(table, NEED, NEED_YEARS).mean(axis=1)
    standard = (need - need.mean()) / need.std()
    return {
        "source": "© BBSR Bonn, INKAR",
        "command": "python -m benchmarks.measure_series INKAR_FILE",
        "years": list(YEARS),
        "need": {
            "inkar": NEED,
            "years": list(NEED_YEARS),
            "mean": {"city": _r(standard[city].mean()), "kreis": _r(standard[~city].mean())},
            "sd": {"city": _r(standard[city].std(ddof=1)), "kreis": _r(standard[~city].std(ddof=1))},
            "percent_per_sd": _r(need.std() / SERIES["sgbii_quote"][1]),
            "selection_theta": _r(_theta(need, city)),
        },
        "series": {
            name: {"inkar": key, **moves(_wide(table, key, YEARS) / divisor, city, standard)}
            for name, (key, divisor) in SERIES.items()
        },
    }


def _wide(table: pd.DataFrame, key: str, years: tuple[int, int]) -> Floats:
    """Values of an indicator, shape (Kreis, year); complete."""
    rows = table[(table["kuerzel"] == key) & table["jahr"].between(*years)]
    wide = rows.pivot(index="kreis_ags5", columns="jahr", values="wert").loc[[kreis.ags5 for kreis in kreise()]]
    if wide.isna().to_numpy().any():
        raise ValueError(f"{key} lacks values between {years[0]} and {years[1]}")
    return wide.to_numpy(dtype=np.float64)


def moves(values: Floats, city: npt.NDArray[np.bool_], need: Floats) -> dict[str, object]:
    """How values (Kreis, year) move. city: (Kreis,); need: (Kreis,) in standard deviations."""
    n_years = values.shape[1]
    design = np.column_stack([city, ~city, need]).astype(np.float64)
    annihilator = np.eye(len(city)) - design @ np.linalg.pinv(design)
    time = np.arange(n_years) - (n_years - 1) / 2
    slope = values @ time / (time @ time)
    trends = np.linalg.lstsq(design, slope, rcond=None)[0]
    left = annihilator @ slope
    covariance = np.linalg.inv(design.T @ design) * (left @ left) / np.trace(annihilator)
    errors = annihilator @ (values - values.mean(axis=1, keepdims=True))
    kinds = {"city": city, "kreis": ~city}
    squares = {kind: float((errors[units] ** 2).sum()) for kind, units in kinds.items()}
    products = {kind: float((errors[units, 1:] * errors[units, :-1]).sum()) for kind, units in kinds.items()}
    freedom = {kind: float(np.diag(annihilator)[units].sum()) * (n_years - 1) for kind, units in kinds.items()}
    return {
        "sd": {kind: _r(np.sqrt(squares[kind] / freedom[kind])) for kind in kinds},
        "autocorrelation": {kind: _r(products[kind] / squares[kind]) for kind in kinds},
        "kind_trend": _r(trends[0] - trends[1]),
        "kind_trend_se": _r(np.sqrt(np.array([1, -1, 0]) @ covariance @ np.array([1, -1, 0]))),
        "need_trend": _r(trends[2]),
        "need_trend_se": _r(np.sqrt(covariance[2, 2])),
    }


def _theta(need: Floats, city: npt.NDArray[np.bool_]) -> float:
    """θ of P(A) ∝ exp(θ Σ need over the treated), within kind, need standardised over the Kreise compared: the score is zero there."""
    groups = kreis_groups()
    compared = np.array([row.cohort == 2012 or row.group is Group.NEVER for row in groups])
    treated = np.array([row.cohort == 2012 for row in groups])[compared]
    x = (need[compared] - need[compared].mean()) / need[compared].std()
    kinds = [units[compared] for units in (city, ~city)]
    observed = float(x[treated].sum())

    def score(theta: float) -> float:
        return observed - sum(_expected_sum(x[kind], int(treated[kind].sum()), theta) for kind in kinds)

    return float(brentq(score, -10, 10))


def _expected_sum(x: Floats, n_treated: int, theta: float) -> float:
    """Mean of the sum of x over sets of n_treated units drawn with probability ∝ exp(θ · sum): slope of the log of the sum of weights."""
    step = 1e-5

    def log_weights(at: float) -> float:
        sums = np.zeros(n_treated + 1)
        sums[0] = 1.0
        for weight in np.exp(at * x):
            sums[1:] += weight * sums[:-1]  # elementary symmetric polynomials
        return float(np.log(sums[n_treated]))

    return (log_weights(theta + step) - log_weights(theta - step)) / (2 * step)


def _r(value: float) -> float:
    return round(float(value), _DIGITS)


def main(arguments: Sequence[str]) -> int:
    """Writes measured.json; the first argument is the file of INKAR."""
    content = measured(Path(arguments[0]))
    RESULT_FILE.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(RESULT_FILE.read_text(encoding="utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
