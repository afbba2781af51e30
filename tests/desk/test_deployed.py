"""The desk as it stands on a server: nginx with TLS and passwords before it, as in deploy/nginx.conf, the service behind a socket."""

from __future__ import annotations

import base64
import http.client
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from served import served

from kkz_eval.commands.ui import door_of
from kkz_eval.desk.app import guarded
from kkz_eval.desk.desk import Desk
from kkz_eval.settings import CHECKOUT, DeskServer, Settings

needs_nginx = pytest.mark.skipif(
    shutil.which("nginx") is None or shutil.which("openssl") is None,
    reason="nginx and openssl are not installed (apt-get install nginx-light openssl)",
)
PEOPLE = """\
people:
  pruefung: {roles: [steward]}
  leserin: {roles: [reader]}
"""
PASSWORD = "im-test-nur"


def free_port() -> int:
    """A port that nobody has right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Proxy:
    """A running nginx. folder: with the socket behind it."""

    folder: Path
    port: int
    plain_port: int

    @property
    def socket(self) -> Path:
        return self.folder / "desk.sock"

    @property
    def host(self) -> str:
        return f"localhost:{self.port}"

    def ask(
        self,
        path: str = "/",
        user: str = "",
        password: str = PASSWORD,
        method: str = "GET",
        headers: dict[str, str] | None = None,
    ) -> tuple[int, str]:
        """Status and text of an answer, asked over TLS as this user."""
        login = base64.b64encode(f"{user}:{password}".encode()).decode()
        sent = {"Authorization": f"Basic {login}"} if user else {}
        context = ssl.create_default_context(cafile=str(self.folder / "fullchain.pem"))
        connection = http.client.HTTPSConnection("localhost", self.port, context=context, timeout=10)
        try:
            connection.request(method, path, headers={**sent, **(headers or {})})
            answer = connection.getresponse()
            return answer.status, str(answer.headers) + answer.read().decode("utf-8", "replace")
        finally:
            connection.close()


def configured(proxy: Proxy) -> str:
    """What stands in deploy/nginx.conf, with the places of this test."""
    text = (CHECKOUT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    for said, here in {
        "https://desk.example.org": f"https://{proxy.host}",
        "desk.example.org": "localhost",
        "listen 443": f"listen 127.0.0.1:{proxy.port}",
        "listen 80": f"listen 127.0.0.1:{proxy.plain_port}",
        "/etc/ssl/desk": str(proxy.folder),
        "/etc/nginx/desk.passwords": str(proxy.folder / "passwords"),
        "/run/kkz-desk/desk.sock": str(proxy.socket),
        "/run/kkz-uploads": str(proxy.folder / "uploads"),
    }.items():
        assert said in text, said
        text = text.replace(said, here)
    temporary = "".join(
        f"{kind}_temp_path {proxy.folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;" if os.geteuid() == 0 else ""
    return f"{user}\npid {proxy.folder}/pid;\nerror_log {proxy.folder}/error.log;\nevents {{}}\nhttp {{\n{temporary}{text}\n}}\n"


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """nginx as it is delivered, with a certificate and passwords of its own."""
    folder = tmp_path_factory.mktemp("nginx")
    made = Proxy(folder, free_port(), free_port())
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")]
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    subprocess.run(["openssl", "req", "-x509", *new_key, *subject, *files], check=True, capture_output=True)
    secret = subprocess.run(["openssl", "passwd", "-6", PASSWORD], check=True, capture_output=True, text=True).stdout.strip()
    (folder / "passwords").write_text("".join(f"{name}:{secret}\n" for name in ("pruefung", "leserin", "frueher")))
    (folder / "nginx.conf").write_text(configured(made))
    command = ["nginx", "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf"), "-g", "daemon off;"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        wait_for(made.port, process)
        yield made
    finally:
        process.terminate()
        process.wait()


def wait_for(port: int, process: subprocess.Popen[str]) -> None:
    """Until somebody listens."""
    for _ in range(200):
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("nginx does not listen")


@contextmanager
def service(proxy: Proxy) -> Iterator[Path]:
    """The desk behind the socket, opened as `kkz-eval ui` opens it; gives its home."""
    home, people = proxy.folder / "home", proxy.folder / "people.yaml"
    home.mkdir(mode=0o750, exist_ok=True)
    people.write_text(PEOPLE)
    people.chmod(0o640)
    server_settings = DeskServer(proxy.socket, f"https://{proxy.host}", people)
    settings = Settings(home, home / "inbox", CHECKOUT / "data_contracts", server=server_settings)
    before = os.umask(0o022)
    with door_of(settings, 0) as door:
        try:
            with served(guarded(Desk(settings), door.hosts, door.who, scheme=door.scheme, limits=door.limits), door.listening):
                yield home
        finally:
            os.umask(before)


@pytest.fixture(scope="module")
def deployed(proxy: Proxy) -> Iterator[Proxy]:
    """nginx with the desk behind it."""
    with service(proxy):
        yield proxy


@needs_nginx
def test_who_gives_no_password_or_a_wrong_one_gets_nothing(deployed: Proxy) -> None:
    for path in ("/", "/static/desk.css", "/reports/x/bericht.html", "/dagster/graphql", "/gibt-es-nicht"):
        status, said = deployed.ask(path)
        assert (status, "kkz_eval" in said) == (401, False), path
        assert deployed.ask(path, "pruefung", "falsch")[0] == 401
        assert deployed.ask(path, headers={"X-Desk-User": "pruefung"})[0] == 401


@needs_nginx
def test_everybody_sees_what_their_role_may_see(deployed: Proxy) -> None:
    status, said = deployed.ask("/", "pruefung")
    assert status == 200
    assert "Was möchten Sie tun?" in said
    assert "Strict-Transport-Security" in said
    assert deployed.ask("/board/x.html", "pruefung")[0] == 404
    assert deployed.ask("/board/x.html", "leserin")[0] == 403


@needs_nginx
@pytest.mark.parametrize("header", ["X-Desk-User", "x-desk-user", "X_Desk_User", "X-Desk_User"])
def test_a_name_that_a_browser_puts_into_the_header_is_put_aside(deployed: Proxy, header: str) -> None:
    assert deployed.ask("/board/x.html", "leserin", headers={header: "pruefung"})[0] == 403


@needs_nginx
def test_who_has_a_password_but_stands_no_longer_in_the_file_gets_nothing(deployed: Proxy) -> None:
    assert deployed.ask("/", "frueher")[0] == 401


@needs_nginx
def test_another_name_of_the_server_is_refused(deployed: Proxy) -> None:
    for host in ("evil.example", "localhost", f"evil.example:{deployed.port}"):
        assert deployed.ask("/", "pruefung", headers={"Host": host})[0] == 421, host


@needs_nginx
def test_a_form_of_another_site_is_refused_and_an_address_in_two_readings_too(deployed: Proxy) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": "0"}
    assert deployed.ask("/sprache", "pruefung", method="POST", headers={**form, "Origin": "https://evil.example"})[0] == 403
    assert deployed.ask("/sprache", "pruefung", method="POST", headers={**form, "Origin": f"http://{deployed.host}"})[0] == 403
    assert deployed.ask("/sprache", "pruefung", method="POST", headers={**form, "Origin": f"https://{deployed.host}"})[0] == 400
    for path in ("//", "/aktuell/%2e%2e/x", "/aktuell/..%2fx", "/a%00", "/%252e%252e/x"):
        assert deployed.ask(path, "pruefung")[0] == 400, path
    assert deployed.ask("/x", "pruefung", method="POST", headers={"Content-Length": str(10**9)})[0] == 413


@needs_nginx
def test_without_tls_one_is_sent_to_where_it_is(deployed: Proxy) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", deployed.plain_port, timeout=10)
    connection.request("GET", "/liefern?x=1", headers={"Host": "localhost"})
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Location"]) == (301, f"https://{deployed.host}/liefern?x=1")
    connection.close()


@needs_nginx
def test_what_is_made_is_not_for_others(deployed: Proxy) -> None:
    deployed.ask("/x", "leserin", method="POST", headers={"Content-Length": "0", "Origin": "https://evil.example"})
    made = [deployed.folder / "home", *(deployed.folder / "home").rglob("*"), deployed.socket]
    assert len(made) > 3
    assert [path for path in made if path.stat().st_mode & 0o007] == []


@needs_nginx
def test_the_proxy_hands_on_one_name_and_no_password(proxy: Proxy, tmp_path: Path) -> None:
    heard: list[bytes] = []
    behind = Proxy(tmp_path, proxy.port, proxy.plain_port)
    text = configured(Proxy(proxy.folder, free_port(), free_port())).replace(str(proxy.socket), str(behind.socket))
    port = int(text.split("listen 127.0.0.1:")[1].split()[0])
    (tmp_path / "nginx.conf").write_text(text.replace(f"pid {proxy.folder}/pid", f"pid {tmp_path}/pid"))
    process = subprocess.Popen(
        ["nginx", "-p", str(tmp_path), "-e", str(tmp_path / "error.log"), "-c", str(tmp_path / "nginx.conf"), "-g", "daemon off;"]
    )
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(behind.socket))
        listening.listen()

        def listen() -> None:
            asked, _ = listening.accept()
            heard.append(asked.recv(65536))
            asked.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
            asked.close()

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        try:
            wait_for(port, process)  # type: ignore[arg-type]
            sent = {"X-Desk-User": "pruefung", "X-Forwarded-For": "1.2.3.4", "Forwarded": "for=1.2.3.4", "Upgrade": "h2c"}
            assert Proxy(proxy.folder, port, 0).ask("/a%20b?c=d", "leserin", headers={**sent, "Connection": "upgrade"})[0] == 204
            thread.join(5)
        finally:
            process.terminate()
            process.wait()
    lines = heard[0].decode().lower().split("\r\n")
    assert lines[0] == "get /a%20b?c=d http/1.1"
    assert [line for line in lines if "user" in line] == ["x-desk-user: leserin"]
    assert [line for line in lines if line.startswith(("authorization", "x-forwarded", "forwarded", "upgrade"))] == []
