"""What Dagster's pages say beside figures that are made up. Whether they are, snapshot and study know."""

from __future__ import annotations

from collections.abc import Collection

from kkz_eval.assets import say
from kkz_eval.model.texts import Language


def said_where_simulated(simulated: Collection[str], language: Language) -> dict[str, str]:
    """The entry of metadata where any of the figures are made up; none otherwise. simulated: the datasets whose figures are."""
    return {"simuliert": say("simulated").in_language(language)} if simulated else {}
