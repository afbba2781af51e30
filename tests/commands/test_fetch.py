"""Fetching a table: one request to a server on this machine, its stored answer, the file in the inbox, and every refusal."""

from __future__ import annotations

import io
import json
import shutil
import threading
import urllib.parse
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from kkz_eval.cli import main
from kkz_eval.commands.fetch import fetch
from kkz_eval.contracts.load import load_contracts
from kkz_eval.deliveries.register.inbox import inbox_files
from kkz_eval.deliveries.register.intake import take_in
from kkz_eval.fetching.request import Limits
from kkz_eval.fetching.web_services import Service, ServicesInvalid, load_services, order_of
from kkz_eval.model.errors import UserError
from kkz_eval.model.texts import Language
from kkz_eval.settings import Credentials, Settings
from kkz_eval.storage.store import Store

PROJECT = Path(__file__).parents[2] / "data_contracts"
USER, PASSWORD, TOKEN = "KENNUNG77", "geheim-wort-9", "t0k3n5a1b2c3"

HEADER = (
    "statistics_code;statistics_label;time_code;time_label;time;1_variable_code;1_variable_label;1_variable_attribute_code;"
    "1_variable_attribute_label;2_variable_code;2_variable_label;2_variable_attribute_code;2_variable_attribute_label;"
    "value;value_unit;value_variable_code;value_variable_label;value_q\r\n"
)


def flat(statistic: str = "12411", years: tuple[int, ...] = (2022, 2023), value: str = "1000") -> bytes:
    """A flat file in the layout of 2025, of two Kreise, with letters of quality."""
    lines = [
        f"{statistic};Fortschreibung des Bevölkerungsstandes;STAG;Stichtag;{year}-12-31;KREISE;Kreise und kreisfreie Städte;{key};"
        f"{name};GES;Geschlecht;;Insgesamt;{value};Anzahl;BEVSTD;Bevölkerungsstand;e\r\n"
        for year in years
        for key, name in (("05111", "Düsseldorf, Stadt"), ("05112", "Duisburg, Stadt"))
    ]
    return b"\xef\xbb\xbf" + (HEADER + "".join(lines)).encode()


def packed(*files: bytes) -> bytes:
    """An archive as the services send it."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, data in enumerate(files):
            archive.writestr(f"tabelle{number}.csv", data)
    return target.getvalue()


def status(code: int, content: str, kind: str = "Information") -> bytes:
    """What a service says in place of a table."""
    return json.dumps({"Ident": {"Service": "data"}, "Status": {"Code": code, "Content": content, "Type": kind}}).encode()


def bare(code: int, content: str) -> bytes:
    """The same without a valid account."""
    return json.dumps({"Code": code, "Content": content, "Type": "ERROR"}).encode()


@dataclass
class Server:
    """A web service on this machine: gives one stored answer and keeps what it was asked."""

    address: str = ""
    http_status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    silent: threading.Event = field(default_factory=threading.Event)
    asked: list[tuple[str, dict[str, str], dict[str, list[str]]]] = field(default_factory=list)

    def gives(self, body: bytes, http_status: int = 200, **headers: str) -> None:
        self.body, self.http_status, self.headers = body, http_status, headers


@pytest.fixture
def server() -> Iterator[Server]:
    kept = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = self.rfile.read(int(self.headers["Content-Length"])).decode()
            kept.asked.append((self.path, dict(self.headers.items()), urllib.parse.parse_qs(form)))
            if "Silent" in kept.headers:
                kept.silent.wait(10)
            self.send_response(kept.http_status)
            for name, value in {"Content_Length": str(len(kept.body)), **kept.headers}.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(kept.body)

        def log_message(self, format: str, *args: object) -> None:
            """Print nothing."""

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    kept.address = f"http://127.0.0.1:{running.server_port}/ws/rest/2020/"
    yield kept
    kept.silent.set()
    running.shutdown()
    thread.join()
    running.server_close()


@dataclass(frozen=True)
class Said:
    """How the command ended, and what it printed."""

    code: int
    out: str
    err: str


Command = Callable[..., Said]


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "eingang"
    folder.mkdir()
    return folder


@pytest.fixture
def contracts(tmp_path: Path, server: Server) -> Path:
    """The project's contracts with a service on this machine."""
    folder = tmp_path / "vertraege"
    folder.mkdir()
    for name in ("bevoelkerung_amtlich", "arbeitslosigkeit_amtlich"):
        shutil.copy(PROJECT / f"{name}.odcs.yaml", folder)
    _write_services(folder, server.address)
    return folder


def _write_services(folder: Path, address: str) -> None:
    entry = {"name": "Prüfdienst", "address": address, "account": "https://konto.invalid/", "attribution": "© Prüfamt"}
    tables = {"12411-01-01-4": {"years": "2022-2023"}, "12411-03-03-4": {}}
    content = {"services_version": 1, "services": {"regionalstatistik": {**entry, "tables": tables}}}
    (folder / "services.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")


@pytest.fixture
def cli(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, contracts: Path, inbox: Path, tmp_path: Path
) -> Command:
    """Runs `fetch` with an account in the environment; neither the account nor a traceback may ever be shown or kept."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("KKZ_CONTRACTS", str(contracts))
    monkeypatch.setenv("KKZ_INBOX", str(inbox))
    monkeypatch.setenv("KKZ_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("KKZ_LANGUAGE", raising=False)
    monkeypatch.delenv("KKZ_REGIONALSTATISTIK_TOKEN", raising=False)
    monkeypatch.setenv("KKZ_REGIONALSTATISTIK_USER", USER)
    monkeypatch.setenv("KKZ_REGIONALSTATISTIK_PASSWORD", PASSWORD)

    def command(*arguments: object) -> Said:
        capsys.readouterr()
        code = main(["fetch", *(str(argument) for argument in arguments)])
        said = Said(code, *capsys.readouterr())
        kept = "".join(path.read_text(encoding="utf-8") for path in inbox.rglob("*") if path.is_file())
        for secret in (USER, PASSWORD, TOKEN, "Traceback"):
            assert secret not in said.out + said.err + kept
        return said

    return command


ASKED = ("12411-01-01-4", "--source", "regionalstatistik", "--years", "2022-2023")


def _refused(said: Said, inbox: Path, *parts: str, code: int = 2) -> None:
    assert said.code == code
    assert "Bitte" in said.err
    for part in parts:
        assert part in said.err
    assert list(inbox.iterdir()) == []


# ---- a table comes ----


@pytest.mark.parametrize("wrap", [packed, bytes], ids=["archive", "text"])
def test_a_table_lies_in_the_inbox_as_it_came(cli: Command, server: Server, inbox: Path, wrap: Callable[[bytes], bytes]) -> None:
    server.gives(wrap(flat()))
    said = cli(*ASKED)
    assert said.code == 0, said
    (name,) = inbox_files(inbox)
    assert name.startswith("regionalstatistik_12411-01-01-4_2022-2023_")
    assert (inbox / name).read_bytes() == flat()
    assert "4 Werte" in said.out
    assert "bevoelkerung_amtlich" in said.out
    assert "© Prüfamt" in said.out


def test_the_request_is_one_form_with_the_account_in_its_head_only(cli: Command, server: Server) -> None:
    server.gives(packed(flat()))
    cli(*ASKED, "--regions", "KREISE=05111,05112")
    ((path, head, form),) = server.asked
    assert path == "/ws/rest/2020/data/tablefile"
    assert (head["Username"], head["Password"]) == (USER, PASSWORD)
    assert form == {
        "name": ["12411-01-01-4"],
        "area": ["all"],
        "compress": ["false"],
        "format": ["ffcsv"],
        "language": ["de"],
        "startyear": ["2022"],
        "endyear": ["2023"],
        "regionalvariable": ["KREISE"],
        "regionalkey": ["05111,05112"],
        "quality": ["on"],
        "job": ["false"],
    }


def test_a_table_of_the_list_is_fetched_without_being_told_where_and_when(cli: Command, server: Server, inbox: Path) -> None:
    server.gives(packed(flat()))
    assert cli("12411-01-01-4").code == 0
    (asked,) = (form for _, _, form in server.asked)
    assert (asked["startyear"], asked["endyear"]) == (["2022"], ["2023"])
    assert len(inbox_files(inbox)) == 1


def test_what_a_person_says_goes_before_the_list(cli: Command, server: Server) -> None:
    server.gives(packed(flat()))
    cli("12411-01-01-4", "--years", "2021-2023")
    assert server.asked[0][2]["startyear"] == ["2021"]
    cli("12411-03-03-4", "--years", "2023")
    assert (server.asked[1][2]["name"], server.asked[1][2]["startyear"]) == (["12411-03-03-4"], ["2023"])


def test_a_token_goes_before_user_and_password(cli: Command, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KKZ_REGIONALSTATISTIK_TOKEN", f" {TOKEN}\n")
    server.gives(packed(flat()))
    assert cli(*ASKED).code == 0
    assert (server.asked[0][1]["Username"], server.asked[0][1]["Password"]) == (TOKEN, "")


def test_the_provenance_stands_beside_the_table_and_is_no_delivery(
    cli: Command, server: Server, inbox: Path, contracts: Path, tmp_path: Path
) -> None:
    server.gives(packed(flat()))
    cli(*ASKED)
    (name,) = inbox_files(inbox)
    kept = yaml.safe_load((inbox / f".{name}.herkunft.yaml").read_text(encoding="utf-8"))
    assert kept["file"] == name
    assert kept["address"] == server.address + "data/tablefile"
    assert kept["parameters"]["startyear"] == "2022"
    assert kept["attribution"] == "© Prüfamt"
    intake = take_in(Store.at(str(tmp_path / "home")), inbox, load_contracts(contracts), range(2006, 2026))
    assert (intake.present, intake.landed, intake.notices) == (1, (name,), ())


def test_the_same_answer_again_is_not_written_again(cli: Command, server: Server, inbox: Path) -> None:
    server.gives(packed(flat()))
    cli(*ASKED)
    before = sorted(path.name for path in inbox.iterdir())
    said = cli(*ASKED)
    assert said.code == 0
    assert "schon genau diesen Inhalt" in said.out
    assert sorted(path.name for path in inbox.iterdir()) == before


def test_years_that_did_not_come_are_named(cli: Command, server: Server, inbox: Path) -> None:
    server.gives(packed(flat()))
    said = cli("12411-01-01-4", "--source", "regionalstatistik", "--years", "2020-2024")
    assert said.code == 1
    assert "2020–2021, 2024" in said.out
    assert len(inbox_files(inbox)) == 1


def test_what_the_reader_notices_is_said(cli: Command, server: Server, inbox: Path) -> None:
    server.gives(packed(flat().replace(b";1000;", b";10.5x;", 1)))
    said = cli(*ASKED)
    assert said.code == 1
    assert "Befunde" in said.out
    assert len(inbox_files(inbox)) == 1


@pytest.mark.parametrize(
    ("statistic", "said_of_it"), [("13211", "arbeitslosigkeit_amtlich"), ("99999", "Kein Vertrag nutzt die Statistik 99999")]
)
def test_a_table_that_contracts_read_with_its_header_only_is_told_from_one_that_none_reads(
    cli: Command, server: Server, statistic: str, said_of_it: str
) -> None:
    server.gives(packed(flat(statistic)))
    said = cli(f"{statistic}-02-05-4", "--source", "regionalstatistik", "--years", "2022-2023")
    assert said_of_it in said.out
    assert ("CSV mit Kopfzeilen" in said.out) == (statistic == "13211")


# ---- a service says no ----


@pytest.mark.parametrize(
    ("http_status", "body"),
    [
        (401, bare(15, "Sie sind nicht berechtigt diesen Service aufzurufen.")),
        (404, bare(2, "Ein Fehler ist aufgetreten. (Bitte prüfen Sie Ihren Nutzernamen bzw. das Passwort.)")),
        (200, bare(2, f"Das Konto {USER} gibt es nicht.")),
        (401, b""),
    ],
    ids=["none recognised", "wrong with 404", "wrong with 200", "without a word"],
)
def test_a_wrong_account_is_no_missing_table(cli: Command, server: Server, inbox: Path, http_status: int, body: bytes) -> None:
    server.gives(body, http_status)
    _refused(cli(*ASKED), inbox, "Konto", "https://konto.invalid/")


@pytest.mark.parametrize("code", [90, 104])
def test_an_unknown_table_is_named(cli: Command, server: Server, inbox: Path, code: int) -> None:
    server.gives(status(code, "Es gibt keine Objekte zum angegebenen Selektionskriterium"))
    _refused(cli(*ASKED), inbox, "keine Tabelle 12411-01-01-4")


def test_a_table_that_is_too_large_can_be_ordered_as_a_job(cli: Command, server: Server, inbox: Path) -> None:
    server.gives(status(98, "Die Tabelle ist zu groß, um direkt abgerufen zu werden.", "Fehler"))
    _refused(cli(*ASKED), inbox, "zu groß", "--job")


def test_a_job_in_the_queue_says_how_its_result_is_fetched(cli: Command, server: Server, inbox: Path) -> None:
    said = "Der Bearbeitungsauftrag wurde erstellt. Die Tabelle kann als Ergebnis mit folgendem Namen abgerufen werden: {}"
    server.gives(status(99, said.format("12411-01-01-4_987654321")))
    queued = cli(*ASKED, "--job")
    _refused(queued, inbox, "kkz-eval fetch 12411-01-01-4_987654321 --source regionalstatistik --years 2022-2023", code=1)
    assert server.asked[0][2]["job"] == ["true"]
    server.gives(status(104, "Kein passendes Objekt"), 404)
    _refused(cli("12411-01-01-4_987654321", *ASKED[1:]), inbox, "noch nicht", code=1)
    server.gives(packed(flat()))
    assert cli("12411-01-01-4_987654321", *ASKED[1:]).code == 0
    assert server.asked[2][0] == "/ws/rest/2020/data/resultfile"
    assert len(inbox_files(inbox)) == 1


def test_a_token_starts_no_job(cli: Command, server: Server, inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KKZ_REGIONALSTATISTIK_TOKEN", TOKEN)
    _refused(cli(*ASKED, "--job"), inbox, "Token", "KKZ_REGIONALSTATISTIK_USER")
    assert server.asked == []


def test_any_other_message_is_passed_on_without_the_account(cli: Command, server: Server, inbox: Path) -> None:
    server.gives(status(77, f"Wartung\n bis 12 Uhr, {USER}, {PASSWORD}"))
    _refused(cli(*ASKED), inbox, "77", "Wartung bis 12 Uhr, ***, ***")


def test_a_redirect_is_not_followed(cli: Command, server: Server, inbox: Path) -> None:
    server.gives(b"", 302, Location=server.address.replace("/ws/", "/neu/"))
    _refused(cli(*ASKED), inbox, "/neu/rest/2020/", "services.yaml")
    assert len(server.asked) == 1


@pytest.mark.parametrize("http_status", [404, 429, 500, 503])
def test_a_server_that_is_down_is_not_a_missing_table(cli: Command, server: Server, inbox: Path, http_status: int) -> None:
    server.gives(b"<html>Wartung</html>", http_status)
    _refused(cli(*ASKED), inbox, f"HTTP {http_status}")


# ---- what came is no table ----


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (b"", "flache Tabelle"),
        (b"<!doctype html><title>Anmelden</title>", "flache Tabelle"),
        (b"{ nicht zu Ende", "nicht heraus"),
        (b"[1, 2]", "flache Tabelle"),
        (bytes(range(256)) * 8, "flache Tabelle"),
        (packed(flat())[:-30], "unvollständig"),
        (packed(flat(), flat()), "2 Dateien"),
        (packed(), "0 Dateien"),
        (packed(b"Gemeinde;Wert\r\n05111;1\r\n"), "flache Tabelle"),
        (packed(b"\xef\xbb\xbf" + HEADER.encode()), "ohne lesbare Werte"),
        (packed(flat("21111")), "Statistik 21111"),
    ],
    ids=["nothing", "page", "half json", "list", "bytes", "cut archive", "two files", "no file", "other csv", "empty", "other"],
)
def test_what_is_no_table_is_not_written(cli: Command, server: Server, inbox: Path, body: bytes, part: str) -> None:
    server.gives(body)
    _refused(cli(*ASKED), inbox, part)


def test_an_answer_shorter_than_announced_is_not_written(cli: Command, server: Server, inbox: Path) -> None:
    server.gives(flat(), Content_Length=str(len(flat()) + 10), Connection="close")
    _refused(cli(*ASKED), inbox, "unvollständig")


# ---- before anything is asked ----


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("../12411", *ASKED[1:]), "../12411"),
        (("*", *ASKED[1:]), "12411-03-03-4"),
        ((*ASKED[:2], "destatis", *ASKED[3:]), "regionalstatistik"),
        ((*ASKED[:4], "2023-2022"), "2023-2022"),
        ((*ASKED[:4], "alle"), "alle"),
        ((*ASKED, "--regions", "Kreis Unna"), "Kreis Unna"),
        ((*ASKED, "--into", "gibt/es/nicht"), "gibt/es/nicht"),
    ],
)
def test_what_cannot_be_meant_is_not_asked(
    cli: Command, server: Server, inbox: Path, arguments: tuple[str, ...], part: str
) -> None:
    _refused(cli(*arguments), inbox, part)
    assert server.asked == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("12411-03-03-4",),  # in the list, but its years are not known
        ("12411-99-99-4",),
        ("12411-99-99-4", "--source", "regionalstatistik"),
        ("12411-99-99-4", "--years", "2022"),
    ],
)
def test_a_table_that_the_list_does_not_know_needs_service_and_years(
    cli: Command, server: Server, inbox: Path, arguments: tuple[str, ...]
) -> None:
    _refused(cli(*arguments), inbox, arguments[0], "--source", "--years", "12411-01-01-4, 12411-03-03-4")
    assert server.asked == []


@pytest.mark.parametrize("half", ["USER", "PASSWORD"])
def test_without_an_account_nothing_is_asked(
    cli: Command, server: Server, inbox: Path, monkeypatch: pytest.MonkeyPatch, half: str
) -> None:
    monkeypatch.delenv(f"KKZ_REGIONALSTATISTIK_{half}")
    _refused(cli(*ASKED), inbox, "KKZ_REGIONALSTATISTIK_TOKEN", "https://konto.invalid/")
    assert server.asked == []


def test_an_account_that_would_break_the_head_of_the_request_is_refused(
    cli: Command, server: Server, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KKZ_REGIONALSTATISTIK_PASSWORD", "a\r\nX-Fremd: 1")
    _refused(cli(*ASKED), inbox, "Zeilenumbrüche")
    assert server.asked == []


def test_a_person_is_asked_where_the_environment_names_no_account(
    cli: Command, server: Server, contracts: Path, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KKZ_REGIONALSTATISTIK_USER")
    server.gives(packed(flat()))

    def person(service: Service, language: Language) -> Credentials:
        assert (service.name, language) == ("Prüfdienst", "de")
        return Credentials("getippt", "auch")

    order = order_of(ASKED[0], "2022-2023", None, "dialogue")
    assert fetch(Settings(tmp_path, inbox, contracts), "regionalstatistik", order, None, person) == 0
    assert (server.asked[0][1]["Username"], server.asked[0][1]["Password"]) == ("getippt", "auch")


def test_a_person_who_breaks_off_leaves_nothing(
    cli: Command, server: Server, contracts: Path, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KKZ_REGIONALSTATISTIK_USER")

    def breaks_off(service: Service, language: Language) -> Credentials:
        raise KeyboardInterrupt

    order = order_of(ASKED[0], "2022-2023", None, "dialogue")
    with pytest.raises(UserError, match="nothing was written") as refusal:
        fetch(Settings(tmp_path, inbox, contracts), "regionalstatistik", order, None, breaks_off)
    assert (refusal.value.exit_code, server.asked, list(inbox.iterdir())) == (130, [], [])


def test_a_server_that_is_not_there_is_named(cli: Command, contracts: Path, inbox: Path) -> None:
    _write_services(contracts, "http://127.0.0.1:9/ws/")
    _refused(cli(*ASKED), inbox, "nicht zu erreichen", "127.0.0.1:9")


# ---- limits ----


@pytest.mark.parametrize(
    ("body", "silent", "limits", "code"),
    [
        (flat(), True, Limits(silence=0.2), "service_slow"),
        (flat(), False, Limits(total=-1.0), "service_slow"),
        (flat(), False, Limits(size=100), "answer_too_large"),
        (packed(flat(years=tuple(range(1950, 2024)))), False, Limits(size=2000), "answer_too_large"),
    ],
    ids=["silence", "too long", "too large", "unpacks too large"],
)
def test_limits_hold(
    cli: Command,
    server: Server,
    contracts: Path,
    inbox: Path,
    tmp_path: Path,
    body: bytes,
    silent: bool,
    limits: Limits,
    code: str,
) -> None:
    server.gives(body, **({"Silent": "yes"} if silent else {}))
    order = order_of(ASKED[0], "2022-2023", None, "dialogue")
    with pytest.raises(UserError) as refusal:
        fetch(Settings(tmp_path, inbox, contracts), "regionalstatistik", order, None, None, limits)
    assert refusal.value.code == code
    assert list(inbox.iterdir()) == []


# ---- the list of services ----


def test_the_services_of_the_project_are_asked_over_https_only() -> None:
    services = load_services(PROJECT / "services.yaml")
    assert set(services) == {"regionalstatistik", "landesdatenbank", "genesis"}
    assert all(service.address.startswith("https://") and service.address.endswith("/") for service in services.values())


@pytest.mark.parametrize("address", ["http://example.invalid/ws/", "https://example.invalid/ws", "https://u:p@example.invalid/"])
def test_an_address_that_would_show_the_account_is_refused(tmp_path: Path, address: str) -> None:
    _write_services(tmp_path, address)
    with pytest.raises(ServicesInvalid, match=r"services\.regionalstatistik\.address \(line \d+\).*for example: https://"):
        load_services(tmp_path / "services.yaml")


def test_an_account_is_not_shown_when_printed() -> None:
    assert PASSWORD not in repr(Credentials(USER, PASSWORD))
    assert USER not in repr(Credentials(USER, PASSWORD))
