"""A mail server on this machine, for tests: real SMTP over real connections, encrypted, that answers as a test says. No expectations here."""

from __future__ import annotations

import socketserver
import ssl
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from kkz_eval.settings import MailServer, load_mail_server

HANGS_UP = ""


@dataclass
class Mailbox:
    """What came. port: of the server; certificate: of it; messages as they were given; accounts: as they logged in; words: all that was said, in order."""

    port: int
    certificate: Path
    messages: list[str] = field(default_factory=list)
    accounts: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def server(self, **changed: str) -> MailServer:
        """The settings that lead here, some of them changed: host="…" for KKZ_MAIL_HOST."""
        said = {
            "host": "localhost",
            "port": str(self.port),
            "sender": "Probe <kkz@stiftung.example>",
            "ca": str(self.certificate),
        }
        said |= {"user": "kkz", "password": "geheim"} | changed
        found = load_mail_server({f"KKZ_MAIL_{name.upper()}": value for name, value in said.items()})
        assert found is not None
        assert "geheim" not in repr(found)
        return found


def a_certificate(folder: Path) -> Path:
    """A certificate for localhost that nobody else has issued, and below it in the same file its key. Skips where openssl is not there."""
    file, key = folder / "mail.pem", folder / "key.pem"
    about = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2", "-nodes")
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")
    try:
        subprocess.run(["openssl", "req", "-x509", *curve, *about, "-keyout", key, "-out", file], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("no openssl on the path: install it to test mail with a certificate")
    file.write_bytes(file.read_bytes() + key.read_bytes())
    return file


@contextmanager
def a_mailbox(
    certificate: Path,
    *,
    encrypted: bool = False,
    starts: bool = True,
    accounts: bool = True,
    answers: Mapping[str, str] | None = None,
) -> Iterator[Mailbox]:
    """A mail server while the context lasts. encrypted: from the first word; starts: whether it offers STARTTLS, accounts: whether it knows any; answers: to a word of SMTP, or `.` for
    the end of a message, in place of the usual one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    offers = (["STARTTLS"] if starts else []), (["AUTH PLAIN"] if accounts else [])

    class Talk(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            is_encrypted = encrypted
            if encrypted:
                self.encrypt()
            if not self.say("220 here", "CONNECT"):
                return
            while line := self.rfile.readline().decode():
                word = line.split()[0].upper() if line.split() else ""
                box.words.append(word)
                if word == "EHLO":
                    said = self.say(
                        "\r\n".join(["250-here", *(f"250-{one}" for one in offers[is_encrypted]), "250 SIZE 1000000"]), word
                    )
                elif word == "STARTTLS" and starts:
                    said = self.say("220 go", word)
                    if said and word not in (answers or {}):
                        self.encrypt()
                        is_encrypted = True
                elif word == "AUTH":
                    box.accounts.append(line)
                    said = self.say("235 yes", word)
                elif word == "DATA":
                    said = self.say("354 go on", word) and (word in (answers or {}) or self.take())
                elif word == "QUIT":
                    self.say("221 bye", word)
                    return
                else:
                    said = self.say("250 well", word)
                if not said:
                    return

        def encrypt(self) -> None:
            self.request = context.wrap_socket(self.request, server_side=True)
            self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb")

        def take(self) -> bool:
            lines = []
            while (part := self.rfile.readline().decode("ascii")) != ".\r\n":
                lines.append(part.removeprefix("."))  # which the client puts before a line that begins with one
            said = self.say("250 kept", ".")
            if (answers or {}).get(".", "250").startswith("250"):
                box.messages.append("".join(lines))
            return said

        def say(self, usual: str, to: str) -> bool:
            line = (answers or {}).get(to, usual)
            if line != HANGS_UP:
                self.wfile.write(f"{line}\r\n".encode())
                self.wfile.flush()
            return line != HANGS_UP

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that does not trust the certificate ends the conversation: no matter of the server's."""

    with Server(("127.0.0.1", 0), Talk) as server:
        box = Mailbox(server.server_address[1], certificate)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield box
        finally:
            server.shutdown()
