"""The line: which step feeds which, from the inbox to the report. The one composition that assets, command line and notebooks share.

Belongs here: calling the steps in their order, with what the register accepts now. Does not belong here: what a step does; Dagster.
Every step is resolved from the register downwards, and found again by digest where it was computed before. So whichever step
is asked for, in whichever run, rests on accepted content only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa

from kkz_eval.contracts.contract import Contract
from kkz_eval.contracts.load import load_contracts
from kkz_eval.contracts.plausibility import Doubt, doubts, other_datasets
from kkz_eval.deliveries.accepted import Accepted, Conflict, Source, accepted_observations, editions_of, sources_of
from kkz_eval.deliveries.decisions import NONE, Decisions, load_decisions
from kkz_eval.deliveries.intake import Intake, take_in, year_spans
from kkz_eval.deliveries.judging import judge_arrival, load_findings, load_parsed, parse
from kkz_eval.deliveries.known import NOW, Asked, edition_day
from kkz_eval.deliveries.register import Arrival, Register, read_register
from kkz_eval.evaluation.baseline import (
    Baseline,
    baseline_cells,
    baseline_indicators,
    baseline_of,
    baseline_years,
    covariate_cells,
    first_start,
)
from kkz_eval.evaluation.design import (
    CLUSTER_KREIS,
    Coverage,
    below,
    by_dose,
    coverage_of,
    demanded_coverage,
    groups_of,
    level_of_plan,
    panel_of,
    strata_of,
    with_design,
)
from kkz_eval.evaluation.lock import Lock, read_lock
from kkz_eval.evaluation.matching import Matched, match
from kkz_eval.evaluation.memo import effects_of_plan
from kkz_eval.evaluation.plan import Plan, load_plan, plain_id
from kkz_eval.evaluation.results import EffectsResult
from kkz_eval.indicators.agreement import require_one_source
from kkz_eval.indicators.catalogue import Indicator, NotEvaluable, check_origins, load_catalogue, load_not_evaluable
from kkz_eval.indicators.memo import stored_indicator
from kkz_eval.indicators.one_edition import Mix, mix_of, require_comparable
from kkz_eval.indicators.pseudo_cohorts import datasets_of_stations, stored_pseudo_cohorts
from kkz_eval.indicators.quality import marks_of
from kkz_eval.indicators.rates import IndicatorValues, observations_for
from kkz_eval.indicators.revisions import revisions
from kkz_eval.locks import lock_file
from kkz_eval.model.editions import EditionState
from kkz_eval.model.errors import UserError
from kkz_eval.model.findings import Finding, iter_findings
from kkz_eval.model.parsed import ParsedTable
from kkz_eval.model.verdicts import Status, Verdict
from kkz_eval.reference.tables import units_known_to
from kkz_eval.reference.unit_groups import Nested
from kkz_eval.sentences import say
from kkz_eval.settings import Settings
from kkz_eval.stewardship.protocol import protocol_page
from kkz_eval.storage.digests import digest_of_bytes
from kkz_eval.storage.steps import Steps
from kkz_eval.storage.store import Store


@dataclass(frozen=True)
class DeliveryState:
    """What the register last said of a unit and year of a dataset, and which file it said it of."""

    dataset: str
    unit_id: str
    year: int
    status: Status
    n_errors: int
    n_warnings: int
    name: str


@dataclass(frozen=True)
class Design:
    """Groups, baseline, design, panel and coverage of a plan. conflicts: cells that two deliveries contradict, none of which holds."""

    groups: pd.DataFrame
    baseline: Baseline
    matched: Matched
    panel: pd.DataFrame
    coverage: tuple[Coverage, ...]
    short: tuple[Coverage, ...]
    conflicts: tuple[Conflict, ...]


def _silent(_: str) -> None:
    """Progress for nobody."""


@dataclass(frozen=True)
class Line:
    """An installation's contracts, catalogue, plans and decisions, with the store they work on. locks: beside the plan files, by plan."""

    settings: Settings
    contracts: Mapping[str, Contract]
    catalogue: Mapping[str, Indicator]
    plans: Mapping[str, Plan]
    steps: Steps
    progress: Callable[[str], None] = field(default=_silent)
    decisions: Decisions = NONE
    locks: Mapping[str, Lock] = field(default_factory=dict)
    not_evaluable: tuple[NotEvaluable, ...] = ()

    def register(self) -> Register:
        """The register as it stands now."""
        return read_register(self.steps.store)


def open_line(settings: Settings, plan_files: Iterable[Path] | None = None, progress: Callable[[str], None] = _silent) -> Line:
    """The line of an installation. plan_files: default all of `plans/` beside the contracts.

    Raises UserError where a contract, plan, catalogue or the list of breaks is not valid; nothing is written.
    """
    folder = settings.contracts
    files = sorted((folder / "plans").glob("*.yaml")) if plan_files is None else list(plan_files)
    plans = [load_plan(file) for file in files]
    for plan in plans:
        twins = [file.name for file, other in zip(files, plans, strict=True) if plain_id(other.id) == plain_id(plan.id)]
        if len(twins) > 1:
            raise UserError("plan_twice", plan=plan.id, files=", ".join(twins))
    catalogue = load_catalogue(folder / "indicators.yaml", folder / "breaks.yaml")
    contracts = load_contracts(folder)
    check_origins(catalogue, {contract.dataset: contract.source for contract in contracts.values()})
    for plan in plans:
        check_plan(plan, catalogue, contracts)
    decisions = load_decisions(folder, contracts, date.today())
    named = {plan.id: plan for plan in plans}
    found = {plan.id: lock_file(file, plan) for file, plan in zip(files, plans, strict=True)}
    locks = {plan_id: read_lock(file.read_bytes(), str(file)) for plan_id, file in found.items() if file.exists()}
    return Line(
        settings,
        contracts,
        catalogue,
        named,
        Steps(Store.at(str(settings.home))),
        progress,
        decisions,
        locks,
        load_not_evaluable(folder / "indicators.yaml"),
    )


_UNREAD: Mapping[str, Callable[[Plan], str | None]] = {
    "sensitivity": lambda plan: ", ".join(plan.sensitivity) or None,
    "covariates": lambda plan: ", ".join(name for name in plan.covariates if name not in covariate_cells(plan)) or None,
    "weight": lambda plan: plan.weight if plan.matching is None and plan.weight not in baseline_cells(plan) else None,
    "cluster": lambda plan: plan.cluster if plan.cluster not in ("unit_id", CLUSTER_KREIS) else None,
    "units.nested": lambda plan: plan.units.nested if level_of_plan(plan) == "kreis" else None,
}
"""Keys of a plan that the line does not follow (yet), with what the plan says there; None where it follows."""


def check_plan(plan: Plan, catalogue: Mapping[str, Indicator], contracts: Mapping[str, Contract]) -> None:
    """A plan names only what exists: indicators of the catalogue, and for each one source that measures both groups.

    Raises UserError. A municipal dataset is refused as the source of an effect: reference municipalities deliver nothing.
    """
    for key, unread in _UNREAD.items():
        value = unread(plan)
        if value is not None:
            raise UserError("plan_key_not_used", plan=plan.id, key=key, value=value)
    _check_units(plan)
    datasets = {contract.dataset: contract for contract in contracts.values()}
    for name in baseline_indicators(plan):
        if name not in catalogue:
            raise UserError(
                "indicator_unknown",
                package="kkz_eval.indicators",
                indicator=name,
                known=", ".join(sorted(catalogue)),
            )
        dataset = plan.sources.get(name)
        if dataset is None:
            known = ", ".join(source.dataset for source in catalogue[name].sources)
            raise UserError("plan_without_source", plan=plan.id, indicator=name, known=known)
        catalogue[name].source(dataset)
        if datasets[dataset].source != "official":
            raise UserError("plan_source_not_common", plan=plan.id, indicator=name, dataset=dataset)
        _check_level(plan, name, catalogue[name].source(dataset).datasets, datasets)
    start = first_start(groups_of(plan, "de"), plan)
    for outcome in plan.outcomes:
        first = catalogue[outcome.indicator].source(plan.sources[outcome.indicator]).first_year
        if start is not None and first is not None and first >= start:
            raise UserError(
                "baseline_missing",
                package="kkz_eval.indicators",
                plan=plan.id,
                start=start,
                indicator=outcome.indicator,
                dataset=plan.sources[outcome.indicator],
                first_year=first,
            )
    for name, (_, year) in baseline_cells(plan).items():
        if start is None or year >= start:
            raise UserError("covariate_after_start", plan=plan.id, covariate=name, start=start)


def _check_units(plan: Plan) -> None:
    """The level of the units, and the dose, as far as the data carry them. Raises UserError."""
    if level_of_plan(plan) != "kreis":
        _check_nested(plan)
    dose = {estimator.id for estimator in plan.estimators if estimator.method == "dose"}
    others = [estimator.id for estimator in plan.estimators if estimator.id not in dose]
    if by_dose(plan) and others:
        raise UserError("plan_dose_only", plan=plan.id, estimators=", ".join(others))
    if dose and not by_dose(plan):
        raise UserError("plan_without_dose", plan=plan.id, estimators=", ".join(sorted(dose)))


def _check_nested(plan: Plan) -> None:
    """A plan below the Kreis says what becomes of nested units, and follows that in its standard errors. Raises UserError."""
    nested, choices = plan.units.nested, {choice.value for choice in Nested}
    if nested not in choices:
        raise UserError("plan_without_nested", plan=plan.id, choices=", ".join(Nested))
    if by_dose(plan):
        raise UserError("plan_dose_of_kreise", plan=plan.id)
    if nested != Nested.LEAVE_OUT and plan.cluster != CLUSTER_KREIS:
        raise UserError("plan_cluster_below_treatment", plan=plan.id, nested=nested, cluster=plan.cluster)


def _check_level(plan: Plan, indicator: str, datasets: Sequence[str], contracts: Mapping[str, Contract]) -> None:
    """The datasets that give an indicator have units of the plan's level. Raises UserError."""
    level = level_of_plan(plan)
    for name in datasets:
        if level not in contracts[name].levels:
            known = ", ".join(contracts[name].levels)
            raise UserError("plan_source_other_level", plan=plan.id, indicator=indicator, dataset=name, level=level, known=known)


def land(line: Line, years: Iterable[int]) -> Intake:
    """Take the files of the inbox in.

    Raises UserError where neither the inbox nor the register holds anything for these years.
    """
    wanted = frozenset(years)
    intake = take_in(line.steps.store, line.settings.inbox, line.contracts, wanted, date.today())
    language, inbox = line.settings.language, str(line.settings.inbox)
    for notice in intake.notices:
        line.progress(say(f"notice.{notice.kind}", language, sentence=notice.sentences[language]))
    if not intake.register.of_years(wanted):
        if not intake.present and not intake.register.arrivals:
            raise UserError("inbox_empty", inbox=inbox)
        known = intake.register.years() | intake.waiting_years
        if not known:
            raise UserError("nothing_claimed", inbox=inbox, present=intake.present, known=", ".join(sorted(line.contracts)))
        raise UserError("years_without_data", years=year_spans(wanted), known=year_spans(known), inbox=inbox)
    kinds = Counter(notice.kind for notice in intake.notices)
    key = "progress.landed" if intake.landed or kinds else "progress.nothing_new"
    counts = {"unused": kinds["unclaimed"], "refused": kinds["refused"]}
    line.progress(say(key, language, present=intake.present, landed=len(intake.landed), **counts))
    return intake


def parse_arrivals(line: Line, years: Iterable[int]) -> tuple[Arrival, ...]:
    """Parse what arrived for these reporting years and has no verdict yet."""
    register = line.register()
    waiting = [a for a in register.of_years(years) if (a.sha256, a.contract_id) not in register.verdicts]
    for arrival in waiting:
        parse(line.steps, arrival, line.contracts)
    return tuple(waiting)


def judge_arrivals(line: Line, years: Iterable[int]) -> tuple[Source, ...]:
    """Judge what arrived for these reporting years; verdicts that stand are kept."""
    register = line.register()
    language = line.settings.language
    judged = []
    for arrival in register.of_years(years):
        verdict = judge_arrival(
            line.steps,
            register,
            arrival,
            line.contracts,
            units_known_to(line.contracts[arrival.contract_id].source),
            line.decisions,
        )
        judged.append(Source(arrival, verdict))
        if verdict.n_errors and arrival in register.last_under(arrival.name):
            line.progress(say("progress.rejected", language, name=arrival.name, errors=verdict.n_errors))
    count = Counter(row.verdict.status for row in judged)
    partly = sum(_is_partly_rejected(row.verdict) for row in judged)
    line.progress(
        say(
            "progress.judged",
            language,
            accepted=count[Status.ACCEPTED],
            warnings=count[Status.ACCEPTED_WITH_WARNINGS] - partly,
            partly=partly,
            rejected=count[Status.REJECTED],
        )
    )
    return tuple(judged)


def findings_of(line: Line, verdict: Verdict) -> list[Finding]:
    """The findings behind a verdict, in the order of the file."""
    return list(iter_findings(load_findings(line.steps.store, verdict)))


def _is_partly_rejected(verdict: Verdict) -> bool:
    return verdict.status != Status.REJECTED and any(part.status == Status.REJECTED for part in verdict.slices)


def write_protocol(line: Line, arrival: Arrival, verdict: Verdict) -> str:
    """Key of the page with all findings of a delivery, written where it is not there yet."""
    contract, findings = line.contracts[arrival.contract_id], load_findings(line.steps.store, verdict)
    page = protocol_page(arrival.name, verdict, contract, findings, line.settings.language).encode()
    key = f"protocols/{digest_of_bytes(page)[:16]}/protokoll.html"
    line.steps.store.put_if_absent(key, page)
    return key


def write_protocols(line: Line, years: Iterable[int]) -> dict[str, str]:
    """Protocols of all deliveries of these reporting years that have findings: name of the file to key of the page."""
    register = line.register()
    pages: dict[str, str] = {}
    for arrival in register.of_years(years):
        verdict = register.verdicts.get((arrival.sha256, arrival.contract_id))
        if verdict is None or not (verdict.n_errors or verdict.n_warnings):
            continue
        pages[arrival.name] = write_protocol(line, arrival, verdict)
    return pages


def delivery_states(line: Line) -> list[DeliveryState]:
    """The newest word of the register on every unit and year that was ever delivered under a contract, in order."""
    register = line.register()
    rows: list[DeliveryState] = []
    for contract in line.contracts.values():
        newest: dict[tuple[str, int], DeliveryState] = {}
        for source in sources_of(register, contract):
            for part in source.verdict.slices:
                newest[(part.unit_id, part.year)] = DeliveryState(
                    contract.dataset, part.unit_id, part.year, part.status, part.n_errors, part.n_warnings, source.arrival.name
                )
        rows += [newest[key] for key in sorted(newest)]
    return rows


def parsed_of(line: Line, verdict: Verdict) -> ParsedTable:
    """The parsed table that a verdict judged."""
    return load_parsed(line.steps.store, verdict.parsed_key, line.contracts[verdict.contract_id])


def rejected_slices(line: Line) -> list[tuple[Source, str, int]]:
    """Units and years whose newest delivery is rejected: (arrival and verdict, unit_id, year); "" and 0 for a whole file."""
    register = line.register()
    rows: list[tuple[Source, str, int]] = []
    for contract in line.contracts.values():
        newest: dict[tuple[str, int], tuple[Source, Status]] = {}
        for source in sources_of(register, contract):
            for part in source.verdict.slices:
                newest[(part.unit_id, part.year)] = (source, part.status)
            whole = not source.verdict.slices and source.verdict.status == Status.REJECTED
            if whole and source.arrival in register.last_under(source.arrival.name):
                rows.append((source, "", 0))
        rows += [
            (source, unit, year)
            for (unit, year), (source, status) in sorted(newest.items(), key=lambda i: i[0])
            if status == Status.REJECTED
        ]
    return rows


def waived_slices(line: Line) -> dict[tuple[str, str], list[tuple[str, int]]]:
    """Units and years that hold although a rule speaks against them, by waiver: by (name of the file, dataset)."""
    found: dict[tuple[str, str], list[tuple[str, int]]] = {}
    register = line.register()
    for contract in line.contracts.values():
        now = accepted_observations(line.steps, register, contract)
        columns = ["delivery_sha256", "unit_id", "year"]
        held = {tuple(row.values()) for row in now.observations.select(columns).group_by(columns).aggregate([]).to_pylist()}
        for source in now.sources:
            known = [(part.unit_id, part.year) for part in source.verdict.slices if part.n_acknowledged]
            parts = [place for place in known if (source.arrival.sha256, *place) in held]
            if parts:
                found[(source.arrival.name, contract.dataset)] = parts
    return found


def corrected_slices(line: Line) -> dict[tuple[str, str], list[tuple[str, int]]]:
    """Units and years with a value that a correction replaced: by (name of the file, dataset)."""
    found: dict[tuple[str, str], list[tuple[str, int]]] = {}
    register = line.register()
    for contract in line.contracts.values():
        now = accepted_observations(line.steps, register, contract)
        corrected = now.observations.filter(now.observations.column("correction_id").is_valid())
        names = {source.arrival.sha256: source.arrival.name for source in now.sources}
        for row in corrected.select(["delivery_sha256", "unit_id", "year"]).to_pylist():
            parts = found.setdefault((names[row["delivery_sha256"]], contract.dataset), [])
            if (row["unit_id"], row["year"]) not in parts:
                parts.append((row["unit_id"], row["year"]))
    return found


def accepted(line: Line, dataset: str, asked: Asked = NOW) -> Accepted:
    """The observations of a dataset that hold now, or those of a day or an edition that is asked for."""
    return _accepted(line, line.register(), dataset, asked)


def _accepted(line: Line, register: Register, dataset: str, asked: Asked = NOW) -> Accepted:
    """The observations of a dataset that hold by a register that was read once for a whole step."""
    return accepted_observations(line.steps, register, _contract_of(line, dataset), asked)


def _contract_of(line: Line, dataset: str) -> Contract:
    return next(c for c in line.contracts.values() if c.dataset == dataset)


def editions(line: Line, dataset: str) -> tuple[EditionState, ...]:
    """All accepted editions of a dataset, whether or not a newer one holds."""
    return editions_of(line.steps, line.register(), _contract_of(line, dataset))


def plausibility(line: Line, contract: Contract) -> tuple[Doubt, ...]:
    """What is doubtful about the accepted values of a contract beside other datasets and the year before.

    Found when asked for, from what is accepted now: it is no part of any verdict and rejects nothing.
    """
    register = line.register()
    by_dataset = {known.dataset: known for known in line.contracts.values()}
    observations = {
        name: accepted_observations(line.steps, register, by_dataset[name]).observations
        for name in (contract.dataset, *other_datasets(contract))
        if name in by_dataset
    }
    return doubts(contract, observations[contract.dataset], observations)


def conflicts(line: Line) -> tuple[Conflict, ...]:
    """Units and years of any dataset that deliveries of one scan contradict each other about; none of them holds."""
    register, contracts = line.register(), sorted(line.contracts.values(), key=lambda contract: contract.dataset)
    return tuple(found for contract in contracts for found in accepted_observations(line.steps, register, contract).conflicts)


def indicator(line: Line, indicator_id: str, dataset: str, asked: Asked = NOW) -> IndicatorValues:
    """Values of an indicator from its source in a dataset (and the dataset of its denominator), of what is accepted.

    asked: only what was known on a day, or only one edition of the dataset; a denominator of another dataset follows the day alone.
    """
    return _indicator(line, line.register(), indicator_id, dataset, asked)


def _indicator(line: Line, register: Register, indicator_id: str, dataset: str, asked: Asked = NOW) -> IndicatorValues:
    """The same by a register that was read once for a whole step."""
    definition = line.catalogue[indicator_id]
    observations = _observations(line, register, indicator_id, dataset, asked)
    return stored_indicator(line.steps, definition, definition.source(dataset), observations, _contract_of(line, dataset).source)


def _observations(line: Line, register: Register, indicator_id: str, dataset: str, asked: Asked) -> dict[str, pa.Table]:
    """What an indicator reads, by dataset."""
    others = replace(asked, edition=None)
    return {
        name: _accepted(line, register, name, asked if name == dataset else others).observations
        for name in line.catalogue[indicator_id].source(dataset).datasets
    }


def asked_by(plan: Plan, indicator_id: str) -> Asked:
    """Which of the accepted figures a plan takes for an indicator: of the day and the edition that it names."""
    return Asked(None if plan.as_of is None else date.fromisoformat(plan.as_of), plan.editions.get(indicator_id))


def indicator_of_plan(line: Line, plan: Plan, indicator_id: str) -> IndicatorValues:
    """Values of an indicator from the source, the edition and the day that a plan names."""
    return indicator(line, indicator_id, plan.sources[indicator_id], asked_by(plan, indicator_id))


def revisions_of(line: Line, plan: Plan) -> pd.DataFrame:
    """What changed between the named editions of a plan's sources: indicators.revisions.COLUMNS, by indicator, the largest first."""
    frames = []
    for outcome in plan.outcomes:
        dataset, as_of = plan.sources[outcome.indicator], asked_by(plan, outcome.indicator).as_of
        named = {state.edition: day for state in editions(line, dataset) if (day := edition_day(state.edition)) is not None}
        ordered = sorted((day, edition) for edition, day in named.items() if as_of is None or day <= as_of)
        tables = [
            (edition, indicator(line, outcome.indicator, dataset, Asked(as_of, edition)).indicators) for _, edition in ordered
        ]
        if len(tables) > 1:
            frames.append(revisions(tables))
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else revisions([])


def marks_of_plan(line: Line, plan: Plan) -> dict[str, dict[str, int]]:
    """Values of each outcome of a plan that their source marks as not final: by indicator, the number of each letter."""
    groups = groups_of(plan, line.settings.language)
    units = frozenset(groups.loc[groups["group"] != "left_out", "unit_id"])
    found = {
        outcome.indicator: marks_of(indicator_of_plan(line, plan, outcome.indicator).indicators, units, outcome.window)
        for outcome in plan.outcomes
    }
    return {name: marks for name, marks in found.items() if marks}


def pseudo_cohorts(line: Line) -> pa.Table:
    """The stations of each year of birth by unit, of what is accepted now: model.tables.PSEUDO_COHORTS."""
    register = line.register()
    known = {contract.dataset for contract in line.contracts.values()}
    observations = {name: _accepted(line, register, name).observations for name in datasets_of_stations() if name in known}
    return stored_pseudo_cohorts(line.steps, observations)[1]


def _indicators_of(line: Line, register: Register, plan: Plan) -> dict[str, pa.Table]:
    """The indicators that a plan's baseline and outcomes read, by name. Raises UserError where one mixes sources or editions."""
    tables: dict[str, pa.Table] = {}
    for name in baseline_indicators(plan):
        dataset, asked = plan.sources[name], asked_by(plan, name)
        tables[name] = _indicator(line, register, name, dataset, asked).indicators
        if asked.edition is not None and not tables[name].num_rows:
            known = sorted({state.edition for state in editions_of(line.steps, register, _contract_of(line, dataset))} - {""})
            shown = ", ".join(known) or "–"
            raise UserError("edition_unknown", plan=plan.id, indicator=name, dataset=dataset, edition=asked.edition, known=shown)
        require_one_source(line.catalogue[name], tables[name])
    mixes(line, plan)
    return tables


def mixes(line: Line, plan: Plan) -> tuple[Mix, ...]:
    """Indicators of a plan whose values come from several editions over the years, where no edition covers them all.

    Raises UserError where editions are mixed between units of a year, or between years that one edition covers.
    """
    register = line.register()
    groups = groups_of(plan, line.settings.language)
    units = frozenset(groups.loc[groups["group"] != "left_out", "unit_id"])
    found: list[Mix] = []
    for name in baseline_indicators(plan):
        dataset, asked, years = plan.sources[name], asked_by(plan, name), baseline_years(plan, name)
        source = line.catalogue[name].source(dataset)
        parts = observations_for(_observations(line, register, name, dataset, asked), source)
        mixed = mix_of(parts, units, years)
        if mixed is None:
            continue
        states = editions_of(line.steps, register, _contract_of(line, dataset))
        every = {
            one: _observations(line, register, name, dataset, replace(asked, edition=one))
            for one in sorted({s.edition for s in states})
        }
        by_edition = {one: observations_for(tables, source) for one, tables in every.items()}
        found.append(require_comparable(line.catalogue[name], mixed, by_edition, units, years))
    return tuple(found)


def datasets_of(line: Line, plan: Plan) -> tuple[str, ...]:
    """The datasets that a plan's outcomes and baseline read, numerators and denominators, by name."""
    sources = [line.catalogue[name].source(plan.sources[name]) for name in baseline_indicators(plan)]
    return tuple(sorted({dataset for source in sources for dataset in source.datasets}))


def has_data(line: Line, plan: Plan) -> bool:
    """Whether anything is accepted for any source of a plan."""
    wanted = {(plan.sources[outcome.indicator], asked_by(plan, outcome.indicator)) for outcome in plan.outcomes}
    register = line.register()
    return any(_accepted(line, register, dataset, asked).observations.num_rows for dataset, asked in sorted(wanted, key=repr))


def design(line: Line, plan: Plan) -> Design:
    """Groups, baseline, design, panel and coverage of a plan.

    Who is compared with whom is decided by the baseline slice alone; the panel takes the weights over. Raises UserError where the
    plan's matching can't be done.
    """
    groups = groups_of(plan, line.settings.language)
    register = line.register()
    tables = _indicators_of(line, register, plan)
    baseline = baseline_of(_values(tables), groups, plan)
    matched = match(baseline, groups, strata_of(groups, plan), plan)
    panel = pd.concat([panel_of(outcome, tables[outcome.indicator], groups) for outcome in plan.outcomes], ignore_index=True)
    coverage = coverage_of(panel, groups)
    conflicts = [c for dataset in datasets_of(line, plan) for c in _accepted(line, register, dataset).conflicts]
    short = below(coverage, demanded_coverage(plan))
    return Design(groups, baseline, matched, with_design(panel, matched, baseline, plan), coverage, short, tuple(conflicts))


def baseline_of_plan(line: Line, plan: Plan) -> Baseline:
    """The baseline slice of what is accepted now: all that the design of a plan sees."""
    tables = _indicators_of(line, line.register(), plan)
    return baseline_of(_values(tables), groups_of(plan, line.settings.language), plan)


def _values(tables: Mapping[str, pa.Table]) -> pd.DataFrame:
    """unit_id, year, indicator, value of indicator tables."""
    columns = ("unit_id", "year", "value")
    frames = [
        pd.DataFrame({name: table.column(name).to_pylist() for name in columns}).assign(indicator=indicator_id)
        for indicator_id, table in tables.items()
    ]
    return pd.concat(frames, ignore_index=True).astype({"unit_id": object, "year": "int64", "value": "float64"})


def effects(line: Line, plan: Plan, outcomes: Sequence[str] = ()) -> EffectsResult:
    """Estimates of a plan on what is accepted now, outcome by outcome, each computed once for its panel and plan.

    outcomes: only these indicators; none for all. Raises UserError for one that the plan does not have.
    """
    known = [outcome.indicator for outcome in plan.outcomes]
    unknown = sorted(set(outcomes) - set(known))
    if unknown:
        raise UserError("outcome_unknown", plan=plan.id, outcomes=", ".join(unknown), known=", ".join(known))
    return effects_of_plan(line.steps, design(line, plan).panel, plan, outcomes or known)
