"""The command `simulate`: the model world into a folder, and where its files and its truth are. No simulation of its own."""

from __future__ import annotations

from pathlib import Path

from kkz_eval.commands import say
from kkz_eval.contracts.load import load_contracts
from kkz_eval.settings import Settings
from kkz_eval.simulation.run import Order, simulate


def simulate_world(settings: Settings, out: Path, seed: int, effects: Path | None, faults: int) -> int:
    """Simulate the deliveries of the model world with so many kinds of faults, print what was written; returns 0. Raises UserError."""
    contracts = load_contracts(settings.contracts) if faults else {}
    summary = simulate(out, seed, effects, order=Order("mixed", faults, contracts))
    print(
        say(
            "cli.simulated", out=str(summary.out), deliveries=len(summary.deliveries), official=len(summary.official)
        ).in_language(settings.language)
    )
    if summary.faults is not None:
        print(say("cli.faults_listed", faults=str(summary.faults)).in_language(settings.language))
    return 0
