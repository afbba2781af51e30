"""What a report is made from: frozen values and tables, filled by the shell. No computation, no wording."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from kkz_eval.evaluation.omnibus_balance import Omnibus
from kkz_eval.evaluation.plan import Checks
from kkz_eval.evaluation.verdict.decide import Verdict
from kkz_eval.indicators.chain import StageCoverage
from kkz_eval.indicators.described import Described
from kkz_eval.indicators.generation import StationSeries
from kkz_eval.indicators.offers import Offers
from kkz_eval.model.errors import UserError
from kkz_eval.model.source_editions import EditionState
from kkz_eval.model.texts import LANGUAGES, Language, Localised
from kkz_eval.model.verdicts import State

PACKAGE = "kkz_eval.reporting"

PANEL_COLUMNS = ("unit_id", "year", "indicator", "value", "cohort", "unit_name")
GROUP_COLUMNS = ("unit_id", "name", "group", "cohort")
ESTIMATE_COLUMNS = (
    *("indicator", "estimator", "method", "variant", "aggregation", "term", "cohort", "year", "event_time"),
    *("estimate", "std_error", "conf_low", "conf_high", "conf_level"),
    *("n_units", "n_treated", "n_control", "n_clusters", "status", "message"),
)
TEST_COLUMNS = ("indicator", "estimator", "test", "statistic", "df", "p_value")
BALANCE_COLUMNS = (
    *("indicator", "measure", "mean_treated", "mean_reference", "smd", "n_treated", "n_reference"),
    *("first_year", "last_year", "n_years", "status", "reason"),
)
SENSITIVITY_COLUMNS = ("indicator", "estimator", "method", "parameter", "target", "conf_low", "conf_high")
CHANCE_COLUMNS = (
    *("indicator", "estimator", "aggregation", "low", "high", "share"),
    *("estimate", "center", "n_assignments", "exact"),
)
MESSAGE_COLUMNS = ("indicator", "message", *LANGUAGES)
DELIVERY_COLUMNS = ("dataset", "unit_id", "unit_name", "year", "status", "n_errors", "n_warnings", "n_errors_of_file", "delivery")
"""n_errors, n_warnings: of the unit and year alone; n_errors_of_file: of its delivery, about all that it holds; delivery: its digest where it has such
errors, else "", so that a content which changes nothing here makes no other report."""
COUNT_COLUMNS = ("unit_id", "unit_name", "year", "whole", "part", "count", "total")  # whole: what the parts are part of
REVISION_COLUMNS = ("indicator", "unit_name", "year", "older", "newer", "value_older", "value_newer", "difference")
STATION_COLUMNS = ("unit_id", "unit_name", "birth_year", "station", "year", "value", "state", "newest_year")

ROLES = ("primary", "secondary", "context")
CHANGES = ("verdict", "data", "plan", "code", "publisher")
GROUPS = ("treated", "reference", "later", "left_out")
DELIVERY_STATUSES = tuple(state.value for state in State)

LocalText = Mapping[str, str] | Mapping[Language, str]


@dataclass(frozen=True)
class Among:
    """Of whom the value of an outcome is a share.

    words: behind "of 1,000"; a value is per `per` of them. count: how many there were in the programme group in `year`, both None where
    that is not at hand; brought_by: titles of the official tables with which it would be, () where none is known.
    """

    words: LocalText
    per: float
    count: float | None = None
    year: int | None = None
    brought_by: tuple[LocalText, ...] = ()


@dataclass(frozen=True)
class OutcomeInfo:
    """One outcome of the plan.

    role: primary | secondary | context. window: first and last year. expected_direction, desirable: increase | decrease.
    unit: of the value ("Prozent"); difference_unit: of a difference of two values ("Prozentpunkte"). decimals: digits shown.
    breaks: (first year of the new series, what changed). source: dataset of SourceInfo. among: None where it is no share of persons;
    logarithm: whether a value is 100 times the natural logarithm of a count.
    """

    indicator: str
    role: str
    window: tuple[int, int]
    earliest_plausible_year: int | None
    expected_direction: str | None
    mechanism: LocalText | None
    label: LocalText
    unit: LocalText
    difference_unit: LocalText
    desirable: str | None
    decimals: int
    breaks: tuple[tuple[int, LocalText], ...]
    source: str
    among: Among | None = None
    logarithm: bool = False


@dataclass(frozen=True)
class SourceInfo:
    """One dataset used, with the attribution its licence asks for.

    edition: those used; files: (name, sha256) of those used; editions: all that are accepted of an official source. simulated: whether
    its figures are made up; then it has neither attribution nor licence, and its title says so. named: the title without that word, for
    sentences that say it themselves.
    """

    dataset: str
    title: LocalText
    named: LocalText
    attribution: str
    licence: str
    edition: str
    files: tuple[tuple[str, str], ...]
    editions: tuple[EditionState, ...] = ()
    simulated: bool = False


@dataclass(frozen=True)
class SpecificationInfo:
    """The same question asked otherwise, as the plan names it. title: may be empty; without_each: whether it leaves out each unit in turn;
    other_scale: whether its numbers are in another unit than those of the outcomes."""

    id: str
    title: LocalText
    without_each: bool = False
    other_scale: bool = False


@dataclass(frozen=True)
class Borders:
    """Outlines of units for a map, in degrees of longitude and latitude, by key; attribution: that their licence asks for."""

    attribution: str
    outlines: Mapping[str, tuple[tuple[tuple[float, float], ...], ...]]


@dataclass(frozen=True)
class DesignInfo:
    """Who is compared with whom.

    method: none | held_fixed (no weights, but a comparison that holds something fixed) | weight | entropy_balancing | nearest_neighbour.
    weight: what the plan weights by without a matching, else "". ess: effective number of the n_reference reference units with weight.
    unused: (name, reason) of units without weight. references: unit_name, reference_name, rank, distance, matched.
    synthetic: unit_name, reference_name, share, distance. balance: rows of evaluation.balance.
    regression: rows of evaluation.regression_to_mean.
    """

    method: str
    n_reference: int
    ess: float
    unused: tuple[tuple[str, Localised], ...]
    references: pd.DataFrame
    synthetic: pd.DataFrame
    balance: pd.DataFrame
    regression: pd.DataFrame
    weight: str = ""


@dataclass(frozen=True)
class Change:
    """What is otherwise than in the edition before. kind: verdict (that is what changed), else why: data | plan | code | publisher."""

    kind: str
    said: Localised


@dataclass(frozen=True)
class EditionInfo:
    """Which edition of the reports of a plan this is.

    number: from 1, in the order in which a home made them; day: on which it was made. Both are of the edition that is kept: made of the same
    again, it stays the edition that it was. Whether somebody released it is not known here: that comes later, and can be withdrawn. publisher, contact: "" where the settings name nobody. previous: number and day of the edition before, None for
    the first; changes: what is otherwise since then, in the order of CHANGES; () where nothing that can be named is.
    Raises ValueError for a kind of change that is unknown.
    """

    number: int
    day: date
    publisher: str = ""
    contact: str = ""
    previous: tuple[int, date] | None = None
    changes: tuple[Change, ...] = ()

    def __post_init__(self) -> None:
        _known("kind of change", [change.kind for change in self.changes], CHANGES)


@dataclass(frozen=True, eq=False)  # by identity: two of them are not compared, and what is found in one is found once
class ReportInputs:
    """All that a report shows.

    texts: question, treated_group, reference_group, simulated (what the banner of a model world says), earlier_version (what was known when the
    plan was written); all optional.
    panel: unit_id, year, indicator, value, cohort (missing = never), unit_name.
    groups: unit_id, name, group (treated | reference | later | left_out), cohort; why_left_out: a sentence by unit_id.
    estimates, tests: columns of the engine's interface. balance: rows of evaluation.balance; may be empty. deliveries: one row per dataset, unit and year, its status a State; may be empty.
    counts: municipal counts with their total per unit and year, shown through the disclosure gate only.
    One row per unit, year and certificate. conformity: whether the results follow a locked plan, then each deviation; published: where
    the lock can be looked up, or that it can't, None where there is none.
    headline: id of the estimator on which the verdict rests, None where the plan leaves it to evaluation.headline.
    level: of the units, kreis | municipality | youth_office; unit_rule: what the plan says of nested units, None where it says nothing;
    held_fixed: what its comparison holds fixed, a sentence each.
    as_of: the day of whose knowledge the plan speaks, None for now.
    revisions: the largest differences between two editions of a source, REVISION_COLUMNS; may be empty.
    chain: what the plan covers of each stage from birth to work, () for none. offers: services and network that its municipalities delivered
    on them, None where nobody was asked. generation: the stations of a year of birth with the official
    figures of the units compared, () without any; today: the year it is. stations: every delivered station of a year of birth, by
    unit; state: known | symbol | missing | not_reached; its counts are shown through the gate only.
    dataset_titles: of the datasets of deliveries, by dataset; one without is shown by its name.
    simulated: whether anything that it shows is made up. checks: the plan's thresholds for what is compared
    before the start, which its checks follow too. verdicts: by indicator; of an outcome without one nothing was examined.
    studied_as: the comparison of evaluation.verdict.study that the plan's is, None where none is.
    omnibus: all differences before the start in one test. described: what municipalities deliver of their own, None where nothing came.
    edition: which one this is, None where nothing is kept of what is shown (a notebook, a picture).
    sensitivity, chance: of the results; chance: the distribution of each estimate of a verdict over assignments, a row for each bin.
    messages: what rows of the results say, in every language.
    estimators: ids of the plan's, in its order; specifications: likewise. borders: of its units, None for a map of tiles.
    Raises ValueError where a table lacks a column, a role, group or status is unknown, or counts has a key twice.
    """

    plan_id: str
    title: LocalText
    texts: Mapping[str, LocalText]
    outcomes: tuple[OutcomeInfo, ...]
    panel: pd.DataFrame
    groups: pd.DataFrame
    treated_cohorts: tuple[int, ...]
    estimates: pd.DataFrame
    tests: pd.DataFrame
    balance: pd.DataFrame
    sources: tuple[SourceInfo, ...]
    deliveries: pd.DataFrame
    notices: tuple[Localised, ...]
    counts: pd.DataFrame | None
    smallest_cell: int
    digests: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    why_left_out: Mapping[str, Localised] = field(default_factory=dict)
    design: DesignInfo | None = None
    level: str = "kreis"
    as_of: date | None = None
    unit_rule: Localised | None = None
    held_fixed: tuple[Localised, ...] = ()
    conformity: tuple[Localised, ...] = ()
    published: Localised | None = None
    chain: tuple[StageCoverage, ...] = ()
    offers: Offers | None = None
    generation: tuple[StationSeries, ...] = ()
    today: int = 0
    headline: str | None = None
    revisions: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(REVISION_COLUMNS)))
    stations: pd.DataFrame | None = None
    dataset_titles: Mapping[str, LocalText] = field(default_factory=dict)
    simulated: bool = False
    checks: Checks = field(default_factory=Checks)
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    studied_as: str | None = None
    omnibus: Omnibus | None = None
    described: Described | None = None
    sensitivity: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(SENSITIVITY_COLUMNS)))
    chance: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(CHANCE_COLUMNS)))
    messages: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(MESSAGE_COLUMNS)))
    estimators: tuple[str, ...] = ()
    specifications: tuple[SpecificationInfo, ...] = ()
    borders: Borders | None = None
    edition: EditionInfo | None = None

    def __post_init__(self) -> None:
        _known("role", [outcome.role for outcome in self.outcomes], ROLES)
        _require("panel", self.panel, PANEL_COLUMNS)
        _require("groups", self.groups, GROUP_COLUMNS)
        _known("group", self.groups["group"], GROUPS)
        _require("estimates", self.estimates, ESTIMATE_COLUMNS)
        _require("tests", self.tests, TEST_COLUMNS)
        _require("revisions", self.revisions, REVISION_COLUMNS)
        _require("sensitivity", self.sensitivity, SENSITIVITY_COLUMNS)
        _require("chance", self.chance, CHANCE_COLUMNS)
        _require("messages", self.messages, MESSAGE_COLUMNS)
        if len(self.balance):
            _require("balance", self.balance, BALANCE_COLUMNS)
        if len(self.deliveries):
            _require("deliveries", self.deliveries, DELIVERY_COLUMNS)
            _known("delivery status", self.deliveries["status"], DELIVERY_STATUSES)
        if self.stations is not None:
            _require("stations", self.stations, STATION_COLUMNS)
            if self.stations.duplicated(["unit_id", "birth_year", "station"]).any():
                raise ValueError("table stations has more than one row for a unit, year of birth and station")
        if self.counts is not None:
            _require("counts", self.counts, COUNT_COLUMNS)
            if self.counts.duplicated(["unit_id", "year", "whole", "part"]).any():
                raise ValueError("table counts has more than one row for a unit, year, whole and part")


def in_language(texts: LocalText, language: Language, where: str) -> str:
    """The text in that language. Raises UserError, naming `where`, if the plan has none."""
    if not texts.get(language):
        raise UserError("text_missing", package=PACKAGE, where=where, language=language)
    return texts[language]


def _known(what: str, values: Iterable[object], known: tuple[str, ...]) -> None:
    unknown = sorted({str(value) for value in values if value not in known})
    if unknown:
        raise ValueError(f"unknown {what}: {', '.join(unknown)}")


def _require(name: str, frame: pd.DataFrame, columns: tuple[str, ...]) -> None:
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise ValueError(f"table {name} lacks {', '.join(missing)}")
