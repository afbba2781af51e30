"""Which contracts use a kind of rule, where and with which parameters, in words. No judging, no pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kkz_eval.contracts.contract import Contract, Property, Rule
from kkz_eval.contracts.judged_table import number_text
from kkz_eval.contracts.plausibility import CONTEXT_KINDS
from kkz_eval.contracts.rule_kinds import KINDS
from kkz_eval.contracts.rule_pages import say
from kkz_eval.model.texts import Joined, Language, Localised, Wording
from kkz_eval.reference import say as say_of_reference

_MOST_NAMED = 12  # codes of a list that are named
_AT = (
    "column",
    "columns",
    "measure",
    "part",
    "dimension",
    "parts",
)  # parameters that say where a rule looks, the first that a rule has
_NOT_SAID = ("at",)  # where a finding is shown, no part of what is asked
_CODES_OF_COLUMN = ("codes", "code")
_CODES_OF_DIMENSION = ("codes", "parts", "total")


@dataclass(frozen=True)
class Use:
    """A rule of a contract. at: where it looks; asks: its other parameters, a part each, () where there is none; warns: whether it only warns."""

    contract: Contract
    rule: Rule
    at: Localised
    asks: tuple[Localised, ...]
    warns: bool


@dataclass(frozen=True)
class _Number(Localised):
    value: float

    def in_language(self, language: Language) -> str:
        """The digits with the decimal sign of the language."""
        shown = number_text(self.value)
        return shown if language == "de" else shown.replace(",", ".")


def uses_of(kind: str, contracts: Mapping[str, Contract]) -> tuple[Use, ...]:
    """The rules of contracts that give findings of a kind, by the contracts' German titles; () for what every file is read by."""
    named = {name for name, entry in KINDS.items() if kind in (name, *entry.variants)} | ({kind} & CONTEXT_KINDS.keys())
    titled = sorted(contracts.values(), key=lambda contract: (contract.source != "municipal", contract.title_de.casefold()))
    return tuple(
        _use(contract, rule, contracts)
        for contract in titled
        for rule in (*contract.rules, *contract.plausibility)
        if rule.kind in named
    )


def _use(contract: Contract, rule: Rule, contracts: Mapping[str, Contract]) -> Use:
    place = next(name for name in _AT if name in rule.parameters)
    said = {name: value for name, value in rule.parameters.items() if name not in (place, *_NOT_SAID)}
    other = next((one for one in contracts.values() if one.dataset == rule.parameters.get("other")), None)
    asks = tuple(
        say("parameter.no_symbols") if value == () else say(f"parameter.{name}", value=_words(name, value, rule, contract, other))
        for name, value in said.items()
        if value not in (None, {})
    )
    return Use(contract, rule, _words(place, rule.parameters[place], rule, contract, other), asks, rule.severity == "warning")


def _words(name: str, value: object, rule: Rule, contract: Contract, other: Contract | None) -> Localised:
    """A parameter in the words of the contract: labels of columns and of codes, titles of datasets."""
    if name == "other" and other is not None:
        return other.title
    if name == "other_measure" and other is not None:
        return _label(other, str(value))
    if name == "other_where" and other is not None:
        return _condition(value, other)
    if name == "where":
        return _condition(value, contract)
    if name == "levels":
        return _listed(say_of_reference(f"levels.{level}.full") for level in _texts(value))
    of = _whose_codes(name, rule, contract)
    if of is not None:
        return _codes(of, _texts(value))
    if isinstance(value, (int, float)):
        return _Number(float(value))
    if isinstance(value, (list, tuple)):
        return _listed(_label(contract, one) for one in _texts(value))
    return _label(contract, str(value))


def _whose_codes(name: str, rule: Rule, contract: Contract) -> Property | None:
    """The property of whose codes a parameter speaks, None where of none."""
    at = "column" if name in _CODES_OF_COLUMN and "column" in rule.parameters else "dimension"
    if name not in (_CODES_OF_COLUMN if at == "column" else _CODES_OF_DIMENSION) or at not in rule.parameters:
        return None
    return contract.property_named(str(rule.parameters[at]))


def _condition(value: object, contract: Contract) -> Localised:
    assert isinstance(value, Mapping)
    return Joined(tuple(_of_column(contract, str(column), _texts(codes)) for column, codes in value.items()), " / ")


def _of_column(contract: Contract, column: str, codes: Sequence[str]) -> Localised:
    return Joined((_label(contract, column), _codes(contract.property_named(column), codes)), ": ")


def _codes(of: Property, codes: Sequence[str]) -> Localised:
    labels = {code.code: Wording({"de": code.label_de, "en": code.label_en}) for code in of.codes}
    shown: list[object] = [labels.get(code, code) for code in codes[:_MOST_NAMED]]
    more = [say("more_codes", count=len(codes) - _MOST_NAMED)] if len(codes) > _MOST_NAMED else []
    return Joined((*shown, *more), "; ")


def _label(contract: Contract, name: str) -> Localised:
    """What a contract calls a column, or the word itself where it is none."""
    found = next((of for of in contract.properties if of.name == name), None)
    return Wording({"de": name, "en": name}) if found is None else Wording({"de": found.label_de, "en": found.label_en})


def _listed(parts: Iterable[Localised]) -> Localised:
    return Joined(tuple(parts), ", ")


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, _each(value)))


def _each(value: object) -> Iterator[object]:
    if isinstance(value, (list, tuple)):
        yield from value
    else:
        yield value
