"""The assets of one plan: design, effects, report. Made from the plan files, so that plans live side by side."""

import math
from collections.abc import Iterator
from numbers import Integral
from typing import Any

import dagster as dg

from kkz_eval import line as steps
from kkz_eval.assets.evidence import indicators
from kkz_eval.assets.failures import sentences
from kkz_eval.assets.links import link, picture
from kkz_eval.descriptions import described
from kkz_eval.editions import event_study_pictures, make_edition
from kkz_eval.evaluation.plan import Plan, plain_id
from kkz_eval.jobs import RunOptions
from kkz_eval.model.texts import LANGUAGES
from kkz_eval.planning import conformity_of
from kkz_eval.reference.tables import unit_name
from kkz_eval.sentences import say

OWNERS = ["team:auswertung"]

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
}
_SCHEMA = dg.TableSchema([dg.TableColumn(name, kind, description=described(f"column.{name}")) for name, kind in _COLUMNS.items()])


def asset_name(step: str, plan: Plan) -> str:
    """Name of a plan's asset: Dagster takes no hyphen."""
    return f"{step}_{plain_id(plan.id)}"


def _shown(value: object) -> str | int | float | None:
    """A cell of the inline table; three digits, None for a missing number."""
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, 3)
    return int(value) if isinstance(value, Integral) else str(value)


def _headline(row: Any) -> str:
    """Estimate, interval and numbers in one line; the reason where it was refused."""
    if row.status != "ok":
        return str(row.message)
    numbers = f"{row.estimate:.3f} [{row.conf_low:.3f}, {row.conf_high:.3f}], n = {row.n_treated} + {row.n_control}"
    return f"{numbers}, {row.n_clusters} Cluster, SE {row.std_error:.3f}".replace("-", "−")


def _references(design: steps.Design) -> str:
    """The nearest reference Kreise of each treated Kreis, with distances, a line each."""
    lines = []
    for unit, part in design.matched.references.groupby("unit_id", sort=True):
        pairs = zip(part["reference_id"], part["distance"], strict=True)
        near = ", ".join(f"{unit_name(reference)} ({distance:.2f})" for reference, distance in pairs)
        lines.append(f"- {unit_name(str(unit))}: {near}")
    return "\n".join(lines)


def plan_assets(plan: Plan) -> list[dg.AssetsDefinition]:
    """Design, effects and report of a plan. A run that leaves the plan out skips all three."""
    title = plan.title or dict.fromkeys(LANGUAGES, plan.id)
    group = asset_name("c_auswertung", plan)

    @dg.asset(
        name=asset_name("design", plan),
        deps=[indicators],
        group_name=group,
        owners=OWNERS,
        kinds={"table"},
        output_required=False,
        description=described("asset.design", title=title),
    )
    def design(line: dg.ResourceParam[steps.Line], options: RunOptions) -> Iterator[dg.MaterializeResult[None]]:
        if not options.takes(plan.id):
            return
        with sentences(line.settings.language):
            if not steps.has_data(line, plan):
                line.progress(
                    say(
                        "progress.no_data",
                        line.settings.language,
                        plan=plan.id,
                        datasets=", ".join(sorted(set(plan.sources.values()))),
                    )
                )
                return
            current = line.plans[plan.id]
            result = steps.design(line, current)
            standing = conformity_of(line, current, result.baseline)
        sizes = result.groups["group"].value_counts().reindex(["treated", "reference", "later", "left_out"], fill_value=0)
        counts = {str(name): int(size) for name, size in sizes.items()}
        line.progress(say("progress.design", line.settings.language, plan=plan.id, **counts))
        yield dg.MaterializeResult(
            metadata={
                **counts,
                "festlegung": dg.MetadataValue.md("\n\n".join(standing.sentences(line.settings.language))),
                "vergleichskreise_wirksam": round(result.matched.ess, 2),
                "ausgangswerte": result.baseline.digest,
                "naechste_vergleichskreise": dg.MetadataValue.md(_references(result)),
            }
        )

    @dg.asset(
        name=asset_name("effects", plan),
        deps=[design],
        group_name=group,
        owners=OWNERS,
        kinds={"statsmodels"},
        output_required=False,
        description=described("asset.effects", title=title),
    )
    def effects(line: dg.ResourceParam[steps.Line], options: RunOptions) -> Iterator[dg.MaterializeResult[None]]:
        if not options.takes(plan.id):
            return
        with sentences(line.settings.language):
            result = steps.effects(line, line.plans[plan.id], options.outcomes)
            pictures = event_study_pictures(line, line.plans[plan.id], result)
            baseline = steps.baseline_of_plan(line, line.plans[plan.id])
            standing = conformity_of(line, line.plans[plan.id], baseline).headline(line.settings.language)
            marks = steps.marks_of_plan(line, line.plans[plan.id])
        estimates = result.estimates
        headline = estimates[estimates["aggregation"].isin(["coefficient", "exposed"]) & (estimates["term"] == "att")]
        refused = int((estimates["status"] == "refused").sum())
        line.progress(say("progress.effects", line.settings.language, plan=plan.id, ok=len(estimates) - refused, refused=refused))
        records = [
            dg.TableRecord({str(name): _shown(value) for name, value in row.items()})
            for row in headline[list(_COLUMNS)].to_dict("records")
        ]
        yield dg.MaterializeResult(
            metadata={
                **{f"{row.indicator} ({row.estimator}, {row.aggregation})": _headline(row) for row in headline.itertuples()},
                "schaetzungen": dg.MetadataValue.table(records, _SCHEMA),
                "verweigert": refused,
                "nicht_endgueltige_werte": "; ".join(f"{name}: {sum(found.values())}" for name, found in marks.items()) or "–",
                "festlegung": standing,
                **{f"verlauf {name}": picture(line, key, name) for name, key in pictures.items()},
            }
        )

    @dg.asset(
        name=asset_name("report", plan),
        deps=[effects],
        group_name=group,
        owners=OWNERS,
        kinds={"html"},
        output_required=False,
        description=described("asset.report", title=title),
    )
    def report(line: dg.ResourceParam[steps.Line], options: RunOptions) -> Iterator[dg.MaterializeResult[None]]:
        if not options.takes(plan.id) or options.outcomes:
            return
        with sentences(line.settings.language):
            edition = make_edition(line, line.plans[plan.id])
        yield dg.MaterializeResult(
            metadata={
                "bericht": dg.MetadataValue.path(str(line.steps.store.local_path(edition.page))),
                "oeffnen": link(line, edition.page),
                "fassung": edition.digest,
            }
        )

    return [design, effects, report]
