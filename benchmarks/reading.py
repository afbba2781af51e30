"""Reading and judging large deliveries, time and memory, against pandas.read_csv of the same file and python-calamine of the same workbook.

Run as `python -m benchmarks.reading FILE` it reads and judges one file and prints the largest memory of the process in MB.
"""

from __future__ import annotations

import io
import os
import random
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from benchmarks.figures import Figure, largest_memory, seconds
from kkz_eval.contracts.contract import Contract
from kkz_eval.contracts.judgement import Judgement, judge_file
from kkz_eval.contracts.load import load_contracts
from kkz_eval.deliveries.reader import Claimed, read_file
from kkz_eval.settings import CHECKOUT

CONTRACTS = CHECKOUT / "data_contracts"
HEADER = "Gemeindeschlüssel;Schuljahr;Abschluss;Geschlecht;Anzahl"
CERTIFICATES = (
    ("ohne Hauptschulabschluss", 6, 4),
    ("Hauptschulabschluss", 20, 16),
    ("mittlerer Abschluss", 44, 42),
    ("Fachhochschulreife", 5, 5),
    ("allgemeine Hochschulreife", 34, 40),
    ("insgesamt", 109, 107),
)
_YEARS = range(2000, 2040)
_PER_UNIT = len(_YEARS) * len(CERTIFICATES) * 3


def large_delivery(n_rows: int, share: float, seed: int = 1) -> bytes:
    """A delivery of at least that many rows, of units that `units_of` knows; a share of its rows has a fault of one of four kinds."""
    draw = random.Random(seed)
    lines = [HEADER]
    for unit in units_of(n_rows):
        for year in _YEARS:
            for certificate, men, women in CERTIFICATES:
                for sex, count in (("männlich", men), ("weiblich", women), ("insgesamt", men + women)):
                    cells = [unit, f"{year - 1}/{year % 100:02d}", certificate, sex, str(count)]
                    if draw.random() < share:
                        column, text = draw.choice(((4, "viele"), (4, "-5"), (3, "divers"), (0, "05999999")))
                        cells[column] = text
                    lines.append(";".join(cells))
    return ("\n".join(lines) + "\n").encode("utf-8")


def units_of(n_rows: int) -> list[str]:
    """The keys of a delivery of that many rows."""
    return [f"05{number:06d}" for number in range(max(1, -(-n_rows // _PER_UNIT)))]


@cache
def _contract() -> Contract:
    return load_contracts(CONTRACTS)["schulabgaenge"]


def read_and_judge(data: bytes, n_rows: int) -> Judgement:
    """The judgement of a large delivery. Raises RuntimeError where no contract claims it."""
    contract = _contract()
    known = {"municipality": frozenset(units_of(n_rows)), "kreis": frozenset[str]()}
    match read_file(data, "schulabgaenge.csv", {contract.id: contract}):
        case Claimed(parsed=(parsed,)):
            return judge_file(parsed, contract, known)
        case other:
            raise RuntimeError(f"the delivery of the benchmark is not claimed: {other}")


def reading_figures(n_rows: int = 1_000_000) -> list[Figure]:
    """Time and memory of a large delivery with few and with many faults."""
    import pandas as pd  # noqa: PLC0415 - the process that measures memory must not have it

    few, many = large_delivery(n_rows, 0.001), large_delivery(n_rows, 0.2)
    plain = seconds(lambda: pd.read_csv(io.BytesIO(few), sep=";"))
    with_few = seconds(lambda: read_and_judge(few, n_rows), repeats=2)
    with_many = seconds(lambda: read_and_judge(many, n_rows), repeats=2)
    with tempfile.TemporaryDirectory(prefix="kkz-bench-") as folder:
        file = Path(folder) / "schulabgaenge.csv"
        file.write_bytes(few)
        memory = _memory([sys.executable, "-m", "benchmarks.reading", str(file), str(n_rows)])
        program = f"import pandas; frame = pandas.read_csv({str(file)!r}, sep=';'); {_PRINT_MEMORY}"
        against = _memory([sys.executable, "-c", program])
    return [
        Figure(f"reading and judging, {n_rows:,} rows, 0.1 % faulty", with_few, "pandas.read_csv", plain),
        Figure(f"reading and judging, {n_rows:,} rows, 20 % faulty", with_many, "the same at 0.1 %", with_few),
        Figure("reading and judging, largest memory (MB)", memory, "process with pandas.read_csv", against),
        workbook_figure(),
    ]


def workbook_figure(n_rows: int = 20_000) -> Figure:
    """Reading a workbook with addresses, against the library alone."""
    import openpyxl  # noqa: PLC0415 - see above
    from python_calamine import CalamineWorkbook  # noqa: PLC0415

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Daten")
    for line in large_delivery(n_rows, 0.0).decode("utf-8").splitlines()[: n_rows + 1]:
        cells = line.split(";")
        sheet.append([*cells[:4], int(cells[4]) if cells[4].isdigit() else cells[4]])
    saved = io.BytesIO()
    book.save(saved)
    data = saved.getvalue()
    contracts = load_contracts(CONTRACTS)
    read = seconds(lambda: read_file(data, "schulabgaenge.xlsx", contracts))
    plain = seconds(lambda: CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python())
    return Figure(f"reading a workbook with addresses, {n_rows:,} rows", read, "python-calamine alone", plain)


_PRINT_MEMORY = "from benchmarks.figures import largest_memory; print(largest_memory())"


def _memory(arguments: list[str]) -> float:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(CHECKOUT), os.environ.get("PYTHONPATH")]))}
    return float(subprocess.run(arguments, capture_output=True, text=True, check=True, env=environment).stdout)


def main() -> int:
    """Read and judge one file, print the largest memory."""
    from kkz_eval.deliveries.register.own_process import without_pandas  # noqa: PLC0415 - as the command line does

    without_pandas()
    judgement = read_and_judge(Path(sys.argv[1]).read_bytes(), int(sys.argv[2]))
    if not judgement.findings.num_rows:
        raise RuntimeError("the faults of the delivery were not found")
    print(largest_memory())
    return 0


if __name__ == "__main__":
    sys.exit(main())
