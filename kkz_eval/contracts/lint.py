"""What is wrong with a contract file: the JSON schema of ODCS 3.2 on the raw document, then what the project asks beyond it.

Belongs here: complaints for those who edit contracts. Does not belong here: making a Contract (load.py), judging data.
"""

from __future__ import annotations

import json
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from jsonschema import Draft201909Validator, ValidationError

from kkz_eval.contracts.contract import Contract, Property
from kkz_eval.contracts.errors import PACKAGE
from kkz_eval.contracts.load import SUFFIX, ContractError, contract_of, read_document
from kkz_eval.contracts.synonyms import ambiguous_names, code_names, property_names
from kkz_eval.model.edited_files.cursor import Node, root_of
from kkz_eval.model.edited_files.file import EditedFile, FileInvalid
from kkz_eval.model.edited_files.places import Way, dotted
from kkz_eval.model.edited_files.suggestions import report_unknown_key
from kkz_eval.model.errors import Problem

STANDARD = "v3.2.0"


def lint(path: Path) -> tuple[Problem, ...]:
    """All complaints about a contract file, in the order of the lines; empty for a good one. Raises nothing about its contents."""
    try:
        file = read_document(path).file
    except ContractError as error:
        return error.problems
    root = root_of(file)
    with suppress(ContractError):  # its problems are the file's
        _report_semantics(root, contract_of(root))
    _report_standard(file)
    return tuple(sorted(file.problems, key=lambda problem: problem.line or 0))


@cache
def _validator() -> Draft201909Validator:
    """The validator of the schema that the installed package ships; found without importing it (it loads pydantic)."""
    spec = find_spec("open_data_contract_standard")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("open_data_contract_standard ships the JSON schema of ODCS and is not installed")
    schema = Path(spec.submodule_search_locations[0]) / "schema.json"
    return Draft201909Validator(json.loads(schema.read_text(encoding="utf-8")))


def _report_standard(file: EditedFile) -> None:
    """Notes what the standard complains of. What loading said of a value is not said again: its sentences name the next step."""
    said = {problem.path for problem in file.problems if problem.package == FileInvalid.PACKAGE}
    for error in sorted(_validator().iter_errors(file.value), key=_in_order):
        way = tuple(error.absolute_path)
        if error.validator == "required":
            for key in [key for key in error.validator_value if key not in error.instance]:
                file.report(way, "missing_key", {"key": key})
        elif error.validator == "additionalProperties":
            known = list(error.schema.get("properties", {}))
            for key in [key for key in error.instance if key not in known and dotted((*way, str(key))) not in said]:
                report_unknown_key(file, way, key, known)
        elif error.validator == _FOLLOWS:
            if not any(_at_or_below(way, problem) for problem in file.problems):
                file.report(way, "odcs", {"detail": error.message}, PACKAGE)
        elif dotted(way) not in said:
            file.report(way, "odcs", {"detail": error.message}, PACKAGE)
    if isinstance(file.value, dict) and file.value.get("apiVersion", STANDARD) != STANDARD:  # a missing one was said
        file.report(("apiVersion",), "standard_version", {"value": file.value["apiVersion"]}, PACKAGE)


_FOLLOWS = "unevaluatedProperties"  # where anything is wrong below a place, the validator calls all keys of that place unexpected


def _in_order(error: ValidationError) -> tuple[bool, list[str]]:
    """By place, what follows from other complaints last."""
    return error.validator == _FOLLOWS, list(map(str, error.absolute_path))


def _at_or_below(way: Way, problem: Problem) -> bool:
    place = dotted(way)
    return not place or f"{problem.path}.".startswith((f"{place}.", f"{place}["))


def _report_semantics(root: Node, contract: Contract) -> None:
    expected = contract.id + SUFFIX
    if Path(root.file.source).name != expected:
        root.child("id").report("file_name", file=Path(root.file.source).name, expected=expected)
    listed = root.child("schema").below(0, None).below("properties", None)
    scopes = [(listed, {p.name: property_names(p) for p in contract.properties})]
    scopes += [
        (listed.below(position, None).below("enum", None), {c.code: code_names(c) for c in p.codes})
        for position, p in enumerate(contract.properties)
    ]
    for place, names_of in scopes:
        for name, things in ambiguous_names(names_of).items():
            place.report("name_ambiguous", name=name, things=", ".join(things))
    for position, of in enumerate(contract.properties):
        for name in _names_with_separator(of):
            place = listed.below(position, None).below("enum", None)
            place.report("name_with_separator", name=name, separators=LIST_SEPARATORS)


LIST_SEPARATORS = ";,|+"  # people write these between the codes of one cell


def _names_with_separator(of: Property) -> tuple[str, ...]:
    """The names of codes that a cell with several codes would tear apart."""
    if of.form != "codes":
        return ()
    return tuple(name for code in of.codes for name in code_names(code) if any(sign in name for sign in LIST_SEPARATORS))
