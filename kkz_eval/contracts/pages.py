"""The pages for municipalities: what a right delivery looks like, made from the contracts. German first, English beside it.

Belongs here: HTML from contracts, self-contained and without script. Does not belong here: writing files; the words (texts/).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources

from jinja2 import Environment, StrictUndefined, Template

from kkz_eval.contracts import say
from kkz_eval.contracts.contract import Contract, Property
from kkz_eval.contracts.errors import PACKAGE
from kkz_eval.contracts.example import example_columns, example_rows
from kkz_eval.model.findings import rule_page_name

_german = say.in_language("de")

SHOWN = 12  # rows of the example


def page_name(contract: Contract) -> str:
    """File name of a contract's page."""
    return f"{contract.id}.html"


def template_name(contract: Contract) -> str:
    """File name of a contract's blank workbook."""
    return f"vorlage_{contract.id}.xlsx"


def delivered_by_municipalities(contracts: Mapping[str, Contract]) -> tuple[Contract, ...]:
    """The contracts that have a page: those of municipalities, by title."""
    return tuple(sorted((c for c in contracts.values() if c.source == "municipal"), key=lambda contract: contract.title_de))


def asked_of_offices(contracts: Mapping[str, Contract]) -> tuple[Contract, ...]:
    """The contracts that have a page because an office is asked to fill in their table: told by its word, and read from no published one."""
    official = [contract for contract in contracts.values() if contract.source == "official" and not contract.official]
    asked = (contract for contract in official if contract.title_marker is not None and not contract.terms.tables_needed)
    return tuple(sorted(asked, key=lambda contract: contract.title_de))


def dataset_page(contract: Contract) -> str:
    """The page of one dataset. The same contract gives the same page."""
    rows = example_rows(contract)
    return template("dataset.html.j2").render(
        contract=contract,
        terms=contract.terms,
        say=_german,
        english=say.in_language("en"),
        columns=[_shown(of, contract) for of in contract.properties],
        header=[(of.label_de, of.role == "measure") for of in example_columns(contract)],
        numeric=[of.role == "measure" for of in example_columns(contract)],
        rows=rows[:SHOWN],
        more=len(rows) - SHOWN,
        rules=_rules(contract, [rule.rule_id for rule in contract.rules]),
        doubts=_rules(contract, [rule.rule_id for rule in contract.plausibility]),
        template=template_name(contract),
        delivered_by=_delivered_by(contract),
    )


def index_page(contracts: Sequence[Contract], asked: Sequence[Contract] = ()) -> str:
    """The page that leads to all others: of what municipalities deliver, and of what other offices are asked for."""
    return template("index.html.j2").render(
        say=_german,
        english=say.in_language("en"),
        rows=[(c, page_name(c), template_name(c)) for c in contracts],
        asked=[(c, page_name(c), template_name(c)) for c in asked],
        count=len(contracts),
        rules=rule_page_name("index"),
    )


def _delivered_by(contract: Contract) -> str:
    """Who delivers: units of the contract's levels, or the office that is asked."""
    if contract.source == "official":
        return contract.terms.contact_role
    return " / ".join(_german(f"docs.level.{level}") for level in contract.levels)


def _rules(contract: Contract, rule_ids: Sequence[str]) -> list[str]:
    """What the contract says of its own rules; those that follow from a column are said in its row."""
    return [said for rule_id in rule_ids if (said := contract.terms.rule_descriptions.get(rule_id, ""))]


def _shown(of: Property, contract: Contract) -> dict[str, object]:
    symbols = next((r.parameters["symbols"] for r in contract.rules if r.rule_id == f"{of.name}.symbol_admitted"), ())
    return {
        "label": of.label_de,
        "label_en": of.label_en,
        "description": of.description_de,
        "description_en": of.description_en,
        "required": of.required,
        "form": _german(f"docs.form.{_form(of)}", unit=of.unit),
        "codes": [code.label_de for code in of.codes],
        "synonyms": ", ".join(of.synonyms),
        "symbols": bool(symbols),
    }


def _form(of: Property) -> str:
    if of.form == "ags":
        return "key"
    if of.form != "plain":
        return of.form
    return {"integer": "count", "number": "amount"}.get(of.logical_type, "text")


@cache
def template(name: str) -> Template:
    """A template of the pages, with their style sheet."""
    folder = resources.files(PACKAGE).joinpath("templates")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.globals["css"] = folder.joinpath("pages.css").read_text(encoding="utf-8")
    return environment.from_string(folder.joinpath(name).read_text(encoding="utf-8"))
