"""Write a model world into a folder: all or nothing. No drawing of numbers, no layout of files."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Literal
from uuid import uuid4

from kkz_eval.contracts.contract import Contract
from kkz_eval.model.system_errors import reason_of
from kkz_eval.reference.tables import programme_units
from kkz_eval.simulation.effects import Effects, load_effects
from kkz_eval.simulation.errors import simulation_error
from kkz_eval.simulation.faults import FAULT_COLUMNS, Delivery, plant
from kkz_eval.simulation.grid import grid_bytes
from kkz_eval.simulation.layout import (
    delivery_grid,
    delivery_name,
    official_bytes,
    official_name,
    official_years_bytes,
    official_years_name,
    variants,
    writings,
)
from kkz_eval.simulation.municipal_services import SERVICE_DATASETS, service_grid
from kkz_eval.simulation.parameters import DATASETS, OFFICIAL_DATASETS, WorldParameters
from kkz_eval.simulation.truth import ATT_COLUMNS, TRUTH_COLUMNS, att_rows, truth_rows
from kkz_eval.simulation.world import ModelWorld, model_world

MODEL_VERSION = 8  # changes whenever the same seed gives other bytes
FIRST_YEAR, LAST_YEAR = 2000, 2030  # the trends of the model stay plausible between these


@dataclass(frozen=True)
class SimulationSummary:
    """What was written. deliveries: municipal files; official: one table a dataset and year, of datasets that are official only one; truth, truth_att: the true effects;
    faults: the list of planted faults, None where none was asked for."""

    out: Path
    seed: int
    years: tuple[int, int]
    deliveries: tuple[Path, ...]
    official: tuple[Path, ...]
    truth: Path
    truth_att: Path
    faults: Path | None = None


@dataclass(frozen=True)
class Order:
    """What is wanted besides a clean world. forms: text, or mixed with workbooks; faults: of each kind; contracts:
    those that say which faults there are, needed where faults are wanted."""

    forms: Literal["text", "mixed"] = "mixed"
    faults: int = 0
    contracts: Mapping[str, Contract] = field(default_factory=dict)


def simulate(
    out: Path,
    seed: int,
    effects: Path | None = None,
    years: tuple[int, int] = (2006, 2019),
    parameters: WorldParameters | None = None,
    order: Order | None = None,
) -> SimulationSummary:
    """Write deliveries/, truth.csv, truth_att.csv, effects.yaml and seed.json into the folder out, which must be new or empty;
    faults.csv too where faults are ordered.

    seed: 0 or greater; the same arguments give the same bytes. effects: YAML file, None for the package's own.
    years: first and last reporting year. Raises UserError where the folder, the effects, the seed or the years don't fit.
    """
    if seed < 0:
        raise simulation_error("seed_negative", value=seed)
    first, last = years
    if not FIRST_YEAR <= first <= last <= LAST_YEAR:
        raise simulation_error("years", value=f"{first}–{last}", allowed=f"{FIRST_YEAR}–{LAST_YEAR}")
    _require_free(out)
    loaded = load_effects(effects)
    world = model_world(seed, loaded, tuple(range(first, last + 1)), parameters)
    wanted = order or Order()
    deliveries = _deliveries(world, seed, wanted.forms)
    spoiled, faults = plant(deliveries, wanted.contracts, wanted.faults, seed)
    files = {f"deliveries/{one.name}": spoiled.get(one.name) or grid_bytes(one.grid, one.writing) for one in deliveries}
    if faults:
        files["faults.csv"] = _csv(FAULT_COLUMNS, (astuple(fault) for fault in faults))
    _write_whole(out, files | _files(world, loaded, seed))
    inbox = out / "deliveries"
    return SimulationSummary(
        out=out,
        seed=seed,
        years=years,
        deliveries=tuple(inbox / one.name for one in deliveries),
        official=(
            *(inbox / official_name(dataset, year) for dataset in DATASETS for year in world.years),
            *(inbox / official_years_name(dataset, world.years) for dataset in OFFICIAL_DATASETS),
        ),
        truth=out / "truth.csv",
        truth_att=out / "truth_att.csv",
        faults=out / "faults.csv" if faults else None,
    )


def _deliveries(world: ModelWorld, seed: int, forms: str) -> tuple[Delivery, ...]:
    """All municipal deliveries. A unit writes the four datasets of the effects with one program, the others in all ways in turn."""
    units = programme_units()
    found: list[Delivery] = []
    for dataset in DATASETS:
        for unit, writing in zip(units, variants(seed, len(units)), strict=True):
            found.append(Delivery(delivery_name(dataset, unit.ags), delivery_grid(world, dataset, unit.ags), writing))
    for dataset in SERVICE_DATASETS:
        for unit, writing in zip(units, writings(seed, dataset, len(units), forms), strict=True):
            grid = service_grid(world, dataset, unit, seed)
            if grid is not None:
                found.append(Delivery(delivery_name(dataset, grid.unit_id, writing.suffix), grid, writing))
    return tuple(found)


def _files(world: ModelWorld, effects: Effects, seed: int) -> dict[str, bytes]:
    """The official tables and what stands beside the deliveries, by path below the folder."""
    files: dict[str, bytes] = {}
    for dataset in DATASETS:
        for year in world.years:
            files[f"deliveries/{official_name(dataset, year)}"] = official_bytes(world, dataset, year)
    for dataset in OFFICIAL_DATASETS:
        files[f"deliveries/{official_years_name(dataset, world.years)}"] = official_years_bytes(world, dataset)
    files["truth.csv"] = _csv(TRUTH_COLUMNS, truth_rows(world))
    files["truth_att.csv"] = _csv(ATT_COLUMNS, att_rows(world))
    files["effects.yaml"] = effects.content
    provenance = {"model_version": MODEL_VERSION, "seed": seed, "years": [world.years[0], world.years[-1]]}
    files["seed.json"] = (json.dumps(provenance, indent=2) + "\n").encode("utf-8")
    return files


def _csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """UTF-8, comma, decimal point, as the panel of the engine."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([columns, *rows])
    return text.getvalue().encode("utf-8")


def _require_free(out: Path) -> None:
    try:
        is_file = out.exists() and not out.is_dir()
        occupied = out.is_dir() and any(out.iterdir())
        is_current = out.resolve() == Path.cwd()
    except OSError as error:
        raise simulation_error("out_not_writable", path=out, reason=reason_of(error)) from error
    if is_file:
        raise simulation_error("out_is_file", path=out)
    if is_current:  # it is replaced as a whole, which would leave the caller's shell in a folder that is gone
        raise simulation_error("out_is_current", path=out)
    if occupied:
        raise simulation_error("out_not_empty", path=out)


def _write_whole(out: Path, files: dict[str, bytes]) -> None:
    """Write beside the folder, then rename: a kill leaves no half-filled folder of that name."""
    target = out.resolve()
    partial = target.parent / f".{target.name}.{uuid4().hex}.partial"
    try:
        for name, content in files.items():
            path = partial / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        if target.exists():
            target.rmdir()
        partial.rename(target)
    except OSError as error:
        raise simulation_error("out_not_writable", path=out, reason=reason_of(error)) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
