"""The assets for stewards: the board with a reply for each municipality, and next year's templates. No judgement, no values in the run history."""

import dagster as dg

from kkz_eval.assets.alone import HOME
from kkz_eval.assets.deliveries import GROUP, OWNERS, verdicts
from kkz_eval.assets.descriptions import described
from kkz_eval.assets.failures import sentences
from kkz_eval.assets.links import link
from kkz_eval.assets.moment import moment_of
from kkz_eval.line.correspondence import make_board, make_templates
from kkz_eval.line.current_pages import lead_to_board, lead_to_templates
from kkz_eval.line.installation import Installation

_FOLDERS = dg.TableSchema(
    [dg.TableColumn("kommune", "string"), dg.TableColumn("vorlagen", "int"), dg.TableColumn("ordner", "string")]
)


@dg.asset(
    deps=[verdicts],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"html"},
    description=described("asset.delivery_board"),
    pool=HOME,
)
def delivery_board(context: dg.AssetExecutionContext, installation: dg.ResourceParam[Installation]) -> dg.MaterializeResult[None]:
    """Show what is there of each municipality, dataset and year, and write each a reply."""
    with sentences(installation.settings.language):
        board = make_board(moment_of(context, installation))
        current = lead_to_board(installation, board)
    return dg.MaterializeResult(
        metadata={
            "lieferstand": link(installation, board.page),
            "aktuell": link(installation, current),
            "antworten": len(board.folders),
            **{state.said.in_language(installation.settings.language): count for state, count in board.states.items()},
            "fehlt_nach_der_frist": board.n_overdue,
        }
    )


@dg.asset(
    deps=[verdicts],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"excel"},
    description=described("asset.next_templates"),
    pool=HOME,
)
def next_templates(context: dg.AssetExecutionContext, installation: dg.ResourceParam[Installation]) -> dg.MaterializeResult[None]:
    """Write next year's templates with the newest accepted values beside the empty cells."""
    with sentences(installation.settings.language):
        templates = make_templates(moment_of(context, installation))
        current = lead_to_templates(installation, templates)
    store = installation.steps.store
    folders = [
        dg.TableRecord({"kommune": name, "vorlagen": count, "ordner": store.address_of(folder)})
        for name, count, folder in templates.of_each
    ]
    return dg.MaterializeResult(
        metadata={
            "vorlagen": len(templates.files),
            "ordner": dg.MetadataValue.table(folders, schema=_FOLDERS),
            "aktuell": link(installation, current),
        }
    )
