"""The assets of one plan, design, effects, audit and report, and the job that runs them. Made from the plan files, so that plans live side by side."""

from collections.abc import Iterator, Mapping

import dagster as dg
import pandas as pd
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from kkz_eval.assets.alone import HOME
from kkz_eval.assets.descriptions import described
from kkz_eval.assets.evidence import indicators
from kkz_eval.assets.failures import sentences
from kkz_eval.assets.figures import shown
from kkz_eval.assets.links import link, picture
from kkz_eval.assets.moment import study_in
from kkz_eval.assets.names import asset_name
from kkz_eval.assets.options import RunOptions
from kkz_eval.assets.simulated import said_where_simulated
from kkz_eval.evaluation.plan import Plan
from kkz_eval.line import say
from kkz_eval.line.audits import tried
from kkz_eval.line.current_pages import lead_to_report
from kkz_eval.line.headlines import headlines
from kkz_eval.line.installation import Installation
from kkz_eval.line.report import event_study_pictures, make_edition
from kkz_eval.line.sentences import references_listed
from kkz_eval.model.texts import LANGUAGES, Wording

OWNERS = ["team:auswertung"]
ON_ANY_WORKER = {"kkz/where": "any_worker"}
"""Of steps that need nothing but the snapshot: neither the inbox nor the processes that read files."""

_COLUMNS = {
    "indicator": "string",
    "estimator": "string",
    "aggregation": "string",
    "estimate": "float",
    "std_error": "float",
    "conf_low": "float",
    "conf_high": "float",
    "n_units": "int",
    "n_treated": "int",
    "n_clusters": "int",
    "status": "string",
    "reason": "string",
}
_AUDIT_COLUMNS = {
    "indicator": "string",
    **dict.fromkeys(("form", "within", "adjust", "law", "theta"), "string"),
    "size": "float",
    "mean_estimate": "float",
    "n_assignments": "int",
    "status": "string",
    "reason": "string",
}


def _table(frame: pd.DataFrame, columns: Mapping[str, str]) -> dg.TableMetadataValue:
    """These columns as Dagster shows a table; the reason is the message of what was refused."""
    rows = frame.assign(reason=frame["message"].where(frame["status"] == "refused", ""))[list(columns)].to_dict("records")
    records = [dg.TableRecord({str(name): shown(value) for name, value in row.items()}) for row in rows]
    described_columns = [dg.TableColumn(name, kind, description=described(f"column.{name}")) for name, kind in columns.items()]
    return dg.MetadataValue.table(records, dg.TableSchema(described_columns))


def plan_job(plan: Plan) -> UnresolvedAssetJobDefinition:
    """From what is accepted to the report of one plan. All its outcomes stand in the launchpad: whoever deletes some estimates the others."""
    title = Wording(plan.title or dict.fromkeys(LANGUAGES, plan.id))
    steps = ("design", "effects", *(() if plan.audit is None else ("audit",)), "report")
    options = {"plan": plan.id, "outcomes": [outcome.indicator for outcome in plan.outcomes]}
    return dg.define_asset_job(
        asset_name("Auswertung", plan),
        selection=dg.AssetSelection.assets(*(asset_name(step, plan) for step in steps)),
        config={"resources": {"options": {"config": options}}},
        description=described("job.plan", title=title),
    )


def plan_assets(plan: Plan) -> list[dg.AssetsDefinition]:
    """Design, effects, audit where the plan asks for one, and report of a plan. A run that leaves the plan out skips them all."""
    title = Wording(plan.title or dict.fromkeys(LANGUAGES, plan.id))
    group = asset_name("c_auswertung", plan)

    @dg.asset(
        name=asset_name("design", plan),
        deps=[indicators],
        group_name=group,
        op_tags=ON_ANY_WORKER,
        owners=OWNERS,
        kinds={"table"},
        output_required=False,
        description=described("asset.design", title=title),
        pool=HOME,
    )
    def design(
        context: dg.AssetExecutionContext, installation: dg.ResourceParam[Installation], options: RunOptions
    ) -> Iterator[dg.MaterializeResult[None]]:
        with sentences(installation.settings.language):
            if not options.outcomes_of(plan, installation.plans):
                return
            study = study_in(context, installation, plan.id)
            if not study.has_data:
                installation.progress(
                    say("progress.no_data", plan=plan.id, datasets=", ".join(sorted(set(plan.sources.values()))))
                )
                return
            matched, baseline, standing = study.matched, study.baseline, study.conformity
        sizes = study.groups["group"].value_counts().reindex(["treated", "reference", "later", "left_out"], fill_value=0)
        counts = {str(name): int(size) for name, size in sizes.items()}
        installation.progress(say("progress.design", plan=plan.id, **counts))
        named = {
            "treated": "programmgruppe",
            "reference": "vergleichsgruppe",
            "later": "anderer_beginn",
            "left_out": "ausgenommen",
        }
        yield dg.MaterializeResult(
            metadata={
                **said_where_simulated(study.simulated, installation.settings.language),
                **{named[group]: size for group, size in counts.items()},
                "festlegung": dg.MetadataValue.md(
                    "\n\n".join(said.in_language(installation.settings.language) for said in standing.sentences)
                ),
                "vergleichskreise_wirksam": shown(matched.ess),
                "ausgangswerte": baseline.digest,
                "naechste_vergleichskreise": dg.MetadataValue.md(references_listed(matched, installation.settings.language)),
            }
        )

    @dg.asset(
        name=asset_name("effects", plan),
        deps=[design],
        group_name=group,
        op_tags=ON_ANY_WORKER,
        owners=OWNERS,
        kinds={"statsmodels"},
        output_required=False,
        description=described("asset.effects", title=title),
        pool=HOME,
    )
    def effects(
        context: dg.AssetExecutionContext, installation: dg.ResourceParam[Installation], options: RunOptions
    ) -> Iterator[dg.MaterializeResult[None]]:
        language = installation.settings.language
        with sentences(language):
            chosen = options.outcomes_of(plan, installation.plans)
            if not chosen:
                return
            study = study_in(context, installation, plan.id)
            result = study.effects_of(chosen)
            first = {name.in_language(language): line.in_language(language) for name, line in headlines(study, result).values()}
            pictures = event_study_pictures(study, result)
            standing = study.conformity.headline.in_language(language)
            marks = study.marks
        left = [outcome.indicator for outcome in plan.outcomes if outcome.indicator not in chosen]
        partly = say("left_out_outcomes", outcomes=", ".join(left)).in_language(language)
        estimates = result.estimates
        overall = estimates[estimates[["cohort", "year", "event_time"]].isna().all(axis=1) & (estimates["term"] == "att")]
        refused = int((estimates["status"] == "refused").sum())
        installation.progress(say("progress.effects", plan=plan.id, ok=len(estimates) - refused, refused=refused))
        yield dg.MaterializeResult(
            metadata={
                **first,
                **({"nicht_geschaetzt": partly} if left else {}),
                **said_where_simulated(study.simulated, language),
                "schaetzungen": _table(overall, _COLUMNS),
                "verweigert": refused,
                "nicht_endgueltige_werte": "; ".join(f"{name}: {sum(found.values())}" for name, found in marks.items()) or "–",
                "festlegung": standing,
                **{f"verlauf {name}": picture(installation, key, name) for name, key in pictures.items()},
            }
        )

    @dg.asset(
        name=asset_name("audit", plan),
        deps=[effects],  # which computes the rows, so that no two processes do
        group_name=group,
        op_tags=ON_ANY_WORKER,
        owners=OWNERS,
        kinds={"table"},
        output_required=False,
        description=described("asset.audit", title=title),
        pool=HOME,
    )
    def audit(
        context: dg.AssetExecutionContext, installation: dg.ResourceParam[Installation], options: RunOptions
    ) -> Iterator[dg.MaterializeResult[None]]:
        language = installation.settings.language
        with sentences(language):
            chosen = options.outcomes_of(plan, installation.plans)
            if not chosen:
                return
            study = study_in(context, installation, plan.id)
            rows = study.effects_of(chosen).audit
            full, blind, *others = (one.sentence.in_language(language) for one in tried(rows, plan))
        yield dg.MaterializeResult(
            metadata={
                "vergleich_des_plans": full,
                "vergleich_des_plans_blind": blind,
                **({"andere_vergleiche_blind": dg.MetadataValue.md("\n\n".join(others))} if others else {}),
                **said_where_simulated(study.simulated, language),
                "pruefungen": _table(rows, _AUDIT_COLUMNS),
            }
        )

    audits = [] if plan.audit is None else [audit]

    @dg.asset(
        name=asset_name("report", plan),
        deps=[effects, *audits],
        group_name=group,
        op_tags=ON_ANY_WORKER,
        owners=OWNERS,
        kinds={"html"},
        output_required=False,
        description=described("asset.report", title=title),
        pool=HOME,
    )
    def report(
        context: dg.AssetExecutionContext, installation: dg.ResourceParam[Installation], options: RunOptions
    ) -> Iterator[dg.MaterializeResult[None]]:
        with sentences(installation.settings.language):
            if not options.outcomes_of(plan, installation.plans):
                return
            study = study_in(context, installation, plan.id)
            edition = make_edition(study)
            current = lead_to_report(installation, plan, edition)
        yield dg.MaterializeResult(
            metadata={
                **said_where_simulated(study.simulated, installation.settings.language),
                "bericht": dg.MetadataValue.path(installation.steps.store.address_of(edition.page)),
                "oeffnen": link(installation, edition.page),
                "aktuell": link(installation, current),
                "fassung": edition.digest,
            }
        )

    return [design, effects, *audits, report]
