"""The yearly run without the UI: executes the very job of Dagster, prints progress and where the reports and the board are.

Belongs here: what the command `run` prints, and its exit codes. No step of its own.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from pathlib import Path

from kkz_eval.assets.names import asset_name
from kkz_eval.commands import say
from kkz_eval.commands.terminal import telling
from kkz_eval.definitions import build_defs
from kkz_eval.deliveries.register.inbox import inbox_files
from kkz_eval.jobs import RunOutcome, execute_yearly_run
from kkz_eval.line.current_pages import first_page
from kkz_eval.line.installation import Installation, open_installation
from kkz_eval.line.sentences import conflict_sentence
from kkz_eval.line.snapshot import open_snapshot
from kkz_eval.line.study import study_of
from kkz_eval.model.texts import Joined
from kkz_eval.partitions import known_years, span_of_years
from kkz_eval.run_history import history_said, open_at_terminal
from kkz_eval.settings import Settings


def run_line(settings: Settings, plan_file: Path | None, years: str | None) -> int:
    """Run the job over the inbox. 0 all well; 1 reports made, but something was rejected or refused; 2 no report.

    Raises UserError where the inbox, the plan or the years can't be used; nothing has been written then.
    """
    inbox_files(settings.inbox)
    # The large libraries hold some hundred thousand objects to the end: looking for rings among them again and again takes time.
    gc.set_threshold(100_000, 20, 20)

    tell = telling(settings)
    plan_files = None if plan_file is None else [plan_file]
    installation = open_installation(settings, plan_files, tell)  # faults of plans and contracts come before all else
    span = span_of_years(years, known_years()) if years is not None else known_years()
    with history_said(settings), open_at_terminal(settings) as instance:
        outcome = execute_yearly_run(build_defs(installation), instance, span)
    for sentence in outcome.warnings:
        print(sentence, flush=True)
    for sentence in dict.fromkeys(outcome.failures):  # one damaged object may stop many steps
        print(sentence, file=sys.stderr)
    made = [plan.id for plan in installation.plans.values() if asset_name("report", plan) in outcome.metadata]
    reports = [data["bericht"] for name, data in outcome.metadata.items() if name.startswith("report_")]
    if not reports:
        _tell_where(installation, reports, outcome)
        return 2
    refused = sum(int(data.get("verweigert", 0)) for data in outcome.metadata.values())
    refused += int(outcome.metadata.get("landing", {}).get("abgelehnt", 0))
    snapshot = open_snapshot(installation, outcome.snapshot)  # not what came since
    told = {line for said in outcome.failures for line in said.splitlines()}
    for conflict in snapshot.conflicts:
        if conflict_sentence(conflict).in_language(settings.language) not in told:  # plans that it stopped have said it
            tell(conflict_sentence(conflict))
    _tell_where(installation, reports, outcome)
    if any(study_of(snapshot, plan_id).simulated for plan_id in made):
        tell(say("run.own_files"))
    left_out = len(snapshot.rejected_slices) + len(snapshot.conflicts)
    return 0 if outcome.success and not refused and not left_out else 1


def _tell_where(installation: Installation, reports: Sequence[str], outcome: RunOutcome) -> None:
    """Say where what people open lies: the addresses at which the newest always is, the reports, and the board where the run came so far."""
    current = [str(data["aktuell"]) for data in outcome.metadata.values() if "aktuell" in data]
    if current:
        first = installation.steps.store.address_of(first_page(installation.settings.language))
        installation.progress(say("run.current", pages=Joined((first, *sorted(current)), "\n  ")))
    for page in reports:
        installation.progress(say("run.report", path=page))
    if "delivery_board" in outcome.metadata:
        installation.progress(say("run.board", path=outcome.metadata["delivery_board"]["lieferstand"]))
