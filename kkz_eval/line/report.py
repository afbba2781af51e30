"""From a study to an edition of its report: what it shows, its digest, and where it is kept.

Belongs here: filling `reporting.inputs.ReportInputs` from the study and its snapshot; keeping the edition.
Does not belong here: wording, figures, disclosure (reporting), numbers (evaluation).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version

import pandas as pd

from kkz_eval import __version__
from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries.official.known_since import Asked
from kkz_eval.deliveries.register.accepted import is_accepted
from kkz_eval.deliveries.register.intake import year_spans
from kkz_eval.deliveries.register.purging import SOURCES
from kkz_eval.deliveries.register.register import Arrival
from kkz_eval.evaluation import COMPUTING
from kkz_eval.evaluation import say as say_of_evaluation
from kkz_eval.evaluation.design import level_of_plan, unit_groups
from kkz_eval.evaluation.lock import published
from kkz_eval.evaluation.plan import Comparison, Outcome, Plan, plan_digest, report_folder
from kkz_eval.evaluation.regression_to_mean import regression_to_mean
from kkz_eval.evaluation.results import EffectsResult, results_files
from kkz_eval.evaluation.verdict.study import studied_as
from kkz_eval.indicators.catalogue import Indicator, Selection
from kkz_eval.indicators.generation import StationSeries
from kkz_eval.line import say
from kkz_eval.line.along_the_chain import chain_of, generation_of, offers_delivered, stations_of
from kkz_eval.line.borders import borders_of
from kkz_eval.line.counted import among_of
from kkz_eval.line.described import described_of, table_of
from kkz_eval.line.edition_changes import RECORD, numbered_record
from kkz_eval.line.edition_record import record_of
from kkz_eval.line.editions import edition_info, number_edition
from kkz_eval.line.official_figures import official_figures
from kkz_eval.line.releases import standing
from kkz_eval.line.sentences import conflict_sentence, held_fixed, title_of
from kkz_eval.line.simulated_tables import said_in_each_row
from kkz_eval.line.snapshot import Snapshot, corrected_in, waived_in
from kkz_eval.line.study import Study
from kkz_eval.line.verdicts import verdicts_of, with_verdicts
from kkz_eval.model.texts import LANGUAGES, AtTheBeginning, Language, Localised, Sentence, Wording
from kkz_eval.model.verdicts import State
from kkz_eval.reference.exposure import Group
from kkz_eval.reference.tables import unit_label, unit_name
from kkz_eval.reference.unit_groups import Nested, nested_sentence
from kkz_eval.reporting import DRAWING
from kkz_eval.reporting.build import build_document, render, render_papers
from kkz_eval.reporting.document import Document
from kkz_eval.reporting.downloads import downloads_of
from kkz_eval.reporting.figures.canvas import WIDE
from kkz_eval.reporting.figures.event_study import EventStudy, event_study_svg
from kkz_eval.reporting.inputs import (
    COUNT_COLUMNS,
    DELIVERY_COLUMNS,
    REVISION_COLUMNS,
    DesignInfo,
    EditionInfo,
    OutcomeInfo,
    ReportInputs,
    SourceInfo,
    SpecificationInfo,
)
from kkz_eval.reporting.sections.difference import event_study_of
from kkz_eval.stewardship.board import state_without_delivery
from kkz_eval.stewardship.due_days import owed_by
from kkz_eval.stewardship.history import delivery_named, parts_named, purged_places
from kkz_eval.storage.digests import code_digest, digest_of, digest_of_bytes, source_digest
from kkz_eval.storage.seals import SUMS, sums_of
from kkz_eval.storage.store import Store

SHOWN_REVISIONS = 5  # of each indicator
_MAKERS = (
    *("kkz_eval.reporting.build", "kkz_eval.evaluation.results"),
    *("kkz_eval.line.simulated_tables", "kkz_eval.line.edition_changes"),
)
"""Modules that make the files of an edition."""
LIBRARIES = (*COMPUTING, "pyarrow", *DRAWING)


@dataclass(frozen=True)
class Edition:
    """A report that is kept. page: key of the page in the plan's first language; digest: of all it was made from."""

    page: str
    digest: str


def make_edition(study: Study) -> Edition:
    """The report of a study, made once and kept for ever with its tables.

    Raises UserError where a text of the plan claims more than the design carries.
    """
    plan, steps, effects = study.plan, study.snapshot.steps, study.effects
    inputs = report_inputs(study, effects)
    code, settings = code_digest(*_MAKERS), study.installation.settings
    published_by = [settings.publisher, settings.publisher_contact]
    digest = digest_of([_digest_of_inputs(inputs, effects), list(plan.languages), code, *published_by])
    while not _is_kept(steps.store, plan, digest) and digest[:16] in standing(steps.store, plan.id):
        digest = digest_of([digest, "again"])  # one that was released and is gone stays gone: what is made now nobody has seen
    folder, pages = _folder(plan, digest), _pages(plan, digest)
    if _is_kept(steps.store, plan, digest):
        steps.journal.reused.append(("report", plan.id))
    else:
        made = record_of(study, inputs, effects, code)
        numbered = number_edition(steps.store, plan.id, digest[:16], study.snapshot.day, study.snapshot.name)
        edition = edition_info(steps, study, numbered, made)
        inputs = replace(inputs, edition=edition)
        record = {**study.conformity.record(), "simulated": inputs.simulated}
        tables = {**results_files(with_verdicts(study, effects, inputs.verdicts)), **study.matched.files()}
        files = tables if study.simulated.isdisjoint(study.datasets) else said_in_each_row(tables)
        if inputs.described is not None:
            of_deliveries = {"described.csv": table_of(inputs.described, inputs.smallest_cell)}
            files |= said_in_each_row(of_deliveries) if inputs.simulated else of_deliveries
        files["conformity.json"] = json.dumps(record, ensure_ascii=False, indent=1, sort_keys=True).encode()
        files[RECORD] = json.dumps(
            numbered_record(made, edition, numbered.snapshot), ensure_ascii=False, indent=1, sort_keys=True
        ).encode()
        files[SOURCES] = _accepted_contents(study.snapshot)
        for language, page in pages:
            document = build_document(inputs, language)
            downloads = downloads_of(document)
            papers = _papers(document, edition)
            others = {other: name.rpartition("/")[2] for other, name in pages if other != language}
            page_alone = render(document, downloads, tuple(papers), others).encode()
            files |= {**downloads.files, **papers, page.rpartition("/")[2]: page_alone}
        files[SUMS] = sums_of(folder, files)
        for name, content in sorted(files.items(), key=lambda item: item[0].endswith(".html")):  # pages last: they say "complete"
            steps.store.put_if_absent(f"{folder}/{name}", content)
        steps.journal.computed.append(("report", plan.id))
    return Edition(pages[0][1], digest)


def _folder(plan: Plan, digest: str) -> str:
    return f"{report_folder(plan.id)}/{digest[:16]}"


def _pages(plan: Plan, digest: str) -> list[tuple[Language, str]]:
    """Language and key of each page of an edition."""
    return [(language, f"{_folder(plan, digest)}/{say('report.page').in_language(language)}") for language in plan.languages]


def _is_kept(store: Store, plan: Plan, digest: str) -> bool:
    """Whether an edition is there as a whole: its pages are written last."""
    return all(store.exists(page) for _, page in _pages(plan, digest))


def _papers(document: Document, edition: EditionInfo) -> dict[str, bytes]:
    """The PDF beside a page and, where the report has a front page, that one as a PDF of its own, by their names."""
    whole, front = render_papers(document, edition)
    papers = {say("report.paper").in_language(document.language): whole}
    return papers if front is None else {**papers, say("report.one_page").in_language(document.language): front}


def _accepted_contents(snapshot: Snapshot) -> bytes:
    return json.dumps({"deliveries": sorted(accepted_contents(snapshot))}, indent=0).encode()


def accepted_contents(snapshot: Snapshot) -> frozenset[str]:
    """Digests of all accepted deliveries, superseded ones too (a report shows what editions revised): what it may rest on,
    for the day when one of them has to go."""
    accepted = (
        source for contract in snapshot.contracts.values() for source in snapshot.sources(contract) if is_accepted(source)
    )
    return frozenset(source.arrival.sha256 for source in accepted)


def event_study_pictures(study: Study, effects: EffectsResult) -> dict[str, str]:
    """The event study of each outcome but context that has one among some estimates of the study, kept as SVG: indicator to key."""
    language, steps = study.installation.settings.language, study.snapshot.steps
    inputs = report_inputs(study, effects)
    drawn_by = [code_digest("kkz_eval.reporting.figures.event_study"), version("altair"), version("vl-convert-python")]
    pictures = {}
    for outcome in (outcome for outcome in inputs.outcomes if outcome.role != "context"):
        found = event_study_of(inputs, outcome, language)
        if found is not None:
            make = partial(_picture, found[0], language)
            parts = [repr(found[0]), language, *drawn_by]
            _, svg = steps.content("pictures", outcome.indicator, parts, ".svg", make)
            key = f"{report_folder(study.plan.id)}/pictures/{digest_of_bytes(svg)[:16]}.svg"
            steps.store.put_if_absent(key, svg)
            pictures[outcome.indicator] = key
    return pictures


def _picture(shown: EventStudy, language: Language) -> bytes:
    return event_study_svg(shown, WIDE, language).encode()


def report_inputs(study: Study, effects: EffectsResult) -> ReportInputs:
    """All that the report of a study shows. effects: all its estimates, or some."""
    plan, contracts = study.plan, study.snapshot.contracts
    names = dict(zip(study.groups["unit_id"], study.groups["name"], strict=True))
    panel = study.panel.assign(unit_name=study.panel["unit_id"].map(names))
    municipal = [contract for contract in contracts.values() if contract.source == "municipal"]
    sources = tuple(_source_info(study, contract) for contract in contracts.values() if contract.dataset in study.datasets)
    then = study.snapshot.arrived_by(study.as_of)
    delivered = [_deliveries(then, contract, panel) for contract in municipal if then.sources(contract)]
    return ReportInputs(
        plan_id=plan.id,
        title=plan.title,
        texts=plan.texts,
        outcomes=tuple(outcome_info(study, outcome) for outcome in plan.outcomes),
        panel=panel,
        groups=study.groups,
        treated_cohorts=tuple(plan.treated_cohorts or ()),
        estimates=effects.estimates,
        tests=effects.tests,
        balance=study.matched.balance,
        omnibus=study.omnibus,
        sensitivity=effects.sensitivity,
        borders=borders_of(study.installation.settings.contracts, level_of_plan(plan), set(study.groups["unit_id"])),
        chance=effects.chance,
        messages=effects.messages,
        estimators=tuple(spec.id for spec in plan.estimators),
        specifications=tuple(
            SpecificationInfo(each.id, each.title, each.without_each is not None, each.scale is not None)
            for each in plan.specifications
        ),
        described=described_of(study),
        sources=sources,
        deliveries=pd.concat(delivered, ignore_index=True) if delivered else pd.DataFrame(columns=list(DELIVERY_COLUMNS)),
        notices=_notices(study),
        counts=_counts(study, municipal),
        smallest_cell=max((contract.smallest_cell for contract in municipal), default=1),
        digests={"plan": plan_digest(plan), "code": source_digest("kkz_eval.evaluation")},
        versions={"kkz-eval": __version__, **{name: version(name) for name in LIBRARIES}},
        why_left_out={unit.unit_id: unit.sentence for unit in unit_groups(plan) if unit.group == Group.LEFT_OUT},
        design=_design_info(study),
        level=level_of_plan(plan),
        as_of=study.as_of,
        unit_rule=None if plan.units.nested is None else nested_sentence(Nested(plan.units.nested), level_of_plan(plan)),
        held_fixed=held_fixed(plan, study.installation.catalogue),
        conformity=study.conformity.sentences,
        published=published(plan, study.conformity.lock),
        headline=plan.headline,
        revisions=_revisions(study),
        chain=chain_of(study),
        offers=offers_delivered(study),
        generation=generation_of(study),
        today=study.day.year,
        stations=stations_of(study),
        dataset_titles={contract.dataset: title_of(contract, study.simulated) for contract in municipal},
        simulated=bool(study.simulated),
        checks=plan.checks,
        verdicts=verdicts_of(study, effects),
        studied_as=studied_as(plan.comparison) if level_of_plan(plan) == "kreis" else None,
    )


def _design_info(study: Study) -> DesignInfo:
    plan, matched = study.plan, study.matched
    weighted = plan.matching is not None
    unused = tuple(
        (
            unit_name(unit),
            say_of_evaluation(f"matching_reasons.{reason}"),
        )
        for unit, reason in matched.units.loc[matched.units["reason"] != "", ["unit_id", "reason"]].itertuples(index=False)
    )
    reference = matched.units[(matched.units["group"] == "reference") & (matched.units["weight"] > 0)]
    return DesignInfo(
        method=_counted_by(plan),
        n_reference=len(reference),
        ess=matched.ess,
        unused=unused,
        references=_named_units(matched.references),
        synthetic=_named_units(matched.synthetic),
        balance=matched.balance,
        regression=regression_to_mean(study.panel, study.groups, plan, matched.weights if weighted else None),
        weight=plan.weight or "" if plan.matching is None else "",
    )


def _counted_by(plan: Plan) -> str:
    """By what the units of the reference group count, as DesignInfo has it."""
    if plan.matching is not None:
        return plan.matching.method
    if plan.weight is not None:
        return "weight"
    return "none" if plan.comparison == Comparison() else "held_fixed"


def _named_units(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(unit_name=table["unit_id"].map(unit_name), reference_name=table["reference_id"].map(unit_name))


def outcome_info(study: Study, outcome: Outcome) -> OutcomeInfo:
    """What the report says of an outcome besides its numbers."""
    indicator = study.installation.catalogue[outcome.indicator]
    years = study.panel.loc[study.panel["indicator"] == outcome.indicator, "year"]
    return OutcomeInfo(
        indicator=outcome.indicator,
        role=outcome.role,
        window=outcome.window or (int(years.min()), int(years.max())),
        earliest_plausible_year=outcome.earliest_plausible_year,
        expected_direction=outcome.expected_direction,
        mechanism=outcome.mechanism or None,
        label=_plain(indicator.label),
        unit=_plain(indicator.unit),
        difference_unit=_plain(indicator.difference_unit),
        desirable=indicator.desirable,
        decimals=indicator.decimals,
        breaks=tuple((b.year, _plain(b.text)) for b in indicator.breaks),
        source=study.plan.sources[outcome.indicator],
        among=among_of(study, outcome),
        logarithm=indicator.source(study.plan.sources[outcome.indicator]).logarithm,
    )


def _plain(texts: Mapping[Language, str]) -> dict[str, str]:
    return {str(language): value for language, value in texts.items()}


def _source_info(study: Study, contract: Contract) -> SourceInfo:
    taken = study.taken(contract.dataset)
    editions = sorted(
        {edition for table in taken for edition in table.observations.column("edition").unique().to_pylist()} - {""}
    )
    files = {(source.arrival.name, source.arrival.sha256) for table in taken for source in table.sources}
    states = study.editions_known(contract.dataset) if contract.source == "official" else ()
    simulated = contract.dataset in study.simulated
    return SourceInfo(
        dataset=contract.dataset,
        title=title_of(contract, study.simulated),
        named={"de": contract.title_de, "en": contract.title_en},
        attribution="" if simulated else contract.attribution,
        licence="" if simulated else contract.licence,
        edition=", ".join(editions),
        files=tuple(sorted(files)),
        editions=states,
        simulated=simulated,
    )


def _revisions(study: Study) -> pd.DataFrame:
    """The largest revisions of each outcome, with the name of the unit and the outcome's label by indicator: REVISION_COLUMNS."""
    found = study.revisions
    largest = found[found["difference"] != 0].groupby("indicator", sort=False).head(SHOWN_REVISIONS)
    return largest.assign(unit_name=largest["unit_id"].map(unit_name))[list(REVISION_COLUMNS)].reset_index(drop=True)


def _deliveries(snapshot: Snapshot, contract: Contract, panel: pd.DataFrame) -> pd.DataFrame:
    """What is there of every unit that owes the dataset (or sent it, where nobody does), in the plan's windows from its first delivered year on; before joining what was sent."""
    known = {
        place: one for place, one in snapshot.histories.items() if place[0] == contract.dataset and one.state != State.SUPERSEDED
    }
    official = {(contract.dataset, *place) for place in official_figures(snapshot, contract)}
    purged = purged_places(snapshot.register, snapshot.contracts)
    first = max(int(panel["year"].min()), min((year for _, _, year in known), default=0))
    years = range(first, int(panel["year"].max()) + 1)
    rows = []
    owed: dict[str, range | None] = dict(owed_by(contract))
    if contract.terms.due is None:  # nobody owes it: who sent any
        owed = dict.fromkeys(unit for dataset, unit, _ in (*known, *purged) if dataset == contract.dataset)
    for unit, owing in sorted(owed.items(), key=lambda item: item[0]):
        for place in ((contract.dataset, unit, year) for year in years):
            history = known.get(place)
            if history is not None:
                verdict = history.verdict
                of_file = verdict.n_errors_of_file
                counts = (history.part.n_errors, history.part.n_warnings, of_file, verdict.sha256 if of_file else "")
                state = history.state
            else:
                state, counts = state_without_delivery(contract, place, owing, official, purged), (0, 0, 0, "")
            if state != State.NOT_OWED:
                rows.append((contract.dataset, unit, unit_label(unit), place[2], state.value, *counts))
    return pd.DataFrame(rows, columns=list(DELIVERY_COLUMNS))


def _counts(study: Study, municipal: list[Contract]) -> pd.DataFrame | None:
    """Numerators and denominators that municipalities delivered for the plan's indicators, newest year; None without any.

    Indicators of a dataset with the same denominator are parts of one whole, named by the dataset's title.
    """
    language = study.installation.settings.language
    rows = []
    for contract in municipal:
        title = title_of(contract, study.simulated)[language]
        wholes: dict[Selection | None, str] = {}
        for outcome in study.plan.outcomes:
            indicator = study.installation.catalogue[outcome.indicator]
            if contract.dataset not in {source.dataset for source in indicator.sources}:
                continue
            below = indicator.source(contract.dataset).denominator
            whole = wholes.setdefault(below, f"{title} ({len(wholes) + 1})" if wholes else title)
            for row in study.snapshot.indicator(indicator.id, contract.dataset, Asked(study.as_of)).indicators.to_pylist():
                if row["numerator"] is not None and row["denominator"] is not None:
                    place = (row["unit_id"], unit_name(row["unit_id"]), row["year"])
                    counts = (int(row["numerator"]), int(row["denominator"]))
                    rows.append(
                        (
                            *place,
                            whole,
                            say("counts.part", indicator=indicator.label[language]).in_language(language),
                            *counts,
                        )
                    )
    if not rows:
        return None
    frame = pd.DataFrame(rows, columns=list(COUNT_COLUMNS))
    newest = frame["year"] == int(frame["year"].max())
    return frame.loc[newest].reset_index(drop=True)


def _notices(study: Study) -> tuple[Sentence, ...]:
    """Sentences about what is missing from the report's data: rejected deliveries, contradictions, values without a figure."""
    snapshot, catalogue = study.snapshot.arrived_by(study.as_of), study.installation.catalogue
    datasets = {*study.datasets, *(c.dataset for c in snapshot.contracts.values() if c.source == "municipal")}
    notices: list[Sentence] = []
    rejected: dict[tuple[str, str, State, Arrival | None], list[tuple[str, int]]] = {}
    for judged, unit, year in snapshot.rejected_slices:
        dataset = snapshot.contracts[judged.verdict.contract_id].dataset
        if dataset in datasets:
            history = snapshot.histories[(dataset, unit, year)] if unit else None
            state, holds = (State.REJECTED, None) if history is None else (history.state, history.holds)
            if state == State.SUPERSEDED:
                continue
            rejected.setdefault((judged.arrival.name, dataset, state, holds), []).append((unit, year))
    for (name, dataset, state, holds), parts in sorted(rejected.items(), key=lambda item: (*item[0][:2], item[1])):
        named: Localised | str = parts_named(sorted(parts)) if all(unit for unit, _ in parts) else say("notices.whole_file")
        notices.append(_of_file(state.said, name, dataset, named))
        if holds is not None:
            notices.append(say("notices.holds", delivery=delivery_named(holds), dataset=dataset, parts=named))
    taken = [(dataset, each) for dataset in sorted(datasets) for each in study.taken(dataset)]
    for what, found_in in ((State.WAIVED.said, waived_in), (say("notices.corrected"), corrected_in)):
        for dataset, each in taken:
            for name, parts in found_in(each).items():
                notices.append(_of_file(what, name, dataset, parts_named(parts)))
    notices += [conflict_sentence(conflict) for conflict in dict.fromkeys(one for _, each in taken for one in each.conflicts)]
    for name, marks in study.marks.items():
        shown = ", ".join(f"{mark}: {count}" for mark, count in marks.items())
        notices.append(_about_outcome(catalogue[name], "notices.not_final", count=sum(marks.values()), marks=shown))
    for mix in study.mixes:
        spans = "; ".join(f"{edition or '–'}: {year_spans(years)}" for edition, years in mix.years)
        notices.append(_about_outcome(catalogue[mix.indicator], "notices.editions", editions=spans))
    for row in study.coverage:
        if row.missing:
            absent = "; ".join(f"{unit_name(unit)} {year}" for unit, year in row.missing)
            notices.append(_about_outcome(catalogue[row.indicator], "notices.missing", parts=absent))
    return tuple(notices)


def _about_outcome(indicator: Indicator, key: str, **parameters: object) -> Sentence:
    """A sentence about the values of an indicator."""
    return say(key, indicator=Wording(indicator.label), **parameters)


def _of_file(what: Sentence, name: str, dataset: str, parts: Localised | str) -> Sentence:
    """What is said of a file, with the units and years in it."""
    return say("notices.of_file", what=AtTheBeginning(what), name=name, dataset=dataset, parts=parts)


def _digest_of_inputs(inputs: ReportInputs, effects: EffectsResult) -> str:
    """Digest of everything the report shows; tables enter by their exact text form."""
    frames = [inputs.panel, inputs.groups, inputs.balance, inputs.deliveries, effects.estimates, effects.tests]
    tables = [digest_of_bytes(frame.to_csv(index=False).encode()) for frame in frames]
    tables.append(digest_of_bytes(b"" if inputs.counts is None else inputs.counts.to_csv(index=False).encode()))
    tables.append(digest_of_bytes(b"" if inputs.stations is None else inputs.stations.to_csv(index=False).encode()))
    outcomes = [repr(outcome) for outcome in inputs.outcomes]
    sources = [repr(source) for source in inputs.sources]
    notices = [_said(notice) for notice in inputs.notices]
    texts = {name: dict(value) for name, value in inputs.texts.items()}
    return digest_of(
        [
            inputs.plan_id,
            dict(inputs.title),
            texts,
            outcomes,
            tables,
            sources,
            notices,
            inputs.smallest_cell,
            inputs.simulated,
            dict(inputs.digests),
            dict(inputs.versions),
            [_said(said) for said in inputs.conformity],
            {} if inputs.published is None else _said(inputs.published),
            [repr(stage) for stage in inputs.chain],
            repr(inputs.offers),
            [_digest_of_series(series) for series in inputs.generation],
            inputs.today if inputs.generation else 0,
            [[name, dict(title)] for name, title in sorted(inputs.dataset_titles.items())],
            [[unit, _said(why)] for unit, why in inputs.why_left_out.items()],
            [inputs.level, {} if inputs.unit_rule is None else _said(inputs.unit_rule)],
            "" if inputs.as_of is None else inputs.as_of.isoformat(),
            [] if inputs.design is None else _digests_of_design(inputs.design),
            digest_of_bytes(inputs.revisions.to_csv(index=False).encode()),
            [[name, repr(verdict)] for name, verdict in inputs.verdicts.items()],
            repr(inputs.omnibus),
            [
                digest_of_bytes(frame.to_csv(index=False).encode())
                for frame in (inputs.sensitivity, inputs.chance, inputs.messages)
            ],
            repr(inputs.borders),
            [list(inputs.estimators), [repr(each) for each in inputs.specifications]],
            repr(inputs.described),
        ]
    )


def _digest_of_series(series: StationSeries) -> list[object]:
    return [
        repr(series.station),
        repr(series.indicator),
        digest_of_bytes(series.values.to_csv(index=False).encode()),
        series.simulated,
    ]


def _digests_of_design(design: DesignInfo) -> list[object]:
    frames = [design.references, design.synthetic, design.balance, design.regression]
    tables: list[object] = [digest_of_bytes(frame.to_csv(index=False).encode()) for frame in frames]
    return [
        *tables,
        design.method,
        design.weight,
        design.n_reference,
        repr(design.ess),
        repr(tuple((name, _said(reason)) for name, reason in design.unused)),
    ]


def _said(sentence: Localised) -> dict[str, str]:
    """A sentence as text, for a digest."""
    return {language: sentence.in_language(language) for language in LANGUAGES}
