"""The assets from the inbox to the verdict, by reporting year: landing, parsed, verdicts; and the state of all deliveries."""

from collections import Counter
from collections.abc import Sequence

import dagster as dg

from kkz_eval.assets import say
from kkz_eval.assets.alone import HOME
from kkz_eval.assets.descriptions import described
from kkz_eval.assets.failures import sentences
from kkz_eval.assets.links import protocol_links
from kkz_eval.assets.moment import moment_of, take_moment
from kkz_eval.assets.options import RunOptions
from kkz_eval.line import say as say_of_line
from kkz_eval.line.correspondence import write_marked_copies, write_protocols
from kkz_eval.line.installation import Installation
from kkz_eval.line.intake import judge_arrivals, land, parse_arrivals
from kkz_eval.line.weighed import counted, tell_what_was_judged, weighed
from kkz_eval.model.texts import Joined
from kkz_eval.model.verdicts import COUNTING, State
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
    pool=HOME,
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
    pool=HOME,
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
    pool=HOME,
)
def verdicts(
    context: dg.AssetExecutionContext, installation: dg.ResourceParam[Installation], options: RunOptions
) -> dg.MaterializeResult[None]:
    """Judge what arrived and has no verdict yet; write a protocol and a marked copy for every delivery with findings."""
    with sentences(installation.settings.language):
        years = years_of(context, options)
        judge_arrivals(installation, years)
        snapshot = take_moment(context, installation)
        rows = weighed(snapshot, years)
        protocols = write_protocols(snapshot, rows)
        copies = write_marked_copies(snapshot, rows)
        tell_what_was_judged(snapshot, rows)
    language = installation.settings.language
    return dg.MaterializeResult(
        metadata={
            **{state.said.in_language(language): count for state, count in counted(rows).items()},
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
    pool=HOME,
)
def delivery_status(
    context: dg.AssetExecutionContext, installation: dg.ResourceParam[Installation]
) -> dg.MaterializeResult[None]:
    """Say plainly what is accepted and what is not, and where another delivery counts."""
    language = installation.settings.language
    with sentences(language):
        moment = moment_of(context, installation)
        known = moment.histories.values()
        # rejected, and nobody can read of whom they speak
        nameless = [source for source, unit, _ in moment.rejected_slices if not unit]
    kept_out = [history for history in known if history.state not in (*COUNTING, State.SUPERSEDED)]
    records = [
        dg.TableRecord(
            {
                "datensatz": history.dataset,
                "kommune": history.unit_name,
                "jahr": history.year,
                "stand": history.state.said.in_language(language),
                "es_gilt": "–" if (counts := history.delivery_that_counts) is None else counts.in_language(language),
                "fehler": history.verdict.n_errors_about(history.part),
                "datei": history.newest.name,
            }
        )
        for history in kept_out
    ] + [
        dg.TableRecord(
            {
                "datensatz": installation.contracts[source.verdict.contract_id].dataset,
                "kommune": "–",
                "jahr": None,
                "stand": source.verdict.state.said.in_language(language),
                "es_gilt": "–",
                "fehler": source.verdict.n_errors,
                "datei": source.arrival.name,
            }
        )
        for source in nameless
    ]
    count = Counter((history.dataset, history.state) for history in known)
    states = sorted({*COUNTING, State.REJECTED, *(state for _, state in count)}, key=list(State).index)
    summary = [
        dg.TableRecord({"datensatz": dataset, **{state.said.in_language(language): count[(dataset, state)] for state in states}})
        for dataset in sorted({dataset for dataset, _ in count})
    ]
    of_state = Counter([*(history.state for history in kept_out), *(source.verdict.state for source in nameless)])
    by_state = Joined(
        tuple(say("state.count", state=state.said, count=of_state[state]) for state in states if of_state[state]), "; "
    )
    sentence = say("state.some_rejected", counted=by_state) if records else say("state.none_rejected")
    return dg.MaterializeResult(
        metadata={
            "stand": sentence.in_language(language),
            "zurueckgewiesen": dg.MetadataValue.table(records, _REJECTED),
            "uebersicht": dg.MetadataValue.table(summary, _summary([state.said.in_language(language) for state in states])),
        }
    )


_REJECTED = dg.TableSchema(
    [
        dg.TableColumn("datensatz", "string", description=described("column.dataset")),
        dg.TableColumn("kommune", "string", description=described("column.unit")),
        dg.TableColumn("jahr", "int", description=described("column.year")),
        dg.TableColumn("stand", "string", description=described("column.state")),
        dg.TableColumn("es_gilt", "string", description=described("column.holds")),
        dg.TableColumn("fehler", "int", description=described("column.errors")),
        dg.TableColumn("datei", "string", description=described("column.file")),
    ]
)


def _summary(states: Sequence[str]) -> dg.TableSchema:
    """A column for each state, by its word."""
    return dg.TableSchema(
        [
            dg.TableColumn("datensatz", "string", description=described("column.dataset")),
            *(dg.TableColumn(state, "int", description=described("column.slices")) for state in states),
        ]
    )
