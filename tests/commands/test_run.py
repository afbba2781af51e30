"""What the yearly run says at its end: the command for genuine files is one that the command line understands."""

from __future__ import annotations

import shlex
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest

from kkz_eval.cli import _parser
from kkz_eval.commands import run, say
from kkz_eval.deliveries.register.accepted import Conflict
from kkz_eval.evaluation.plan import Plan
from kkz_eval.jobs import RunOutcome
from kkz_eval.line.sentences import conflict_sentence
from kkz_eval.model.texts import Language
from kkz_eval.settings import Settings

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_command_for_genuine_files_is_understood_and_names_a_plan_that_is_there(language: Language) -> None:
    sentence = say("run.own_files").in_language(language)
    options = _parser(language).parse_args(shlex.split(sentence[sentence.index("kkz-eval ") :])[1:])
    assert (ROOT / options.plan).is_file()
    assert "home" not in (options.home.name, options.inbox.name)


@pytest.mark.parametrize(("made", "says_so"), [("genuine", False), ("model", True)])
def test_numbers_are_called_simulated_where_a_report_that_was_made_rests_on_such_and_nothing_is_told_twice(
    made: str, says_so: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plans = {name: Plan(name, (), ()) for name in ("genuine", "model")}
    conflicts = tuple(Conflict("gisd", "05111", year, ("a.csv", "b.csv")) for year in (2014, 2015))
    first, second = (conflict_sentence(conflict).in_language("de") for conflict in conflicts)
    outcome = RunOutcome(
        False, (f"model: zu wenige Werte\n{first}",), (), {f"report_{made}": {"bericht": "bericht.html"}}, "of the run"
    )
    settings = Settings(Path("home"), Path("inbox"), Path("contracts"))
    line = SimpleNamespace(plans=plans, settings=settings, progress=lambda _: None)
    monkeypatch.setattr(run, "inbox_files", lambda _: ())
    monkeypatch.setattr(run, "open_installation", lambda *_: line)
    monkeypatch.setattr(run, "build_defs", lambda _: None)
    monkeypatch.setattr(run, "history_said", lambda _: nullcontext())
    monkeypatch.setattr(run, "open_at_terminal", lambda _: nullcontext())
    monkeypatch.setattr(run, "execute_yearly_run", lambda *_: outcome)
    snapshots = {"of the run": SimpleNamespace(conflicts=conflicts, rejected_slices=())}
    monkeypatch.setattr(run, "open_snapshot", lambda _, name: snapshots[name])
    monkeypatch.setattr(run, "study_of", lambda _, plan: SimpleNamespace(simulated=plan == "model"))
    assert run.run_line(settings, None, None) == 1
    said = "".join(capsys.readouterr())
    assert ("Diese Zahlen sind simuliert" in said) is says_so
    assert (said.count(first), said.count(second)) == (1, 1)
