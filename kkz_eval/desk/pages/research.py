"""The room of researchers: plans with their locks and verdicts, two editions side by side, what accepting a file would change, what gaps cost.

Belongs here: which address shows what. Does not belong here: comparing, previews, costs (line), starting and following runs (research_runs).
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from kkz_eval.desk import say
from kkz_eval.desk.desk import At, Desk, form_of
from kkz_eval.desk.opened import opened, snapshot_now
from kkz_eval.desk.people import Role
from kkz_eval.model.errors import UserError
from kkz_eval.model.folders import files_in
from kkz_eval.model.texts import LANGUAGES, Language, Localised, Wording
from kkz_eval.settings import Settings

if TYPE_CHECKING:
    from kkz_eval.evaluation.plan import Plan
    from kkz_eval.line.gap_costs import GapCost, GapCosts
    from kkz_eval.line.installation import Installation
    from kkz_eval.line.side_by_side import Judged, KeptEdition, SideBySide
    from kkz_eval.line.snapshot import Snapshot

MAY = frozenset({Role.RESEARCHER})
_TABLES = (
    "estimates.parquet",
    "estimates.csv",
    "inference.csv",
    "sensitivity.csv",
    "tests.csv",
    "weights.csv",
    "verdicts.csv",
    "power.csv",
    "edition.json",
)
_MORE_DIGITS = 2
"""So many digits more than a report shows: whoever compares wants to see what moved behind them."""


@dataclass(frozen=True)
class PlanShown:
    """A plan on the page of plans. standing, deviations: how it stands to its lock; editions: the newest first."""

    id: str
    title: Wording
    standing: Localised
    deviations: Sequence[Localised]
    editions: Sequence[KeptEdition]


def routes(desk: Desk) -> Iterator[At]:
    """The addresses of the room, but those of runs."""

    def page(request: Request, template: str, title: Localised, **values: Any) -> Response:
        return desk.page(request, template, title, **_formats(opened(desk.settings)), **values)

    def plans(request: Request) -> Response:
        installation = opened(desk.settings)
        return page(
            request,
            "research_plans.html.j2",
            say("research.plans.title"),
            plans=_plans(installation),
            faulty=[fault.sentence for fault in installation.faulty],
            files_of=lambda edition: _files(installation, edition),
            verdicts_of=_verdicts,
        )

    def comparison(request: Request) -> Response:
        found = _compared(desk, request)
        return page(request, "research_comparison.html.j2", say("research.comparison.title"), found=found)

    def comparison_table(request: Request) -> Response:
        found = _compared(desk, request)
        name = f"{found.before.file_name}_{found.now.file_name}"
        return _attachment(_rows(found), f"vergleich_{name}.csv", "text/csv; charset=utf-8")

    def package(request: Request) -> Response:
        from kkz_eval.line.side_by_side import edition_named  # noqa: PLC0415 (statistics are imported by whoever asks for them)

        installation = opened(desk.settings)
        edition = edition_named(installation, request.query_params.get("ausgabe", ""))
        content = _package(installation, edition)
        desk.record(request, "exported", edition.name)
        return _attachment(content, f"{edition.file_name}.zip", "application/zip")

    def previews(request: Request) -> Response:
        from kkz_eval.line.preview import preview_of_waiting, waiting_files  # noqa: PLC0415 (likewise)

        chosen = request.query_params.get("datei", "")
        if chosen:
            found = preview_of_waiting(opened(desk.settings), chosen)
            return page(request, "research_preview.html.j2", say("research.preview.of", name=found.name), found=found)
        waiting = waiting_files(snapshot_now(desk.settings))
        return page(request, "research_waiting.html.j2", say("research.preview.title"), waiting=waiting)

    def preview_of_upload(request: Request) -> Response:
        from kkz_eval.line.preview import preview_of_file  # noqa: PLC0415 (likewise)

        sent = form_of(request).get("datei")
        if not isinstance(sent, UploadFile) or not sent.filename:
            raise UserError("no_file", package=say.package)
        data = sent.file.read()
        found = preview_of_file(opened(desk.settings), data, sent.filename)
        desk.record(request, "previewed")
        return page(request, "research_preview.html.j2", say("research.preview.of", name=found.name), found=found)

    def gaps(request: Request) -> Response:
        snapshot = snapshot_now(desk.settings)
        costs = _costs(snapshot)
        asked = {name: request.query_params.get(name, "") for name in ("datensatz", "einheit", "plan")}
        return page(
            request,
            "research_gaps.html.j2",
            say("research.gaps.title"),
            costs=costs,
            is_simulated=_is_simulated(snapshot),
            shown_gaps=[gap for gap in costs.gaps if _is_asked_for(gap, asked)],
            asked=asked,
            choices=_choices(costs),
        )

    yield At("/auswerten", plans, MAY, room="research", wish="evaluate")
    yield At("/auswerten/vergleich", comparison, MAY)
    yield At("/auswerten/vergleich.csv", comparison_table, MAY)
    yield At("/auswerten/paket", package, MAY)
    yield At("/auswerten/vorschau", previews, MAY)
    yield At("/auswerten/vorschau", preview_of_upload, MAY, method="POST")
    yield At("/auswerten/luecken", gaps, MAY)


def _formats(installation: Installation) -> Mapping[str, Any]:
    """What templates show numbers, days, units and the messages of estimators with."""
    from kkz_eval.deliveries.register.intake import year_spans  # noqa: PLC0415 (likewise)
    from kkz_eval.evaluation.verdict.sentences import Shown  # noqa: PLC0415 (likewise)
    from kkz_eval.line.in_words import InWords  # noqa: PLC0415 (likewise)
    from kkz_eval.reference.tables import unit_label  # noqa: PLC0415 (likewise)
    from kkz_eval.reporting import say as say_of_reports  # noqa: PLC0415 (likewise)
    from kkz_eval.stewardship.history import parts_named  # noqa: PLC0415 (likewise)

    def shown(value: float | None, decimals: int, more: int = _MORE_DIGITS) -> Localised | str:
        if value is None:
            return "–"
        digits = decimals + more
        return Shown(value if round(value, digits) else 0.0, digits)  # nothing is written as less than nothing

    def in_words(text: str) -> Localised:
        return InWords(Wording(dict.fromkeys(LANGUAGES, text)), installation.catalogue)

    return {
        "shown": shown,
        "in_words": in_words,
        "day": _day,
        "unit_label": unit_label,
        "year_spans": year_spans,
        "parts_named": lambda parts: parts_named(parts, most=6),
        "method": lambda name: say_of_reports(f"methods.{name}"),
        "years_of": lambda name: say_of_reports(f"aggregations.{name}"),
    }


@dataclass(frozen=True)
class _Day(Localised):
    """A day as reports write it: these pages speak of the same editions."""

    day: date

    def in_language(self, language: Language) -> str:
        from kkz_eval.reporting import numbers  # noqa: PLC0415 (likewise)

        return numbers.day(self.day, language)


def _day(day: date | str) -> Localised | str:
    """A day as people write it; ISO text too, "–" where none is known."""
    if isinstance(day, str):
        return _Day(date.fromisoformat(day)) if day else "–"
    return _Day(day)


def _plans(installation: Installation) -> list[PlanShown]:
    from kkz_eval.line.side_by_side import kept_editions  # noqa: PLC0415 (likewise)

    editions = kept_editions(installation)
    return [
        _plan(installation, plan, [edition for edition in editions if edition.plan_id == plan.id])
        for plan in installation.plans.values()
    ]


def _plan(installation: Installation, plan: Plan, editions: Sequence[KeptEdition]) -> PlanShown:
    """A plan as its newest edition has it; without any as it stands to its lock before there are data."""
    from kkz_eval.line.study import conformity_of  # noqa: PLC0415 (likewise)

    title = Wording(plan.title or dict.fromkeys(LANGUAGES, plan.id))
    if editions:
        said = editions[0].record["standing"]["sentences"]
        sentences: Sequence[Localised] = [
            Wording(dict(zip(said, each, strict=True))) for each in zip(*said.values(), strict=True)
        ]
    else:
        sentences = conformity_of(installation, plan, None).sentences
    return PlanShown(plan.id, title, sentences[0], sentences[1:], editions)


def _verdicts(edition: KeptEdition) -> Sequence[Judged]:
    """Of each outcome that the edition judges, in its order."""
    from kkz_eval.line.side_by_side import judged_in  # noqa: PLC0415 (likewise)

    return list(judged_in(edition.record).values())


def _files(installation: Installation, edition: KeptEdition) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Pages and papers of an edition, and its tables: name and address of each that is there."""
    store = installation.steps.store
    names = [key.rpartition("/")[2] for key in store.list(edition.folder) if key.count("/") == edition.folder.count("/") + 1]
    pages = sorted(name for name in names if name.endswith((".html", ".pdf")))
    found = [[(name, f"/{edition.folder}/{name}") for name in some] for some in (pages, [n for n in _TABLES if n in names])]
    return found[0], found[1]


def _compared(desk: Desk, request: Request) -> SideBySide:
    """The two editions that an address names, the first kept ones where it names none."""
    from kkz_eval.line.side_by_side import edition_named, side_by_side  # noqa: PLC0415 (likewise)

    installation = opened(desk.settings)
    before, now = (edition_named(installation, request.query_params.get(side, "")) for side in ("a", "b"))
    return side_by_side(installation, before, now)


def _rows(found: SideBySide) -> bytes:
    """The comparison as a table for further work: numbers in full."""
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\n")
    sides = [
        f"{name}_{side}"
        for side in ("before", "now")
        for name in ("estimate", "std_error", "conf_low", "conf_high", "n_units", "n_treated")
    ]
    table.writerow(["indicator", "estimator", "aggregation", "event_time", *sides, "difference", "causes", "before", "now"])
    for outcome in found.outcomes:
        for row in outcome.rows:
            cells: list[object] = []
            for one in (row.before, row.now):
                cells += [
                    "" if one is None else one.estimate,
                    *(("",) * 5 if one is None else (one.std_error, one.low, one.high, one.n_units, one.n_treated)),
                ]
            place = [outcome.indicator, row.estimator, row.aggregation, row.event_time]
            table.writerow([*place, *cells, row.difference, " ".join(outcome.causes), found.before.name, found.now.name])
    return written.getvalue().encode("utf-8")


def _package(installation: Installation, edition: KeptEdition) -> bytes:
    """The replication package of the state that an edition was made from.

    Raises UserError where that can't be opened any more, is not public, or was computed by another program: it would take as long as a run.
    """
    from kkz_eval.evaluation.plan_file import load_plan  # noqa: PLC0415 (likewise)
    from kkz_eval.line.replication import package_of  # noqa: PLC0415 (likewise)
    from kkz_eval.line.snapshot import open_snapshot  # noqa: PLC0415 (likewise)
    from kkz_eval.line.study import study_of  # noqa: PLC0415 (likewise)
    from kkz_eval.storage.digests import source_digest  # noqa: PLC0415 (likewise)

    if edition.record["code"]["evaluation"] != source_digest("kkz_eval.evaluation"):
        raise UserError("package_of_other_code", package=say.package, edition=edition.name)
    study = study_of(open_snapshot(installation, edition.record["snapshot"]), edition.plan_id)
    folder = installation.settings.contracts / "plans"
    file = next(file for file in files_in(folder, ".yaml") if load_plan(file).id == edition.plan_id)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(package_of(study, file.read_bytes()).items()):
            archive.writestr(zipfile.ZipInfo(f"{edition.file_name}/{name}"), content)
    return packed.getvalue()


def _attachment(content: bytes, name: str, kind: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(content, media_type=kind, headers=headers)


def look_ahead(settings: Settings) -> None:
    """Compute what gaps cost, and what rests on made-up figures."""
    snapshot = snapshot_now(settings)
    _costs(snapshot)
    _is_simulated(snapshot)


def _costs(snapshot: Snapshot) -> GapCosts:
    from kkz_eval.line.gap_costs import gap_costs  # noqa: PLC0415 (likewise)

    return snapshot.once(("gap costs",), lambda: gap_costs(snapshot))


def _is_simulated(snapshot: Snapshot) -> bool:
    return bool(snapshot.simulated)


def _is_asked_for(gap: GapCost, asked: Mapping[str, str]) -> bool:
    plans = {lost.plan_id for lost in gap.outcomes}
    return (
        asked["datensatz"] in ("", gap.dataset)
        and (not asked["einheit"] or asked["einheit"] in gap.units)
        and (not asked["plan"] or asked["plan"] in plans)
    )


def _choices(costs: GapCosts) -> Mapping[str, Sequence[tuple[str, Localised | str]]]:
    """What the list of gaps can be narrowed to: value and name of each choice."""
    from kkz_eval.reference.tables import unit_label  # noqa: PLC0415 (likewise)

    datasets = {gap.dataset: gap.title for gap in costs.gaps}
    units = {unit: unit_label(unit) for gap in costs.gaps for unit in gap.units}
    plans = {one.plan_id: one.title for one in costs.outcomes}
    return {
        "datensatz": [(name, datasets[name]) for name in sorted(datasets)],
        "einheit": [(unit, units[unit]) for unit in sorted(units, key=units.__getitem__)],
        "plan": list(plans.items()),
    }
