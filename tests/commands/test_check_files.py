"""`kkz-eval check` with very many findings: a list that a person can read, all of them counted, in bounded memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from kkz_eval.cli import main
from kkz_eval.commands import check_files
from kkz_eval.deliveries.register.own_process import CAN_FORK

HEADER = "Gemeindeschlüssel;Schuljahr;Abschluss;Geschlecht;Anzahl\r\n"
PROGRAM = """
import resource, sys
from kkz_eval.cli import main
code = main(["check", *sys.argv[1:]])
# of the process that reads; what this one has had counts the test runner's memory too, from before it became this program
print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024, file=sys.stderr)
"""


def unreadable_counts(folder: Path, n: int) -> Path:
    """A file of so many rows, each with a letter in a number of its own; from the second on the key is that of the first."""
    file = folder / "viele.csv"
    rows = "".join(f"05162024;2006;Insgesamt;insgesamt;1O{number}\r\n" for number in range(n))
    file.write_bytes((HEADER + rows).encode("cp1252"))
    return file


def test_of_many_findings_each_rule_is_listed_and_all_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(check_files.LISTED, "json", 10)
    file = str(unreadable_counts(tmp_path, 50))
    assert main(["check", file, "--json"]) == 1
    ((table,),) = [report["tables"] for report in json.loads(capsys.readouterr().out)]
    counted = {one["rule"]: (one["column"], one["count"], one["first"]) for one in table["counts"]}
    assert counted["reader_number"] == ("Schulabgänge", 50, "E2")
    assert counted["key.unique_key"] == ("Schulabgänge", 49, "E3")
    assert table["findings_total"] == sum(count for _, count, _ in counted.values())
    assert 5 < len(table["findings"]) <= 10
    assert table["findings_listed"] == sum(finding["count"] for finding in table["findings"]) < table["findings_total"]
    assert {finding["rule"] for finding in table["findings"]} == set(counted)


def test_few_findings_are_all_listed_and_counted_in_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", str(unreadable_counts(tmp_path, 2)), "--json"])
    ((table,),) = [report["tables"] for report in json.loads(capsys.readouterr().out)]
    assert table["findings_total"] == table["findings_listed"] == table["errors"] + table["warnings"]


def test_the_table_ends_with_the_counts_where_not_all_are_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = str(unreadable_counts(tmp_path, 50))
    main(["check", file])
    assert "Aufgeführt sind" not in capsys.readouterr().out
    monkeypatch.setitem(check_files.LISTED, "table", 10)
    main(["check", file])
    lines = capsys.readouterr().out.splitlines()
    (at,) = (number for number, line in enumerate(lines) if "Aufgeführt sind" in line)
    assert any(line.split() == ["E2", "Fehler", "50", "×", "Schulabgänge", "[reader_number]"] for line in lines[at:])
    assert sum("[reader_number]" in line for line in lines[:at]) <= 10


@pytest.mark.parametrize("after", ["", "05162024;2015/16;mit Fachoberschulreife;männlich;7\r\n"])
def test_a_cell_that_a_short_row_lacks_is_named_by_its_row(
    after: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "kurz.csv"
    first = "05162024;2015/16;mit Fachoberschulreife;weiblich;7\r\n"
    file.write_bytes((HEADER + first + "05162024;2015/16;mit Fachoberschulreife;insgesamt\r\n" + after).encode())
    main(["check", str(file)])
    printed = capsys.readouterr().out
    assert "Anzahl: In Zeile 3 steht nichts." in printed
    assert "In der Datei" not in printed


def test_a_name_that_says_another_unit_than_the_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = unreadable_counts(tmp_path, 1).rename(tmp_path / "schulabgaenge_05117000.csv")
    main(["check", str(file)])
    assert "Der Name der Datei nennt Mülheim an der Ruhr (05117000), darin steht Neuss (05162024)." in capsys.readouterr().out
    main(["check", str(file), "--json"])
    (report,) = json.loads(capsys.readouterr().out)
    assert "05117000" in report["other_unit"]


def test_several_files_are_one_list_in_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "leer.csv"
    other.write_bytes(b"")
    main(["check", str(unreadable_counts(tmp_path, 1)), str(other), "--json"])
    written = capsys.readouterr().out
    reports = json.loads(written)
    assert [report["readable"] for report in reports] == [True, False]
    assert written == json.dumps(reports, ensure_ascii=False, indent=2) + "\n"


@pytest.mark.skipif(not CAN_FORK, reason="the memory of the process that reads is known where it is one of its own")
def test_memory_and_output_do_not_grow_with_the_findings(tmp_path: Path) -> None:
    """120,000 rows with twice as many findings; as sentences they would be 115 MB of text, and 1.1 GB in memory."""
    file = unreadable_counts(tmp_path, 120_000)
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(file), "--json"], capture_output=True, check=True)
    code, used = map(int, done.stderr.split()[-2:])
    assert code == 1
    assert used < 400  # MB; a check of one row takes 100
    assert len(done.stdout) < 10_000_000
