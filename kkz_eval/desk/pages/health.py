"""How all stands, for those who see all deliveries: the same figures as machines get. No figure of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from kkz_eval.desk import say
from kkz_eval.desk.desk import At, Desk
from kkz_eval.desk.health import Figure, Form, concerns, figures, health_of
from kkz_eval.desk.pages.research_runs import Moment
from kkz_eval.desk.people import SEE_EVERY_UNIT
from kkz_eval.model.texts import Localised, Sentence
from kkz_eval.stewardship.to_do import Kind

_KIBI = 1024


def routes(desk: Desk) -> Iterator[At]:
    """The one page."""

    def shown(request: Request) -> Response:
        health, now = health_of(desk), datetime.now(UTC)
        return desk.page(
            request,
            "health.html.j2",
            say("health.title"),
            alive=health.is_alive,
            concerns=list(concerns(health, now)),
            figures=[(name_of(one), value_of(one)) for one in figures(health)],
            now=Moment(now),
        )

    yield At("/zustand", shown, SEE_EVERY_UNIT, room="health", wish="evaluate")


def name_of(figure: Figure) -> Sentence:
    """What a figure is called."""
    said = say(f"health.figure.{figure.name}")
    if figure.name == "tasks":
        return say("health.of", name=said, of=Kind(figure.of).said)
    return say("health.of", name=said, of=say(f"research.runs.state.{figure.of}")) if figure.of else said


def value_of(figure: Figure) -> Localised | str:
    """A figure as people write it, "–" where it is not known."""
    value = figure.value
    if value is None:
        return "–"
    match figure.form:
        case Form.BYTES:
            unit, size = ("gigabytes", _KIBI**3) if value >= 10 * _KIBI**3 else ("megabytes", _KIBI**2)
            return say(f"health.{unit}", count=round(value / size))
        case Form.TIME:
            return Moment(datetime.fromtimestamp(value, UTC))
        case Form.ANSWER:
            return say("health.yes" if value else "health.no")
        case Form.DAYS:
            return say("health.day") if value == 1 else say("health.days", count=int(value))
        case _:
            return say("health.count", count=int(value))
