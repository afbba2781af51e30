"""Two editions of reports beside each other, of one plan or of two: what was estimated then and now, the verdicts, and what moved them.

All of it is read from what is kept with the editions: their records and their tables. What a run found is the edition that it made.
Does not belong here: what is otherwise between two records (edition_changes), making editions (report), pages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from math import isclose
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from kkz_eval.evaluation import COMPUTING
from kkz_eval.evaluation.headline import headline_row, overall_rows
from kkz_eval.evaluation.plan import report_folder
from kkz_eval.evaluation.replayed import TOLERANCE
from kkz_eval.evaluation.results import ESTIMATE_COLUMNS, ESTIMATE_ORDER, result_frame
from kkz_eval.evaluation.verdict.rules import Code, Level
from kkz_eval.evaluation.verdict.sentences import code_word, level_word, why_word
from kkz_eval.indicators.catalogue import Indicator
from kkz_eval.line import say
from kkz_eval.line.edition_changes import Moved, Parts, Record, changes_between, deliveries_changed
from kkz_eval.line.edition_record import moved_between
from kkz_eval.line.editions import Numbered, numbered_editions, record_in
from kkz_eval.line.installation import Installation
from kkz_eval.model.errors import UserError
from kkz_eval.model.texts import LANGUAGES, Joined, Localised, Sentence, Wording
from kkz_eval.reporting.inputs import Change
from kkz_eval.storage.store import Store

DATA, PLAN, CODE = "data", "plan", "code"
"""What an estimate changes with."""


@dataclass(frozen=True, eq=False)
class KeptEdition:
    """An edition that is kept with its record. title: of its plan; folder: its key."""

    plan_id: str
    title: Wording
    numbered: Numbered
    record: Record

    @property
    def name(self) -> str:
        """By which it is asked for: plan and number."""
        return f"{self.plan_id}/{self.numbered.number}"

    @property
    def file_name(self) -> str:
        """The same as the beginning of a file's name, of which nothing can lead elsewhere."""
        return f"{report_folder(self.plan_id).partition('/')[2]}_{self.numbered.number}"

    @property
    def folder(self) -> str:
        """Key of its folder."""
        return f"{report_folder(self.plan_id)}/{self.numbered.folder}"

    def estimates(self, store: Store) -> pd.DataFrame:
        """All its estimates: ESTIMATE_COLUMNS. Raises UserError where the table is gone or damaged."""
        table = pq.read_table(BytesIO(store.get(f"{self.folder}/estimates.parquet")))
        return result_frame(table.to_pylist(), ESTIMATE_COLUMNS, ESTIMATE_ORDER)


@dataclass(frozen=True)
class Estimate:
    """An estimate, in the unit of its outcome's difference. reason: why there is none, "" where there is one; n: units, of them treated and compared."""

    estimate: float | None
    std_error: float | None
    low: float | None
    high: float | None
    n_units: int | None
    n_treated: int | None
    n_control: int | None
    reason: str = ""

    def is_alike(self, other: Estimate) -> bool:
        """Whether both say the same: numbers as two results of one calculation do."""
        return _are_alike(self._numbers, other._numbers) and self._others == other._others

    @property
    def _numbers(self) -> tuple[float | None, ...]:
        return self.estimate, self.std_error, self.low, self.high

    @property
    def _others(self) -> tuple[object, ...]:
        return self.n_units, self.n_treated, self.n_control, self.reason


@dataclass(frozen=True)
class Row:
    """What an estimator says of an outcome, before and now; None where it was not asked. event_time: None for all years; decides: the verdict rests on it, before or now."""

    estimator: str
    method: str
    aggregation: str
    event_time: int | None
    before: Estimate | None
    now: Estimate | None
    decides: bool

    @property
    def difference(self) -> float | None:
        """Now less before, where there are both."""
        before, now = (None if one is None else one.estimate for one in (self.before, self.now))
        return None if before is None or now is None else now - before

    @property
    def is_moved(self) -> bool:
        """Whether anything about it is otherwise."""
        if self.before is None or self.now is None:
            return self.before is not self.now
        return not self.before.is_alike(self.now)


@dataclass(frozen=True)
class Judged:
    """The verdict of an edition on an outcome, with its words. estimate, low, high: as the report has them, the range being that of the verdict, which is
    not the estimator's own; None where the report gives none. decimals: of the report."""

    label: Wording
    unit: Wording
    decimals: int
    code: Code
    form: str
    level: Level
    estimate: float | None
    low: float | None
    high: float | None

    @property
    def verdict(self) -> Localised:
        """The verdict in a few words."""
        return code_word(self.code)

    @property
    def why(self) -> Localised | None:
        """Why there is no difference to tell, in a few words; None where one is told."""
        return why_word(self.form)

    @property
    def rating(self) -> Localised:
        """The risk of bias in a word."""
        return level_word(self.level)

    def is_alike(self, other: Judged) -> bool:
        """Whether both judge the same for the same reason, over the same range."""
        said = [(one.code, one.form, one.level) for one in (self, other)]
        return said[0] == said[1] and _are_alike((self.estimate, self.low, self.high), (other.estimate, other.low, other.high))


@dataclass(frozen=True)
class OutcomeBeside:
    """An outcome, before and now. judged_before, judged_now: None where there is no verdict; causes: of DATA, PLAN, CODE, those that may have moved its
    estimates or its verdict, none where nothing moved; why: the same in a sentence."""

    indicator: str
    label: Wording
    unit: Wording
    decimals: int
    judged_before: Judged | None
    judged_now: Judged | None
    rows: tuple[Row, ...]
    causes: tuple[str, ...]
    why: Sentence


@dataclass(frozen=True)
class ChangedDelivery:
    """A delivery that one edition rests on and the other does not. what: new | corrected | withdrawn; number, day: of its last arrival, 0 and "" where the
    register no longer knows it; parts: units and years that it speaks of."""

    dataset: str
    title: Wording
    what: str
    name: str
    sha256: str
    number: int
    day: str
    parts: tuple[tuple[str, int], ...]


@dataclass(frozen=True, eq=False)
class SideBySide:
    """Two editions. changes: what is otherwise, in the order and words in which a report says it; deliveries: that came between them or went."""

    before: KeptEdition
    now: KeptEdition
    outcomes: tuple[OutcomeBeside, ...]
    changes: tuple[Change, ...]
    deliveries: tuple[ChangedDelivery, ...]

    @property
    def of_two_plans(self) -> bool:
        """Whether they answer two plans: then a difference is one of two calculations, not of two days."""
        return self.before.plan_id != self.now.plan_id


def _are_alike(some: Sequence[float | None], others: Sequence[float | None]) -> bool:
    """Whether numbers are those of one calculation."""
    pairs = zip(some, others, strict=True)
    return all(a == b or (a is not None and b is not None and isclose(a, b, rel_tol=TOLERANCE)) for a, b in pairs)


def kept_editions(installation: Installation) -> tuple[KeptEdition, ...]:
    """The editions of all plans that are kept with a record, plan by plan, the newest first."""
    return tuple(found for plan_id in installation.plans for found in _of_plan(installation, plan_id))


def edition_named(installation: Installation, name: str) -> KeptEdition:
    """The edition that is asked for by plan and number. Raises UserError where there is none."""
    plan_id, _, number = name.rpartition("/")
    for found in _of_plan(installation, plan_id) if plan_id in installation.plans else ():
        if number == str(found.numbered.number):
            return found
    raise UserError("edition_not_kept", package=say.package, name=name)


def _of_plan(installation: Installation, plan_id: str) -> Iterator[KeptEdition]:
    store, title = installation.steps.store, Wording(installation.plans[plan_id].title or dict.fromkeys(LANGUAGES, plan_id))
    for numbered in reversed(numbered_editions(store, plan_id)):
        record = record_in(store, plan_id, numbered.folder)
        if record is not None:
            yield KeptEdition(plan_id, title, numbered, record)


def side_by_side(installation: Installation, before: KeptEdition, now: KeptEdition) -> SideBySide:
    """Two editions beside each other. Nothing is computed but differences, and nothing is written.

    Raises UserError where a table of one is gone or damaged.
    """
    store = installation.steps.store
    moved = moved_between(installation.steps, before.record, now.record)
    estimates = (before.estimates(store), now.estimates(store))
    causes = _Causes(before.record, now.record, moved, installation.catalogue)
    names = dict.fromkeys(name for one in (now, before) for name in _outcomes_of(one.record))
    parts = _parts_of(installation)
    return SideBySide(
        before,
        now,
        tuple(_outcome(name, installation.catalogue, before.record, now.record, estimates, causes) for name in names),
        changes_between(before.record, now.record, moved, parts),
        tuple(_deliveries(installation, before.record, now.record, parts)),
    )


def rows_beside(
    before: pd.DataFrame, now: pd.DataFrame, indicator: str, deciding: Sequence[tuple[str, str]] = ()
) -> tuple[Row, ...]:
    """The estimates of an outcome that stand for all years, of an estimator without any those of each event time: in the order of now, then what was
    there before only.

    before, now: estimates; deciding: estimators and aggregations on which a verdict rests.
    """
    old, new = ({_key(row): row for row in _shown(frame, indicator).to_dict("records")} for frame in (before, now))
    return tuple(
        Row(
            estimator=key[0],
            method=str((new.get(key) or old[key])["method"]),
            aggregation=key[1],
            event_time=key[2],
            before=_estimate(old[key]) if key in old else None,
            now=_estimate(new[key]) if key in new else None,
            decides=key[:2] in deciding,
        )
        for key in dict.fromkeys([*new, *old])
    )


def _shown(estimates: pd.DataFrame, indicator: str) -> pd.DataFrame:
    overall = overall_rows(estimates, indicator)
    by_event_time = (estimates["indicator"] == indicator) & ~estimates["estimator"].isin(overall["estimator"])
    by_event_time &= (estimates["aggregation"] == "dynamic") & (estimates["term"] == "att")
    return pd.concat([overall, estimates[by_event_time]])


def _key(row: Mapping[Any, Any]) -> tuple[str, str, int | None]:
    return str(row["estimator"]), str(row["aggregation"]), None if pd.isna(row["event_time"]) else int(row["event_time"])


def _estimate(row: Mapping[Any, Any]) -> Estimate:
    def number(name: str) -> float | None:
        return None if pd.isna(row[name]) else float(row[name])

    def size(name: str) -> int | None:
        return None if pd.isna(row[name]) else int(row[name])

    return Estimate(
        estimate=number("estimate"),
        std_error=number("std_error"),
        low=number("conf_low"),
        high=number("conf_high"),
        n_units=size("n_units"),
        n_treated=size("n_treated"),
        n_control=size("n_control"),
        reason=str(row["message"]) if row["status"] != "ok" else "",
    )


def judged_in(record: Record) -> Mapping[str, Judged]:
    """The verdicts of a record by indicator, in its order."""
    return {name: _judged(result) for name, result in record["results"].items()}


def _judged(result: Mapping[str, Any]) -> Judged:
    low, high = result["interval"] or (None, None)
    return Judged(
        label=Wording(result["label"]),
        unit=Wording(result["unit"]),
        decimals=int(result["decimals"]),
        code=Code(result["verdict"]),
        form=str(result["form"]),
        level=Level(result["rating"]),
        estimate=result["estimate"],
        low=low,
        high=high,
    )


def _outcomes_of(record: Record) -> Mapping[str, Mapping[str, Any]]:
    """The outcomes of the plan of a record, by indicator."""
    return {outcome["indicator"]: outcome for outcome in record["plan_content"]["outcomes"]}


def _outcome(
    name: str,
    catalogue: Mapping[str, Indicator],
    before: Record,
    now: Record,
    estimates: tuple[pd.DataFrame, pd.DataFrame],
    causes: _Causes,
) -> OutcomeBeside:
    old, new = (judged_in(record).get(name) for record in (before, now))
    known, told = catalogue.get(name), new or old
    decisive = [_decisive(frame, record, name) for frame, record in zip(estimates, (before, now), strict=True)]
    rows = rows_beside(*estimates, name, [key for key in decisive if key is not None])
    rejudged = old is not None and new is not None and not old.is_alike(new)
    is_moved = any(row.is_moved for row in rows)
    possible = causes.of(name, *estimates) if is_moved else ()
    if rejudged and not is_moved:
        possible = causes.of_a_verdict
    return OutcomeBeside(
        indicator=name,
        label=Wording(known.label) if known is not None else told.label if told is not None else _as_named(name),
        unit=Wording(known.difference_unit) if known is not None else told.unit if told is not None else Wording({}),
        decimals=known.decimals if known is not None else told.decimals if told is not None else 2,
        judged_before=old,
        judged_now=new,
        rows=rows,
        causes=possible,
        why=_why(rows, possible, rejudged),
    )


def _as_named(name: str) -> Wording:
    """An outcome that neither the catalogue nor a verdict has words for."""
    return Wording(dict.fromkeys(LANGUAGES, name))


def _decisive(estimates: pd.DataFrame, record: Record, name: str) -> tuple[str, str] | None:
    """Estimator and aggregation on which a verdict rests; None where the edition has none."""
    outcome = _outcomes_of(record).get(name)
    if outcome is None:
        return None
    row = headline_row(estimates, name, outcome.get("earliest_plausible_year"), record["plan_content"].get("headline"))
    return None if row is None else (str(row["estimator"]), str(row["aggregation"]))


def _why(rows: Sequence[Row], causes: Sequence[str], is_rejudged: bool) -> Sentence:
    if not any(row.before is not None and row.now is not None for row in rows):
        return say("side_by_side.only_one")
    is_moved = any(row.is_moved for row in rows)
    if not is_moved and not is_rejudged:
        return say("side_by_side.nothing_moved")
    if not causes:
        return say("side_by_side.no_cause")
    named = Joined(tuple(say(f"side_by_side.cause.{cause}") for cause in causes), say("side_by_side.and"))
    if not is_moved:
        return say("side_by_side.verdict_alone", causes=named)
    return say("side_by_side.one_cause" if len(causes) == 1 else "side_by_side.several_causes", causes=named)


@dataclass(frozen=True)
class _Causes:
    """What may have moved the estimates of an outcome between two records, by the digests that its estimates carry."""

    before: Record
    now: Record
    moved: Mapping[str, Moved] | None
    catalogue: Mapping[str, Indicator]

    def of(self, name: str, old: pd.DataFrame, new: pd.DataFrame) -> tuple[str, ...]:
        """The causes that differ and reach the outcome. What was estimated on the same cells was moved by no data."""
        old, new = (frame[frame["indicator"] == name] for frame in (old, new))
        others = {part: set(old[part]) != set(new[part]) for part in ("inputs_digest", "plan_digest", "code_digest")}
        found = {
            DATA: others["inputs_digest"] and self._data_differ,
            PLAN: others["plan_digest"] and self._plan_differs,
            CODE: others["code_digest"] or self._libraries_differ,
        }
        return tuple(cause for cause, is_one in found.items() if is_one)

    @property
    def of_a_verdict(self) -> tuple[str, ...]:
        """The causes that differ at all: a verdict rests on what is computed of other outcomes, too."""
        found = {DATA: self._data_differ, PLAN: self._plan_differs, CODE: self._program_differs}
        return tuple(cause for cause, is_one in found.items() if is_one)

    @property
    def _program_differs(self) -> bool:
        old, new = (self.before["code"], self.now["code"])
        return any(old[part] != new[part] for part in ("evaluation", "rules")) or self._libraries_differ

    @property
    def _plan_differs(self) -> bool:
        """Whether the plans differ in anything that is computed from."""
        old, new = ({**record["plan_content"], **dict.fromkeys(("id", "title", "texts"))} for record in (self.before, self.now))
        return bool(old != new)

    @property
    def _libraries_differ(self) -> bool:
        old, new = (record["code"]["versions"] for record in (self.before, self.now))
        return any(old.get(name) != new.get(name) for name in COMPUTING)

    @property
    def _data_differ(self) -> bool:
        """Whether what the plans read is otherwise: deliveries, editions, rules, definitions, tables of territory and programme, or else the values themselves, which decisions change too."""
        old, new = self.before["data"], self.now["data"]
        if old.get("tables", "") != new.get("tables", ""):
            return True
        read = {dataset for record in (self.before, self.now) for dataset in self._read_by(record)}
        for part in ("deliveries", "editions", "contracts"):
            shown = read & old[part].keys() & new[part].keys()  # what one plan alone reads is no other data, but another plan
            if any(old[part][name] != new[part][name] for name in shown):
                return True
        shared = old["definitions"].keys() & new["definitions"].keys()
        if any(old["definitions"][name] != new["definitions"][name] for name in shared):
            return True
        if not self._plan_differs:
            return bool(old["values"] != new["values"])
        return self.moved is not None and any(each.others for each in self.moved.values())

    def _read_by(self, record: Record) -> Iterator[str]:
        for name, dataset in record["plan_content"]["sources"].items():
            sources = self.catalogue[name].sources if name in self.catalogue else ()
            yield from next((source.datasets for source in sources if source.dataset == dataset), (dataset,))


def _parts_of(installation: Installation) -> Parts:
    """Units and years that each judged content speaks of. The register is only ever added to: it knows those of all editions that are kept."""
    found: dict[str, set[tuple[str, int]]] = {}
    for (sha256, _), verdict in installation.register().verdicts.items():
        found.setdefault(sha256, set()).update((part.unit_id, part.year) for part in verdict.slices)
    return {sha256: frozenset(parts) for sha256, parts in found.items()}


def _deliveries(installation: Installation, before: Record, now: Record, parts: Parts) -> Iterator[ChangedDelivery]:
    """Datasets that both editions speak of, in their order; of each what is new, what took another's place, what holds no longer."""
    old, new = before["data"], now["data"]
    arrived = {arrival.sha256: arrival for arrival in installation.register().arrivals}
    for dataset in sorted(new["deliveries"].keys() & old["deliveries"].keys()):
        sides = old["deliveries"][dataset], new["deliveries"][dataset]
        title, named = Wording(new["titles"][dataset]), {**sides[0], **sides[1]}
        for what, contents in deliveries_changed(*sides, parts).items():
            for sha256 in contents:
                last = arrived.get(sha256)
                place = (0, "") if last is None else (last.number, last.day)
                spoken = tuple(sorted(parts.get(sha256, frozenset())))
                yield ChangedDelivery(dataset, title, what, named[sha256], sha256, *place, spoken)
