"""Which Kreise adjoin: symmetric, complete, and what the outlines say."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from kkz_eval.reference.adjacency import adjoin, adjoining
from kkz_eval.reference.tables import kreise

ROOT = Path(__file__).resolve().parents[2]
OUTLINES = Path(os.environ.get("KKZ_SHARED", ROOT.parent / "shared")) / "data" / "geo" / "nrw_landkreise.topojson"


def test_every_kreis_adjoins_another_and_none_itself() -> None:
    assert set(adjoining()) == {kreis.ags5 for kreis in kreise()}
    assert all(adjoining().values())
    assert not [key for key, others in adjoining().items() if key in others]


def test_whoever_adjoins_is_adjoined() -> None:
    assert all(key in adjoining()[other] for key, others in adjoining().items() for other in others)


def test_bonn_lies_in_the_rhein_sieg_kreis_and_nowhere_near_bielefeld() -> None:
    assert adjoining()["05314"] == {"05382"}
    assert adjoin("05382", "05314")
    assert not adjoin("05314", "05711")


def test_an_unknown_key_is_an_error() -> None:
    with pytest.raises(KeyError):
        adjoin("05111", "05999")
    with pytest.raises(KeyError):
        adjoin("05999", "05111")


@pytest.mark.skipif(not OUTLINES.exists(), reason="the shared data are not beside this repository")
def test_the_table_is_what_the_outlines_say() -> None:
    """An arc of the topology that belongs to two Kreise is their border."""
    owners: dict[int, set[str]] = {}
    for region in json.loads(OUTLINES.read_text(encoding="utf-8"))["objects"]["regions"]["geometries"]:
        for arc in _arcs(region["arcs"]):
            owners.setdefault(arc, set()).add(region["properties"]["ags"])
    borders = {frozenset(pair) for pair in owners.values() if len(pair) == 2}
    assert all(len(kreise) <= 2 for kreise in owners.values())
    assert {frozenset((key, other)) for key, others in adjoining().items() for other in others} == borders


def _arcs(nested: object) -> Iterator[int]:
    """Numbers of arcs, those that are run backwards (~number) as the same ones."""
    if isinstance(nested, int):
        yield nested if nested >= 0 else ~nested
    elif isinstance(nested, list):
        for part in nested:
            yield from _arcs(part)
