"""Speed and memory as ratios within one run, so that they mean the same on any machine. Run as `python -m benchmarks.bench`.

Belongs here: what is measured, against what, the printed table and build/bench.json. Does not belong here: pass or fail; no test
asserts a time.
"""

from __future__ import annotations

import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.api as sm
import yaml

from benchmarks import bench_estimators, bench_inference, bench_sensitivity, bench_synthetic, bench_validators
from benchmarks.bench_board import board_figures
from benchmarks.bench_desk import desk_figures
from benchmarks.bench_faults import fault_figures, killed_figures, together_figures
from benchmarks.bench_load import A_TENTH, load_figures
from benchmarks.bench_machines import machine_figures
from benchmarks.bench_official import municipal_panel, official_files, processor_seconds
from benchmarks.bench_run import yearly_runs
from benchmarks.figures import Figure, seconds
from benchmarks.reading import CERTIFICATES, reading_figures
from kkz_eval.contracts.contract import Contract
from kkz_eval.contracts.load import load_contracts
from kkz_eval.contracts.masks import judge
from kkz_eval.deliveries.reader import Claimed, read_file
from kkz_eval.evaluation.effects import run_effects
from kkz_eval.evaluation.plan_file import parse_plan
from kkz_eval.model.parsed import ParsedTable
from kkz_eval.reference.tables import known_units
from kkz_eval.settings import CHECKOUT
from kkz_eval.simulation.run import simulate

RESULT_FILE = CHECKOUT / "build" / "bench.json"
CONTRACTS = CHECKOUT / "data_contracts"
PLAN_FILE = CONTRACTS / "plans" / "modellwelt.yaml"
INKAR_FILE = "data/official/inkar/inkr_nrw_kreise_panel_long.csv"
COMMAND = [sys.executable, "-c", "from kkz_eval.cli import entry; entry()"]


def process(arguments: list[str], expected: tuple[int, ...] = (0,)) -> None:
    """Run a process to its end. Raises RuntimeError with its output where it ends with none of the codes expected."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(CHECKOUT), os.environ.get("PYTHONPATH")]))}
    done = subprocess.run(arguments, capture_output=True, text=True, env=environment, check=False)
    if done.returncode not in expected:
        raise RuntimeError(f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")


def main_job() -> list[Figure]:
    """The yearly run on the model world: processor time of its kinds, and its memory."""

    def run(inbox: Path, home: Path) -> None:
        process([*COMMAND, "run", "--inbox", str(inbox), "--home", str(home), "--plan", str(PLAN_FILE)], expected=(0, 1))

    figures = yearly_runs(run)
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    against = "import dagster, pandas, statsmodels, great_expectations"
    return [*figures, Figure("main job, largest memory (MB)", memory, against, _memory_of_imports())]


def _memory_of_imports() -> float:
    """Largest memory of a process that only imports the large libraries, MB."""
    program = (
        "import dagster, pandas, statsmodels.api, great_expectations, altair, resource;"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    )
    return float(subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout)


def simulated_world() -> Figure:
    """Writing the model world with its truth, in processor time."""
    with tempfile.TemporaryDirectory(prefix="kkz-bench-") as folder:
        started = time.process_time()
        simulate(Path(folder) / "world", seed=1)
        taken = time.process_time() - started
    return Figure("the model world written (processor)", taken, "budget", 5.0)


def check_of_one_file() -> list[Figure]:
    """`kkz-eval check` on one delivery, the whole process, against a process that only imports its libraries."""
    with tempfile.TemporaryDirectory(prefix="kkz-bench-") as folder:
        file = str(simulate(Path(folder) / "world", seed=1).deliveries[0])
        checked = seconds(lambda: process([*COMMAND, "check", file]), repeats=5)
    imported = seconds(lambda: process([sys.executable, "-c", "import pyarrow, numpy, yaml"]), repeats=5)
    return [Figure("check of one delivery, whole process", checked, "python -c 'import pyarrow, numpy, yaml'", imported)]


def check_of_many_findings(n_rows: int = 1_000_000) -> list[Figure]:
    """`kkz-eval check --json` on a file with a letter in each of its numbers and a key that repeats: memory and output, MB."""
    with tempfile.TemporaryDirectory(prefix="kkz-bench-") as folder:
        file = Path(folder) / "schulabgaenge.csv"
        rows = (f"05162024;2016;Insgesamt;insgesamt;1O{number % 1000}\n" for number in range(n_rows))
        with file.open("w", encoding="utf-8") as target:
            target.writelines(["Gemeindeschlüssel;Schuljahr;Abschluss;Geschlecht;Anzahl\n", *rows])
        done = subprocess.run([sys.executable, "-c", _CHECK, str(file)], capture_output=True, check=True, cwd=CHECKOUT)
    name = f"check of {n_rows:,} rows with two findings each"
    return [
        Figure(f"{name}, largest memory (MB)", float(done.stderr.split()[-1]), "a gigabyte", 1000.0),
        Figure(f"{name}, output (MB)", len(done.stdout) / 1e6, "600 MB of text", 600.0),
    ]


_CHECK = """
import resource, sys
from kkz_eval.cli import main
main(["check", sys.argv[1], "--json"])
print(max(resource.getrusage(of).ru_maxrss for of in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024, file=sys.stderr)
"""


def contracts_loaded() -> Figure:
    """All contracts, read and linted, against parsing their YAML alone."""
    sources = [path.read_bytes() for path in sorted(CONTRACTS.glob("*.odcs.yaml"))]
    own, plain = processor_seconds(
        lambda: load_contracts(CONTRACTS),
        lambda: [yaml.load(source, Loader=yaml.CSafeLoader) for source in sources],
    )
    return Figure(f"{len(sources)} contracts loaded", own, "parsing their YAML", plain)


def against_validators() -> list[Figure]:
    """Checking against frictionless and pandera where they are installed, and a whole year of deliveries."""
    with tempfile.TemporaryDirectory(prefix="kkz-bench-") as folder:
        file = Path(folder) / "delivery.csv"
        file.write_bytes(delivery_of(400))
        peers = [*bench_validators.check_against_frictionless(COMMAND, file), *bench_validators.against_validators()]
    if len(peers) < 3:
        print("frictionless or pandera is left out: KKZ_ORACLES names no Python that has it (extra validators).")
    return [*peers, *bench_validators.a_whole_year(), bench_validators.small_files()]


def effects_against_dummies(n_units: int = 400, n_years: int = 19) -> list[Figure]:
    """Two-way fixed effects and event study, against least squares with a dummy for every unit and year, clustered by unit."""
    panel = effects_panel(n_units, n_years)
    methods = [{"id": "twfe", "method": "twfe"}, {"id": "es", "method": "event_study"}]
    plan = parse_plan({"plan_version": 1, "id": "bench", "outcomes": [{"indicator": "y"}], "estimators": methods}, "bench")
    own = seconds(lambda: run_effects(panel, plan))
    plain = seconds(lambda: dummy_fits(panel), repeats=1)
    return [Figure(f"effects, {n_units} units × {n_years} years, twfe + event study", own, "OLS with dummies, clustered", plain)]


def group_time_comparisons() -> list[Figure]:
    """Group-time effects against the peers that are installed, how their cost grows, and their memory."""
    peers = [*bench_estimators.against_peers(), *bench_estimators.two_way_against_diff_diff()]
    if len(peers) < 2:
        print("csdid or diff-diff is left out: it is not installed (extra oracles).")
    return [
        Figure(*entry)
        for entry in (*peers, *bench_estimators.growth(), *bench_estimators.memory(), *bench_estimators.kept_by_influence())
    ]


def effects_panel(n_units: int, n_years: int) -> pd.DataFrame:
    """A panel of the interface: a third of the units is treated from the middle year on, effect 1."""
    draw = np.random.default_rng(1)
    years = np.arange(2001, 2001 + n_years)
    start = float(years[n_years // 2])
    cohort = np.where(np.arange(n_units) % 3 == 0, start, np.nan)
    effect = (cohort[:, None] <= years).astype(float)
    value = draw.normal(size=(n_units, 1)) + draw.normal(size=n_years) + effect + draw.normal(size=(n_units, n_years))
    return pd.DataFrame(
        {
            "unit_id": np.repeat([f"{code:05d}" for code in range(n_units)], n_years),
            "year": np.tile(years, n_units),
            "indicator": "y",
            "value": value.ravel(),
            "cohort": np.repeat(cohort, n_years),
        }
    )


def synthetic_comparisons() -> list[Figure]:
    """Synthetic difference in differences against diff-diff where it is installed, and how its cost grows."""
    peer = bench_synthetic.against_diff_diff()
    if not peer:
        print("diff-diff is left out: it is not installed (extra oracles).")
    return [Figure(*entry) for entry in (*peer, *bench_synthetic.growth())]


def inference_comparisons() -> list[Figure]:
    """What chance could have done, against a peer's draws."""
    of_draws = (*bench_inference.many_outcomes(), *bench_inference.many_outcomes(4_000), *bench_inference.panels_with_gaps())
    return [Figure(*entry) for entry in (*bench_inference.exact_inference(), *bench_inference.many_units(), *of_draws)]


def sensitivity_comparisons() -> list[Figure]:
    """What violations could do to an event study, against linear programmes, and against moderndid where it is installed."""
    peer = bench_sensitivity.against_moderndid()
    if not peer:
        print("moderndid is left out: it is not installed.")
    return [Figure(*entry) for entry in (*peer, *bench_sensitivity.sensitivity())]


def dummy_fits(panel: pd.DataFrame) -> tuple[float, float]:
    """The two estimates by plain least squares: the effect, and that of event time 0."""
    unit = pd.get_dummies(panel["unit_id"], drop_first=True, dtype=float).to_numpy()
    year = pd.get_dummies(panel["year"], drop_first=True, dtype=float).to_numpy()
    constant = np.ones((len(panel), 1))
    since = (panel["year"] - panel["cohort"]).to_numpy()
    times = [t for t in np.unique(since[~np.isnan(since)]) if t != -1]
    event = np.column_stack([since == t for t in times]).astype(float)
    groups = pd.factorize(panel["unit_id"])[0]
    found = []
    for treatment, place in (((since >= 0).astype(float)[:, None], 0), (event, times.index(0))):
        design = np.hstack([treatment, constant, unit, year])
        fit = sm.OLS(panel["value"].to_numpy(), design).fit(cov_type="cluster", cov_kwds={"groups": groups})
        if not np.isfinite(fit.bse[place]):
            raise RuntimeError("the reference fit has no standard error")
        found.append(float(fit.params[place]))
    return found[0], found[1]


def masks_on_many_rows(n_rows: int = 100_000) -> list[Figure]:
    """The rules of a contract on many rows, and reading them with addresses, each against pandas.read_csv of the same file."""
    data = delivery_of(n_rows)
    contracts = load_contracts(CONTRACTS)
    contract = contracts["schulabgaenge"]
    parsed = read_delivery(data, contracts)
    plain = seconds(lambda: pd.read_csv(io.BytesIO(data), sep=";"))
    rows, units = parsed.table.num_rows, known_units()
    judged = seconds(lambda: judge(parsed, contract, units))
    read = seconds(lambda: read_delivery(data, contracts))
    return [
        Figure(f"masks of a contract, {rows:,} rows", judged, "pandas.read_csv", plain),
        Figure(f"reading a delivery with addresses, {rows:,} rows", read, "pandas.read_csv", plain),
    ]


def read_delivery(data: bytes, contracts: dict[str, Contract]) -> ParsedTable:
    """The table that the contract `schulabgaenge` makes of a delivery. Raises RuntimeError where it does not claim it."""
    match read_file(data, "schulabgaenge.csv", contracts):
        case Claimed(parsed=(parsed,)):
            return parsed
        case other:
            raise RuntimeError(f"the delivery of the benchmark is not claimed: {other}")


def delivery_of(n_rows: int) -> bytes:
    """A clean delivery of about that many rows (18 for each municipality and school year)."""
    units = sorted(known_units()["municipality"])
    lines = ["Gemeindeschlüssel;Schuljahr;Abschluss;Geschlecht;Anzahl"]
    for number in range(max(1, n_rows // (3 * len(CERTIFICATES)))):
        unit, year = units[number % len(units)], 2005 + number // len(units)
        school_year = f"{year}/{(year + 1) % 100:02d}"
        for certificate, men, women in CERTIFICATES:
            for sex, count in (("männlich", men), ("weiblich", women), ("insgesamt", men + women)):
                lines.append(f"{unit};{school_year};{certificate};{sex};{count}")
    return ("\n".join(lines) + "\n").encode("utf-8")


def help_of_the_commands(repeats: int = 15) -> Figure:
    """Processor time of `kkz-eval --help` from a cold process, and of Python with nothing to do; the best of so many."""

    def cpu(code: str) -> float:
        before = os.times()
        subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL, check=True)
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    asked = "import sys; sys.argv = ['kkz-eval', '--help']; from kkz_eval.cli import entry; entry()"
    measured, bare = (min(cpu(code) for _ in range(repeats)) for code in (asked, "pass"))
    return Figure("kkz-eval --help, processor time", measured, "python -c pass", bare)


def table_of(figures: list[Figure]) -> str:
    """The figures as a table for people."""
    header = ("figure", "measured", "ratio", "against", "reference")
    rows = [(f.name, f"{f.measured:.3g}", f"{f.ratio:.2f}", f.against, f"{f.reference:.3g}") for f in figures]
    widths = [max(len(row[place]) for row in [header, *rows]) for place in range(len(header))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in [header, *rows]
    )


def write(figures: list[Figure], file: Path) -> None:
    """Write the figures as JSON."""
    file.parent.mkdir(parents=True, exist_ok=True)
    content = [{**asdict(figure), "ratio": figure.ratio} for figure in figures]
    file.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> int:
    """Measure everything, print the table, write build/bench.json."""
    shared = CHECKOUT / os.environ.get("KKZ_SHARED", "../shared")
    figures = [
        help_of_the_commands(),
        *check_of_one_file(),
        *effects_against_dummies(),
        *masks_on_many_rows(),
        *reading_figures(),
    ]
    figures += [contracts_loaded(), simulated_world()]
    figures += check_of_many_findings()
    figures += [*desk_figures(delivery_of(400)), *board_figures()]
    figures += load_figures(A_TENTH)
    figures += against_validators()
    figures += group_time_comparisons()
    figures += synthetic_comparisons()
    figures += inference_comparisons()
    figures += sensitivity_comparisons()
    figures += machine_figures()
    if (shared / INKAR_FILE).is_file():
        figures += official_files(shared)
        figures.append(municipal_panel(shared))
    else:
        print("Official statistics are left out: the shared data are not beside the repository.")
    figures += main_job()
    figures += [*fault_figures(), killed_figures(), together_figures()]
    print(table_of(figures))
    write(figures, RESULT_FILE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
