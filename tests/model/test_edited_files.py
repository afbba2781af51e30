"""A file that people edit becomes plain values, or one error with everything that is wrong, each with its line."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
import yaml

from kkz_eval.model.edited_files.cursor import root_of
from kkz_eval.model.edited_files.file import EditedFile, FileInvalid
from kkz_eval.model.edited_files.reading import LARGEST_BYTES, parse_edited, read_edited
from kkz_eval.model.errors import Problem

ROOT = Path(__file__).parents[2]
EDITED = sorted([*ROOT.glob("data_contracts/**/*.yaml"), *ROOT.glob("kkz_eval/simulation/*.yaml"), *ROOT.glob("tests/**/*.yaml")])


def _read(content: str | bytes) -> EditedFile:
    return parse_edited(content.encode() if isinstance(content, str) else content, "a.yaml")


def _faults(content: str | bytes) -> list[Problem]:
    with pytest.raises(FileInvalid) as caught:
        _read(content).settle()
    assert caught.value.exit_code == 2
    return list(caught.value.problems)


def _found(content: str | bytes) -> list[tuple[str, str, int | None]]:
    return [(problem.path, problem.code, problem.line) for problem in _faults(content)]


@pytest.mark.parametrize("path", EDITED, ids=lambda path: path.name)
def test_every_file_of_the_project_gives_the_values_that_the_library_gives(path: Path) -> None:
    assert repr(read_edited(path).value) == repr(yaml.safe_load(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "content",
    [
        "",
        "a: [1, 1.5, true, null, ~, 2012-12-31, 010, 12:30, 0x1F, -1.5e+3, 'x', yes]",
        "a: &x {b: 1}\nc: {<<: *x, d: 2}\ne: {<<: [*x, {f: 3}], b: 4}",
        "a: &x {b: 1}\nc: &y {<<: *x, b: 2}\nd: {<<: *y}\ne: *y",
        "a: &x [1]\nb: *x\nc: [*x, *x]",
        "a: !!binary aGFsbG8=",
        "a: |\n  two\n  lines\nb: >-\n  folded\n  text",
        "2012: a\ntrue: b\n1.5: c",
    ],
)
def test_values_are_those_that_the_library_gives(content: str) -> None:
    assert repr(_read(content).value) == repr(yaml.safe_load(content))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a: 1\na: 2", [("a", "duplicate_key", 2)]),
        ("a:\n  b: 1\n  c: [{d: 1,\n d: 2}]\n  b: 2", [("a.c[0].d", "duplicate_key", 4), ("a.b", "duplicate_key", 5)]),
        ("2012: a\n'2012': b", [("2012", "duplicate_key", 2)]),
        ("yes: a\ntrue: b", [("true", "duplicate_key", 2)]),
        ("a: &x {b: 1, b: 2}\nc: {<<: *x}", [("a.b", "duplicate_key", 1)]),
        ("a: 2012-13-41\nb: 2012-02-30", [("a", "yaml_unreadable", 1), ("b", "yaml_unreadable", 2)]),
        ("a: [1,\nb: 2", [("", "yaml_unclosed", 2)]),
        ("a: 'x\nb: 2\n", [("", "yaml_unclosed", 2)]),
        ("a: 1\n\tb: 2", [("", "yaml_unreadable", 2)]),
        ("a: 1\nb: \x07", [("", "yaml_unreadable", 2)]),
        ("---\na: 1\n---\nb: 2", [("", "yaml_unreadable", 3)]),
        ("a: 1\nb: !!python/object:os.system {}", [("", "yaml_unreadable", 2)]),
        ("a: 1\nb: !kreis 05315", [("", "yaml_unreadable", 2)]),
        ("a: *b", [("", "yaml_unreadable", 1)]),
        ("a: 1\n? [b]\n: 2", [("", "key_is_no_text", 2)]),
        ("a: 1\nb: &x [*x]", [("", "yaml_recursive", 2)]),
        ("a: &x\n  <<: *x", [("", "yaml_recursive", 1)]),
        ("a: " + "[" * 3000, [("", "yaml_too_deep", 1)]),
        ("a: " + "[" * 900 + "]" * 900, [("", "yaml_too_deep", 1)]),
        ("a: &x " + "[" * 900 + "]" * 900, [("", "yaml_too_deep", None)]),
        ("a: 1\nb: ü".encode("latin-1"), [("", "not_utf8", 2)]),
        ("a: 1".encode("utf-16"), [("", "not_utf8", 1)]),
        (b"#" * (LARGEST_BYTES + 1), [("", "file_too_large", None)]),
    ],
)
def test_what_is_no_plain_yaml_has_its_line(content: str | bytes, expected: list[tuple[str, str, int | None]]) -> None:
    assert _found(content) == expected


def _of_one_another(first: str, later: str) -> str:
    """An anchor a0, and 60 lines that each name the one before: `later` with n for their number and m for that of the one before."""
    return f"a0: &a0 {first}\n" + "".join(f"a{n}: &a{n} {later.format(n=n, m=n - 1)}\n" for n in range(1, 61))


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (_of_one_another("[x, x, x, x, x, x, x, x, x]", "[" + "*a{m}, " * 9 + "]"), 6),
        (_of_one_another("x", "[*a{m}, *a{m}]"), 16),
        (_of_one_another("{{k: 1}}", "{{{{<<: [" + "*a{m}, " * 9 + "]}}}}"), 6),
        (_of_one_another("{{k: 1}}", "{{{{? *a{m} : *a{m}}}}}"), 14),
        ("a: &a " + "x" * 10_000 + "\nb: [" + "*a, " * 1000 + "]", 2),  # no list in a list, but a long text a thousand times
        ("a: 1\nb: &a [x, x]\nc: [" + "*a, " * 60_000 + "]", 3),
    ],
    ids=["nine times", "doubled", "merged", "keys", "text", "side by side"],
)
def test_aliases_that_multiply_end_before_they_fill_the_memory(content: str, line: int) -> None:
    [problem] = _faults(content)
    assert (problem.code, problem.line) == ("yaml_multiplied", line)
    assert problem.sentence.in_language("de").startswith(
        f"Zeile {line}: Verweise (*) auf Verweise ergeben hier mehr als 100000 zusätzliche"
    )


def test_a_long_file_with_few_aliases_is_read() -> None:
    numbers = list(range(120_000))
    assert _read(f"a: &a 1\nb: [*a, *a]\nc: {numbers}").value == {"a": 1, "b": [1, 1], "c": numbers}


NO_NUMBERS = (
    *(".nan", ".NaN", ".inf", "-.INF", "+.inf", "1.0e+999", "-1.7e+400", "!!float nan", "!!float '1e999'"),
    *("9" * 400, "0x" + "f" * 300, "0x" + "f" * 6000, "1:1" * 300, "1:1" + ":1" * 190 + ".5", "1" + ":59" * 1_000_000),
)


@pytest.mark.parametrize("written", NO_NUMBERS, ids=lambda written: written[:12])
def test_what_no_float_holds_is_no_number_anywhere(written: str) -> None:
    key = written[:900]  # YAML wants the colon of a key within 1024 signs
    for content, path in (
        (f"a: 1\nb: {written}", "b"),
        (f"a: x\n{key}: 1", key.removeprefix("!!float ").strip("'")),
        (f"- 1\n- [2, {written}]", "[1][1]"),
        (f'{{"a": 1,\n"b": {written}}}', "b"),
    ):
        [problem] = _faults(content)
        assert (problem.path, problem.code, problem.line) == (path, "not_finite", 2)
        assert "ist keine Zahl, mit der sich rechnen lässt" in problem.sentence.in_language("de")


@pytest.mark.parametrize("written", ["NaN", "Infinity", "-Infinity", "inf", "1e999", "'.nan'", '"1.0e+999"', "true", "1,5"])
def test_what_other_formats_call_a_number_is_a_text_and_refused_as_one(written: str) -> None:
    root = root_of(_read(f"a: {written}"))
    assert root.child("a").number() == 0
    with pytest.raises(FileInvalid) as caught:
        root.settle()
    assert [(problem.code, problem.line) for problem in caught.value.problems] == [("wrong_type.number", 1)]


@pytest.mark.parametrize(
    "written",
    ["!!bool x", "!!int ''", "!!timestamp x", "!!str [b]", "!!str {b: c}", "!!map x", "!!seq x", "!!set x", "!!int {b: 1}"],
)
def test_a_type_that_the_value_is_not_is_a_fault(written: str) -> None:
    assert _found(f"a: 1\nb: {written}") == [("", "yaml_unreadable", 2)]


@pytest.mark.parametrize("loader", ["CSafeLoader", "SafeLoader"])
def test_where_libyaml_is_absent_the_same_faults_are_found(loader: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kkz_eval.model.edited_files.composing._LOADER", getattr(yaml, loader))
    assert _read("a: &x {b: 010}\nc: *x").value == {"a": {"b": 8}, "c": {"b": 8}}
    assert _found("a: 1\nb: \x07") == [("", "yaml_unreadable", 2)]
    assert _found("a: 1\na: 2") == [("a", "duplicate_key", 2)]
    assert [code for _, code, _ in _found("{" * 3000)] == ["yaml_too_deep"]


def test_a_byte_order_mark_is_no_fault() -> None:
    assert _read(b"\xef\xbb\xbfa: 1").value == {"a": 1}


def test_files_that_are_not_there_or_no_files(tmp_path: Path) -> None:
    for path, code in [(tmp_path / "none.yaml", "file_missing"), (tmp_path, "file_unreadable")]:
        with pytest.raises(FileInvalid) as caught:
            read_edited(path)
        assert [problem.code for problem in caught.value.problems] == [code]
        assert str(path) in caught.value.sentence.in_language("de")


def test_each_value_has_its_line() -> None:
    file = _read("a:\n  - b: 1\n    c: [x,\n      y]\nd:\n  e: 2\n")
    assert file.line(("a", 0)) == 2
    assert file.line(("a", 0, "c")) == 3
    assert file.line(("a", 0, "c", 1)) == 4
    assert file.line(("d", "e")) == 6
    assert file.line(("d", "missing")) == 5  # of what holds it
    assert file.line(()) is None


READ = "names: [b]\nunit: 05315000\nyear: '2012'\nkind: Weaver\nnames: [a, 3]\nwhen: 2012\nwindw: 1\n"


def test_a_reader_finds_everything_at_once() -> None:
    root = root_of(_read(READ))
    root.mapping(("unit", "year", "kind", "names", "when", "window"))
    root.child("unit").text()
    root.child("year").whole_number()
    root.child("kind").one_of(("waiver", "Weave", "correction"))
    root.child("names").texts()
    assert root.child("when").day() == datetime.date.min
    root.child("absent").child("below").text()  # missing is said once, nothing below it
    with pytest.raises(FileInvalid) as caught:
        root.settle()
    assert [(problem.path, problem.code, problem.line) for problem in caught.value.problems] == [
        ("", "missing_key", None),
        ("unit", "wrong_type.string", 2),
        ("year", "wrong_type.integer", 3),
        ("kind", "not_allowed_suggest", 4),
        ("names", "duplicate_key", 5),
        ("names[1]", "wrong_type.string", 5),
        ("when", "unexpected", 6),
        ("windw", "unknown_key_suggest", 7),
    ]
    assert "unit (Zeile 2): Hier muss ein Text stehen, nicht 05315000." in caught.value.sentence.in_language("de")  # not 1413632
    assert 'windw (line 7): There is no such key. You probably mean "window".' in caught.value.sentence.in_language("en")


def test_an_error_names_the_file_and_counts() -> None:
    with pytest.raises(FileInvalid) as caught:
        _read("a: 1\na: 2\na: 3").settle()
    assert caught.value.sentence.in_language("de").splitlines() == [
        "a.yaml lässt sich so nicht verwenden (2 zu beheben):",
        "  a (Zeile 2): Der Schlüssel steht zweimal da, zuerst in Zeile 1. Bitte einen der beiden löschen.",
        "  a (Zeile 3): Der Schlüssel steht zweimal da, zuerst in Zeile 1. Bitte einen der beiden löschen.",
    ]


def test_what_has_days_for_keys_is_shown_too() -> None:
    root = root_of(_read("a: {2012-12-31: x, b: 1}"))
    root.child("a").text()
    root.child("a").mapping()
    with pytest.raises(FileInvalid) as caught:
        root.settle()
    assert [(problem.code, problem.line) for problem in caught.value.problems] == [
        ("wrong_type.string", 1),
        ("wrong_type.object", 1),
    ]
