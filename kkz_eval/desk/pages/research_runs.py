"""Runs as researchers see them: which there were, starting one of a plan, following it to its report.

Belongs here: which address shows what. Does not belong here: what executes runs; it is handed in (desk.runs).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kkz_eval.desk import say
from kkz_eval.desk.desk import At, Desk, field_of, form_of, person_of, refused_form
from kkz_eval.desk.health import why_no_run_begins
from kkz_eval.desk.opened import opened
from kkz_eval.desk.pages.research import MAY
from kkz_eval.desk.people import known_as
from kkz_eval.desk.runs import FINISHED, Runs, RunSeen, RunState
from kkz_eval.model.day import BERLIN
from kkz_eval.model.errors import UserError
from kkz_eval.model.texts import LANGUAGES, Language, Localised, Wording

if TYPE_CHECKING:
    from kkz_eval.evaluation.plan import Plan
    from kkz_eval.line.installation import Installation

_ALL = "/auswerten/laeufe"


@dataclass(frozen=True)
class Moment(Localised):
    """Day and time of day in Berlin."""

    at: datetime

    def in_language(self, language: Language) -> str:
        """As people write it."""
        return f"{self.at.astimezone(BERLIN):{'%d.%m.%Y, %H:%M:%S' if language == 'de' else '%-d %b %Y, %H:%M:%S'}}"


def routes(desk: Desk) -> Iterator[At]:
    """The addresses of runs."""

    def all_runs(request: Request) -> Response:
        installation = opened(desk.settings)
        plans, refused = installation.plans, refused_form(request)
        asked = request.query_params.get("plan", "") if refused is None else refused.field("plan")
        chosen = plans.get(asked) or next(iter(plans.values()), None)
        outcomes = () if chosen is None else [(one.indicator, one.role) for one in chosen.outcomes]
        return desk.page(
            request,
            "research_runs.html.j2",
            say("research.runs.title"),
            runs=() if desk.runs is None else desk.runs.listed(),
            can_start=desk.runs is not None,
            concerns=why_no_run_begins(desk),
            plans=list(plans),
            chosen=None if chosen is None else chosen.id,
            outcomes=outcomes,
            **_shown(installation),
        )

    def start(request: Request) -> Response:
        outcomes = [one for one in form_of(request).getlist("zielgroesse") if isinstance(one, str)]
        if not outcomes:
            raise UserError("no_outcome", package=say.package)
        years = field_of(request, "jahre").replace(" ", "") or None
        runs = _runs(desk)
        desk.record(request, "launches", field_of(request, "plan"))
        found = runs.launch(field_of(request, "plan"), outcomes, years, person_of(request))
        desk.record_done(request, "launched", f"{field_of(request, 'plan')} {found}")
        return RedirectResponse(f"{_ALL}/{found}", HTTPStatus.SEE_OTHER)

    def one_run(request: Request) -> Response:
        run = _runs(desk).seen(request.path_params["run"])
        if run is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return desk.page(
            request,
            "research_run.html.j2",
            say("research.runs.one", id=run.id[:8]),
            run=run,
            is_over=run.state in FINISHED,
            concerns=() if run.state in FINISHED else why_no_run_begins(desk),
            failures_in=desk.settings.language,
            editions=_editions(desk, run),
            counts={state: sum(step.state == state for step in run.steps) for state in RunState},
            **_shown(opened(desk.settings)),
        )

    yield At(_ALL, all_runs, MAY)
    yield At(_ALL, start, MAY, method="POST", typed=("jahre",))
    yield At(f"{_ALL}/{{run}}", one_run, MAY)


def _runs(desk: Desk) -> Runs:
    if desk.runs is None:
        raise UserError("no_runs_here", package=say.package)
    return desk.runs


def _shown(installation: Installation) -> Mapping[str, Any]:
    """What templates show times with, and plans and outcomes by name; by their keys where the installation has them no more."""
    plans, catalogue = installation.plans, installation.catalogue

    def plan_named(plan_id: str) -> Localised | str:
        return _title(plans[plan_id]) if plan_id in plans else plan_id

    def outcome_named(name: str) -> Localised | str:
        return Wording(catalogue[name].label) if name in catalogue else name

    return {
        "known_as": known_as,
        "moment": lambda at: "–" if at is None else Moment(at),
        "plan_named": plan_named,
        "outcome_named": outcome_named,
    }


def _title(plan: Plan) -> Wording:
    return Wording(plan.title or dict.fromkeys(LANGUAGES, plan.id))


def _editions(desk: Desk, run: RunSeen) -> list[tuple[str, str, str]]:
    """Of each report of a run: name of its edition, address of its page, name of the edition before, "" for none."""
    from kkz_eval.line.side_by_side import kept_editions  # noqa: PLC0415 (statistics are imported by whoever asks for them)

    installation, found = opened(desk.settings), []
    kept = kept_editions(installation) if run.editions else ()
    for plan_id, folder in run.editions:
        of_plan = [one for one in kept if one.plan_id == plan_id]
        for place, one in enumerate(of_plan):
            if one.numbered.folder == folder:
                page = next(key for key in installation.steps.store.list(one.folder) if key.endswith(".html"))
                found.append((one.name, f"/{page}", of_plan[place + 1].name if place + 1 < len(of_plan) else ""))
    return found
