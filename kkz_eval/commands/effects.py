"""The command `effects`: the estimators alone on a long table. Files, messages and exit codes are those of evaluation.effects."""

from __future__ import annotations

from pathlib import Path

from kkz_eval.evaluation.effects import effects_command, exit_code
from kkz_eval.line.scheduler import spread_over
from kkz_eval.settings import load_settings


def estimate(panel: Path, plan: Path, out: Path) -> int:
    """Estimate the effects of a plan on a panel, print the result; returns its exit code. Raises UserError."""
    result = effects_command(panel, plan, out, spread_over(load_settings().scheduler))
    print(result)
    return exit_code(result)
