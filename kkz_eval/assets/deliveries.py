"""The assets from the inbox to the verdict, by reporting year: landing, parsed, verdicts; and the state of all deliveries."""

from collections import Counter

import dagster as dg

from kkz_eval.assets import say
from kkz_eval.assets.descriptions import described
from kkz_eval.assets.failures import sentences
from kkz_eval.assets.links import protocol_links
from kkz_eval.assets.moment import moment_of, take_moment
from kkz_eval.assets.options import RunOptions
from kkz_eval.line import say as say_of_line
from kkz_eval.line.correspondence import write_marked_copies
from kkz_eval.line.installation import Installation
from kkz_eval.line.intake import judge_arrivals, land, parse_arrivals, write_protocols
from kkz_eval.model.verdicts import Status
from kkz_eval.partitions import reporting_years

GROUP = "a_lieferungen"
OWNERS = ["team:datenverantwortliche"]
WHOLE_RANGE = dg.BackfillPolicy.single_run()


def years_of(context: dg.AssetExecutionContext, options: RunOptions) -> tuple[int, ...]:
    """The reporting years of this run: its partitions. Raises UserError where the option `years` can't be read or says others."""
    years = tuple(int(key) for key in context.partition_keys)
    options.require_years(years)
    return years


@dg.asset(
    partitions_def=reporting_years,
    backfill_policy=WHOLE_RANGE,
    group_name=GROUP,
    owners=OWNERS,
    kinds={"file"},
    description=described("asset.landing"),
)
def landing(
    context: dg.AssetExecutionContext, installation: dg.ResourceParam[Installation], options: RunOptions
) -> dg.MaterializeResult[None]:
    """Screen the inbox and keep what a contract claims."""
    with sentences(installation.settings.language):
        intake = land(installation, years_of(context, options))
    # only names: the sentence about an unknown file quotes its first row, and nothing of a file's contents enters the run history
    said = [
        say_of_line(f"notice.{notice.kind}", sentence=notice.name).in_language(installation.settings.language)
        for notice in intake.notices
    ]
    for sentence in said:
        context.log.info(sentence)
    kinds = Counter(notice.kind for notice in intake.notices)
    return dg.MaterializeResult(
        metadata={
            "dateien_im_eingang": intake.present,
            "neu": len(intake.landed),
            "schon_bekannt": len(intake.known),
            "nicht_verwendet": kinds["unclaimed"],
            "abgelehnt": kinds["refused"],
            "hinweise": dg.MetadataValue.text("\n".join(said) or "–"),
        }
    )


@dg.asset(
    partitions_def=reporting_years,
    backfill_policy=WHOLE_RANGE,
    deps=[landing],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"table", "parquet"},
    description=described("asset.parsed"),
)
def parsed(
    context: dg.AssetExecutionContext, installation: dg.ResourceParam[Installation], options: RunOptions
) -> dg.MaterializeResult[None]:
    """Read what arrived and was not read before."""
    with sentences(installation.settings.language):
        arrivals = parse_arrivals(installation, years_of(context, options))
    return dg.MaterializeResult(metadata={"neu_gelesen": len(arrivals)})


@dg.asset(
    partitions_def=reporting_years,
    backfill_policy=WHOLE_RANGE,
    deps=[parsed],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"register"},
    description=described("asset.verdicts"),
)
def verdicts(
    context: dg.AssetExecutionContext, installation: dg.ResourceParam[Installation], options: RunOptions
) -> dg.MaterializeResult[None]:
    """Judge what arrived and has no verdict yet; write a protocol and a marked copy for every delivery with findings."""
    with sentences(installation.settings.language):
        years = years_of(context, options)
        judged = judge_arrivals(installation, years)
        protocols = write_protocols(installation, years)
        copies = write_marked_copies(installation, years)
        take_moment(context, installation)
    count = Counter(row.verdict.status.value for row in judged)
    return dg.MaterializeResult(
        metadata={
            "angenommen": count["accepted"],
            "angenommen_mit_hinweisen": count["accepted_with_warnings"],
            "zurueckgewiesen": count["rejected"],
            "markierte_kopien": len(copies),
            **protocol_links(installation, protocols),
        }
    )


@dg.asset(
    deps=[verdicts],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"table"},
    description=described("asset.delivery_status"),
)
def delivery_status(
    context: dg.AssetExecutionContext, installation: dg.ResourceParam[Installation]
) -> dg.MaterializeResult[None]:
    """Say plainly what is accepted and what is rejected."""
    states = moment_of(context, installation).delivery_states
    rejected = [state for state in states if state.status == Status.REJECTED]
    records = [
        dg.TableRecord(
            {
                "datensatz": state.dataset,
                "kommune": state.unit_name,
                "jahr": state.year,
                "stand": say("state.rejected").in_language(installation.settings.language),
                "fehler": state.n_errors,
                "datei": state.name,
            }
        )
        for state in rejected
    ]
    count = Counter((state.dataset, state.status) for state in states)
    summary = [
        dg.TableRecord({"datensatz": dataset, **{status.value: count[(dataset, status)] for status in Status}})
        for dataset in sorted({state.dataset for state in states})
    ]
    key = "state.some_rejected" if rejected else "state.none_rejected"
    sentence = say(key, count=len(rejected)).in_language(installation.settings.language)
    return dg.MaterializeResult(
        metadata={
            "stand": sentence,
            "zurueckgewiesen": dg.MetadataValue.table(records, _REJECTED),
            "uebersicht": dg.MetadataValue.table(summary, _SUMMARY),
        }
    )


_REJECTED = dg.TableSchema(
    [
        dg.TableColumn("datensatz", "string", description=described("column.dataset")),
        dg.TableColumn("kommune", "string", description=described("column.unit")),
        dg.TableColumn("jahr", "int", description=described("column.year")),
        dg.TableColumn("stand", "string", description=described("column.state")),
        dg.TableColumn("fehler", "int", description=described("column.errors")),
        dg.TableColumn("datei", "string", description=described("column.file")),
    ]
)
_SUMMARY = dg.TableSchema(
    [
        dg.TableColumn("datensatz", "string", description=described("column.dataset")),
        *(dg.TableColumn(status.value, "int", description=described("column.slices")) for status in Status),
    ]
)
