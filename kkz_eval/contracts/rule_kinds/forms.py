"""The forms of parameters that several kinds of rules share, and what must hold between them. Not which a kind takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from kkz_eval.contracts.contract import Property, Rule
from kkz_eval.contracts.errors import RuleError
from kkz_eval.contracts.parameters import text_values
from kkz_eval.contracts.rule_kinds.kind import Parameter
from kkz_eval.model.symbols import SEPARATOR


def is_text(value: object) -> bool:
    """A text with at least one character."""
    return isinstance(value, str) and value != ""


def is_number(value: object) -> bool:
    """A number, not true or false."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_texts(value: object) -> bool:
    """A list of texts, perhaps empty."""
    return isinstance(value, (list, tuple)) and all(is_text(item) for item in value)


def is_filled(value: object) -> bool:
    """A list of at least one text."""
    return is_texts(value) and len(text_values(value)) > 0


def all_kept(before: object, after: object) -> bool:
    """Whether a list still has all that it had."""
    return isinstance(before, Sequence) and isinstance(after, Sequence) and set(before) <= set(after)


def _tolerates_more(before: object, after: object) -> bool:
    if not (before is None or isinstance(before, (int, float))):
        return False
    return isinstance(after, (int, float)) and after >= (before or 0)


COLUMN = Parameter(is_text, lambda value: (str(value),))
NUMBER_COLUMN = COLUMN._replace(numeric=True)
COLUMNS = Parameter(is_filled, text_values)
NUMBER_COLUMNS = COLUMNS._replace(numeric=True)
CODE = Parameter(is_text)
CODES = Parameter(is_filled)
CODES_OF_COLUMN = CODES._replace(follows=True)
OPTIONAL_CODES = CODES._replace(required=False)
TOLERANCE = Parameter(is_number, required=False, eased=_tolerates_more)


def dimension_problems(rule: Rule, properties: Mapping[str, Property]) -> Iterator[RuleError]:
    """What is wrong with the dimension of a rule and its codes."""
    of = properties.get(str(rule.parameters.get("dimension")))
    if of is None:
        return  # absent, or called wrong already
    named = (rule.parameters.get(name, ()) for name in ("total", "parts", "codes"))
    listed = [(value,) if isinstance(value, str) else tuple(value) if isinstance(value, (list, tuple)) else () for value in named]
    yield from code_problems(rule, of, [code for codes in listed for code in codes])
    if of.form == "codes":
        yield RuleError("rule_dimension_is_list", rule=rule.rule_id, column=of.name)


def code_problems(rule: Rule, of: Property, codes: Iterable[object]) -> Iterator[RuleError]:
    """A column without a code list, or codes that are not in it."""
    known = [code.code for code in of.codes]
    if not known:
        yield RuleError("rule_dimension_without_codes", rule=rule.rule_id, column=of.name)
        return
    for code in codes:
        if code not in known:
            yield RuleError("rule_code_unknown", rule=rule.rule_id, column=of.name, code=code)


def list_problems(rule: Rule, properties: Mapping[str, Property]) -> Iterator[RuleError]:
    """A column that does not hold several codes in a cell, or a code that is not one of them."""
    of = properties.get(str(rule.parameters.get("column")))
    if of is None:
        return
    if of.form != "codes":
        yield RuleError("rule_column_no_list", rule=rule.rule_id, column=of.name)
    code = rule.parameters.get("code")
    if code is not None and code not in [known.code for known in of.codes]:
        yield RuleError("rule_code_unknown", rule=rule.rule_id, column=of.name, code=code)


def labels(of: Property, codes: Iterable[str]) -> str:
    """Codes of a property as findings show them."""
    known = {code.code: code.label_de for code in of.codes}
    return SEPARATOR.join(known.get(code, code) for code in codes)
