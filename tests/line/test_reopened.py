"""An evaluation is opened again as a run froze it, beside the edition that was made of it; questions asked otherwise stay in memory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kkz_eval.line.reopened import Reopened, reopen, with_indicators
from kkz_eval.model.errors import UserError
from kkz_eval.settings import Settings, load_settings


@pytest.fixture
def settings(finished_model_world: Path) -> Settings:
    return load_settings({}, home=finished_model_world / "home")


@pytest.fixture
def opened(settings: Settings) -> Reopened:
    return reopen("modellwelt", settings=settings)


def test_a_state_is_named_whole_or_by_its_beginning_and_the_newest_edition_is_taken_without(
    opened: Reopened, settings: Settings
) -> None:
    name = opened.study.snapshot.name
    assert opened.edition.snapshot == name
    assert reopen("modellwelt", name[:8], settings).study.snapshot.name == name
    assert name in str(opened)
    assert str(opened).startswith("SIMULIERTE DATEN")


@pytest.mark.parametrize(("plan", "name"), [("modellwelt", "ffff"), ("kekiz-2012", "")])
def test_where_nothing_was_made_of_a_state_it_says_what_there_is_wherever_that_is_kept(
    opened: Reopened, settings: Settings, plan: str, name: str, tmp_path: Path
) -> None:
    for of in (settings, replace(settings, home=tmp_path, object_store=f"file://{settings.home}")):
        with pytest.raises(UserError) as unknown:
            reopen(plan, name, of)
        assert unknown.value.code == "reopened_unknown"
        assert (opened.study.snapshot.name in unknown.value.sentence.in_language("de")) is (plan == "modellwelt")


def test_a_value_that_the_plan_does_not_compare_is_a_sentence_that_names_its_indicators(opened: Reopened) -> None:
    assert opened.value("schulabgaenge_ohne_abschluss", "05112", 2015) > 0
    for asked in (("sgbii", "05112", 2015), ("schulabgaenge_ohne_abschluss", "00000", 2015), ("sgbii_quote", "05112", 1066)):
        with pytest.raises(UserError) as refused:
            opened.value(*asked)
        said = refused.value.sentence.in_language("de")
        assert all(str(part) in said for part in (*asked, "modellwelt", "schulabgaenge_hochschulreife")), said


def test_what_is_asked_otherwise_is_held_against_plan_and_catalogue(opened: Reopened) -> None:
    with pytest.raises(UserError):
        opened.asked_otherwise("mine", weight="nothing_of_the_kind")
    with pytest.raises(UserError) as taken:
        with_indicators(opened.study.snapshot, "sgbii_quote: {}")
    assert taken.value.code == "indicator_taken"
    for text in ("just words", "a: [b"):
        with pytest.raises(UserError) as unread:
            with_indicators(opened.study.snapshot, text)
        assert unread.value.code == "indicators_no_yaml"
    with pytest.raises(UserError):
        with_indicators(opened.study.snapshot, "own: {label: {de: Eigene}}")
