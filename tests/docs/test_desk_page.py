"""The page about the desk says what its code does: who may what, why something is refused, which settings and files there are."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import yaml

from kkz_eval import settings
from kkz_eval.contracts.load import load_contracts
from kkz_eval.desk import say
from kkz_eval.desk.health import Disk, figures, health
from kkz_eval.desk.people import Role
from kkz_eval.desk.people_file import read_people
from kkz_eval.desk.runs import Engine
from kkz_eval.desk.transfers import Limits
from kkz_eval.model.texts import LANGUAGES
from kkz_eval.stewardship.to_do import Kind

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "desk.md").read_text(encoding="utf-8")


def first_cells(heading: str) -> list[str]:
    """The code in the first cell of each row of the table below a heading."""
    table = PAGE[PAGE.index(heading) :].split("\n\n", 1)[0]
    return [code for row in table.splitlines() for code in re.findall(r"`([^`]+)`", row.split(" | ")[0])]


def test_every_reason_for_a_refusal_is_explained_and_no_other() -> None:
    code = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "kkz_eval" / "desk").glob("*.py"))
    given = re.findall(r'Refused\(HTTPStatus\.\w+, "(\w+)"[,)]', code) + re.findall(r'\.refuse\([^"\n]*"(\w+)"\)', code)
    assert sorted(first_cells("| Ablehnung")) == sorted(set(given))


def test_every_role_is_explained() -> None:
    assert first_cells("| Rolle") == [role.value for role in Role]


def test_the_people_of_the_example_are_those_of_a_file() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    datasets = {contract.dataset for contract in load_contracts(ROOT / "data_contracts").values()}
    people = read_people(example.encode(), "people.yaml", datasets)
    assert set().union(*(person.roles for person in people.values())) == set(Role)
    assert list(people) == list(yaml.safe_load(example)["people"])


def test_the_settings_of_a_server_are_all_named() -> None:
    for name in first_cells("| Einstellung"):
        assert name in (settings.__doc__ or "")
        assert f"{name}=" in (ROOT / "deploy" / "kkz.env").read_text(encoding="utf-8")
    assert len(first_cells("| Einstellung")) == 3


def test_the_files_that_are_delivered_agree() -> None:
    folder = ROOT / "deploy"
    texts = {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir()}
    assert f"client_max_body_size {Limits().files // 10**6}m;" in texts["nginx.conf"]
    for language in LANGUAGES:
        assert say("refused.too_large", megabytes=Limits().files // 10**6).in_language(language) in texts["nginx.conf"]
    assert f"zu groß ({Limits().files // 10**6} MB)" in PAGE
    (place,) = re.findall(r"KKZ_DESK_SOCKET=(\S+)", texts["kkz.env"])
    assert f"proxy_pass http://unix:{place};" in texts["nginx.conf"]
    assert f"d {Path(place).parent} 2750 kkz www-data" in texts["kkz-desk.tmpfiles"]
    (uploads,) = re.findall(r"client_body_temp_path (/run/\S+);", texts["nginx.conf"])
    assert f"d {uploads} 0700 www-data www-data" in texts["kkz-desk.tmpfiles"]


def test_every_figure_of_the_health_is_explained_and_no_other() -> None:
    engine = Engine({}, 0, None, True, True)
    seen = health(engine, [], date(2026, 11, 29), Disk(1, 1, 1), None)
    named = {code.partition("{")[0] for code in first_cells("| Zahl")}
    assert named == {one.metric for one in figures(seen)}
    row = next(line for line in PAGE.splitlines() if line.startswith("| `kkz_tasks"))
    assert set(re.findall(r"`([a-z_]+)`", row.split(" | ")[1])) == {kind.value for kind in Kind}
