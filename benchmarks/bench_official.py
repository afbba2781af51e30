"""Reading official statistics, with addresses and flags, against reading, decoding and splitting the same bytes (.xls: calamine alone).

Belongs here: one figure for each genuine file over 100 kB. Does not belong here: pass or fail. Time is that of the processor, so that a
busy machine changes the ratio little.
"""

from __future__ import annotations

import csv
import io
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
from python_calamine import CalamineWorkbook

from benchmarks.figures import Figure
from kkz_eval.contracts.load import load_contracts
from kkz_eval.deliveries.official.read import read_official
from kkz_eval.deliveries.reader import read_file
from kkz_eval.indicators.catalogue import Indicator, IndicatorSource, Selection
from kkz_eval.indicators.rates import IndicatorValues, indicator_values, observations_for
from kkz_eval.model.tables import OBSERVATIONS
from kkz_eval.settings import CHECKOUT

FOLDER = "data/official"
PANEL = "inkar/nrw_gemeinden_panel_1995-2021.csv"
UNEMPLOYED = Indicator(
    "arbeitslose_je_100", *({"de": "Arbeitslose je 100", "en": "Unemployed per 100"},) * 3, 2, None, "context", (), ()
)
RATE = IndicatorSource("panel", Selection("arbeitslose"), Selection("erwerbsfaehige_15_64"), 100.0)
SMALLEST = 100_000  # bytes
REPEATS = 15


def official_files(shared: Path) -> list[Figure]:
    """A figure for each large genuine file, and one for INKAR under its contract."""
    files = [path for path in sorted((shared / FOLDER).glob("*/*")) if path.stat().st_size > SMALLEST]
    figures = [_figure(path.name, path.read_bytes(), read_official) for path in files]
    contracts = load_contracts(CHECKOUT / "data_contracts")
    for path in files:
        if path.name.startswith(("inkr_", "INKAR")):
            name = path.name
            figures.append(
                _figure(
                    f"{name}, under its contract", path.read_bytes(), lambda data, name=name: read_file(data, name, contracts)
                )
            )
    return figures


def municipal_panel(shared: Path) -> Figure:
    """The panel of 396 municipalities and 27 years, from file to the rate of unemployed."""
    data = (shared / FOLDER / PANEL).read_bytes()
    own, reference = processor_seconds(lambda: municipal_panel_to_indicators(data), lambda: _split(data))
    return Figure("396 × 27 municipal panel, from file to indicators", own, "decode and csv.reader", reference)


def municipal_panel_to_indicators(data: bytes) -> IndicatorValues:
    """Unemployed per 100 persons of working age, as `indicator_values` gives it. Raises ValueError where the file is no such panel."""
    official = read_official(data)
    if official is None:
        raise ValueError("the file is no panel of official statistics")
    table = official.table
    n = table.num_rows
    units, years, measures = (table.column(name).cast(pa.string()).to_pylist() for name in ("unit_id", "year", "measure"))
    fixed: dict[str, object] = {
        "dataset": "panel",
        "unit": "",
        "edition": "",
        "known_from": 1,
        "delivery_sha256": "",
        "correction_id": None,
        "known_day": None,
        "known_by": None,
    }
    given = {name: table.column(name) for name in ("value", "value_delivered", "year", "row", "column", "flag", "level", "sheet")}
    columns = {
        **given,
        "observation_id": pa.array(
            [f"{unit} {year} {measure}" for unit, year, measure in zip(units, years, measures, strict=True)]
        ),
        "unit_id": pa.array(units),
        "measure": pa.array(measures),
        "dimensions": pa.MapArray.from_arrays(
            pa.array([0] * (n + 1), pa.int32()), pa.array([], pa.string()), pa.array([], pa.string())
        ),
        **{name: pa.array([value] * n) for name, value in fixed.items()},
    }
    schema = OBSERVATIONS.schema
    observations = pa.table({name: columns[name] for name in schema.names}).cast(schema)
    return indicator_values(UNEMPLOYED, RATE, observations_for({"panel": observations}, RATE), "official")


def _figure(name: str, data: bytes, read: Callable[[bytes], object]) -> Figure:
    plain = _calamine if name.split(",", maxsplit=1)[0].endswith(".xls") else _split
    against = "calamine alone" if plain is _calamine else "decode and csv.reader"
    own, reference = processor_seconds(lambda: read(data), lambda: plain(data))
    return Figure(f"{name}, {len(data) / 1e3:.0f} kB", own, against, reference)


def processor_seconds(first: Callable[[], object], second: Callable[[], object]) -> tuple[float, float]:
    """The least processor time of each, seconds; called in turn, so that both meet the same machine."""
    least = [float("inf"), float("inf")]
    for _ in range(REPEATS):
        for place, work in enumerate((first, second)):
            started = time.process_time()
            work()
            least[place] = min(least[place], time.process_time() - started)
    return least[0], least[1]


def _split(data: bytes) -> object:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252")
    delimiter = ";" if text[:2000].count(";") > text[:2000].count(",") else ","
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def _calamine(data: bytes) -> object:
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return [workbook.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in workbook.sheet_names]


def main() -> int:
    """Print the figures of the files beside the repository."""
    for figure in official_files(CHECKOUT / "../shared"):
        print(f"{figure.name:<75} {figure.measured * 1e3:7.2f} ms  {figure.ratio:5.2f} x {figure.against}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
