"""What Dagster's pages say beside figures that are made up. Whether they are, snapshot and study know."""

from __future__ import annotations

from kkz_eval.assets import say
from kkz_eval.model.texts import Language


def said_where_simulated(simulated: bool, language: Language) -> dict[str, str]:
    """The entry of metadata for made-up figures; none for others."""
    return {"simuliert": say("simulated").in_language(language)} if simulated else {}
