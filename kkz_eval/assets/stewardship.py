"""The assets for stewards: the board with a reply for each municipality, and next year's templates. No judgement, no values in the run history."""

from datetime import date

import dagster as dg

from kkz_eval import line as steps
from kkz_eval.assets.deliveries import GROUP, OWNERS, verdicts
from kkz_eval.assets.failures import sentences
from kkz_eval.assets.links import link
from kkz_eval.delivery_board import make_board, make_templates
from kkz_eval.descriptions import described
from kkz_eval.stewardship.board import State


@dg.asset(
    deps=[verdicts],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"html"},
    description=described("asset.delivery_board"),
)
def delivery_board(line: dg.ResourceParam[steps.Line]) -> dg.MaterializeResult[None]:
    """Show what is there of each municipality, dataset and year, and write each a reply."""
    with sentences(line.settings.language):
        board = make_board(line, date.today())
    return dg.MaterializeResult(
        metadata={
            "lieferstand": link(line, board.page),
            "antworten": len(board.folders),
            **{state.value: board.states.get(state.value, 0) for state in State},
        }
    )


@dg.asset(
    deps=[verdicts],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"excel"},
    description=described("asset.next_templates"),
)
def next_templates(line: dg.ResourceParam[steps.Line]) -> dg.MaterializeResult[None]:
    """Write next year's templates with the newest accepted values beside the empty cells."""
    with sentences(line.settings.language):
        templates = make_templates(line)
    return dg.MaterializeResult(metadata={"vorlagen": len(templates)})
