"""Every fault that a JSON schema finds is a sentence with its line, and all are found at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kkz_eval.model.edited_files.file import EditedFile, FileInvalid
from kkz_eval.model.edited_files.reading import parse_edited
from kkz_eval.model.edited_files.schema import read_by_schema, report_schema_faults

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["id"],
    "properties": {
        "version": {"const": 1},
        "id": {"type": "string", "minLength": 1, "pattern": "^[a-z]+$"},
        "years": {
            "type": "array",
            "minItems": 2,
            "maxItems": 2,
            "uniqueItems": True,
            "items": {"type": "integer", "minimum": 1990},
        },
        "share": {"type": ["number", "null"], "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        "kind": {"enum": ["law", "survey", None]},
        "rate": {
            "type": "object",
            "properties": {"given": {"type": "string"}, "above": {}, "below": {}},
            "oneOf": [
                {"required": ["given"], "properties": {"above": {"not": {}}, "below": {"not": {}}}},
                {"required": ["above", "below"], "properties": {"given": {"not": {}}}},
            ],
            "not": {"required": ["above", "sum"]},
        },
        "named": {"anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
    },
}


def _problems(content: str) -> list[tuple[str, str, int | None]]:
    file = parse_edited(content.encode(), "a.yaml")
    report_schema_faults(file, SCHEMA)
    return [(problem.path, problem.code, problem.line) for problem in file.problems]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("id: a", []),
        ("", [("", "wrong_type.object", None)]),
        ("version: 1", [("", "missing_key", None)]),
        ("id: a\nyeers: [1, 2]", [("yeers", "unknown_key_suggest", 2)]),
        ("id: a\nquite_other: 1", [("quite_other", "unknown_key", 2)]),
        ("version: 2\nid: a", [("version", "not_allowed", 1)]),
        ("id: 05315", [("id", "wrong_type.string", 1)]),
        ("id: ''", [("id", "empty_text", 1)]),
        ("id: A b", [("id", "pattern", 1)]),
        ("id: a\nyears:\n  - 2000\n  - 1980", [("years[1]", "too_small", 4)]),
        ("id: a\nyears: [2000]", [("years", "too_few", 2)]),
        ("id: a\nyears: [2000, 2001, 2001]", [("years", "too_many", 2)]),
        ("id: a\nshare: 0", [("share", "not_above", 2)]),
        ("id: a\nshare: 1", [("share", "not_below", 2)]),
        ("id: a\nyears: [2001, 2001]", [("years", "repeated", 2)]),
        ("id: a\nshare: '0,5'", [("share", "wrong_type.number", 2)]),
        ("id: a\nkind: surwey", [("kind", "not_allowed_suggest", 2)]),
        ("id: a\nrate: {given: x}", []),
        ("id: a\nrate: {above: 1, below: 2}", []),
        ("id: a\nrate: {above: 1}", [("rate", "choose", 2)]),
        ("id: a\nrate: {given: x, above: 1}", [("rate.above", "key_unfit", 2)]),
        ("id: a\nrate: {above: 1, below: 2, sum: 3}", [("rate", "not_together", 2)]),
        ("id: a\nnamed: {c: 1}", [("named", "choose", 2)]),
    ],
)
def test_each_fault_has_its_code_and_line(content: str, expected: list[tuple[str, str, int | None]]) -> None:
    assert _problems(content) == expected


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 10**400, "NaN", "1e999", True])
def test_values_that_come_from_elsewhere_are_no_numbers_either(value: object) -> None:
    file = EditedFile("a.json", {"id": "a", "share": value})
    report_schema_faults(file, SCHEMA)
    assert [(problem.path, problem.code) for problem in file.problems] == [("share", "wrong_type.number")]


def test_all_faults_are_found_and_each_says_the_next_step() -> None:
    file = parse_edited(b"id: no\nkind: surwey\nrate: {above: 1}\nshare: 3", "a.yaml")
    report_schema_faults(file, SCHEMA)
    with pytest.raises(FileInvalid) as caught:
        file.settle()
    assert caught.value.sentence.in_language("de").splitlines()[1:] == [
        "  id (Zeile 1): Hier muss ein Text stehen, nicht no. Bitte berichtigen; Ziffern und Wörter wie ja, no, null gehören in"
        " Anführungszeichen.",
        '  kind (Zeile 2): "surwey" ist hier nicht erlaubt. Gemeint ist wohl „survey“; erlaubt sind: law, survey.',
        "  rate (Zeile 3): Die Schlüssel passen so nicht zusammen. Möglich sind: given | above, below.",
        "  share (Zeile 4): 3 ist zu groß. Der Wert muss kleiner als 1 sein.",
    ]


def test_a_file_is_read_anew_when_it_says_something_else_and_each_reader_notes_problems_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "breaks.yaml"

    def written(content: str) -> EditedFile:
        file.write_text(content, encoding="utf-8")
        return read_by_schema(file, FileInvalid, "kkz_eval.indicators", "breaks.schema.json")

    first = written("breaks: []\nbreaks_version: 1")
    first.report(("breaks",), "empty_text", {})
    again = written("breaks: []\nbreaks_version: 1")
    again.settle()
    assert again.value is first.value  # not read twice
    for _ in range(2):
        with pytest.raises(FileInvalid):
            written("breaks: []\nbreaks_version: 2")
