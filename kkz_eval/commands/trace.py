"""The command `trace`: from a number on a page of a report to the delivered cells behind it. No computation of its own."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pandas as pd

from kkz_eval.commands import say
from kkz_eval.commands.terminal import telling_beside
from kkz_eval.line.alone import held
from kkz_eval.line.installation import open_installation
from kkz_eval.line.kept_reports import KeptReport, NumberOnPage, kept_report
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.line.study import study_of
from kkz_eval.line.tracing import Trace, trace_of
from kkz_eval.model.cells_for_spreadsheets import left_alone
from kkz_eval.model.errors import UserError
from kkz_eval.model.texts import Language, Localised
from kkz_eval.settings import Settings
from kkz_eval.storage.store import Store, put_file_if_absent

NEAR = 5
"""So many identifiers are offered where the one named is not on the page."""


def trace_number(settings: Settings, report: str, identifier: str, cells: Path | None, form: str, plan_file: Path | None) -> int:
    """Print what a number of a report rests on. form: text | json; cells: file to write every cell into, as CSV; plan_file: of the report's plan,
    None where it lies beside the contracts.

    Returns 0. Raises UserError where report or number is not there, or the file exists.
    """
    installation = open_installation(settings, None if plan_file is None else [plan_file])
    kept = kept_report(installation, report)
    number = _number(installation.steps.store, kept, identifier)
    with held(installation, "kkz-eval trace", telling_beside(settings)) as alone:
        found = trace_of(study_of(current_snapshot(alone), kept.plan.id), number)
    if cells is not None:
        write_cells(found.cells, cells)
    print(_as_json(found) if form == "json" else "\n".join(_told(found, kept, cells, settings.language)))
    return 0


def _number(store: Store, kept: KeptReport, identifier: str) -> NumberOnPage:
    known: dict[str, NumberOnPage] = {}
    for page in kept.pages:
        known |= kept.numbers(store, page)
    if identifier in known:
        return known[identifier]
    start = identifier.rpartition(".")[0] or identifier
    near = [name for name in known if name.startswith(start)] or list(known)
    raise UserError(
        "number_unknown", package=say.package, number=identifier, report=kept.folder, near=", ".join(near[:NEAR]) or "–"
    )


def _told(found: Trace, kept: KeptReport, cells: Path | None, language: Language) -> list[str]:
    said: list[Localised] = [
        say(
            "trace.number",
            number=found.number.identifier,
            text=found.number.text,
            value=repr(found.number.value),
            folder=kept.folder,
        )
    ]
    if found.outcome is None:
        return [one.in_language(language) for one in (*said, say("trace.no_outcome", section=found.section))]
    said += [say("trace.in_results", table=f"{one.table}.csv", column=one.column, row=one.row) for one in found.results]
    if not found.results:
        said.append(say("trace.not_in_results"))
    table = found.cells
    said.append(
        say(
            "trace.rests_on",
            indicator=found.outcome.indicator,
            cells=len(table),
            values=len(table[["unit_id", "year"]].drop_duplicates()),
            units=table["unit_id"].nunique(),
        )
    )
    for (name, digest), part in table.groupby(["file", "sha256"], sort=True):
        addresses = part["cell"].tolist()
        said.append(
            say("trace.file", file=name, sha256=str(digest)[:16], cells=len(part), first=addresses[0], last=addresses[-1])
        )
    said.append(say("trace.written", file=str(cells)) if cells is not None else say("trace.next"))
    return [one.in_language(language) for one in said]


def _as_json(found: Trace) -> str:
    return json.dumps(
        {
            "number": vars(found.number),
            "section": found.section,
            "outcome": None if found.outcome is None else found.outcome.indicator,
            "results": [vars(one) for one in found.results],
            "cells": json.loads(found.cells.to_json(orient="records", force_ascii=False)),
        },
        ensure_ascii=False,
        indent=1,
    )


def write_cells(table: pd.DataFrame, file: Path) -> None:
    """Write a table for people into a new file. Raises UserError where there is one already."""
    buffer = io.StringIO()
    shown = table.map(lambda cell: left_alone(cell) if isinstance(cell, str) else cell)  # what was delivered may be a formula
    shown.to_csv(buffer, index=False, lineterminator="\n")
    if not put_file_if_absent(file.absolute(), buffer.getvalue().encode()):
        raise UserError("trace_there", package=say.package, file=str(file))
