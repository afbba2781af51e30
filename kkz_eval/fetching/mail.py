"""Sending a notice by the mail server of the house: one message, encrypted, to one address. Only by a click; nothing is tried twice.

Does not belong here: what a notice says (stewardship.notice), who may send one (desk).
"""

from __future__ import annotations

import re
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate

from kkz_eval.fetching import say
from kkz_eval.model.errors import UserError
from kkz_eval.model.system_errors import reason_of
from kkz_eval.settings import MailServer

_SECONDS = 20.0
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}")


def send(server: MailServer, to: str, subject: str, text: str) -> None:
    """Hand a message over to the server, over STARTTLS with a certificate that is checked.

    Raises UserError where the address is none, the server can't be reached, offers no encryption, refuses the account or the message. Nothing was
    sent then.
    """
    if not _ADDRESS.fullmatch(to):
        raise UserError("mail_address", package=say.package)
    message = EmailMessage()
    message["From"], message["To"] = server.sender, to
    message["Subject"] = " ".join(subject.split())
    message["Date"] = formatdate(localtime=False)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    try:
        with smtplib.SMTP(server.host, server.port, timeout=_SECONDS) as connection:
            connection.starttls(context=_trusted(server))
            if server.user:
                connection.login(server.user, server.password)
            connection.send_message(message)
    except smtplib.SMTPNotSupportedError as error:
        raise UserError("mail_unencrypted", package=say.package, host=server.host) from error
    except smtplib.SMTPAuthenticationError as error:
        raise UserError("mail_account", package=say.package, host=server.host) from error
    except smtplib.SMTPRecipientsRefused as error:
        raise UserError("mail_refused", package=say.package, host=server.host) from error
    except smtplib.SMTPException as error:
        raise UserError("mail_failed", package=say.package, host=server.host, reason=type(error).__name__) from error
    except OSError as error:
        raise UserError("mail_unreached", package=say.package, host=server.host, reason=reason_of(error)) from error


def _trusted(server: MailServer) -> ssl.SSLContext:
    """What certificates are checked against: those of the system, or of the house's own authority."""
    return ssl.create_default_context(cafile=server.authority or None)
