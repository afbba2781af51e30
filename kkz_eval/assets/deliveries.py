"""The assets from the inbox to the verdict, by reporting year: landing, parsed, verdicts."""

from collections import Counter

import dagster as dg

from kkz_eval import line as steps
from kkz_eval.assets.failures import sentences
from kkz_eval.partitions import reporting_years

GROUP = "lieferungen"
WHOLE_RANGE = dg.BackfillPolicy.single_run()


def years_of(context: dg.AssetExecutionContext) -> tuple[int, ...]:
    """The reporting years of this run."""
    return tuple(int(key) for key in context.partition_keys)


@dg.asset(
    partitions_def=reporting_years,
    backfill_policy=WHOLE_RANGE,
    group_name=GROUP,
    description="Eingegangene Dateien, unverändert aufbewahrt unter ihrer Prüfsumme.",
)
def landing(context: dg.AssetExecutionContext, line: dg.ResourceParam[steps.Line]) -> dg.MaterializeResult[None]:
    """Screen the inbox and keep what a contract claims."""
    with sentences(line.settings.language):
        intake = steps.land(line, years_of(context))
    for notice in intake.notices:
        context.log.info(notice.sentences[line.settings.language])
    kinds = Counter(notice.kind for notice in intake.notices)
    return dg.MaterializeResult(
        metadata={
            "dateien_im_eingang": intake.present,
            "neu": len(intake.landed),
            "schon_bekannt": len(intake.known),
            "nicht_verwendet": kinds["unclaimed"],
            "abgelehnt": kinds["refused"],
            "hinweise": dg.MetadataValue.text("\n".join(n.sentences[line.settings.language] for n in intake.notices)),
        }
    )


@dg.asset(
    partitions_def=reporting_years,
    backfill_policy=WHOLE_RANGE,
    group_name=GROUP,
    deps=[landing],
    description="Die Dateien als Tabellen: jede Zelle mit Wert, Symbol und Adresse.",
)
def parsed(context: dg.AssetExecutionContext, line: dg.ResourceParam[steps.Line]) -> dg.MaterializeResult[None]:
    """Read what arrived and was not read before."""
    with sentences(line.settings.language):
        arrivals = steps.parse_arrivals(line, years_of(context))
    return dg.MaterializeResult(metadata={"neu_gelesen": len(arrivals)})


@dg.asset(
    partitions_def=reporting_years,
    backfill_policy=WHOLE_RANGE,
    group_name=GROUP,
    deps=[parsed],
    description="Das Urteil über jede Datei nach ihrem Vertrag; es steht im Register.",
)
def verdicts(context: dg.AssetExecutionContext, line: dg.ResourceParam[steps.Line]) -> dg.MaterializeResult[None]:
    """Judge what arrived and has no verdict yet."""
    with sentences(line.settings.language):
        judged = steps.judge_arrivals(line, years_of(context))
    count = Counter(row.verdict.status.value for row in judged)
    return dg.MaterializeResult(
        metadata={
            "angenommen": count["accepted"],
            "angenommen_mit_hinweisen": count["accepted_with_warnings"],
            "zurueckgewiesen": count["rejected"],
        }
    )
