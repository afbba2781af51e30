"""The map: of tiles or outlines, each group told without colour, and no map where there are neither."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import pandas as pd
import pytest

from kkz_eval.reference.tables import kreise
from kkz_eval.reporting import claims
from kkz_eval.reporting.document import Figure, plain
from kkz_eval.reporting.figures import canvas
from kkz_eval.reporting.figures import map as maps
from kkz_eval.reporting.figures.canvas import NARROW, WIDE
from kkz_eval.reporting.figures.map import Map, Place, map_chart
from kkz_eval.reporting.inputs import GROUPS, Borders
from kkz_eval.reporting.sections.who import map_blocks

SQUARE = ((6.0, 51.0), (7.0, 51.0), (7.0, 52.0), (6.0, 52.0), (6.0, 51.0))
PAGES = pytest.mark.parametrize("page", [WIDE, NARROW])


def on_kreise(inputs, **changes):
    """The inputs with all Kreise of the register, a group after the other."""
    rows = [
        {"unit_id": kreis.ags5, "name": kreis.name, "group": GROUPS[place % 4], "cohort": None}
        for place, kreis in enumerate(kreise())
    ]
    return replace(inputs, groups=pd.DataFrame(rows), **changes)


def words(svg):
    return ["".join(node.itertext()) for node in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def shifted(by):
    return tuple((x + by, y) for x, y in SQUARE)


def outlined():
    return Map(tuple(Place(f"0511{n}", f"Kreis {n}", group, outline=(shifted(0.5 * n),)) for n, group in enumerate(GROUPS)), True)


@pytest.mark.parametrize("language", ["de", "en"])
def test_kreise_have_a_map_of_tiles_with_every_one_named(inputs, language):
    (figure,) = map_blocks(on_kreise(inputs), language)
    assert isinstance(figure, Figure)
    for svg in (figure.svg_wide, figure.svg_narrow):
        assert {"HSK", "MI", "D"} <= set(words(svg))
    assert all(kreis.name in figure.alternative_text for kreis in kreise())
    assert figure.data is not None
    assert len(figure.data.rows) == 53
    names = {kreis.name for kreis in kreise()}
    texts = [figure.alternative_text, plain(figure.caption), plain(figure.source)]
    assert [hit for text in texts for hit in claims.find(text, names)] == []


def test_outlines_take_the_place_of_tiles_and_are_credited(inputs):
    borders = Borders("© Amt der Probe", {kreis.ags5: (SQUARE,) for kreis in kreise()})
    (figure,) = map_blocks(on_kreise(inputs, borders=borders), "de")
    assert "© Amt der Probe" in plain(figure.source)
    assert "HSK" not in words(figure.svg_wide)


def test_units_without_tiles_and_outlines_have_no_map_and_the_report_says_so(inputs):
    for changes in ({"level": "municipality"}, {}):
        (block,) = map_blocks(replace(inputs, **changes), "de")  # the made Kreise of the probe stand in no register
        assert not isinstance(block, Figure)
        assert "braucht ihre Grenzen" in plain(block.parts)
    assert map_blocks(replace(inputs, groups=inputs.groups[:0]), "de") == ()


@PAGES
def test_every_group_has_its_letter_its_name_and_its_number(page):
    said = words(canvas.to_svg(map_chart(outlined(), page, "de"), "de"))
    for told in ("P", "V", "S", "–", "Programm: 1", "Vergleich: 1", "in anderem Jahr gestartet: 1", "nicht einbezogen: 1"):
        assert told in said
    assert "simuliert" in said


def test_groups_are_told_apart_without_colour():
    looks = maps._LOOKS
    assert set(looks) == set(GROUPS)
    assert len({(look.fill, look.dash) for look in looks.values()}) == 4


@PAGES
def test_outlines_lie_within_the_picture_and_keep_their_shape(page):
    chart = map_chart(outlined(), page, "de").to_dict(validate=True)
    shapes = [
        row["geometry"]["coordinates"][0][0]
        for data in chart["datasets"].values()
        for row in data
        if row.get("type") == "Feature"
    ]
    assert len(shapes) == 4
    width = page.width + page.label_room
    for shape in shapes:
        across, down = [corner[0] for corner in shape], [corner[1] for corner in shape]
        assert min(across) >= 0
        assert max(across) <= width
        assert (max(across) - min(across)) / (max(down) - min(down)) == pytest.approx(0.6225, abs=0.02)  # cos(51.5°)


@PAGES
def test_tiles_lie_within_the_picture_and_do_not_overlap(inputs, page):
    (figure,) = map_blocks(on_kreise(inputs), "de")
    root = ET.fromstring(figure.svg_wide if page is WIDE else figure.svg_narrow)
    assert float(root.get("width")) <= page.width + page.label_room + 30


def test_a_map_of_nothing_is_not_drawn():
    with pytest.raises(ValueError, match="nothing to draw"):
        map_chart(Map(()), WIDE, "de")
