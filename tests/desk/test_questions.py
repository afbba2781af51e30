"""A question at a cell and its answer: kept in order, open until it is answered, never about a person; and the notice that something waits."""

from __future__ import annotations

import socketserver
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from faulty_home import DORMAGEN, DUESSELDORF, FAULTY, deliver, leavers, own_home
from served import DeskClient, desk_of

from kkz_eval.desk.people import Person, Role
from kkz_eval.fetching.mail import send
from kkz_eval.line.at_the_desk import moment_of
from kkz_eval.model.errors import UserError
from kkz_eval.settings import MailServer, Settings, load_mail_server
from kkz_eval.stewardship.notice import notice
from kkz_eval.stewardship.sight import EVERYTHING

CLERK = Person("amt", frozenset({Role.CLERK}), frozenset({DUESSELDORF}), frozenset({"schulabgaenge"}))
STEWARD = Person("stelle", frozenset({Role.STEWARD}))
HERE = f"/tafel/schulabgaenge/{DUESSELDORF}/2012"


@pytest.fixture
def settings(made_once: Callable[[str, Callable[[Path], object]], Path], tmp_path: Path) -> Settings:
    return replace(own_home(made_once, tmp_path), reports_url="https://desk.example")


def asked(client: DeskClient, text: str, to: str = "frage", **fields: str) -> int:
    return client.post_form(HERE, f"{HERE}/{to}", {"text": text, **fields}).status_code


def test_a_question_of_the_steward_is_open_to_the_clerk_until_it_is_answered(settings: Settings) -> None:
    steward, clerk = desk_of(settings, STEWARD), desk_of(settings, CLERK)
    assert asked(steward, "Sind die Abendschulen dabei?") == 303
    assert "Datenstelle fragt: „Sind die Abendschulen dabei?“" in clerk.get("/zu-tun").text
    (question,) = moment_of(settings).remarks_at(FAULTY)
    assert asked(clerk, "Ja, beide.", "antwort", about=question.about, number=str(question.number)) == 303
    assert "Abendschulen" not in clerk.get("/zu-tun").text
    page = steward.get(HERE).text
    assert page.index("Sind die Abendschulen dabei?") < page.index("antwortet") < page.index("Ja, beide.")
    again = clerk.post_form(HERE, f"{HERE}/antwort", {"text": "Doch nicht.", "about": question.about, "number": "1"})
    assert again.status_code == 400
    assert "inzwischen beantwortet" in again.text
    assert asked(clerk, "Ja.", "antwort", about=question.about, number="x") == 400


def test_a_question_about_a_person_is_refused_with_a_sentence_and_nowhere_kept(settings: Settings) -> None:
    answer = desk_of(settings, CLERK).post_form(HERE, f"{HERE}/frage", {"text": "Was ist mit Anna Müller?"})
    assert answer.status_code == 400
    assert "deutet (Namen von Personen)" in answer.text
    assert not any("Müller".encode() in file.read_bytes() for file in settings.home.rglob("*") if file.is_file())


def test_what_is_asked_is_words_on_a_page_and_not_in_the_log(settings: Settings) -> None:
    client = desk_of(settings, CLERK)
    assert asked(client, "Wieso <script>alert(1)</script> 12?\nZweite Zeile") == 303
    page = client.get(HERE).text
    assert "&lt;script&gt;" in page
    assert "<p>Zweite Zeile</p>" in page
    log = "".join(file.read_text(encoding="utf-8") for file in (settings.home / "desk").rglob("*") if file.is_file())
    assert '"asked"' in log
    assert "Zeile" not in log


def test_a_question_where_nothing_came_stays_at_the_cell_when_something_does(settings: Settings) -> None:
    place, path = ("schulabgaenge", DUESSELDORF, 2013), f"/tafel/schulabgaenge/{DUESSELDORF}/2013"
    client = desk_of(settings, STEWARD)
    assert client.post_form(path, f"{path}/frage", {"text": "Wann kommt 2013?"}).status_code == 303
    deliver(settings, "duesseldorf_2013.csv", leavers(DUESSELDORF, 2013))
    assert [one.text for one in moment_of(settings).remarks_at(place)] == ["Wann kommt 2013?"]


def test_a_notice_says_what_waits_until_when_and_where_and_nothing_else(settings: Settings) -> None:
    deliver(settings, "Anna Meier 460.csv", leavers(DUESSELDORF, 2012, changed={19: "463"}))
    asked(desk_of(settings, STEWARD), "Warum 463?")
    moment = moment_of(settings)
    said = notice(DUESSELDORF, moment.to_do(EVERYTHING), moment.installation.contracts, "https://desk.example/zu-tun", False)
    assert said is not None
    assert "- Schulabgänge nach Abschluss, 2012: zu berichtigen, bitte bis zum " in said.text
    assert "- Schulabgänge nach Abschluss, 2012: offene Frage\n" in said.text
    assert "https://desk.example/zu-tun" in said.text
    assert not {"Anna", "Meier", "460", "463", "Warum"} & set(said.text.replace(",", " ").replace(".", " ").split())
    assert notice("05999999", moment.to_do(EVERYTHING), moment.installation.contracts, "x", False) is None


class _Mailbox(socketserver.ThreadingTCPServer):
    """A mail server on this machine that speaks as much SMTP as it takes, encrypted after STARTTLS; keeps what it is given."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, certificate: Path | None) -> None:
        self.got: list[str] = []
        self.accounts: list[str] = []
        self.context = None
        if certificate is not None:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificate)
        super().__init__(("127.0.0.1", 0), _Talk)


class _Talk(socketserver.StreamRequestHandler):
    server: _Mailbox

    def handle(self) -> None:
        self.say("220 here")
        encrypted = False
        while line := self.rfile.readline().decode():
            word = line.split()[0].upper() if line.split() else ""
            if word == "EHLO":
                offers = ["250-here", *(["250-STARTTLS"] if self.server.context and not encrypted else [])]
                self.say("\r\n".join([*offers, "250 AUTH PLAIN"]))
            elif word == "STARTTLS" and self.server.context:
                self.say("220 go")
                self.request = self.server.context.wrap_socket(self.request, server_side=True)
                self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb")
                encrypted = True
            elif word == "AUTH":
                assert encrypted
                self.server.accounts.append(line)
                self.say("235 yes")
            elif word == "RCPT" and "niemand@" in line:
                self.say("550 no")
            elif word == "DATA":
                assert encrypted
                self.say("354 go on")
                words = []
                while (part := self.rfile.readline().decode()) != ".\r\n":
                    words.append(part)
                self.server.got.append("".join(words))
                self.say("250 kept")
            elif word == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 well")

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())
        self.wfile.flush()


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    file = tmp_path / "mail.pem"
    about = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    made = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", str(file), "-out", f"{file}.crt")
    try:
        subprocess.run([*made, *about], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("no openssl on the path: install it to test mail with a certificate")
    file.write_bytes(file.read_bytes() + Path(f"{file}.crt").read_bytes())
    return file


@pytest.fixture
def mailbox(certificate: Path) -> Iterator[_Mailbox]:
    with _Mailbox(certificate) as box:
        threading.Thread(target=box.serve_forever, daemon=True).start()
        yield box
        box.shutdown()


def server_of(box: _Mailbox, certificate: Path, host: str = "localhost") -> MailServer:
    port = str(box.server_address[1])
    said = {
        "KKZ_MAIL_HOST": host,
        "KKZ_MAIL_PORT": port,
        "KKZ_MAIL_SENDER": "kkz@stiftung.example",
        "KKZ_MAIL_CA": f"{certificate}.crt",
    }
    server = load_mail_server({**said, "KKZ_MAIL_USER": "kkz", "KKZ_MAIL_PASSWORD": "geheim"})
    assert server is not None
    assert "geheim" not in repr(server)
    return server


def test_a_click_sends_the_notice_encrypted_and_the_log_has_no_address(
    settings: Settings, mailbox: _Mailbox, certificate: Path
) -> None:
    client = desk_of(settings, STEWARD, send=partial(send, server_of(mailbox, certificate)))
    page, to = f"/briefe/{DUESSELDORF}", "schulamt@kommune.example"
    answer = client.post_form(page, f"{page}/hinweis", {"to": to})
    assert answer.status_code == 303
    assert "dem Postausgang übergeben" in client.get(answer.headers["location"]).text
    (message,) = mailbox.got
    assert f"To: {to}" in message
    assert len(mailbox.accounts) == 1
    log = "".join(file.read_text(encoding="utf-8") for file in (settings.home / "desk").rglob("*") if file.is_file())
    assert '"notified"' in log
    assert "schulamt@" not in log


@pytest.mark.parametrize("to", ["", "schulamt", "a@b.de\r\nBcc: c@d.de", "a@b.de, c@d.de", "Amt <a@b.de>"])
def test_what_is_no_single_address_is_refused_before_anything_is_sent(to: str, mailbox: _Mailbox, certificate: Path) -> None:
    with pytest.raises(UserError, match="no address"):
        send(server_of(mailbox, certificate), to, "Hinweis", "Text")
    assert mailbox.got == []


def test_a_server_without_encryption_with_another_name_or_that_refuses_gets_nothing(mailbox: _Mailbox, certificate: Path) -> None:
    with _Mailbox(None) as plain:
        threading.Thread(target=plain.serve_forever, daemon=True).start()
        with pytest.raises(UserError, match="offers no encryption"):
            send(server_of(plain, certificate), "a@b.de", "Hinweis", "Text")
        plain.shutdown()
        assert plain.got == plain.accounts == []
    with pytest.raises(UserError, match="can't be reached"):
        send(server_of(mailbox, certificate, "127.0.0.1"), "a@b.de", "Hinweis", "Text")
    with pytest.raises(UserError, match="does not accept this address"):
        send(server_of(mailbox, certificate), "niemand@b.de", "Hinweis", "Text")
    assert mailbox.got == []


def test_without_a_mail_server_the_notice_is_there_to_copy(settings: Settings) -> None:
    assert load_mail_server({"KKZ_MAIL_HOST": "mail.example"}) is None
    client, page = desk_of(settings, STEWARD), f"/briefe/{DUESSELDORF}"
    assert "für Ihre Lieferungen wartet noch etwas:" in client.get(page).text
    assert "Hinweis senden" not in client.get(page).text
    assert client.post_form(page, f"{page}/hinweis", {"to": "a@b.de"}).status_code == 404
    assert desk_of(settings, CLERK).get(f"/briefe/{DORMAGEN}").status_code == 404


def test_no_notice_asks_for_years_that_the_letter_says_nobody_expects(settings: Settings) -> None:
    neuss = "05162024"  # joined in 2017
    deliver(settings, "neuss.csv", leavers(neuss, 2012, changed={19: "463"}))
    moment = moment_of(settings)
    (task,) = (one for one in moment.to_do(EVERYTHING) if one.unit_id == neuss)
    assert "werden nicht erwartet" in task.sentence.in_language("de")
    assert notice(neuss, moment.to_do(EVERYTHING), moment.installation.contracts, "x", False) is None
