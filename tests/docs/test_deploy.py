"""What is delivered for a server: units that systemd reads without a complaint and that are shut in, and files that agree with each other and the page."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from kkz_eval import settings as settings_module

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
UNITS = sorted(file.name for pattern in ("*.service", "*.timer") for file in DEPLOY.glob(pattern))
SERVICES = [unit for unit in UNITS if unit.endswith(".service")]
OPEN_AT_MOST = 2.0
"""Of 10, as systemd counts; 9.6 is a service without any limits."""
needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd is not installed (apt-get install systemd)"
)


def text(name: str) -> str:
    return (DEPLOY / name).read_text(encoding="utf-8")


def settings() -> dict[str, str]:
    """The settings that are delivered, without those that are only shown."""
    return dict(line.split("=", 1) for line in text("kkz.env").splitlines() if line and not line.startswith("#"))


@needs_systemd
@pytest.mark.parametrize("unit", UNITS)
def test_systemd_understands_every_line_of_a_unit(unit: str, tmp_path: Path) -> None:
    for program in ("kkz-eval", "dask"):
        (tmp_path / program).touch(mode=0o755)
    for name in UNITS:
        said = text(name).replace("/opt/kkz-eval/.venv/bin", str(tmp_path))
        (tmp_path / name).write_text(said, encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", str(tmp_path / unit)], capture_output=True, text=True, check=False)
    assert [line for line in done.stderr.splitlines() if "kkz-" in line] == []


@needs_systemd
@pytest.mark.parametrize("unit", SERVICES)
def test_a_service_may_do_no_more_than_it_needs(unit: str) -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", str(DEPLOY / unit)], capture_output=True, text=True, check=False
    )
    (exposure,) = re.findall(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    assert float(exposure) <= OPEN_AT_MOST


@pytest.mark.parametrize("unit", SERVICES)
def test_a_service_that_writes_on_a_disk_waits_for_it(unit: str) -> None:
    written, waited = (
        re.findall(rf"^{name}=(.*)$", text(unit), re.MULTILINE) for name in ("ReadWritePaths", "RequiresMountsFor")
    )
    of_disks = {folder for line in written for folder in line.split() if folder.startswith("/srv/")}
    assert of_disks <= {folder for line in waited for folder in line.split()}


def test_every_delivered_file_stands_on_the_page_and_every_setting_is_one() -> None:
    for file in DEPLOY.iterdir():
        assert re.search(rf"deploy/{re.escape(file.name)}\b", PAGE), file.name
    named = re.findall(r"^#?(KKZ_\w+)=", text("kkz.env"), re.MULTILINE)
    assert [name for name in named if name not in (settings_module.__doc__ or "")] == []


def test_the_units_work_where_the_settings_say() -> None:
    said = settings()
    for unit in ("kkz-desk.service", "kkz-backup.service"):
        (paths,) = re.findall(r"^ReadWritePaths=(.*)$", text(unit), re.MULTILINE)
        needed = ["KKZ_HOME", "KKZ_CONTRACTS", "KKZ_DESK_SOCKET" if "desk" in unit else "KKZ_BACKUPS"]
        assert all(any(said[name].startswith(path) for path in paths.split()) for name in needed)
        assert "EnvironmentFile=/etc/kkz/kkz.env" in text(unit)


def test_what_has_no_login_listens_on_this_machine_alone() -> None:
    assert "--host 127.0.0.1" in text("kkz-scheduler.service")
    assert "--host 127.0.0.1" in text("kkz-worker@.service")
    services = yaml.safe_load(text("compose.yaml"))["services"]
    assert [name for name, service in services.items() if "ports" in service] == ["nginx"]


def test_the_containers_have_what_the_settings_name() -> None:
    services = yaml.safe_load(text("compose.yaml"))["services"]
    mounted = [volume.split(":")[1] for volume in services["desk"]["volumes"]]
    for name in ("KKZ_HOME", "KKZ_CONTRACTS", "KKZ_PEOPLE", "KKZ_BACKUPS", "KKZ_DESK_SOCKET"):
        assert any(settings()[name].startswith(folder) for folder in mounted), name
    assert f":{settings()['KKZ_METRICS_PORT']}/gesund" in text("Containerfile")
    copied = re.findall(r"^COPY (.*) \S+$", text("Containerfile"), re.MULTILINE)
    assert all((ROOT / name).exists() for names in copied for name in names.split())
