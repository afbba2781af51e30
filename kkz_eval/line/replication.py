"""The replication package: all that an outsider needs to recompute the headline of a plan, and what has to be asked for.

Belongs here: which files there are, and what is public. Figures of official statistics and of a model world are; what municipalities
delivered is not: no estimate rests on it (line.validity), the descriptions of the report do, and the package names it. Does not belong here:
estimating (evaluation), writing the folder and replaying it (commands/export.py).
"""

from __future__ import annotations

import csv
import io
import platform
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib import resources
from importlib.metadata import version

import pandas as pd
import yaml

from kkz_eval import __version__
from kkz_eval.contracts.contract import Contract
from kkz_eval.evaluation.baseline import baseline_cells
from kkz_eval.evaluation.examination.specifications import Alternative, alternatives, with_other_scale
from kkz_eval.evaluation.headline import deciding, headline_row
from kkz_eval.evaluation.panel import validate_panel
from kkz_eval.evaluation.plan import Plan, plan_digest
from kkz_eval.evaluation.results import EffectsResult, results_files
from kkz_eval.indicators.catalogue import Indicator
from kkz_eval.line import say
from kkz_eval.line.report import LIBRARIES
from kkz_eval.line.sentences import title_of
from kkz_eval.line.study import Study
from kkz_eval.line.verdicts import verdicts_of, with_verdicts
from kkz_eval.model.cells_for_spreadsheets import left_alone
from kkz_eval.model.errors import UserError
from kkz_eval.model.texts import LANGUAGES, Language
from kkz_eval.reference.tables import unit_name
from kkz_eval.storage.digests import digest_of_bytes

PANEL, PLAN, JOBS, EXPECTED, SUMS = "panel.csv", "plan.yaml", "jobs.csv", "expected", "SHA256SUMS"
IN_R = ("twfe", "event_study", "callaway_santanna")
"""Methods that the script in R knows; the others are replayed by `kkz-eval replay`."""
JOB_COLUMNS = (
    *(
        "job",
        "kind",
        "indicator",
        "method",
        "variant",
        "aggregation",
        "scale",
        "first_year",
        "last_year",
        "treated_cohorts",
        "reference",
    ),
    *(
        "anticipation",
        "earliest",
        "event_reference",
        "within",
        "adjust",
        "covariates",
        "weight",
        "left_out",
        "estimate",
        "p_equal",
        "draws",
    ),
)
"""A line for each number of the headline that is computed anew: what is compared how, and what came out. p_equal: of the randomization test
with equal probabilities, of as many draws; empty for a line that has none."""


def package_of(study: Study, plan_file: bytes) -> dict[str, bytes]:
    """The files of the package by name, the same bytes for the same study. plan_file: the plan as it stands in its file.

    Raises UserError as the study does, and where the panel would hold what municipalities delivered.
    """
    _require_public(study)
    estimated, panel = study.effects, study.panel.sort_values(["indicator", "unit_id", "year"], ignore_index=True)
    effects = with_verdicts(study, estimated, verdicts_of(study, estimated))
    withheld = tuple(_withheld(study))
    files = {
        PANEL: panel.to_csv(index=False, lineterminator="\n").encode(),
        PLAN: plan_file,
        JOBS: _csv(JOB_COLUMNS, _jobs(panel, study.plan, effects)),
        "replicate.R": resources.files("kkz_eval.line").joinpath("templates", "replicate.R").read_bytes(),
        "codebook.csv": _codebook(study),
        "sources.csv": _sources(study),
        "withheld.csv": _for_people(("dataset", "title_de", "title_en", "unit_id", "unit", "years"), withheld),
        "versions.csv": _versions(study),
        "CITATION.cff": _citation(study),
        **{f"{EXPECTED}/{name}": content for name, content in results_files(effects).items()},
        **_lock(study),
    }
    files |= {
        say("replication.readme_file").in_language(language): _readme(study, bool(withheld), language) for language in LANGUAGES
    }
    listed = "".join(f"{digest_of_bytes(content)}  {name}\n" for name, content in sorted(files.items()))
    return {**files, SUMS: listed.encode()}


def _require_public(study: Study) -> None:
    """No plan rests on municipal figures today; one that did would hand them on without a word."""
    held = [name for name in study.datasets if name in _municipal(study) and name not in study.simulated]
    if held:
        raise UserError("export_not_public", package=say.package, plan=study.plan.id, datasets=", ".join(held))


def _municipal(study: Study) -> dict[str, Contract]:
    contracts = study.snapshot.contracts.values()
    return {contract.dataset: contract for contract in contracts if contract.source == "municipal"}


def _jobs(observed: pd.DataFrame, plan: Plan, effects: EffectsResult) -> Iterator[Sequence[object]]:
    """The headline of each outcome, then its alternatives, as the table of the verdict has them."""
    panel = validate_panel(observed, plan)
    middle = _middles(effects)
    for outcome in plan.outcomes:
        row = headline_row(effects.estimates, outcome.indicator, outcome.earliest_plausible_year, plan.headline)
        if row is None or row["status"] != "ok" or row["method"] not in IN_R:
            continue
        own = Alternative("headline", replace(plan, outcomes=(outcome,)), outcome, frozenset())
        yield _job("headline", own, str(row["aggregation"]), float(row["estimate"]), *_equal_chance(effects, row, plan))
        of_outcome = panel[panel["indicator"] == outcome.indicator]
        asked = with_other_scale(plan, outcome, panel)
        for alternative in alternatives(of_outcome, asked, outcome):
            estimate = middle.get((outcome.indicator, alternative.name))
            if estimate is not None and deciding(alternative.plan).method in IN_R:
                yield _job("alternative", alternative, str(row["aggregation"]), estimate, None, None)


def _job(
    kind: str, asked: Alternative, aggregation: str, estimate: float, p_equal: float | None, draws: int | None
) -> Sequence[object]:
    plan, outcome, spec = asked.plan, asked.outcome, deciding(asked.plan)
    first, last = outcome.window or (None, None)
    return (
        asked.name,
        kind,
        outcome.indicator,
        spec.method,
        spec.variant,
        "exposed" if outcome.earliest_plausible_year is not None else aggregation,
        outcome.scale,
        first,
        last,
        " ".join(map(str, plan.treated_cohorts or ())),
        plan.reference,
        plan.anticipation,
        outcome.earliest_plausible_year,
        plan.event_reference,
        "|".join(plan.comparison.within),
        "|".join(plan.comparison.adjust),
        "|".join(plan.covariates),
        plan.weight or "",
        " ".join(sorted(asked.left_out)),
        repr(estimate),
        None if p_equal is None else repr(p_equal),
        draws,
    )


def _middles(effects: EffectsResult) -> dict[tuple[str, str], float]:
    """The estimate of each alternative, which is the middle of its interval, by indicator and name."""
    rows = effects.sensitivity[effects.sensitivity["method"] == "specification"].dropna(subset=["conf_low", "conf_high"])
    middles = (rows["conf_low"] + rows["conf_high"]) / 2
    return dict(zip(zip(rows["indicator"], rows["parameter"], strict=True), middles.astype(float), strict=True))


def _equal_chance(effects: EffectsResult, row: pd.Series, plan: Plan) -> tuple[float | None, int | None]:
    """p of the row's randomization test with equal probabilities within the plan's strata, and how many assignments it rests on."""
    rows = effects.inference
    rows = rows[
        (rows[["indicator", "estimator", "aggregation"]] == row[["indicator", "estimator", "aggregation"]]).all(axis=1)
        & (rows["method"] == "randomization")
        & (rows["statistic"] == "coefficient")
        & (rows["theta"] == "zero")
        & (rows["within"] == " ".join(plan.comparison.within))
        & (rows["status"] == "ok")
    ]
    if rows.empty:
        return None, None
    return float(rows["p_value"].iloc[0]), int(rows["n_assignments"].iloc[0])


def _codebook(study: Study) -> bytes:
    """A line for each variable of the panel and each indicator in it."""
    catalogue, plan = study.installation.catalogue, study.plan
    rows: list[Sequence[object]] = []
    made = baseline_cells(plan)
    for name in study.panel.columns:
        meaning = _column_meaning(name, made[name].indicator if name in made else None, catalogue, made)
        rows.append((PANEL, name, *meaning, "", ""))
    for outcome in plan.outcomes:
        indicator = catalogue[outcome.indicator]
        rows.append(
            (
                PANEL,
                f"indicator = {outcome.indicator}",
                *(indicator.label[language] for language in LANGUAGES),
                " / ".join(indicator.unit[language] for language in LANGUAGES),
                plan.sources[outcome.indicator],
            )
        )
    return _for_people(("file", "variable", "meaning_de", "meaning_en", "unit", "dataset"), rows)


def _column_meaning(
    name: str, indicator: str | None, catalogue: Mapping[str, Indicator], made: Mapping[str, object]
) -> tuple[str, ...]:
    if indicator is not None:
        return tuple(
            say("replication.column.baseline", label=catalogue[indicator].label[language]).in_language(language)
            for language in LANGUAGES
        )
    known = ("unit_id", "year", "indicator", "value", "cohort", "kind")
    key = f"replication.column.{name}" if name in known else "replication.column.of_plan"
    return tuple(say(key).in_language(language) for language in LANGUAGES)


def _sources(study: Study) -> bytes:
    """Which files of which editions the panel rests on, with what their licences ask for."""
    rows: list[Sequence[object]] = []
    for dataset in study.datasets:
        contract = study.installation.contract_of(dataset)
        simulated = dataset in study.simulated
        titles = title_of(contract, study.simulated)
        state = "simulated" if simulated else "public"
        files = sorted({(s.arrival.name, s.arrival.sha256) for taken in study.taken(dataset) for s in taken.sources})
        editions = ", ".join(
            sorted({e for taken in study.taken(dataset) for e in taken.observations.column("edition").unique().to_pylist() if e})
        )
        attribution, licence = ("", "") if simulated else (contract.attribution, contract.licence)
        rows += [(dataset, titles["de"], titles["en"], state, editions, *file, attribution, licence) for file in files]
    columns = ("dataset", "title_de", "title_en", "state", "editions", "file", "sha256", "attribution", "licence")
    return _for_people(columns, rows)


def _withheld(study: Study) -> Iterator[Sequence[object]]:
    """What the descriptions of the report rest on and the package does not hold: deliveries of municipalities, by dataset and unit."""
    for dataset, contract in sorted(_municipal(study).items()):
        for unit, years in sorted(_accepted_years(study, dataset).items()):
            yield dataset, contract.title_de, contract.title_en, unit, unit_name(unit), " ".join(map(str, years))


def _accepted_years(study: Study, dataset: str) -> dict[str, list[int]]:
    years: dict[str, list[int]] = defaultdict(list)
    for (of, unit, year), history in sorted(study.snapshot.histories.items()):
        if of == dataset and history.holds is not None:
            years[unit].append(year)
    return years


def _versions(study: Study) -> bytes:
    libraries = [(name, version(name)) for name in LIBRARIES]
    own = [("python", platform.python_version()), ("kkz-eval", __version__), ("plan", plan_digest(study.plan))]
    return _for_people(("name", "version"), [*own, *libraries])


def _citation(study: Study) -> bytes:
    """CITATION.cff, version 1.2.0 of the format: how the evaluation is cited, with the sources that it rests on."""
    plan, settings = study.plan, study.installation.settings
    language = plan.languages[0]
    references = [
        {"type": "data", "title": contract.title_en, "authors": [{"name": contract.attribution}]}
        for contract in map(study.installation.contract_of, study.datasets)
        if contract.source == "official" and contract.dataset not in study.simulated
    ]
    said: dict[str, object] = {
        "cff-version": "1.2.0",
        "message": say("replication.cite").in_language("en"),
        "type": "dataset",
        "title": plan.title.get(language, plan.id),
        "authors": [{"name": settings.publisher or say("replication.no_publisher").in_language("en")}],
        "version": plan_digest(plan)[:16],
        "keywords": ["evaluation", "difference in differences", *(["simulated"] if study.simulated else [])],
    }
    if references:
        said["references"] = references
    return yaml.safe_dump(said, allow_unicode=True, sort_keys=False).encode()


def _lock(study: Study) -> dict[str, bytes]:
    """The lock, where the plan has one."""
    lock = study.conformity.lock
    return {} if lock is None else {"plan.lock.json": lock.to_bytes()}


def _readme(study: Study, withheld: bool, language: Language) -> bytes:
    sentences = [
        say("replication.readme.what", plan=study.plan.id),
        say("replication.readme.simulated") if study.simulated else say("replication.readme.public"),
        say("replication.readme.withheld") if withheld else say("replication.readme.nothing_withheld"),
        say("replication.readme.files"),
        say("replication.readme.replay"),
        say("replication.readme.r", methods=", ".join(IN_R)),
        say("replication.readme.licence"),
    ]
    title = study.plan.title.get(language) or study.plan.id
    told = "\n\n".join(one.in_language(language) for one in sentences)
    return f"{title}\n{'=' * len(title)}\n\n{told}\n".encode()


def _for_people(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A table that is read in a spreadsheet, with names and texts that others wrote."""
    return _csv(columns, ([left_alone(cell) if isinstance(cell, str) else cell for cell in row] for row in rows))


def _csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([["" if cell is None else cell for cell in row] for row in rows])
    return buffer.getvalue().encode()
