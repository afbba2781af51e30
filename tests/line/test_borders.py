"""The file of borders: outlines by key, and a sentence for each file that can't serve."""

from __future__ import annotations

import json

import pytest

from kkz_eval.line.borders import borders_of
from kkz_eval.model.errors import UserError

SQUARE = [[6.0, 51.0], [7.0, 51.0], [7.0, 52.0], [6.0, 52.0], [6.0, 51.0]]
BESIDE = [[x + 1, y] for x, y in SQUARE]


def feature(key, *rings, name="AGS"):
    return {
        "type": "Feature",
        "properties": {name: key},
        "geometry": {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]},
    }


def write(folder, **content):
    (folder / "boundaries").mkdir()
    whole = {"type": "FeatureCollection", "attribution": "© Amt der Probe", "features": [feature("05111", SQUARE)]} | content
    (folder / "boundaries" / "kreis.geojson").write_text(json.dumps(whole), encoding="utf-8")
    return folder


def test_without_a_file_there_are_no_borders(tmp_path):
    assert borders_of(tmp_path, "kreis", {"05111"}) is None


def test_outlines_stand_by_key_with_whom_to_credit(tmp_path):
    features = [feature("05111", SQUARE), feature("05112", BESIDE, SQUARE, name="RS"), feature("09999", SQUARE)]
    found = borders_of(write(tmp_path, features=features), "kreis", {"05111", "05112"})
    assert found is not None
    assert found.attribution == "© Amt der Probe"
    assert [(key, len(rings)) for key, rings in found.outlines.items()] == [("05111", 1), ("05112", 2)]
    assert found.outlines["05111"][0] == tuple(map(tuple, SQUARE))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"attribution": " "}, "wem sie zu verdanken ist"),
        ({"features": [feature("05111", [[x * 50_000, y * 100_000] for x, y in SQUARE])]}, "nicht Meter"),
        ({"features": [feature("05112", SQUARE)]}, "fehlen Umrisse: 05111"),
        ({"features": [{"properties": {"AGS": "05111"}, "geometry": {"type": "Point", "coordinates": [6, 51]}}]}, "nicht lesen"),
        ({"features": None}, "nicht lesen"),
    ],
)
def test_a_file_that_can_not_serve_is_refused_with_a_sentence(tmp_path, content, said):
    with pytest.raises(UserError) as refused:
        borders_of(write(tmp_path, **content), "kreis", {"05111"})
    assert said in refused.value.sentence.in_language("de")


def test_a_file_that_is_no_json_is_refused(tmp_path):
    write(tmp_path)
    (tmp_path / "boundaries" / "kreis.geojson").write_text("{", encoding="utf-8")
    with pytest.raises(UserError):
        borders_of(tmp_path, "kreis", {"05111"})
