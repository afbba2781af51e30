"""What a cell of a property may hold, in a form without words, as findings show it. Not how it is read or judged."""

from __future__ import annotations

from kkz_eval.contracts.contract import Contract, Property
from kkz_eval.contracts.parameters import text_values
from kkz_eval.model.symbols import SYMBOL_NAMES, joined

PERCENT = ("%", "percent", "Prozent")  # units of shares from 0 to 100
EURO = ("EUR", "Euro", "€")  # units of amounts
_FORMS = {"ags": "05… (5 | 8)", "year": "2016", "school_year": "2015/16"}


def admitted(contract: Contract, of: Property, decimal: str = ",") -> str:
    """Examples of what is right in a column, its codes, and the symbols that it admits; "" for free text. decimal: sign of the file."""
    if of.codes:
        return joined(code.label_de for code in of.codes)
    if of.logical_type == "string" or of.form != "plain":
        return _FORMS.get(of.form, "")
    symbols = symbols_of(contract, of)
    return joined((number_of(of, decimal), *(symbol for symbol in SYMBOL_NAMES if symbol in symbols)))


def example_of(of: Property, decimal: str = ",") -> str:
    """One right value of a property without codes; "" for free text."""
    if of.form == "plain" and of.logical_type != "string":
        return number_of(of, decimal)
    return _FORMS.get(of.form, "")


def number_of(of: Property, decimal: str = ",") -> str:
    """A number as a column holds it: a count has no decimals, a share is below 100."""
    if of.logical_type == "integer":
        return "1234"
    return ("12,3" if of.unit in PERCENT else "1234,5").replace(",", decimal)


def symbols_of(contract: Contract, of: Property) -> tuple[str, ...]:
    """The symbols that a contract admits in place of a value of a property."""
    rules = (rule for rule in contract.rules if rule.kind == "symbol_admitted" and rule.parameters["column"] == of.name)
    return tuple(symbol for rule in rules for symbol in text_values(rule.parameters["symbols"]))
