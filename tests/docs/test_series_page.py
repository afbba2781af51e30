"""The page of real series: small enough, with its source, every indicator and break that it shows, and the text that its script makes."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from kkz_eval.indicators.catalogue import load_catalogue

ROOT = Path(__file__).parents[2]
DATA = ROOT / os.environ.get("KKZ_SHARED", "../shared") / "data"
PAGE = (ROOT / "docs" / "series.html").read_text(encoding="utf-8")


def test_the_page_is_small_and_names_source_and_licence() -> None:
    assert len(PAGE.encode()) < 500_000
    assert "© BBSR Bonn, INKAR" in PAGE
    assert "dl-de/by-2-0" in PAGE
    assert "Robert Koch-Institut" in PAGE
    assert "Statistische Ämter des Bundes und der Länder" in PAGE


def test_every_indicator_with_a_published_series_has_a_picture_and_its_breaks() -> None:
    shown = [
        indicator
        for indicator in load_catalogue(
            ROOT / "data_contracts" / "indicators.yaml", ROOT / "data_contracts" / "breaks.yaml"
        ).values()
        if {"inkar", "gisd", "arbeitslosigkeit_amtlich"}
        & {s.dataset for s in indicator.sources if s.denominator is None and not s.logarithm}
    ]
    assert PAGE.count("<svg") == len(shown) >= 14
    assert {"gisd_score", "jugendarbeitslosenquote"} <= {indicator.id for indicator in shown}
    for indicator in shown:
        (part,) = [section for section in PAGE.split("<section>") if f"({indicator.id})" in section]
        first, last = (int(year) for year in re.search(r"(\d{4})–(\d{4}) \(", part).groups())  # type: ignore[union-attr]
        assert [int(year) for year in re.findall(r'<li value="\d+">(\d{4}):', part)] == [
            b.year for b in indicator.breaks if first < b.year <= last
        ]


def test_the_text_is_what_the_script_makes_of_the_data() -> None:
    if not (DATA / "regionalstatistik").is_dir():
        pytest.skip("the shared data are not beside this repository")
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        from make_series import page
    finally:
        sys.path.pop(0)

    def without_pictures(text: str) -> str:
        return re.sub(r"<svg.*?</svg>", "", text, flags=re.DOTALL)

    assert without_pictures(page(DATA)) == without_pictures(PAGE)
