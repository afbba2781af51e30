"""Sending a notice by the mail server of the house: one message, encrypted, to one address. Only by a click; nothing is tried twice.

Does not belong here: what a notice says (stewardship.notice), who may send one (desk).
"""

from __future__ import annotations

import errno
import re
import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid, parseaddr
from functools import partial

from kkz_eval.fetching import say
from kkz_eval.model.errors import UserError
from kkz_eval.model.system_errors import Reason, reason_of
from kkz_eval.settings import MailServer

_SECONDS = 20.0
_ENCRYPTED_FROM_THE_START = 465  # RFC 8314; at any other port by STARTTLS
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}")
_SENDER = re.compile(rf"(?P<name>[^<>@,;:\"()\[\]]* <)?(?P<address>{_ADDRESS.pattern})(?(name)>)")
_IN_SEVEN_BITS = SMTP.clone(cte_type="7bit")  # so that every server can pass it on as it is
_LONGEST_ANSWER = 200  # signs of what a server says of itself


def mailer(server: MailServer) -> Callable[[str, str, str], None]:
    """What sends a message (to, subject, text) by a server, as `send`. Raises UserError for a host that is no name, for an account that can't be said
    in SMTP, for a sender that is no address and for a file of certificates that can't be used: whoever sets them is told, not who sends."""
    try:
        server.host.encode("idna")
    except UnicodeError as error:  # smtplib would raise it as it is
        raise UserError("mail_host", package=say.package, host=server.host) from error
    for name, value in {"KKZ_MAIL_USER": server.user, "KKZ_MAIL_PASSWORD": server.password}.items():
        if not value.isascii():
            raise UserError("mail_account_signs", package=say.package, name=name)
    if not _SENDER.fullmatch(server.sender) or not server.sender.isprintable():
        raise UserError("mail_sender", package=say.package, sender=server.sender)
    return partial(send, server, _trusted(server))


def send(server: MailServer, trusted: ssl.SSLContext, to: str, subject: str, text: str) -> None:
    """Hand a message over to the server, encrypted, with a certificate that is checked.

    Raises UserError where the address is none, the server can't be reached, offers no encryption, refuses the account, the sender, the address or the
    message: nothing was sent then. Where the connection breaks while the message is handed over, the error says that nobody knows.
    """
    if not _ADDRESS.fullmatch(to):
        raise UserError("mail_address", package=say.package)
    message = _message(server.sender, to, subject, text)
    try:
        connection = _connected(server, trusted)
    except ssl.SSLError as error:
        raise _refused("mail_certificate", server, reason_of(error)) from error
    except smtplib.SMTPNotSupportedError as error:
        raise _refused("mail_unencrypted", server) from error
    except smtplib.SMTPResponseException as error:
        raise _answered("mail_failed", server, error.smtp_code, error.smtp_error) from error
    except OSError as error:  # an SMTPException is one, too: a server that hung up
        raise _refused("mail_unreached", server, _why(error)) from error
    try:
        _hand_over(connection, server, to, message)
        with suppress(OSError):  # the server has it: how the conversation ends makes no difference
            connection.quit()
    finally:
        connection.close()


def _message(sender: str, to: str, subject: str, text: str) -> bytes:
    message = EmailMessage(policy=_IN_SEVEN_BITS)
    message["From"], message["To"] = sender, to
    message["Subject"] = " ".join(subject.split())
    message["Date"] = formatdate(localtime=False)
    message["Message-ID"] = make_msgid(domain=_address_of(sender).partition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    return message.as_bytes()


def _address_of(sender: str) -> str:
    return parseaddr(sender)[1]


def _connected(server: MailServer, trusted: ssl.SSLContext) -> smtplib.SMTP:
    """A conversation that is encrypted and has been opened by a greeting. Raises what smtplib and ssl do."""
    if server.port == _ENCRYPTED_FROM_THE_START:
        connection: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=_SECONDS, context=trusted)
    else:
        connection = smtplib.SMTP(server.host, server.port, timeout=_SECONDS)
    try:
        if server.port != _ENCRYPTED_FROM_THE_START:
            connection.starttls(context=trusted)
        connection.ehlo_or_helo_if_needed()
    except BaseException:
        connection.close()
        raise
    return connection


def _hand_over(connection: smtplib.SMTP, server: MailServer, to: str, message: bytes) -> None:
    """Account, sender, address, message: one step after the other, each with its own refusal."""
    try:
        if server.user:
            connection.login(server.user, server.password)
        _require("mail_sender_refused", server, connection.mail(_address_of(server.sender)))
        _require("mail_refused", server, connection.rcpt(to))
    except smtplib.SMTPNotSupportedError as error:
        raise _refused("mail_no_accounts", server) from error
    except smtplib.SMTPAuthenticationError as error:
        raise _answered("mail_account", server, error.smtp_code, error.smtp_error) from error
    except OSError as error:
        raise _refused("mail_failed", server, _why(error)) from error
    try:
        answer = connection.data(message)
    except smtplib.SMTPDataError as error:
        answer = (error.smtp_code, error.smtp_error if isinstance(error.smtp_error, bytes) else error.smtp_error.encode())
    except OSError as error:
        raise _refused("mail_unknown", server, _why(error)) from error
    _require("mail_failed", server, answer)


def _require(key: str, server: MailServer, answer: tuple[int, bytes]) -> None:
    """Raises UserError where a server says no."""
    code, words = answer
    if not 200 <= code < 300:
        raise _answered(key, server, code, words)


def _answered(key: str, server: MailServer, code: int, words: bytes | str) -> UserError:
    """What a server's no means: for now (4xx) the one sentence for that, for good the step's own."""
    return _refused("mail_later" if 400 <= code < 500 else key, server, _said(code, words))


def _said(code: int, words: bytes | str) -> str:
    """What a server answered, in one short line."""
    text = words.decode("ascii", "replace") if isinstance(words, bytes) else words
    return " ".join("".join(sign if sign.isprintable() else " " for sign in f"{code} {text}").split())[:_LONGEST_ANSWER]


def _why(error: OSError) -> Reason:
    """Why a conversation broke off: smtplib has one word for a server that hung up and for one that is silent."""
    if isinstance(error, smtplib.SMTPServerDisconnected):
        before = error.__context__
        return reason_of(before if isinstance(before, OSError) else ConnectionResetError(errno.ECONNRESET, str(error)))
    return reason_of(error)


def _refused(key: str, server: MailServer, reason: object = "") -> UserError:
    return UserError(key, package=say.package, host=server.host, port=server.port, sender=server.sender, reason=reason)


def _trusted(server: MailServer) -> ssl.SSLContext:
    """What certificates are checked against: those of the system, or of the house's own authority. Raises UserError for a file that holds none."""
    try:
        return ssl.create_default_context(cafile=server.authority or None)
    except OSError as error:
        raise UserError("mail_authority", package=say.package, file=server.authority, reason=reason_of(error)) from error
