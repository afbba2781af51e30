"""What is wrong with a contract file: the JSON schema of ODCS 3.2 on the raw document, then what the project asks beyond it.

Belongs here: complaints for those who edit contracts. Does not belong here: making a Contract (load.py), judging data.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from jsonschema import Draft201909Validator

from kkz_eval.contracts.contract import Contract, Property
from kkz_eval.contracts.errors import PACKAGE, RuleError
from kkz_eval.contracts.load import SUFFIX, ContractError, Node, contract_of, read_document
from kkz_eval.contracts.synonyms import ambiguous_names, code_names, property_names
from kkz_eval.model.texts import Language, text

STANDARD = "v3.2.0"


@dataclass(frozen=True, order=True)
class Problem:
    """One complaint. key: place in the document, "" for the whole file; message: the sentence, in the language asked for."""

    path: Path
    key: str
    message: str

    def __str__(self) -> str:
        place = f"{self.path.name}, {self.key}" if self.key else self.path.name
        return self.message if self.message.startswith(self.path.name) else f"{place}: {self.message}"


def lint(path: Path, language: Language = "de") -> list[Problem]:
    """All complaints about a contract file, empty for a good one. Raises nothing about the file's contents."""
    try:
        root = read_document(path)
    except ContractError as error:
        return [Problem(path, "", error.sentence(language))]
    problems = list(_standard(root, language))
    try:
        contract = contract_of(root)
    except (ContractError, RuleError) as error:
        key = str(error.parameters.get("key", error.parameters.get("rule", "")))
        return [*problems, Problem(path, key, error.sentence(language))]
    return [*problems, *_semantics(path, contract, language)]


@cache
def _validator() -> Draft201909Validator:
    """The validator of the schema that the installed package ships; found without importing it (it loads pydantic)."""
    spec = find_spec("open_data_contract_standard")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("open_data_contract_standard ships the JSON schema of ODCS and is not installed")
    schema = Path(spec.submodule_search_locations[0]) / "schema.json"
    return Draft201909Validator(json.loads(schema.read_text(encoding="utf-8")))


def _standard(root: Node, language: Language) -> Iterator[Problem]:
    for error in sorted(_validator().iter_errors(root.value), key=lambda found: list(map(str, found.absolute_path))):
        key = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path).lstrip(".")
        yield Problem(root.path, key, _sentence("contract_odcs", language, detail=error.message))
    if isinstance(root.value, dict) and root.value.get("apiVersion") != STANDARD:
        message = _sentence("contract_standard_version", language, value=root.value.get("apiVersion"))
        yield Problem(root.path, "apiVersion", message)


def _semantics(path: Path, contract: Contract, language: Language) -> Iterator[Problem]:
    if path.name != contract.id + SUFFIX:
        yield Problem(path, "id", _sentence("contract_file_name", language, file=path.name, expected=contract.id + SUFFIX))
    scopes = [("properties", {p.name: property_names(p) for p in contract.properties})]
    scopes += [(p.name, {c.code: code_names(c) for c in p.codes}) for p in contract.properties]
    for key, names_of in scopes:
        for name, things in ambiguous_names(names_of).items():
            yield Problem(path, key, _sentence("contract_name_ambiguous", language, name=name, things=", ".join(things)))

    for of in contract.properties:
        for name in _names_with_separator(of):
            yield Problem(
                path, of.name, _sentence("contract_name_with_separator", language, name=name, separators=LIST_SEPARATORS)
            )


LIST_SEPARATORS = ";,|+"  # people write these between the codes of one cell


def _names_with_separator(of: Property) -> tuple[str, ...]:
    """The names of codes that a cell with several codes would tear apart."""
    if of.form != "codes":
        return ()
    return tuple(name for code in of.codes for name in code_names(code) if any(sign in name for sign in LIST_SEPARATORS))


def _sentence(code: str, language: Language, **parameters: object) -> str:
    return text(f"errors.{code}", language, package=PACKAGE, **parameters)
