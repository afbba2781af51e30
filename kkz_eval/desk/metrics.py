"""The health for machines that watch: figures in the form of Prometheus, and whether all lives. At a port of this machine alone, not among the pages.

Does not belong here: the figures themselves (health).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from http import HTTPStatus
from itertools import groupby

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from kkz_eval.deliveries.register.own_process import fault_of
from kkz_eval.desk import say
from kkz_eval.desk.health import Figure, Health, figures

LABELS = {"runs": "state", "tasks": "kind"}
"""Name of the one label of a figure that has several values."""


_log = logging.getLogger("kkz_eval.desk")


def metrics_app(health: Callable[[], Health], alive: Callable[[], bool], hosts: Iterable[str]) -> ASGIApp:
    """What is answered at the port: `/metrics`, and `/gesund` with 200 or 503 and no content. hosts: under which it is reached, no page of another site.

    A fault is answered with 500; of it kind and place come into the log, never its words, which may quote what was delivered.
    """

    def metrics(request: Request) -> Response:
        return Response(written(health()), media_type=CONTENT_TYPE_LATEST)

    def lives(request: Request) -> Response:
        return Response(status_code=HTTPStatus.OK if alive() else HTTPStatus.SERVICE_UNAVAILABLE)

    only = Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))
    answers = Starlette(routes=[Route("/metrics", metrics), Route("/gesund", lives)], middleware=[only])

    async def quietly(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await answers(scope, receive, send)
        except Exception as error:  # noqa: BLE001 (it was answered already)
            _log.error("%s: %s", scope["path"], fault_of(error))

    return quietly


def written(health: Health) -> bytes:
    """All figures that are known, in the text form of Prometheus."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collected([one for one in figures(health) if one.value is not None]))
    return generate_latest(registry)


class _Collected(Collector):
    """Figures of one moment, as the library asks for them."""

    def __init__(self, known: list[Figure]) -> None:
        self._known = known

    def collect(self) -> Iterable[GaugeMetricFamily]:
        for name, together in groupby(self._known, lambda one: one.name):
            rows = list(together)
            label = [LABELS[name]] if name in LABELS else []
            family = GaugeMetricFamily(rows[0].metric, say(f"health.figure.{name}").in_language("en"), labels=label)
            for one in rows:
                assert one.value is not None
                family.add_metric([one.of] if label else [], one.value)
            yield family
