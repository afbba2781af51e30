"""What `plan lock` writes for a public registry: all that was laid down, in both languages, with its digests, and no value of any unit."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from kkz_eval.evaluation.baseline import Baseline
from kkz_eval.evaluation.lock import Lock, lock_of_plan
from kkz_eval.line.installation import Installation, open_installation
from kkz_eval.line.registry_page import registry_files
from kkz_eval.settings import Settings

CONTRACTS = Path(__file__).parents[2] / "data_contracts"
PLANS = sorted(file.stem for file in (CONTRACTS / "plans").glob("*.yaml"))
HEADINGS = {
    "de": [
        *("Festlegung", "Frage", "Hypothesen und primäre Ergebnisse", "Weitere Ergebnisse", "Aufbau der Untersuchung"),
        *("Vergleich", "Schätzung und Unsicherheit", "Wie geurteilt wird", "Was bei der Festlegung bekannt war"),
    ],
    "en": [
        *("Lock", "Question", "Hypotheses and primary outcomes", "Other outcomes", "Design", "Comparison"),
        *("Estimation and uncertainty", "How a verdict is given", "What was known at the lock"),
    ],
}
VALUE = 12.3456789


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    folder = tmp_path_factory.mktemp("registry")
    settings = Settings(
        home=folder / "home", inbox=folder / "inbox", contracts=CONTRACTS, publisher="Stiftung", publisher_contact="Büro"
    )
    return open_installation(settings)


def locked(installation: Installation, name: str) -> Lock:
    rows = [("a_schul_oA", "05111", "treated", 2010, VALUE)]
    columns = ["indicator", "unit_id", "group", "year", "value"]
    return lock_of_plan(installation.plans[name], Baseline(pd.DataFrame(rows, columns=columns), 2012), "2026-01-31", 0)


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.parametrize("language", ["de", "en"])
def test_every_plan_that_is_shipped_has_its_page_in_both_languages(installation: Installation, name: str, language: str) -> None:
    plan, lock = installation.plans[name], locked(installation, name)
    page = registry_files(installation, plan, lock)[f".{language}.md"].decode()
    assert page.startswith(f"# {plan.title.get(language) or plan.title['de']}\n")
    assert re.findall("^## (.+)$", page, re.MULTILINE) == HEADINGS[language]
    for digest in (lock.plan_digest, hashlib.sha256(lock.to_bytes()).hexdigest(), lock.baseline_digest):
        assert digest in page
    for outcome in plan.outcomes:
        assert f"({outcome.indicator}, " in page
    assert "Stiftung, Büro" in page
    assert "{" not in page


def test_the_json_says_the_same_with_the_plan_as_it_is_locked_and_no_value_of_a_unit(installation: Installation) -> None:
    name = "kekiz-2012-kette"
    lock = locked(installation, name)
    files = registry_files(installation, installation.plans[name], lock)
    record = json.loads(files[".json"])
    assert (record["plan"], record["locked_on"], record["contact"]) == (name, "2026-01-31", "Büro")
    assert record["content"] == lock.plan
    assert record["digests"] == {"plan": lock.plan_digest, "baseline": lock.baseline_digest, "lock": lock.digest}
    for language in ("de", "en"):
        page = files[f".{language}.md"].decode()
        lines = [line for part in record[language].values() if isinstance(part, list) for line in part]
        assert [line.removeprefix("- ") for line in page.splitlines() if line.startswith("- ")] == lines
        primary = [one for one in installation.plans[name].outcomes if one.role == "primary"]
        assert len(record[language]["hypotheses"]) == len(primary)
    assert not [content for content in files.values() if str(VALUE).encode() in content]
    assert registry_files(installation, installation.plans[name], lock) == files


def test_what_is_not_known_is_not_made_up(installation: Installation) -> None:
    anonymous = replace(installation, settings=replace(installation.settings, publisher="", publisher_contact=""))
    plan = replace(installation.plans["modellwelt"], title={}, matching=None)
    page = registry_files(anonymous, plan, locked(installation, "modellwelt"))[".de.md"].decode()
    assert page.startswith("# modellwelt\n")
    assert "Herausgeber und Kontakt: nicht angegeben." in page
    assert "Alle Zahlen sind erfunden." in page
    assert "Der Plan nennt kein früheres Ergebnis, das bekannt war." in page
