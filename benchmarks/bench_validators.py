"""Checking a delivery against frictionless and pandera, and a whole year from the inbox to its verdicts.

The peers are not among the requirements: the environment variable KKZ_ORACLES names a Python that has them; by default it is the
one that runs the benchmark. Does not belong here: the rules of contracts; what is given to the peers are the same ten in their own words.
"""

from __future__ import annotations

import compileall
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

from benchmarks.figures import Figure
from benchmarks.reading import CERTIFICATES, HEADER, large_delivery, read_and_judge
from kkz_eval.contracts.load import load_contracts
from kkz_eval.deliveries.register import intake as intake_module
from kkz_eval.deliveries.register.intake import take_in
from kkz_eval.deliveries.register.reading_process import end_reading_processes
from kkz_eval.line.installation import open_installation
from kkz_eval.line.intake import judge_arrivals, land, parse_arrivals
from kkz_eval.settings import CHECKOUT, Settings
from kkz_eval.simulation.run import simulate
from kkz_eval.storage.store import Store

PYTHON = os.environ.get("KKZ_ORACLES", sys.executable)
BUDGET_OF_A_YEAR = 20.0  # seconds
_UNIT, _YEAR, _CERTIFICATE, _SEX, _COUNT = HEADER.split(";")
_KINDS = [name for name, *_ in CERTIFICATES]
_SEXES = ["männlich", "weiblich", "insgesamt"]
TEN_RULES = {
    "fields": [
        {"name": _UNIT, "type": "string", "constraints": {"required": True, "pattern": "0[0-9]{7}"}},
        {"name": _YEAR, "type": "string", "constraints": {"required": True, "pattern": "[0-9]{4}/[0-9]{2}"}},
        {"name": _CERTIFICATE, "type": "string", "constraints": {"required": True, "enum": _KINDS}},
        {"name": _SEX, "type": "string", "constraints": {"required": True, "enum": _SEXES}},
        {"name": _COUNT, "type": "integer", "constraints": {"required": True, "minimum": 0}},
    ]
}
_FRICTIONLESS = """
import json, sys, time
from frictionless import Checklist, Dialect, Resource, Schema, system
from frictionless.formats import CsvControl
system.trusted = True
resource = Resource(path=sys.argv[1], schema=Schema.from_descriptor(json.load(open(sys.argv[2], encoding="utf-8"))),
    dialect=Dialect(controls=[CsvControl(delimiter=";")]), encoding="utf-8")
times = []
for _ in range(2):
    started = time.process_time()
    report = resource.to_copy().validate(Checklist(), limit_errors=10**7)
    times.append(time.process_time() - started)
print(json.dumps([min(times), report.stats["errors"]]))
"""
_PANDERA = """
import json, sys, time
import pandas
import pandera.pandas as pandera
fields = {field["name"]: field for field in json.load(open(sys.argv[2], encoding="utf-8"))["fields"]}
columns = {}
for name, field in fields.items():
    rules, checks = field["constraints"], []
    if "pattern" in rules: checks.append(pandera.Check.str_matches(rules["pattern"] + "$"))
    if "enum" in rules: checks.append(pandera.Check.isin(rules["enum"]))
    if "minimum" in rules: checks.append(pandera.Check.ge(rules["minimum"]))
    columns[name] = pandera.Column(float if "minimum" in rules else str, checks, nullable=False)
schema, number = pandera.DataFrameSchema(columns), list(fields)[-1]
times = []
for _ in range(2):
    started, failures = time.process_time(), 0
    frame = pandas.read_csv(sys.argv[1], sep=";", dtype=str, keep_default_na=False)
    frame[number] = pandas.to_numeric(frame[number], errors="coerce")
    try:
        schema.validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        failures = len(errors.failure_cases)
    times.append(time.process_time() - started)
print(json.dumps([min(times), failures]))
"""


def is_there(*modules: str) -> bool:
    """Whether the Python of the peers has these modules."""
    program = "; ".join(f"import {module}" for module in modules)
    return subprocess.run([PYTHON, "-c", program], capture_output=True, check=False).returncode == 0


def against_validators(n_rows: int = 1_000_000) -> list[Figure]:
    """CPU time for a large delivery with 0.1 % faulty rows, all addresses, against each peer that is there."""
    delivery = large_delivery(n_rows, 0.001)
    own = min(_cpu(lambda: read_and_judge(delivery, n_rows)) for _ in range(2))
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="kkz-bench-") as folder:
        file, schema = Path(folder) / "delivery.csv", Path(folder) / "schema.json"
        file.write_bytes(delivery)
        schema.write_text(json.dumps(TEN_RULES), encoding="utf-8")
        for name, program in (("frictionless", _FRICTIONLESS), ("pandera.pandas", _PANDERA)):
            if is_there(name):
                peer = _of_peer(program, file, schema)
                figures.append(Figure(f"reading and judging, {n_rows:,} rows, CPU time", own, f"{name}, ten rules", peer))
    return figures


def check_against_frictionless(command: list[str], file: Path) -> list[Figure]:
    """CPU time of `kkz-eval check` of one file, the whole process, against `frictionless validate` of the same; [] without it."""
    program = Path(PYTHON).parent / "frictionless"
    if not (program.is_file() and is_there("frictionless")):
        return []
    with tempfile.TemporaryDirectory(prefix="kkz-bench-") as folder:
        schema, copy = Path(folder) / "schema.json", Path(folder) / "delivery.csv"
        schema.write_text(json.dumps(TEN_RULES), encoding="utf-8")
        copy.write_bytes(file.read_bytes())
        compileall.compile_dir(CHECKOUT / "kkz_eval", quiet=1)  # as pip did with the peer
        peer_arguments = [str(program), "validate", copy.name, "--schema", schema.name, "--encoding", "utf-8"]
        own = min(_cpu_of_process([*command, "check", str(copy)], Path(folder)) for _ in range(5))
        peer = min(_cpu_of_process(peer_arguments, Path(folder)) for _ in range(5))
    return [Figure("check of a file of 400 rows, whole process, CPU time", own, "frictionless validate", peer)]


def a_whole_year(year: int = 2019) -> list[Figure]:
    """All deliveries of one year, 40 municipalities and 12 datasets, from the inbox to the verdicts on a fresh home."""
    with tempfile.TemporaryDirectory(prefix="kkz-bench-") as folder:
        inbox = Path(folder) / "world" / "deliveries"
        n_files = len(simulate(inbox.parent, 1, None, (year, year)).deliveries)
        line = open_installation(Settings(home=Path(folder) / "home", inbox=inbox, contracts=CHECKOUT / "data_contracts"), [])

        def work() -> None:
            land(line, [year])
            parse_arrivals(line, [year])
            judge_arrivals(line, [year])
            end_reading_processes()

        taken = _cpu(work)
    return [Figure(f"a year of {n_files} deliveries from inbox to verdict, CPU time", taken, "budget", BUDGET_OF_A_YEAR)]


def small_files(n_files: int = 500) -> Figure:
    """Taking in many small files, with the processes that read them, against reading them in this process, without limits."""
    contracts = load_contracts(CHECKOUT / "data_contracts")
    with tempfile.TemporaryDirectory(prefix="kkz-bench-") as folder:
        inbox = Path(folder) / "inbox"
        inbox.mkdir()
        for number in range(n_files):
            (inbox / f"{number:04}.csv").write_bytes(_small_delivery(number))

        def take(home: str) -> None:
            intake = take_in(Store.at(f"{folder}/{home}"), inbox, contracts, range(1995, 2030))
            end_reading_processes()
            if len(intake.landed) != n_files:
                raise RuntimeError(f"{len(intake.landed)} of {n_files} files were taken in")

        apart = min(_cpu(lambda home=home: take(home)) for home in ("a", "b"))
        with patch.object(intake_module, "read_apart", lambda look, data, name, contracts, _: look(data, name, contracts)):
            here = min(_cpu(lambda home=home: take(home)) for home in ("c", "d"))
    return Figure(f"intake of {n_files} small files, CPU time of all processes", apart, "reading them in one process", here)


def _small_delivery(number: int) -> bytes:
    """18 rows of one municipality and year; no two numbers give the same."""
    lines = [HEADER]
    for certificate, men, women in CERTIFICATES:
        for sex, count in (("männlich", men + number), ("weiblich", women), ("insgesamt", men + number + women)):
            lines.append(f"05111000;2015/16;{certificate};{sex};{count}")
    return "\n".join(lines).encode()


def _cpu(work: Callable[[], object]) -> float:
    """User and system time for a piece of work: of this process, all threads, and of those that it started and ended."""
    before = os.times()
    work()
    return sum(os.times()[:4]) - sum(before[:4])


def _of_peer(program: str, file: Path, schema: Path) -> float:
    """CPU seconds that a program says it took. Raises RuntimeError where it found no fault."""
    done = subprocess.run([PYTHON, "-c", program, str(file), str(schema)], capture_output=True, text=True, check=True)
    taken, n_errors = json.loads(done.stdout.splitlines()[-1])
    if not n_errors:
        raise RuntimeError("the peer found no fault in a faulty delivery")
    return float(taken)


def _cpu_of_process(arguments: list[str], folder: Path) -> float:
    """User and system time of a process and what it starts."""
    before = os.times()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(CHECKOUT), os.environ.get("PYTHONPATH")]))}
    done = subprocess.run(arguments, capture_output=True, text=True, cwd=folder, env=environment, check=False)
    after = os.times()
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return after.children_user + after.children_system - before.children_user - before.children_system
