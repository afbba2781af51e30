"""What a JSON schema finds wrong in a file that people edit, as problems with lines instead of the validator's English.

Belongs here: the words for each keyword of JSON schema. Does not belong here: reading the file (reading.py), the schemas. Not for the
check path: the validator takes longer to import than a contract to read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, cast

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from kkz_eval.model.edited_files.file import EditedFile, FileInvalid
from kkz_eval.model.edited_files.places import Way
from kkz_eval.model.edited_files.reading import content_of, parse_edited
from kkz_eval.model.edited_files.suggestions import report_not_allowed, report_unknown_key
from kkz_eval.model.edited_files.values import is_number

_LIMITS = {
    "minimum": "too_small",
    "exclusiveMinimum": "not_above",
    "maximum": "too_large",
    "exclusiveMaximum": "not_below",
    "minItems": "too_few",
    "minProperties": "too_few",
    "maxItems": "too_many",
    "maxProperties": "too_many",
}
_Validator: Any = extend(  # type: ignore[no-untyped-call]  # not a number and infinity pass every comparison, and JSON knows neither
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("number", lambda _, value: is_number(value)),
)
_WITHOUT_PARAMETERS = {"minLength": "empty_text", "uniqueItems": "repeated"}


@cache
def schema_of(package: str, name: str) -> Mapping[str, Any]:
    """The JSON schema (draft 2020-12) in a file of a package."""
    return cast(Mapping[str, Any], json.loads(resources.files(package).joinpath(name).read_text(encoding="utf-8")))


def read_by_schema(path: Path, invalid: type[FileInvalid], package: str, name: str) -> EditedFile:
    """What a file says that fits the schema in a file of a package. Raises `invalid` with everything that does not."""
    file = _fitting(content_of(path, invalid), str(path), invalid, package, name)  # type: ignore[arg-type]  # a class is hashable
    return replace(file, problems=[])  # whoever reads it further notes what they find in a list of their own


@lru_cache(maxsize=32)  # several readers take their part of a file, and whoever opens an installation reads it again
def _fitting(data: bytes, source: str, invalid: type[FileInvalid], package: str, name: str) -> EditedFile:
    file = parse_edited(data, source, invalid)
    report_schema_faults(file, schema_of(package, name))
    file.settle()
    return file


def report_schema_faults(file: EditedFile, schema: Mapping[str, Any]) -> None:
    """Notes everything in which the file's value does not fit the schema; of one value only the first thing."""
    said: set[Way] = set()
    for error in _Validator(schema).iter_errors(cast(Any, file.value)):
        way = tuple(error.absolute_path)
        if error.validator in ("additionalProperties", "required"):
            _report(file, error)
        elif way not in said:
            said.add(way)
            _report(file, error)


def _report(file: EditedFile, error: ValidationError) -> None:
    keyword, wanted, way = error.validator, cast(Any, error.validator_value), tuple(error.absolute_path)
    shown = file.written(way, error.instance)
    if keyword == "additionalProperties":
        known = list(cast(Mapping[str, Any], error.schema).get("properties", {}))
        for key in cast(Mapping[object, object], error.instance):
            if key not in known:
                report_unknown_key(file, way, key, known)
    elif keyword == "required":
        for key in wanted:
            if key not in cast(Mapping[object, object], error.instance):
                file.report(way, "missing_key", {"key": key})
    elif keyword == "type":
        first = wanted if isinstance(wanted, str) else wanted[0]
        file.report(way, f"wrong_type.{first}", {"value": shown})
    elif keyword in ("enum", "const"):
        admitted = wanted if keyword == "enum" else [wanted]
        report_not_allowed(file, way, error.instance, [option for option in admitted if option is not None])
    elif keyword in _LIMITS:
        file.report(way, _LIMITS[keyword], {"value": shown, "limit": wanted})
    elif keyword in _WITHOUT_PARAMETERS:
        file.report(way, _WITHOUT_PARAMETERS[keyword], {})
    elif keyword == "pattern":
        examples = cast(Mapping[str, Any], error.schema).get("examples", [wanted])
        file.report(way, "pattern", {"value": shown, "example": examples[0]})
    elif keyword in ("oneOf", "anyOf"):
        _report_choice(file, way, error)
    elif keyword == "not" and wanted:
        file.report(way, "not_together", {"keys": ", ".join(wanted["required"])})
    elif keyword == "not":  # {"not": {}} admits nothing; `false` would too, but the validator names no place for it
        file.report(way, "key_unfit", {})
    else:
        file.report(way, "other", {"reason": keyword})


def _report_choice(file: EditedFile, way: Way, error: ValidationError) -> None:
    """One of several sets of keys is needed: what is wrong in the set that is there, or which sets there are."""
    sets: Sequence[Sequence[str]] = [branch.get("required", ()) for branch in cast(Any, error.validator_value)]
    present = [index for index, keys in enumerate(sets) if all(key in cast(Any, error.instance) for key in keys)]
    inside = [below for below in error.context or () if present == [below.schema_path[0]]]
    for below in inside:
        _report(file, below)
    if not inside:
        file.report(way, "choose", {"sets": " | ".join(", ".join(keys) for keys in sets)})
