"""A page for each kind of finding: what it means, a wrong and a right example, what to do, explanations usually accepted.

Belongs here: the pages and their examples, German first, English beside it. Does not belong here: reading or judging an example
(who writes the pages does, so that each shows the very sentence that a file gets), writing files.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from importlib import resources

import yaml

from kkz_eval.contracts.contract import Contract
from kkz_eval.contracts.example import example_columns, example_rows
from kkz_eval.contracts.pages import template
from kkz_eval.model.findings import Finding, Severity, rule_page_name
from kkz_eval.model.texts import Catalogue, Language, Sentence

PACKAGE = "kkz_eval.contracts.rule_pages"
say = Catalogue(PACKAGE)
_german, _english = say.in_language("de"), say.in_language("en")
INDEX = rule_page_name("index")

_ALWAYS_SHOWN = 3  # first lines of an example, besides those that differ between wrong and right and the one the finding names
_MOST_SHOWN = 8

ExampleLine = tuple[tuple[bool, str], ...]
"""The cells of a line of an example, each with whether it differs from the other example."""


@dataclass(frozen=True)
class RuleExample:
    """The example of a kind of finding.

    accepted: which explanations are accepted, a key of the catalogue; contract: that reads the texts, None where they are excerpts
    to be shown only; wrong, right: lines with columns separated by semicolons; finding: what an excerpt gets.
    """

    kind: str
    accepted: str
    contract: Contract | None
    wrong: str
    right: str
    finding: Finding


@dataclass(frozen=True)
class RulePage:
    """What the page of a kind of finding says, in every language.

    wrong, right: the lines of both examples that are shown, cell by cell, each with whether it differs from the other example; said: of the wrong one.
    """

    kind: str
    wrong: tuple[ExampleLine, ...]
    right: tuple[ExampleLine, ...]
    said: Finding
    accepted: Sentence

    @property
    def title(self) -> Sentence:
        """What the kind is called."""
        return title_of(self.kind)

    @property
    def meaning(self) -> Sentence:
        """What it means, and why that matters."""
        return meaning_of(self.kind)


def title_of(kind: str) -> Sentence:
    """What a kind of finding is called."""
    return say(f"kinds.{kind}.title")


def meaning_of(kind: str) -> Sentence:
    """What a kind of finding means."""
    return say(f"kinds.{kind}.meaning")


def rule_examples(contracts: Mapping[str, Contract]) -> tuple[RuleExample, ...]:
    """The examples of all kinds, in the order of the file; those of contracts that are not given are left out."""
    source = resources.files(PACKAGE).joinpath("examples.yaml").read_text(encoding="utf-8")
    said: Mapping[str, dict[str, object]] = yaml.safe_load(source)
    return tuple(_example(kind, entry, contracts) for kind, entry in said.items() if entry.get("of") in (None, *contracts))


def _example(kind: str, entry: Mapping[str, object], contracts: Mapping[str, Contract]) -> RuleExample:
    known = {name: entry[name] for name in ("field", "value", "allowed", "row", "column", "unit_id", "year") if name in entry}
    finding = Finding(kind, kind, Severity.ERROR, **known)  # type: ignore[arg-type]
    accepted = str(entry["accepted"])
    if "of" not in entry:
        return RuleExample(kind, accepted, None, str(entry["wrong"]), str(entry["right"]), finding)
    contract = contracts[str(entry["of"])]
    base = _as_text(contract)
    return RuleExample(kind, accepted, contract, _changed(base, entry["wrong"]), _changed(base, entry.get("right", {})), finding)


def _as_text(contract: Contract) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\n", quotechar='"')
    writer.writerow(of.label_de for of in example_columns(contract))
    writer.writerows(example_rows(contract))
    return out.getvalue()


def _changed(base: str, changes: object) -> str:
    assert isinstance(changes, dict)
    for old, new in changes.items():
        assert old in base, old
        base = base.replace(old, new)
    return base


def rule_page_of(example: RuleExample, finding: Finding) -> RulePage:
    """What the page of a kind says. finding: what the wrong example gets."""
    wrong, right = _shown(example.wrong, example.right, finding.row)
    return RulePage(example.kind, wrong, right, finding, say(f"accepted.{example.accepted}"))


def rule_page(example: RuleExample, finding: Finding) -> str:
    """The page of a kind as a file for municipalities, in both languages. The same arguments give the same page."""
    page = rule_page_of(example, finding)
    return template("rule.html.j2").render(say=_german, english=_english, page=page, message=finding.message(), fix=finding.fix())


def rules_index(examples: Sequence[RuleExample]) -> str:
    """The page that leads to the page of each kind, by German title."""
    kinds = by_title((example.kind for example in examples), "de")
    return template("rules.html.j2").render(say=_german, english=_english, kinds=kinds, count=len(kinds))


def by_title(kinds: Iterable[str], language: Language) -> list[str]:
    """Kinds of findings by what they are called, in the order of the alphabet."""
    return sorted(kinds, key=lambda kind: title_of(kind).in_language(language).casefold())


def _shown(wrong: str, right: str, named: int | None) -> tuple[tuple[ExampleLine, ...], tuple[ExampleLine, ...]]:
    """The lines of both examples that are shown. named: number of a line."""
    lines = [_lines(text_of) for text_of in (wrong, right)]

    def chosen(own: list[list[str]], other: list[list[str]]) -> tuple[ExampleLine, ...]:
        marked = _marked(own, other)
        shown = (line for n, line in enumerate(marked, 1) if _differs(line) or n <= _ALWAYS_SHOWN or n == named)
        return tuple(shown)[:_MOST_SHOWN]

    return chosen(*lines), chosen(*reversed(lines))


def _marked(own: list[list[str]], other: list[list[str]]) -> list[ExampleLine]:
    """The lines with which of their cells differ from those of the other example: all of a line that it does not have."""
    marked: list[ExampleLine] = []
    steps = SequenceMatcher(
        None, [tuple(cells) for cells in own], [tuple(cells) for cells in other], autojunk=False
    ).get_opcodes()
    for _, first, last, beside, end in steps:
        pairs = last - first == end - beside
        for n, cells in enumerate(own[first:last]):
            there = other[beside + n] if pairs else []
            same_shape = len(there) == len(cells)
            marked.append(tuple((not same_shape or cell != there[at], cell) for at, cell in enumerate(cells)))
    return marked


def _differs(line: ExampleLine) -> bool:
    return any(differs for differs, _ in line)


def _lines(written: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(written), delimiter=";"))
