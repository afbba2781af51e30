"""The smallest world that Dagster runs from the inbox to a report: three official files, with deliveries of some municipalities where these
are asked for, one indicator, a plan with one outcome. No expectations here."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Any

import yaml
from whole_runs import CONTRACTS, SHORTEST_YEARS, delivery, small_world

INDICATOR = "schulabgaenge_ohne_abschluss"
_MINUTES = ("audit", "specifications", "negative_controls", "inference")
"""What examines a plan takes minutes."""


def three_files(folder: Path, municipalities: Collection[str] = ()) -> None:
    """`deliveries`, `plan.yaml` with one estimator and one language, and `contracts` with what they need: each contract more costs a run some checks."""
    small_world(folder, SHORTEST_YEARS)
    delivered = [delivery(folder, unit_id) for unit_id in municipalities]
    for file in (folder / "deliveries").iterdir():
        if "amtlich" not in file.name and file not in delivered:
            file.unlink()
    plan = _read(folder / "plan.yaml")
    plan |= {"outcomes": plan["outcomes"][:1], "estimators": plan["estimators"][:1], "languages": ["de"]}
    _write(folder / "plan.yaml", {key: value for key, value in plan.items() if key not in _MINUTES})

    contracts = folder / "contracts"
    (contracts / "plans").mkdir(parents=True)
    for file in CONTRACTS.glob("schulabgaenge*.odcs.yaml"):
        shutil.copy(file, contracts)
    catalogue, breaks = _read(CONTRACTS / "indicators.yaml"), _read(CONTRACTS / "breaks.yaml")
    catalogue["indicators"] = {INDICATOR: catalogue["indicators"][INDICATOR]}
    catalogue["not_evaluable"] = []
    catalogue["stations"] = _of_the_indicator(catalogue["stations"])
    breaks["breaks"] = _of_the_indicator(breaks["breaks"])
    _write(contracts / "indicators.yaml", catalogue)
    _write(contracts / "breaks.yaml", breaks)


def _of_the_indicator(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [entry | {"indicators": [INDICATOR]} for entry in entries if INDICATOR in entry.get("indicators", ())]


def _read(file: Path) -> Any:
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def _write(file: Path, content: Any) -> None:
    file.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False, default_flow_style=None), encoding="utf-8")
