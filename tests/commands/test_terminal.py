"""What a command says where its streams or its folder are not as they should be: a sentence and a code, never words for programmers."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from kkz_eval.cli import main

ROOT = Path(__file__).parents[2]
WRONG = "Gemeindeschlüssel;Schuljahr;Abschluss;Geschlecht;Anzahl\n05913000;2011/12;Hauptschulabschluss;männlich;-7\n"
FULL = Path("/dev/full")


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    """A file with a finding whose sentence holds signs that few terminals lack and ASCII does."""
    file = tmp_path / "falsch.csv"
    file.write_text(WRONG, encoding="utf-8")
    return file


def said(*arguments: object, settings: Mapping[str, str] | None = None, shell: str = "") -> subprocess.CompletedProcess[bytes]:
    """A command in a process of its own. shell: what a shell would say of its streams, or do before it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("KKZ_", "PYTHONIO"))}
    call = [sys.executable, "-m", "kkz_eval", *map(str, arguments)]
    if shell:
        call = ["sh", "-c", shell, "sh", *call]
    done = subprocess.run(
        call, capture_output=True, check=False, env={**environment, "PYTHONPATH": str(ROOT), **(settings or {})}
    )
    assert b"Traceback" not in done.stdout + done.stderr
    return done


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_report_in_json_stays_one_where_the_terminal_lacks_signs(wrong: Path, encoding: str) -> None:
    done = said("check", wrong, "--json", settings={"PYTHONIOENCODING": encoding})
    assert done.returncode == 1
    (report,) = json.loads(done.stdout.decode(encoding))
    assert "außerhalb" in done.stdout.decode("unicode_escape")
    assert "≥ 0" in str(report)


def test_a_sentence_is_printed_where_the_terminal_has_no_umlauts(tmp_path: Path) -> None:
    done = said("check", tmp_path / "kein.csv", settings={"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"})
    assert done.returncode == 2
    assert b"kein.csv" in done.stderr


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
def test_what_cannot_be_printed_is_said(wrong: Path) -> None:
    done = said("check", wrong, shell=f'exec "$@" > {FULL}')
    assert done.returncode == 2
    assert "auf dem Datenträger ist kein Platz mehr" in done.stderr.decode()


def test_a_closed_output_does_not_change_what_a_check_finds(wrong: Path) -> None:
    assert said("check", wrong, shell='exec "$@" >&- 2>&-').returncode == 1


def test_a_folder_that_is_gone_is_named_as_the_cause(wrong: Path, tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    done = said("check", wrong, shell=f'cd "{tmp_path}/gone" && rmdir "{tmp_path}/gone" && exec "$@"')
    assert done.returncode == 2
    assert "Der Ordner, in dem der Befehl aufgerufen wurde, ist nicht mehr erreichbar" in done.stderr.decode()


def test_a_refusal_of_the_system_that_nobody_expected_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "register" / "batches" / "00000001.json").mkdir(parents=True)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))  # those for input, output and errors are open
    try:
        code = main(["deliveries", "list", "--home", str(tmp_path)])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert code == 2
    assert "zu viele Dateien sind offen" in capsys.readouterr().err


INTERRUPTED = """
import signal, sys

class Interrupt:
    def find_spec(self, name, *_):
        if name == {module!r}:
            signal.raise_signal(signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)  # else ignored, where the tests run in the background of a shell
sys.meta_path.insert(0, Interrupt())
sys.argv = ["kkz-eval", "ui"]
from kkz_eval.__main__ import entry
entry()
"""


@pytest.mark.parametrize(("module", "sentence"), [("kkz_eval.cli", ""), ("kkz_eval.commands.ui", "Abgebrochen. ")])
def test_an_interrupt_is_no_words_for_programmers_also_while_a_command_is_loaded(
    module: str, sentence: str, tmp_path: Path
) -> None:
    call = [sys.executable, "-c", INTERRUPTED.format(module=module)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(call, capture_output=True, check=False, text=True, cwd=tmp_path, env=environment)
    assert (done.returncode, done.stdout, done.stderr[: len(sentence)]) == (130, "", sentence)
    assert done.stderr.count("\n") == bool(sentence)
