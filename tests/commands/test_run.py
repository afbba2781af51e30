"""What the yearly run says at its end: the command for genuine files is one that the command line understands."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from kkz_eval.cli import _parser
from kkz_eval.commands import say
from kkz_eval.model.texts import Language

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_command_for_genuine_files_is_understood_and_names_a_plan_that_is_there(language: Language) -> None:
    sentence = say("run.own_files").in_language(language)
    options = _parser(language).parse_args(shlex.split(sentence[sentence.index("kkz-eval ") :])[1:])
    assert (ROOT / options.plan).is_file()
    assert "home" not in (options.home.name, options.inbox.name)
