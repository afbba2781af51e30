"""How genuine series of the Kreise move: trends by kind and need, errors, selection. Run as `python -m benchmarks.measure_series DATA_FOLDER`.

Writes kkz_eval/simulation/measured.json, which the model world and the studies follow. Belongs here: the measurement on genuine data,
done once and repeated by a test where the file is at hand. Does not belong here: the use of it (kkz_eval/simulation/series.py).

Over all 53 Kreise, 2007 to 2019, unit and year effects by kind taken out; series of tables of Regionalstatistik over the years that these
have of them, and over the Kreise with a value in each: Städteregion Aachen has none of before it was founded. Trends: least squares on kind and need of each Kreis' linear
slope. Errors: what unit, kind×year and need×year effects leave; standard deviation with the degrees of freedom that these cost, and
the sum of products of neighbouring years over the sum of squares. Need: persons in SGB II households, mean of 2007 to 2010, in standard
deviations over the 53. Selection: the conditional likelihood of the 13 of 2012 among the 30 compared, within kind, by need.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import brentq

from kkz_eval.contracts.contract import Contract
from kkz_eval.contracts.load import load_contracts
from kkz_eval.deliveries.reader import Claimed, read_file
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
    "betreuungsquote_ue3": ("a_betr0306_bev0306", 1.0),
    "sgbii_quote": (NEED, 10.0),  # of 1,000 residents
}
INKAR = Path("official", "inkar", "inkr_nrw_kreise_panel_long.csv")
BIRTHS = (Path("regionalstatistik", "12612-01-01-4_1995-2015.csv"),)
MEAN_POPULATION = (Path("regionalstatistik", "12411-05-01-4_1995-2015.csv"),)
UNEMPLOYMENT = (  # equal where they overlap
    Path("official", "genesis", "13211-02-05-4_datencsv_de.csv"),
    Path("regionalstatistik", "13211-02-05-4_2001-2016.csv"),
)
BIRTH_YEARS, YOUTH_YEARS = (2007, 2015), (2009, 2019)
RESULT_FILE = CHECKOUT / "kkz_eval" / "simulation" / "measured.json"
_DIGITS = 4

Floats = npt.NDArray[np.float64]


def measured(data: Path) -> dict[str, object]:
    """What measured.json contains. data: the folder of the shared data, with the files of INKAR and Regionalstatistik named above."""
    table = pd.read_csv(data / INKAR, dtype={"kreis_ags5": str})
    city = np.array([kreis.kind is Kind.KREISFREIE_STADT for kreis in kreise()])
    need = _inkar(table, NEED, NEED_YEARS).mean(axis=1)
    standard = (need - need.mean()) / need.std()
    return {
        "source": "© BBSR Bonn, INKAR; © Statistische Ämter des Bundes und der Länder, regionalstatistik.de",
        "command": "python -m benchmarks.measure_series DATA_FOLDER",
        "need": {
            "inkar": NEED,
            "years": list(NEED_YEARS),
            "mean": {"city": _r(standard[city].mean()), "kreis": _r(standard[~city].mean())},
            "sd": {"city": _r(standard[city].std(ddof=1)), "kreis": _r(standard[~city].std(ddof=1))},
            "percent_per_sd": _r(need.std() / SERIES["sgbii_quote"][1]),
            "selection_theta": _r(_theta(need, city)),
        },
        "series": {
            **{
                name: {"inkar": key, "years": list(YEARS), **moves(_inkar(table, key, YEARS) / divisor, city, standard)}
                for name, (key, divisor) in SERIES.items()
            },
            **{name: _of_tables(rates, city, standard) for name, rates in _regional_rates(data).items()},
        },
    }


def _inkar(table: pd.DataFrame, key: str, years: tuple[int, int]) -> Floats:
    """Values of an indicator, shape (Kreis, year); complete."""
    rows = table[(table["kuerzel"] == key) & table["jahr"].between(*years)]
    wide = rows.pivot(index="kreis_ags5", columns="jahr", values="wert").loc[[kreis.ags5 for kreis in kreise()]]
    if wide.isna().to_numpy().any():
        raise ValueError(f"{key} lacks values between {years[0]} and {years[1]}")
    return wide.to_numpy(dtype=np.float64)


def _regional_rates(data: Path) -> dict[str, pd.DataFrame]:
    """Rates of tables of Regionalstatistik by name, rows Kreise, columns the years measured; without a value where the table has none."""
    contracts = load_contracts(CHECKOUT / "data_contracts")
    births = _wide(data, BIRTHS, contracts, "births", BIRTH_YEARS, sex="insgesamt", age_of_mother="insgesamt")
    persons = _wide(data, MEAN_POPULATION, contracts, "persons", BIRTH_YEARS, sex="insgesamt")
    return {
        "geburten_je_1000": 1000 * births / persons,
        "jugendarbeitslosenquote": _wide(data, UNEMPLOYMENT, contracts, "rate", YOUTH_YEARS, group="15_bis_unter_25"),
        "arbeitslosenquote": _wide(data, UNEMPLOYMENT, contracts, "rate", YEARS, group="insgesamt"),
    }


def _wide(
    data: Path, files: Sequence[Path], contracts: Mapping[str, Contract], measure: str, years: tuple[int, int], **where: str
) -> pd.DataFrame:
    """A measure of files, as their contract reads them, of the records with these codes; the first file that has a cell counts."""
    parts = []
    for file in files:
        match read_file((data / file).read_bytes(), file.name, contracts):
            case Claimed((parsed,)):
                names = ("unit_id", "year", measure, *where)
                parts.append(pd.DataFrame({name: parsed.values(name).to_pylist() for name in names}))
            case other:
                raise ValueError(f"no contract takes {file}: {other}")
    rows = pd.concat(parts)
    for name, code in where.items():
        rows = rows[rows[name] == code]
    rows = rows[rows["year"].between(*years)].drop_duplicates(["unit_id", "year"])
    return rows.pivot(index="unit_id", columns="year", values=measure).reindex([kreis.ags5 for kreis in kreise()]).astype(float)


def _of_tables(rates: pd.DataFrame, city: npt.NDArray[np.bool_], need: Floats) -> dict[str, object]:
    """How rates move over the Kreise that have one in every year. Raises ValueError where more than one Kreis has not."""
    complete = rates.notna().all(axis=1).to_numpy()
    if complete.sum() < len(rates) - 1:
        raise ValueError(f"rates of {list(rates.index[~complete])} lack years")
    years = [int(rates.columns[0]), int(rates.columns[-1])]
    left_out = list(rates.index[~complete])
    return {"years": years, "left_out": left_out, **moves(rates.to_numpy()[complete], city[complete], need[complete])}


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
    """Writes measured.json; the first argument is the folder of the shared data."""
    content = measured(Path(arguments[0]))
    RESULT_FILE.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(RESULT_FILE.read_text(encoding="utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
