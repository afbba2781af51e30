"""The map of tiles: every Kreis once, and neighbours mostly neighbours in truth."""

from __future__ import annotations

from kkz_eval.reference.adjacency import adjoining
from kkz_eval.reference.tables import kreise
from kkz_eval.reference.tiles import tiles


def places():
    return {(tile.column, tile.row): key for key, tile in tiles().items()}


def test_every_kreis_has_a_tile_of_its_own_and_letters_of_its_own():
    assert set(tiles()) == {kreis.ags5 for kreis in kreise()}
    assert len(places()) == len({tile.plate for tile in tiles().values()}) == 53
    assert min(tile.column for tile in tiles().values()) == min(tile.row for tile in tiles().values()) == 0
    assert max(tile.column for tile in tiles().values()) < 10


def test_tiles_side_by_side_are_mostly_neighbours_in_truth():
    found, neighbours = places(), adjoining()
    beside = [
        (key, found[(column + across, row + down)])
        for (column, row), key in found.items()
        for across, down in ((1, 0), (0, 1))
        if (column + across, row + down) in found
    ]
    true = sum(other in neighbours[one] for one, other in beside)
    assert true / len(beside) > 0.8


def test_neighbours_in_truth_mostly_touch_on_the_map():
    pairs = [(tiles()[one], tiles()[other]) for one, others in adjoining().items() for other in others if one < other]
    touching = sum(max(abs(one.column - other.column), abs(one.row - other.row)) == 1 for one, other in pairs)
    assert touching / len(pairs) > 0.75
