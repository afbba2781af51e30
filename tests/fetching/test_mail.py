"""A notice goes to a mail server whole and encrypted, or not at all; and whoever sends it is told which, and why."""

from __future__ import annotations

import email
import socket
from dataclasses import replace
from email.policy import default
from pathlib import Path

import pytest
from mail_server import HANGS_UP, a_certificate, a_mailbox

from kkz_eval.fetching import mail
from kkz_eval.fetching.mail import mailer
from kkz_eval.model.errors import UserError

TO, SUBJECT, TEXT = (
    "schulamt@kommune.example",
    "Für Ihre\nLieferungen",
    "Es wartet etwas: „Schulabgänge“.\n.\nBitte bis 1. März.\n",
)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return a_certificate(tmp_path_factory.mktemp("mail"))


def test_a_message_comes_as_it_was_written_in_signs_that_every_server_passes_on(certificate: Path) -> None:
    with a_mailbox(certificate) as box:
        mailer(box.server())(TO, SUBJECT, TEXT)
    (raw,) = box.messages
    assert raw.isascii()
    message = email.message_from_string(raw, policy=default)
    assert (message["To"], message["From"], message["Subject"]) == (TO, "Probe <kkz@stiftung.example>", "Für Ihre Lieferungen")
    assert message.get_content().replace("\r\n", "\n") == TEXT
    assert message["Message-ID"].endswith("@stiftung.example>")
    assert box.words == ["EHLO", "STARTTLS", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "QUIT"]


def test_without_an_account_none_is_used(certificate: Path) -> None:
    with a_mailbox(certificate, accounts=False) as box:
        mailer(box.server(user="", password=""))(TO, SUBJECT, TEXT)
    assert len(box.messages) == 1
    assert box.accounts == []


def test_at_the_port_for_it_the_conversation_is_encrypted_from_its_first_word(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_mailbox(certificate, encrypted=True) as box:
        monkeypatch.setattr(mail, "_ENCRYPTED_FROM_THE_START", box.port)
        mailer(box.server())(TO, SUBJECT, TEXT)
        with pytest.raises(UserError) as refused:
            mailer(box.server(host="127.0.0.1"))(TO, SUBJECT, TEXT)
    assert refused.value.code == "mail_certificate"
    assert len(box.messages) == 1
    assert box.words == ["EHLO", "AUTH", "MAIL", "RCPT", "DATA", "QUIT"]


@pytest.mark.parametrize("to", ["", "schulamt", "a@b.de\r\nBcc: c@d.de", "a@b.de, c@d.de", "Amt <a@b.de>"])
def test_what_is_no_single_address_is_refused_before_anything_is_sent(to: str, certificate: Path) -> None:
    with a_mailbox(certificate) as box, pytest.raises(UserError, match="no address"):
        mailer(box.server())(to, SUBJECT, TEXT)
    assert box.words == []


REFUSALS = [
    ({"starts": False}, "mail_unencrypted", ""),
    ({"accounts": False}, "mail_no_accounts", ""),
    ({"answers": {"CONNECT": "554 not you"}}, "mail_failed", "554 not you"),
    ({"answers": {"STARTTLS": "454 TLS not available"}}, "mail_later", "454 TLS not available"),
    ({"answers": {"AUTH": "454 4.7.0 not now"}}, "mail_later", "454 4.7.0 not now"),
    ({"answers": {"AUTH": "535 5.7.8 no such account"}}, "mail_account", "535 5.7.8 no such account"),
    ({"answers": {"MAIL": "530 5.7.0 log in first"}}, "mail_sender_refused", "530 5.7.0 log in first"),
    ({"answers": {"RCPT": "550 5.1.1 no such mailbox"}}, "mail_refused", "550 5.1.1 no such mailbox"),
    ({"answers": {"RCPT": "451 4.7.1 greylisted"}}, "mail_later", "451 4.7.1 greylisted"),
    ({"answers": {"DATA": "554 5.5.1 no"}}, "mail_failed", "554 5.5.1 no"),
    ({"answers": {".": "552 5.3.4 too large"}}, "mail_failed", "552 5.3.4 too large"),
    ({"answers": {"CONNECT": HANGS_UP}}, "mail_unreached", ""),
    ({"answers": {"RCPT": HANGS_UP}}, "mail_failed", ""),
    ({"answers": {".": HANGS_UP}}, "mail_unknown", ""),
]


@pytest.mark.parametrize(("server", "code", "said"), REFUSALS)
def test_each_refusal_is_called_what_it_is_with_the_words_of_the_server(
    server: dict[str, object], code: str, said: str, certificate: Path
) -> None:
    with a_mailbox(certificate, **server) as box, pytest.raises(UserError) as refused:
        mailer(box.server())(TO, SUBJECT, TEXT)
    assert refused.value.code == code
    assert said in refused.value.sentence.in_language("de")
    assert box.messages == []


@pytest.mark.parametrize("end", [HANGS_UP, "421 busy"])
def test_what_the_server_has_taken_is_sent_however_the_conversation_ends(end: str, certificate: Path) -> None:
    with a_mailbox(certificate, answers={"QUIT": end}) as box:
        mailer(box.server())(TO, SUBJECT, TEXT)
    assert len(box.messages) == 1


def test_a_certificate_of_another_name_or_of_nobody_known_gets_no_account_and_no_message(certificate: Path) -> None:
    with a_mailbox(certificate) as box:
        for changed in ({"host": "127.0.0.1"}, {"ca": ""}):
            with pytest.raises(UserError) as refused:
                mailer(box.server(**changed))(TO, SUBJECT, TEXT)
            assert refused.value.code == "mail_certificate"
    assert "self-signed" in refused.value.sentence.in_language("de")
    assert box.accounts == box.messages == []


def test_a_server_that_is_not_there_or_silent_is_named_with_its_port(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with a_mailbox(certificate) as box:
        server = box.server()
    with pytest.raises(UserError, match=f"port {server.port}.*refused"):
        mailer(server)(TO, SUBJECT, TEXT)
    monkeypatch.setattr(mail, "_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(UserError, match="no answer in the time allowed"):
        mailer(replace(server, port=silent.getsockname()[1]))(TO, SUBJECT, TEXT)


def test_what_the_settings_get_wrong_is_said_before_anybody_sends(certificate: Path, tmp_path: Path) -> None:
    with a_mailbox(certificate) as box:
        for sender in ("kkz", "a@b.de, c@d.de", "Stiftung kkz@stiftung.example", "a@b.de\nBcc: c@d.de"):
            with pytest.raises(UserError, match="KKZ_MAIL_SENDER"):
                mailer(box.server(sender=sender))
        for setting, value in (("HOST", ".example.org"), ("USER", "kündig"), ("PASSWORD", "gehäim")):
            with pytest.raises(UserError, match=f"KKZ_MAIL_{setting}") as wrong:
                mailer(box.server(**{setting.lower(): value}))
            assert "gehäim" not in wrong.value.sentence.in_language("de")
        (tmp_path / "none.pem").write_text("no certificate")
        for file, why in ((tmp_path / "none.pem", "NO_CERTIFICATE"), (tmp_path / "gone.pem", "no such file")):
            with pytest.raises(UserError, match=why):
                mailer(box.server(ca=str(file)))
