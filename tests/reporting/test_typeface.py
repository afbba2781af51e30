"""The typeface of page, figures and PDF."""

from __future__ import annotations

import base64
import re
from io import BytesIO

import pytest
from fontTools.ttLib import TTFont

from kkz_eval.reporting import typeface

SIGNS = "äöüÄÖÜßé0123456789−+±≈≤≥•·–—…„“”‚‘’«»×→←§%‰²€©\u00a0\u202f"


def carried(rules: str) -> list[TTFont]:
    """The faces inside style rules."""
    return [TTFont(BytesIO(base64.b64decode(found))) for found in re.findall(r"base64,([A-Za-z0-9+/=]+)\)", rules)]


def test_every_sign_that_reports_use_has_a_shape():
    assert set(SIGNS) <= typeface.characters()


def test_figures_have_one_width_in_each_weight():
    for face in typeface.FACES:
        widths = typeface.advances(face.weight)
        assert len({widths[one] for one in "0123456789−+"}) == 1


def test_a_page_carries_the_characters_that_it_shows_and_those_of_its_languages_and_no_others():
    faces = carried(typeface.style_sheet("<p>Łódź: 1 &amp; 2 −3</p>"))
    assert len(faces) == len(typeface.FACES)
    for font in faces:
        shown = set(map(chr, font.getBestCmap()))
        assert set("Łódź: 1&2−3Größe“") <= shown
        assert not set("çΕПñ") & shown


def test_figures_keep_one_width_in_what_a_page_carries():
    for font in carried(typeface.style_sheet("0123456789")):
        assert len({font["hmtx"][font.getBestCmap()[ord(one)]][0] for one in "0123456789"}) == 1


def test_pages_in_either_language_carry_the_same_part_which_is_cut_once():
    typeface._part.cache_clear()
    assert typeface.style_sheet("<p>Größe „eins“ (§ 2)</p>") == typeface.style_sheet("<p>Size “one”</p>")
    assert typeface._part.cache_info().misses == len(typeface.FACES)


def test_the_same_characters_give_the_same_bytes_whatever_their_order():
    first = typeface.style_sheet("<p>Kommune Ähre</p>")
    typeface._part.cache_clear()
    assert typeface.style_sheet("<p>Ähre Kommune</p>") == first


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("Łódź, Çınar, Ελλάδα, Привет", "Łódź, Çınar, Ελλάδα, Привет"),
        ("漢\u202eb", "[U+6F22][U+202E]b"),
        ("E\u2011Mail", "E\u2060-\u2060Mail"),
    ],
)
def test_what_the_typeface_lacks_is_spelled_out_and_not_lost(given, shown):
    assert typeface.in_the_typeface(given) == shown


def test_a_report_is_set_in_the_typeface_that_it_carries(page):
    _, _, html = page
    assert html.count("@font-face") == len(typeface.FACES)
    assert "/* typeface */" not in html
    families = set(re.findall(r'font-family="([^"]*)"', html))
    assert families == {typeface.FAMILIES}
    shown = set(re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)) & typeface.characters()
    carried_by_page = set(map(chr, carried(html)[0].getBestCmap())) | set("\n\u00ad\u200b\u2060")
    assert shown <= carried_by_page
