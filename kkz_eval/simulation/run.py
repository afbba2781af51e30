"""Write a model world into a folder: all or nothing. No drawing of numbers, no layout of files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from kkz_eval.reference.tables import programme_units
from kkz_eval.simulation.effects import Effects, load_effects
from kkz_eval.simulation.errors import simulation_error
from kkz_eval.simulation.layout import delivery_bytes, delivery_name, official_bytes, official_name, variants
from kkz_eval.simulation.parameters import DATASETS, WorldParameters
from kkz_eval.simulation.truth import ATT_COLUMNS, TRUTH_COLUMNS, att_rows, truth_rows
from kkz_eval.simulation.world import ModelWorld, model_world

MODEL_VERSION = 2  # changes whenever the same seed gives other bytes
FIRST_YEAR, LAST_YEAR = 2000, 2030  # the trends of the model stay plausible between these


@dataclass(frozen=True)
class SimulationSummary:
    """What was written. deliveries: municipal files; official: one table a dataset and year; truth, truth_att: the true effects."""

    out: Path
    seed: int
    years: tuple[int, int]
    deliveries: tuple[Path, ...]
    official: tuple[Path, ...]
    truth: Path
    truth_att: Path


def simulate(
    out: Path,
    seed: int,
    effects: Path | None = None,
    years: tuple[int, int] = (2006, 2019),
    parameters: WorldParameters | None = None,
) -> SimulationSummary:
    """Write deliveries/, truth.csv, truth_att.csv, effects.yaml and seed.json into the folder out, which must be new or empty.

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
    _write_whole(out, _files(world, loaded, seed))
    inbox = out / "deliveries"
    return SimulationSummary(
        out=out,
        seed=seed,
        years=years,
        deliveries=tuple(inbox / delivery_name(dataset, unit.ags) for dataset in DATASETS for unit in programme_units()),
        official=tuple(inbox / official_name(dataset, year) for dataset in DATASETS for year in world.years),
        truth=out / "truth.csv",
        truth_att=out / "truth_att.csv",
    )


def _files(world: ModelWorld, effects: Effects, seed: int) -> dict[str, bytes]:
    """Content by path below the folder."""
    units = programme_units()
    written = list(zip(units, variants(seed, len(units)), strict=True))  # a unit writes all its files with one program
    files: dict[str, bytes] = {}
    for dataset in DATASETS:
        for unit, variant in written:
            files[f"deliveries/{delivery_name(dataset, unit.ags)}"] = delivery_bytes(world, dataset, unit.ags, variant)
        for year in world.years:
            files[f"deliveries/{official_name(dataset, year)}"] = official_bytes(world, dataset, year)
    files["truth.csv"] = _csv(TRUTH_COLUMNS, truth_rows(world))
    files["truth_att.csv"] = _csv(ATT_COLUMNS, att_rows(world))
    files["effects.yaml"] = effects.content
    provenance = {"model_version": MODEL_VERSION, "seed": seed, "years": [world.years[0], world.years[-1]]}
    files["seed.json"] = (json.dumps(provenance, indent=2) + "\n").encode("utf-8")
    return files


def _csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """UTF-8, comma, decimal point, as the panel of the engine."""
    return "".join(",".join(row) + "\n" for row in [columns, *rows]).encode("utf-8")


def _require_free(out: Path) -> None:
    try:
        is_file = out.exists() and not out.is_dir()
        occupied = out.is_dir() and any(out.iterdir())
        is_current = out.resolve() == Path.cwd()
    except OSError as error:
        raise simulation_error("out_not_writable", path=out, reason=error.strerror or type(error).__name__) from error
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
        raise simulation_error("out_not_writable", path=out, reason=error.strerror or type(error).__name__) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
