"""The page on the plan is what its script makes of the schema, and every example on it is valid."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from kkz_eval.evaluation.plan_file import plan_schema

ROOT = Path(__file__).parents[2]
SCRIPT = runpy.run_path(str(ROOT / "docs" / "make_plan_reference.py"))
KEYS: list[tuple[str, dict[str, Any], bool]] = list(SCRIPT["keys"](plan_schema()))


def test_the_page_is_current() -> None:
    page = (ROOT / "docs" / "plan.md").read_text(encoding="utf-8")
    assert page == SCRIPT["page"](), "run: python docs/make_plan_reference.py"


def test_every_key_has_an_example_and_no_example_is_left_over() -> None:
    assert {path for path, _, _ in KEYS} == set(SCRIPT["EXAMPLES"])


@pytest.mark.parametrize(("path", "schema"), [(path, schema) for path, schema, _ in KEYS], ids=[path for path, _, _ in KEYS])
def test_an_example_is_valid(path: str, schema: dict[str, Any]) -> None:
    Draft202012Validator({**schema, "$defs": plan_schema()["$defs"]}).validate(SCRIPT["EXAMPLES"][path])
