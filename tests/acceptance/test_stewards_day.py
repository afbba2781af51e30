"""The steward's day: a faulty delivery, its marked copy, corrected in a spreadsheet program, delivered again; waivers; removal; the board."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook
from steward_home import decide, leavers, opened, run
from whole_runs import ALL_YEARS, CONTRACTS, ROOT

from kkz_eval.commands.check_files import check_files
from kkz_eval.commands.deliveries import (
    approve_request,
    compare,
    list_arrivals_json,
    list_histories,
    list_requests,
    purge_content,
)
from kkz_eval.deliveries.municipal.returned import SHEET
from kkz_eval.deliveries.register.judging import load_findings
from kkz_eval.line.correspondence import make_board, make_templates, write_marked_copies, write_protocols
from kkz_eval.line.installation import Installation
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.line.weighed import weighed
from kkz_eval.model.errors import UserError
from kkz_eval.model.findings import iter_findings
from kkz_eval.model.verdicts import Status
from kkz_eval.settings import Settings

NEUSS, AHLEN = "05162024", "05570004"
FIRST_ROW = 2
SECOND_ROLE = "Leitung der Evaluation"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    contracts = tmp_path / "contracts"
    shutil.copytree(CONTRACTS, contracts)
    (tmp_path / "inbox").mkdir()
    return Settings(home=tmp_path / "home", inbox=tmp_path / "inbox", contracts=contracts)


def deliver(settings: Settings, name: str, data: bytes) -> str:
    (settings.inbox / name).write_bytes(data)
    _, _ = run(settings)
    line = opened(settings)
    return next(a.sha256 for a in reversed(line.register().arrivals) if a.name == name)


def fate(settings: Settings, unit: str, year: int) -> Status:
    return current_snapshot(opened(settings)).histories[("schulabgaenge", unit, year)].part.status


def value_of(line: Installation, unit: str, year: int, certificate: str, sex: str) -> dict[str, object]:
    for row in current_snapshot(line).accepted("schulabgaenge").observations.to_pylist():
        codes = dict(row["dimensions"])
        if (row["unit_id"], row["year"], codes["certificate"], codes["sex"]) == (unit, year, certificate, sex):
            return dict(row)
    raise AssertionError("no such observation")


def marked(settings: Settings, file: Path, to: Path) -> Path:
    """The marked copy of a file."""
    assert check_files(settings, [file], None, "json", to) == 1
    return to


def waived_neuss(settings: Settings, tmp_path: Path) -> None:
    """Neuss delivers a total that its parts do not make, says that it is right, and a second role agrees."""
    deliver(settings, "neuss.csv", leavers(NEUSS, 2012, changed={19: "460"}))
    copy = marked(settings, settings.inbox / "neuss.csv", tmp_path / "copy.xlsx")
    numbers = [int(str(r[0].value)) for r in load_workbook(copy)[SHEET].iter_rows() if isinstance(r[0].value, int)]
    decided = dict.fromkeys(numbers, ("Wert ist richtig", "mit Externen"))
    decide(copy, decided, {}, settings.inbox / "neuss_zurueck.xlsx")
    run(settings)


def requests(settings: Settings, capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    capsys.readouterr()
    list_requests(settings, "json")
    rows: list[dict[str, object]] = json.loads(capsys.readouterr().out)
    return rows


def approve_all(settings: Settings, capsys: pytest.CaptureFixture[str], expires: str | None = "2099-12-31") -> None:
    for request in requests(settings, capsys):
        if request["state"] == "waiting":
            approve_request(settings, str(request["id"]), SECOND_ROLE, expires)


def test_a_right_delivery_of_these_tests_is_accepted(settings: Settings) -> None:
    deliver(settings, "neuss.csv", leavers(NEUSS, 2012, 2013))
    assert {fate(settings, NEUSS, year) for year in (2012, 2013)} == {Status.ACCEPTED}


def test_a_marked_copy_corrected_in_a_spreadsheet_program_is_accepted(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("no LibreOffice (soffice) on the path: install it to test the round trip through a spreadsheet program")
    deliver(settings, "neuss.csv", leavers(NEUSS, 2012, changed={5: "1O1"}))
    assert fate(settings, NEUSS, 2012) == Status.REJECTED
    copy = marked(settings, settings.inbox / "neuss.csv", tmp_path / "copy.xlsx")
    decide(copy, {1: ("korrigiert", "Tippfehler")}, {"E5": "20"}, tmp_path / "neuss.xlsx")
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = [
        program,
        profile,
        "--headless",
        "--convert-to",
        "xlsx",
        "--outdir",
        str(settings.inbox),
        str(tmp_path / "neuss.xlsx"),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    capsys.readouterr()
    assert check_files(settings, [settings.inbox / "neuss.xlsx"], None, "table") == 0
    assert "1 Befunde sind als korrigiert bezeichnet" in capsys.readouterr().out
    line, said = run(settings)
    assert fate(settings, NEUSS, 2012) == Status.ACCEPTED
    assert any("neuss.xlsx ist die markierte Kopie von neuss.csv; 1 Befunde" in sentence for sentence in said)
    row = value_of(line, NEUSS, 2012, "hauptschulabschluss", "maennlich")
    assert (row["value"], row["sheet"], row["row"], row["column"]) == (20.0, "Daten", 5, 5)


def test_copies_that_were_exchanged_are_named_and_each_belongs_to_its_own_file(settings: Settings, tmp_path: Path) -> None:
    """Both come back under the name that the other was sent under."""
    of_neuss = deliver(settings, "neuss.csv", leavers(NEUSS, 2012, changed={5: "2O"}))
    of_ahlen = deliver(settings, "ahlen.csv", leavers(AHLEN, 2012, changed={19: "460"}))
    for name, other in (("neuss", f"ahlen_{of_ahlen[:8]}"), ("ahlen", f"neuss_{of_neuss[:8]}")):
        copy = marked(settings, settings.inbox / f"{name}.csv", tmp_path / f"{name}.xlsx")
        decide(copy, {1: ("korrigiert", "Tippfehler")}, {"E5": "20", "E19": "450"}, settings.inbox / f"{other}_markiert.xlsx")
    _, said = run(settings)
    for name, other in (("neuss", "ahlen"), ("ahlen", "neuss")):
        assert any(f"_markiert.xlsx ist die markierte Kopie von {name}.csv; 1 Befunde" in sentence for sentence in said)
        (exchanged,) = (sentence for sentence in said if f"heißt nach der markierten Kopie von {other}.csv" in sentence)
        assert f"Werte und Entscheidungen gehören zu {name}.csv." in exchanged
    assert [fate(settings, unit, 2012) for unit in (NEUSS, AHLEN)] == [Status.ACCEPTED] * 2


def test_a_copy_is_said_to_belong_to_a_file_that_comes_with_it_or_that_never_came(settings: Settings, tmp_path: Path) -> None:
    neuss = tmp_path / "neuss.csv"
    neuss.write_bytes(leavers(NEUSS, 2012, changed={5: "2O"}))
    decide(marked(settings, neuss, tmp_path / "copy.xlsx"), {1: ("korrigiert", "Tippfehler")}, {"E5": "20"}, tmp_path / "a.xlsx")
    shutil.copyfile(tmp_path / "a.xlsx", settings.inbox / "a.xlsx")
    assert any("a.xlsx ist die markierte Kopie einer Datei, die nicht im Register steht; 1" in each for each in run(settings)[1])
    decide(tmp_path / "a.xlsx", {}, {"E6": "40"}, settings.inbox / "b.xlsx")
    shutil.copyfile(neuss, settings.inbox / "neuss.csv")
    assert any("b.xlsx ist die markierte Kopie von neuss.csv; 1 Befunde" in sentence for sentence in run(settings)[1])


def test_each_corrected_value_keeps_the_number_and_the_reason_of_its_own_row(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deliver(settings, "neuss.csv", leavers(NEUSS, 2012, changed={5: "2O", 9: "6O"}))
    copy = marked(settings, settings.inbox / "neuss.csv", tmp_path / "copy.xlsx")
    decided = {1: ("korrigiert", "Buchstabe O"), 2: ("korrigiert", "auch hier")}
    decide(copy, decided, {"E5": "20", "E9": "60"}, settings.inbox / "zurueck.xlsx")
    run(settings)
    capsys.readouterr()
    list_requests(settings, "json")
    requests = json.loads(capsys.readouterr().out)
    asked = {(one["place"]["cell"], one["number"], one["reason"]) for one in requests}
    assert asked == {("E5", "1", "Buchstabe O"), ("E9", "2", "auch hier")}


def test_a_value_that_is_right_is_accepted_once_a_second_role_approves(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    waived_neuss(settings, tmp_path)
    assert fate(settings, NEUSS, 2012) == Status.REJECTED, "a request alone changes nothing"
    waiting = requests(settings, capsys)
    assert {row["state"] for row in waiting} == {"waiting"}
    with pytest.raises(UserError, match="itself"):
        approve_request(settings, str(waiting[0]["id"]), str(waiting[0]["requested_by"]), "2099-12-31")
    with pytest.raises(UserError, match="until a day"):
        approve_request(settings, str(waiting[0]["id"]), SECOND_ROLE, None)
    approve_all(settings, capsys)
    line, _ = run(settings)
    assert fate(settings, NEUSS, 2012) == Status.ACCEPTED_WITH_WARNINGS
    verdicts = [v for v in line.register().verdicts.values() if v.contract_id == "schulabgaenge"]
    assert all(v.context_digest and not v.n_errors for v in verdicts)
    assert current_snapshot(line).waived_slices == {("neuss_zurueck.xlsx", "schulabgaenge"): [(NEUSS, 2012)]}
    assert {row["state"] for row in requests(settings, capsys)} == {"approved"}
    assert list_histories(settings) == 0
    assert "angenommen mit Ausnahme" in capsys.readouterr().out


def test_a_waiver_speaks_of_exactly_its_finding(settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    waived_neuss(settings, tmp_path)
    approve_all(settings, capsys)
    deliver(settings, "neuss.csv", leavers(NEUSS, 2012, changed={19: "461"}))
    assert fate(settings, NEUSS, 2012) == Status.REJECTED
    deliver(settings, "ahlen.csv", leavers(AHLEN, 2012, changed={19: "460"}))
    assert fate(settings, AHLEN, 2012) == Status.REJECTED
    deliver(settings, "neuss.csv", leavers(NEUSS, 2012, changed={19: "460", 5: "21", 4: "31"}))
    assert fate(settings, NEUSS, 2012) == Status.REJECTED


def test_after_its_expiry_a_waiver_helps_no_new_judgement_and_a_withdrawn_one_none_at_all(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    waived_neuss(settings, tmp_path)
    approve_all(settings, capsys, "2030-01-31")
    run(settings, date(2030, 1, 31))
    assert fate(settings, NEUSS, 2012) == Status.ACCEPTED_WITH_WARNINGS
    run(settings, date(2030, 2, 1))
    assert fate(settings, NEUSS, 2012) == Status.ACCEPTED_WITH_WARNINGS, "a verdict that was made in time stands"
    (settings.inbox / "neuss.csv").write_bytes(leavers(NEUSS, 2012, changed={19: "460"}) + b"\r\n")
    run(settings, date(2030, 2, 1))
    assert fate(settings, NEUSS, 2012) == Status.REJECTED
    shutil.rmtree(settings.contracts / "waivers")
    line, _ = run(settings)
    assert {v.status for v in line.register().verdicts.values()} == {Status.REJECTED}


def test_another_contract_version_alone_judges_nothing_anew(settings: Settings) -> None:
    deliver(settings, "neuss.csv", leavers(NEUSS, 2012))
    before = opened(settings).register().verdicts
    contract = settings.contracts / "schulabgaenge.odcs.yaml"
    contract.write_text(contract.read_text(encoding="utf-8").replace("version: 1.0.0", "version: 1.1.0"), encoding="utf-8")
    run(settings)
    assert opened(settings).register().verdicts == before


def test_a_correction_holds_until_its_source_is_fixed(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deliver(settings, "neuss.csv", leavers(NEUSS, 2012, changed={5: "1O1"}))
    copy = marked(settings, settings.inbox / "neuss.csv", tmp_path / "copy.xlsx")
    decide(copy, {1: ("korrigiert", "Tippfehler")}, {"E5": "20"}, settings.inbox / "zurueck.xlsx")
    run(settings)
    (request,) = requests(settings, capsys)
    assert (request["kind"], request["old"], request["new"], request["state"]) == ("correction", "1O1", 20.0, "waiting")
    approve_all(settings, capsys)

    deliver(settings, "neuss.csv", leavers(NEUSS, 2012, changed={5: "1O1"}) + b"\r\n")
    line = opened(settings)
    assert fate(settings, NEUSS, 2012) == Status.ACCEPTED_WITH_WARNINGS
    row = value_of(line, NEUSS, 2012, "hauptschulabschluss", "maennlich")
    assert (row["value"], row["value_delivered"]) == (20.0, "1O1")
    assert str(row["correction_id"]).startswith("schulabgaenge-05162024-2012-")
    assert value_of(line, NEUSS, 2012, "hauptschulabschluss", "weiblich")["correction_id"] is None
    assert current_snapshot(line).corrected_slices == {("neuss.csv", "schulabgaenge"): [(NEUSS, 2012)]}

    fixed = deliver(settings, "neuss.csv", leavers(NEUSS, 2012))
    kinds = [f.kind for f in iter_findings(load_findings(line.steps.store, line.register().verdicts[(fixed, "schulabgaenge")]))]
    assert kinds == ["correction_obsolete"]

    third = deliver(settings, "neuss.csv", leavers(NEUSS, 2012, changed={5: "22", 7: "62"}))
    assert fate(settings, NEUSS, 2012) == Status.REJECTED
    kinds = [
        f.kind
        for f in iter_findings(load_findings(line.steps.store, opened(settings).register().verdicts[(third, "schulabgaenge")]))
    ]
    assert "correction_unfit" in kinds


@pytest.mark.parametrize(
    ("status", "reason", "problem"),
    [
        ("Wert ist richtig", "doch", "not_waivable"),
        ("weiß nicht", "", "unknown_word"),
        ("korrigiert", "Tippfehler", "nothing_changed"),
    ],
)
def test_what_cannot_be_approved_says_why(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str], status: str, reason: str, problem: str
) -> None:
    deliver(settings, "neuss.csv", leavers(NEUSS, 2012, changed={5: "1O1"}))
    copy = marked(settings, settings.inbox / "neuss.csv", tmp_path / "copy.xlsx")
    decide(copy, {1: (status, reason)}, {}, settings.inbox / "zurueck.xlsx")
    run(settings)
    (request,) = requests(settings, capsys)
    assert (request["problem"], request["state"]) == (problem, "problem")
    with pytest.raises(UserError, match="can't be approved"):
        approve_request(settings, str(request["id"]), SECOND_ROLE, "2099-12-31")


def test_a_key_that_is_put_right_needs_no_approval(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deliver(settings, "neuss.csv", leavers(NEUSS, 2012).replace(b"mittlerer Abschluss;m", b"mittlerer Schluss;m"))
    copy = marked(settings, settings.inbox / "neuss.csv", tmp_path / "copy.xlsx")
    sheet = load_workbook(copy)[SHEET]
    cells = {int(str(row[0].value)): str(row[1].value) for row in sheet.iter_rows() if isinstance(row[0].value, int)}
    number = next(number for number, cell in cells.items() if cell == "Daten!C8")
    decide(copy, {number: ("korrigiert", "verschrieben")}, {"C8": "mittlerer Abschluss"}, settings.inbox / "zurueck.xlsx")
    run(settings)
    assert fate(settings, NEUSS, 2012) == Status.ACCEPTED
    assert requests(settings, capsys) == []


def test_the_commands_of_the_desk(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from kkz_eval.cli import main

    monkeypatch.setenv("KKZ_CONTRACTS", str(settings.contracts))
    home = ["--home", str(settings.home)]
    first = deliver(settings, "a.csv", leavers(NEUSS, 2012))
    second = deliver(settings, "b.csv", leavers(NEUSS, 2012, changed={2: "15"}))
    capsys.readouterr()
    assert main(["deliveries", "diff", first[:8], second[:8], *home]) == 1
    assert "10 → 15" in capsys.readouterr().out
    assert main(["deliveries", "list", "--history", *home]) == 0
    assert "1: angenommen → 2: zurückgewiesen" in capsys.readouterr().out
    assert main(["deliveries", "decisions", *home]) == 0
    assert "ist etwas entschieden" in capsys.readouterr().out
    assert main(["deliveries", "approve", "abc", "--role", "x", *home]) == 2
    assert main(["purge", second, "--reason", "Grund", "--inbox", str(settings.inbox), *home]) == 0
    capsys.readouterr()
    assert main(["deliveries", "list", *home]) == 0
    assert "gelöscht am" in capsys.readouterr().out


def test_a_row_that_names_no_finding_of_the_original_is_not_believed(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deliver(settings, "neuss.csv", leavers(NEUSS, 2012, changed={19: "460"}))
    copy = marked(settings, settings.inbox / "neuss.csv", tmp_path / "copy.xlsx")
    book = load_workbook(copy)
    row = next(row for row in book[SHEET].iter_rows() if row[0].value == 1)
    row[1].value, row[10].value, row[11].value = "Daten!E3", "Wert ist richtig", "doch"
    book.save(settings.inbox / "zurueck.xlsx")
    run(settings)
    (request,) = requests(settings, capsys)
    assert request["problem"] == "unknown_finding"


@pytest.mark.parametrize(
    ("key", "value", "word"),
    [
        ("rule", "keine_regel", "rule"),
        ("approved_by", "Statistikstelle oder Schulverwaltungsamt der Kommune", "approved_by"),
        ("expires", "bald", "expires"),
        ("contract", "kein_vertrag", "contract"),
        ("year", "zwanzig", "year"),
        ("note", "x", "note"),
    ],
)
def test_a_waiver_that_is_not_valid_is_a_sentence_with_file_and_key(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str], key: str, value: str, word: str
) -> None:
    import yaml

    waived_neuss(settings, tmp_path)
    approve_all(settings, capsys)
    path = next((settings.contracts / "waivers").glob("*.yaml"))
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text(yaml.safe_dump({**document, key: value}, allow_unicode=True), encoding="utf-8")
    with pytest.raises(UserError) as error:
        opened(settings)
    assert path.name in error.value.sentence.in_language("de")
    assert word in error.value.sentence.in_language("de")


def test_differences_are_ranked_by_their_share(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    first = deliver(settings, "a.csv", leavers(NEUSS, 2012))
    second = deliver(settings, "b.csv", leavers(NEUSS, 2012, 2013, changed={2: "15", 19: "455", 5: "."}))
    capsys.readouterr()
    assert compare(settings, first[:12], second[:12], "json") == 1
    changes = json.loads(capsys.readouterr().out)["schulabgaenge"]
    ranked = [(change["old"], change["new"]) for change in changes]
    assert ranked[:3] == [("10", "15"), ("450", "455"), ("20", ".")]
    assert {change["kind"] for change in changes[3:]} == {"added"}
    assert len(changes) == 3 + 18
    assert compare(settings, str(settings.inbox / "a.csv"), first, "table") == 0


def test_a_delivery_that_is_unknown_is_a_sentence(settings: Settings) -> None:
    with pytest.raises(UserError, match="neither a file nor"):
        compare(settings, "0123456789ab", "0123456789ab", "table")


def test_a_content_that_is_purged_is_nowhere_and_never_comes_back(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = "7919353"
    doomed = deliver(settings, "neuss.csv", leavers(NEUSS, 2012, changed={19: secret}))
    deliver(settings, "ahlen.csv", leavers(AHLEN, 2012))
    line = opened(settings)
    snapshot = current_snapshot(line, date(2026, 1, 1))
    rows = weighed(snapshot, ALL_YEARS)
    write_protocols(snapshot, rows)
    write_marked_copies(snapshot, rows)
    make_board(snapshot)
    current_snapshot(line).accepted("schulabgaenge")
    capsys.readouterr()
    assert purge_content(settings, doomed, "Angaben zu einer Person") == 0
    assert "liegt noch im Eingang" in capsys.readouterr().out
    texts = [path.read_bytes() for path in settings.home.rglob("*") if path.is_file()]
    assert not any(secret.encode() in text for text in texts)
    assert not list(settings.home.rglob("*.xlsx"))
    assert not (settings.home / "landing" / doomed[:2] / doomed).exists()
    said = run(settings)[1]
    assert any("gelöscht" in sentence and "Angaben zu einer Person" in sentence for sentence in said)
    stone = opened(settings).register().tombstones[doomed]
    assert (stone.reason, len(stone.date)) == ("Angaben zu einer Person", 10)
    assert fate(settings, AHLEN, 2012) == Status.ACCEPTED
    assert value_of(opened(settings), AHLEN, 2012, "insgesamt", "maennlich")["value"] == 150.0
    capsys.readouterr()
    list_arrivals_json(settings)
    assert [row["status"] for row in json.loads(capsys.readouterr().out)["arrivals"]] == ["purged", "accepted"]
    assert purge_content(settings, doomed, "noch einmal") == 0
    assert opened(settings).register().tombstones[doomed].reason == "Angaben zu einer Person"


def test_a_marked_copy_of_a_purged_content_is_refused(settings: Settings, tmp_path: Path) -> None:
    doomed = deliver(settings, "neuss.csv", leavers(NEUSS, 2012, changed={19: "460"}))
    copy = marked(settings, settings.inbox / "neuss.csv", tmp_path / "copy.xlsx")
    purge_content(settings, doomed, "Angaben zu einer Person")
    (settings.inbox / "neuss.csv").unlink()
    shutil.copyfile(copy, settings.inbox / "zurueck.xlsx")
    _, said = run_of_years_known(settings)
    assert any("zurueck.xlsx" in sentence and "gelöscht" in sentence for sentence in said)


def run_of_years_known(settings: Settings) -> tuple[Installation, list[str]]:
    """A run beside another delivery, so that there is something to land."""
    (settings.inbox / "ahlen.csv").write_bytes(leavers(AHLEN, 2012))
    return run(settings)


@pytest.mark.parametrize("value", ["abc", "0" * 64])
def test_what_was_never_there_cannot_be_purged(settings: Settings, value: str) -> None:
    with pytest.raises(UserError):
        purge_content(settings, value, "Grund")


def test_the_board_says_what_is_there_and_shows_no_count(settings: Settings) -> None:
    deliver(settings, "neuss.csv", leavers(NEUSS, 2012, 2013, changed={19: "7919353"}))
    deliver(settings, "ahlen.csv", leavers(AHLEN, 2012))
    line = opened(settings)
    board = make_board(current_snapshot(line, date(2013, 6, 1)))
    page = line.steps.store.get(board.page).decode()
    assert "7919353" not in page
    assert board.states["accepted"] == 2
    assert board.states["rejected"] == 1
    assert board.states["missing"] > board.n_overdue > 0, "what is missing for 2012 is overdue in June 2013, for 2013 it is not"
    assert ".xlsx" not in page
    (link,) = {part.split('"')[0] for part in page.split('href="')[1:]}
    assert (Path(line.steps.store.address_of(board.page)).parent / link).resolve().is_file()


def test_each_municipality_gets_a_reply_with_its_own_marked_copies_only(settings: Settings) -> None:
    deliver(settings, "neuss.csv", leavers(NEUSS, 2018, changed={19: "1"}))
    both = leavers(AHLEN, 2018, changed={19: "1"}) + b"\r\n" + leavers("05111000", 2018).split(b"\r\n", 1)[1]
    deliver(settings, "beide.csv", both)
    line = opened(settings)
    board = make_board(current_snapshot(line, date(2026, 6, 1)))
    folder = {unit: Path(line.steps.store.address_of(key)) for unit, key in board.folders.items()}
    letter = (folder[NEUSS] / "antwort.txt").read_text(encoding="utf-8")
    assert "Bitte berichtigt liefern bis zum 15. Juni 2026" in letter
    assert [path.suffix for path in sorted(folder[NEUSS].iterdir())] == [".txt", ".xlsx"]
    assert [path.suffix for path in folder[AHLEN].iterdir()] == [".txt"]
    received = (folder["05111000"] / "antwort.txt").read_text(encoding="utf-8")
    assert "Schulabgänge nach Abschluss: 2018 (angenommen)" in received


def test_a_template_shows_last_year_beside_empty_cells_and_is_read_when_filled_in(settings: Settings) -> None:
    deliver(settings, "neuss.csv", leavers(NEUSS, 2012))
    line = opened(settings)
    key = make_templates(current_snapshot(line)).files[("schulabgaenge", NEUSS)]
    book = load_workbook(Path(line.steps.store.address_of(key)))
    sheet = book["Daten"]
    header = [cell.value for cell in sheet[1]]
    value, last = header.index("Schulabgänge"), header.index("Zum Vergleich 2011/12: Schulabgänge")
    assert {row[value].value for row in sheet.iter_rows(min_row=2) if row[value].data_type != "f"} == {None}
    assert {row[1].value for row in sheet.iter_rows(min_row=2)} == {"2016/17"}
    for row in sheet.iter_rows(min_row=2):
        row[value].value = int(row[last].value)
    book.save(settings.inbox / "neuss_2017.xlsx")  # Neuss owes nothing before it joined
    run(settings)
    assert fate(settings, NEUSS, 2017) == Status.ACCEPTED
    assert fate(settings, NEUSS, 2012) == Status.ACCEPTED


def test_the_check_with_protocol_loads_no_pandas(settings: Settings, tmp_path: Path) -> None:
    import sys

    file = tmp_path / "neuss.csv"
    file.write_bytes(leavers(NEUSS, 2012, changed={19: "1"}))
    code = (
        "import sys; sys.argv = ['kkz-eval', 'check', sys.argv[1], '--protocol', sys.argv[2]]\n"
        "from kkz_eval.cli import entry\n"
        "try: entry()\n"
        "except SystemExit as end: print(end.code, sorted({'pandas', 'dagster', 'great_expectations'} & set(sys.modules)))"
    )
    out = tmp_path / "out.xlsx"
    done = subprocess.run(
        [sys.executable, "-c", code, str(file), str(out)], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "1 []"
    assert load_workbook(out).sheetnames == [SHEET, "Daten"]


def test_a_protocol_never_replaces_a_file(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "neuss.csv"
    file.write_bytes(leavers(NEUSS, 2012))
    with pytest.raises(UserError, match="not overwritten"):
        check_files(settings, [file], None, "table", file)
    with pytest.raises(UserError, match="on its own"):
        check_files(settings, [file, file], None, "table", tmp_path / "new.xlsx")
