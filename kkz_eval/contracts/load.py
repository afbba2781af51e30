"""From an ODCS file to a Contract: fast and strict, without the JSON schema (lint.py). No pandas, no validation engine."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import NoReturn, TypeVar

import yaml

from kkz_eval.contracts.contract import (
    EDITION_FORM,
    OFFICIAL_TOLERANCE,
    Code,
    Contract,
    Deadline,
    OfficialSource,
    Property,
    Rule,
    Terms,
)
from kkz_eval.contracts.errors import PACKAGE, RuleError
from kkz_eval.contracts.plausibility import CONTEXT_KINDS, context_checked
from kkz_eval.contracts.rule_kinds.kind import Limits
from kkz_eval.contracts.rules import checked, derived_rules, key_rule
from kkz_eval.model.errors import UserError
from kkz_eval.model.findings import RULE_SEVERITIES
from kkz_eval.model.parsed import ARROW_TYPES
from kkz_eval.model.reasons import reason_of
from kkz_eval.model.texts import text

_T = TypeVar("_T")
_D = TypeVar("_D")

SUFFIX = ".odcs.yaml"
ENGINE = "kkz_eval"  # `engine` of a quality item that holds a neutral rule

SOURCES = ("municipal", "official")
LEVELS = ("municipality", "kreis", "youth_office", "land")
SUPERSEDES = ("unit_year", "observation")
ACCEPTANCE = ("file", "unit")
FORMS = ("plain", "ags", "year", "school_year", "code", "codes", EDITION_FORM)
LISTED = ("code", "codes")  # the forms that need a code list
_DUE = re.compile(r"(?:\+(\d) )?(\d\d)-(\d\d)")
ROLES: Mapping[str, str] = {"column": "key", "dimension": "dimension", "measure": "measure"}  # semanticType -> role

CONTRACT_PROPERTIES = (
    "titleEn", "dataset", "source", "levels", "layouts", "supersedes", "acceptance", "smallestCell", "attribution", "licence",
    "measureFrom", "titleMarker", "official", "legalBasis", "permittedRecipient", "deadline", "contactRole", "due",
    "officialTolerance", "tablesNeeded",
)  # fmt: skip
OFFICIAL_TIMES = ("year", "school_year")
OFFICIAL_KEYS = ("tables", "measure", "named", "time", "variables", "members", "leftOut", "absent", "whole", "units")
COLUMN_PROPERTIES = ("labelEn", "descriptionEn", "form", "unit", "default", "symbols", "emptyAdmitted", "inKey")
CODE_PROPERTIES = ("labelEn", "synonyms")
USUAL_SYMBOLS = ("-", "–", "—", ".", "/", "x", "*", "()", "k.a.", "...", "…", "p", "r", "s", "e")
"""What stands in place of a value or beside it in official statistics; a contract may name them USUAL. Admitted in a measure whose
contract names none, unless its cell stays empty where there is no value."""
USUAL = "usual"


class ContractError(UserError):
    """A contract can't be read: which file, where in it, and what to do."""

    def __init__(self, code: str, /, **parameters: object) -> None:
        super().__init__(code, exit_code=2, package=PACKAGE, **parameters)


@dataclass(frozen=True)
class Node:
    """A place in a contract file, so that every error names file and key. value: what the YAML says there."""

    path: Path
    key: str
    value: object

    def fail(self, code: str, **parameters: object) -> NoReturn:
        """Raises ContractError for this place."""
        raise ContractError(code, file=self.path.name, key=self.key, **parameters)

    def _wrong(self, expected: str) -> NoReturn:
        self.fail("contract_value", value=self.value, expected=expected)

    def mapping(self) -> Mapping[str, object]:
        """The value as a mapping with texts as keys."""
        if not isinstance(self.value, dict) or not all(isinstance(key, str) for key in self.value):
            self._wrong("mapping")
        return self.value

    def child(self, name: str) -> Node:
        """The place below; fails where it is missing."""
        found = self.optional(name)
        if found is None:
            self.fail("contract_key_missing", missing=name)
        return found

    def optional(self, name: str) -> Node | None:
        """The place below, None where there is none."""
        values = self.mapping()
        return Node(self.path, f"{self.key}.{name}" if self.key else name, values[name]) if name in values else None

    def items(self) -> Iterator[Node]:
        """The places of a list."""
        if not isinstance(self.value, list):
            self._wrong("list")
        for position, value in enumerate(self.value):
            yield Node(self.path, f"{self.key}[{position}]", value)

    def text(self) -> str:
        """The value as a text with at least one character."""
        if not isinstance(self.value, str) or not self.value.strip():
            self._wrong("text")
        return self.value

    def texts(self) -> tuple[str, ...]:
        """The value as a list of texts."""
        return tuple(item.text() for item in self.items())

    def number(self) -> float:
        """The value as a number."""
        if isinstance(self.value, bool) or not isinstance(self.value, (int, float)):
            self._wrong("number")
        return self.value

    def flag(self) -> bool:
        """The value as true or false."""
        if not isinstance(self.value, bool):
            self._wrong("true | false")
        return self.value

    def one_of(self, admitted: Sequence[str]) -> str:
        """The value as one of the admitted texts."""
        if self.value not in admitted:
            self._wrong(" | ".join(admitted))
        return str(self.value)

    def custom(self, known: Sequence[str]) -> Node:
        """The customProperties below as one mapping; fails on a name that is not known, or twice there."""
        listed = self.optional("customProperties")
        found: dict[str, object] = {}
        for item in listed.items() if listed is not None else ():
            name = item.child("property").one_of(known)
            if name in found:
                item.fail("contract_key_twice", name=name)
            found[name] = item.child("value").value
        return Node(self.path, f"{self.key}.customProperties" if self.key else "customProperties", found)


def load_contracts(folder: Path) -> dict[str, Contract]:
    """Every contract (*.odcs.yaml) of a folder, by id, in the order of the ids. Raises ContractError, RuleError."""
    if not folder.is_dir():
        raise ContractError("contracts_folder_missing", folder=folder)
    contracts: dict[str, Contract] = {}
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        contract = load_contract(path)
        if contract.id in contracts:
            raise ContractError("contract_id_twice", file=path.name, id=contract.id)
        contracts[contract.id] = contract
    if not contracts:
        raise ContractError("contracts_folder_empty", folder=folder, suffix=SUFFIX)
    return dict(sorted(contracts.items()))


def load_contract(path: Path) -> Contract:
    """The contract of one file. Raises ContractError where it can't be read, RuleError where a rule can't be used."""
    return contract_of(read_document(path))


def read_document(path: Path) -> Node:
    """The root of a contract file. Raises ContractError where there is no file or no YAML."""
    try:
        source = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ContractError("contract_unreadable", file=path.name, detail=reason_of(error)) from error
    try:
        value: object = yaml.load(source, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else "?"
        raise ContractError("contract_no_yaml", file=path.name, line=line, detail=reason_of(error)) from error
    return Node(path, "", value)


def contract_of(root: Node) -> Contract:
    """The contract that a document says. Raises ContractError, RuleError."""
    root.child("kind").one_of(("DataContract",))
    own = root.custom(CONTRACT_PROPERTIES)
    objects = list(root.child("schema").items())
    if len(objects) != 1:
        root.child("schema").fail("contract_one_schema", n=len(objects))
    levels = tuple(level.one_of(LEVELS) for level in own.child("levels").items())
    columns = list(objects[0].child("properties").items())
    properties = tuple(_property(column) for column in columns)
    _check_properties(objects[0], properties)
    rules, plausibility = _rules(objects[0], columns, properties, levels)
    contract = Contract(
        id=root.child("id").text(),
        version=root.child("version").text(),
        dataset=own.child("dataset").text(),
        title_de=root.child("name").text(),
        title_en=own.child("titleEn").text(),
        source=own.child("source").one_of(SOURCES),
        levels=levels,
        properties=properties,
        rules=rules,
        layouts=own.child("layouts").texts(),
        supersedes=own.child("supersedes").one_of(SUPERSEDES),
        acceptance=own.child("acceptance").one_of(ACCEPTANCE),
        smallest_cell=int(own.child("smallestCell").number()),
        attribution=own.child("attribution").text(),
        licence=own.child("licence").text(),
        measure_from=_measure_from(own, properties),
        digest="",
        title_marker=_optional(own, "titleMarker", Node.text, None),
        plausibility=plausibility,
        terms=_terms(root, own, objects[0], columns),
        official=_optional(own, "official", lambda found: tuple(_official(item, properties) for item in found.items()), ()),
    )
    return replace(contract, digest=_digest(contract))


def _terms(root: Node, own: Node, schema: Node, columns: Sequence[Node]) -> Terms:
    said = _optional(root, "description", lambda found: found, Node(root.path, "description", {}))
    quality = [item for node in (*columns, schema) for item in _quality(node)]
    due = _optional(own, "due", _deadline, None)
    return Terms(
        purpose=_optional(said, "purpose", Node.text, ""),
        limitations=_optional(said, "limitations", Node.text, ""),
        granularity=_optional(schema, "dataGranularityDescription", Node.text, ""),
        legal_basis=_optional(own, "legalBasis", Node.text, ""),
        permitted_recipient=_optional(own, "permittedRecipient", Node.text, ""),
        deadline=_deadline_words(_optional(own, "deadline", Node.text, None), due),
        due=due,
        contact_role=_optional(own, "contactRole", Node.text, ""),
        official_tolerance=_optional(own, "officialTolerance", _share, OFFICIAL_TOLERANCE),
        tables_needed=_optional(own, "tablesNeeded", Node.texts, ()),
        rule_descriptions={
            _optional(item, "id", Node.text, ""): _optional(item, "description", Node.text, "") for item in quality
        },
    )


def _share(node: Node) -> float:
    """A number from 0 to 1."""
    value = float(node.number())
    if not 0 <= value <= 1:
        node.fail("contract_value", value=node.value, expected="0 … 1")
    return value


def _deadline(node: Node) -> Deadline:
    """`MM-DD` of the reporting year, `+1 MM-DD` of the year after it."""
    written = _DUE.fullmatch(node.text())
    if written is None:
        node.fail("contract_value", value=node.value, expected="MM-DD | +1 MM-DD")
    years, month, day = (int(part or 0) for part in written.groups())
    try:
        date(2001, month, day)  # a year without 29 February, so that the day exists in every year
    except ValueError:
        node.fail("contract_value", value=node.value, expected="MM-DD | +1 MM-DD")
    return Deadline(years, month, day)


def _deadline_words(said: str | None, due: Deadline | None) -> str:
    """What the contract says, with the day that is due for `{day}`; the usual words where it says nothing but a day."""
    if due is None:
        return said or ""
    if said is not None:
        return said.replace("{day}", due.german_day)
    year = {0: "same", 1: "next"}.get(due.years_after, "later")
    return text(f"deadline.{year}", package=PACKAGE, day=due.german_day, years=due.years_after)


def _optional(node: Node, name: str, read: Callable[[Node], _T], default: _D) -> _T | _D:
    found = node.optional(name)
    return default if found is None else read(found)


def _measure_from(own: Node, properties: Sequence[Property]) -> str | None:
    found = own.optional("measureFrom")
    return None if found is None else found.one_of([p.name for p in properties if p.role == "dimension"])


def _official(node: Node, properties: Sequence[Property]) -> OfficialSource:
    measures = [p.name for p in properties if p.role == "measure"]
    dimensions = {p.name: tuple(code.code for code in p.codes) for p in properties if p.role == "dimension"}
    for name in node.mapping():
        if name not in OFFICIAL_KEYS:
            node.fail("contract_value", value=name, expected=" | ".join(OFFICIAL_KEYS))

    def by_dimension(name: str, read: Callable[[Node, Sequence[str]], _T]) -> dict[str, _T]:
        found = node.optional(name)
        given = {} if found is None or found.value is None else found.mapping()
        for key in given:
            Node(node.path, f"{node.key}.{name}", key).one_of(tuple(dimensions))
        return {key: read(Node(node.path, f"{node.key}.{name}.{key}", value), dimensions[key]) for key, value in given.items()}

    return OfficialSource(
        tables=node.child("tables").texts(),
        measure=node.child("measure").one_of(measures),
        named=node.child("named").texts(),
        time=_time(node.child("time")),
        variables=by_dimension("variables", lambda found, _: found.texts()),
        members=by_dimension("members", lambda found, codes: {key: found.child(key).one_of(codes) for key in found.mapping()}),
        left_out=by_dimension("leftOut", lambda found, _: found.texts()),
        absent=by_dimension("absent", lambda found, codes: found.one_of(codes)),
        whole=_optional(node, "whole", Node.texts, ()),
        units=_optional(node, "units", Node.texts, ()),
    )


def _time(node: Node) -> str:
    """`MM-DD` of a day, or a kind of time that is named after one year."""
    said = node.text()
    if said in OFFICIAL_TIMES:
        return said
    try:
        date.fromisoformat(f"2001-{said}")
    except ValueError:
        node.fail("contract_value", value=node.value, expected=" | ".join(("MM-DD", *OFFICIAL_TIMES)))
    return said


def _property(node: Node) -> Property:
    own = node.custom(COLUMN_PROPERTIES)
    codes = tuple(_code(item) for item in _optional(node, "enum", lambda found: tuple(found.items()), ()))
    default = _optional(own, "default", Node.text, None)
    form = _optional(own, "form", lambda found: found.one_of(FORMS), "plain")
    if default is not None and form != EDITION_FORM and default not in {code.code for code in codes}:
        own.child("default").fail("contract_value", value=default, expected=" | ".join(code.code for code in codes))
    if (form in LISTED) != bool(codes):
        node.fail("contract_form_and_enum", form=form)
    return Property(
        name=node.child("name").text(),
        logical_type=node.child("logicalType").one_of(tuple(ARROW_TYPES)),
        role=ROLES[_optional(node, "semanticType", lambda found: found.one_of(tuple(ROLES)), "column")],
        label_de=node.child("businessName").text(),
        label_en=own.child("labelEn").text(),
        description_de=node.child("description").text(),
        description_en=own.child("descriptionEn").text(),
        form=form,
        required=_optional(node, "required", Node.flag, False),
        unit=_optional(own, "unit", Node.text, ""),
        synonyms=tuple(item.child("synonym").text() for item in _optional(node, "synonyms", lambda n: tuple(n.items()), ())),
        codes=codes,
        default=default,
        in_key=_optional(own, "inKey", Node.flag, True),
    )


def _code(node: Node) -> Code:
    own = node.custom(CODE_PROPERTIES)
    return Code(
        code=node.child("value").text(),
        label_de=node.child("label").text(),
        label_en=own.child("labelEn").text(),
        synonyms=_optional(own, "synonyms", Node.texts, ()),
    )


def _check_properties(schema: Node, properties: Sequence[Property]) -> None:
    names = [p.name for p in properties]
    for name in names:
        if names.count(name) > 1:
            schema.child("properties").fail("contract_key_twice", name=name)
    keys = {p.name for p in properties if p.role == "key"}
    if keys != {"unit_id", "year"}:
        schema.child("properties").fail("contract_keys", keys=", ".join(sorted(keys)))
    if not any(p.role == "measure" for p in properties):
        schema.child("properties").fail("contract_no_measure")


def _limits(node: Node, of: Property) -> Limits:
    own = node.custom(COLUMN_PROPERTIES)
    options = node.optional("logicalTypeOptions")
    if options is None:
        options = Node(node.path, f"{node.key}.logicalTypeOptions", {})
    for name in options.mapping():
        if name not in ("minimum", "maximum", "pattern"):
            options.fail("contract_option_untranslatable", name=name)
    empty_admitted = _optional(own, "emptyAdmitted", Node.flag, False)
    symbols = USUAL_SYMBOLS if of.role == "measure" and not empty_admitted else ()
    return Limits(
        minimum=_optional(options, "minimum", Node.number, None),
        maximum=_optional(options, "maximum", Node.number, None),
        pattern=_optional(options, "pattern", Node.text, None),
        symbols=_optional(own, "symbols", _symbols, symbols),
        empty_admitted=empty_admitted,
    )


def _symbols(node: Node) -> tuple[str, ...]:
    return USUAL_SYMBOLS if node.value == USUAL else node.texts()


def _rules(
    schema: Node, columns: Sequence[Node], properties: Sequence[Property], levels: Sequence[str]
) -> tuple[tuple[Rule, ...], tuple[Rule, ...]]:
    """The rules that judge a file, and those that look at other files and years."""
    rules: list[Rule] = []
    for node, of in zip(columns, properties, strict=True):
        rules += derived_rules(of, _limits(node, of), levels)
    rules.append(key_rule(properties))
    for node in (*columns, schema):
        rules += [rule for item in _quality(node) for rule in _quality_rule(item)]
    ids = [rule.rule_id for rule in rules]
    for rule in rules:
        if ids.count(rule.rule_id) > 1:
            raise RuleError("rule_id_twice", rule=rule.rule_id)
    return (
        tuple(checked(rule, properties) for rule in rules if rule.kind not in CONTEXT_KINDS),
        tuple(context_checked(rule, properties) for rule in rules if rule.kind in CONTEXT_KINDS),
    )


def _quality(node: Node) -> tuple[Node, ...]:
    return _optional(node, "quality", lambda found: tuple(found.items()), ())


def _quality_rule(node: Node) -> tuple[Rule, ...]:
    """The rule of a quality item; none for one of type text, which only explains."""
    if node.child("type").one_of(("text", "custom")) == "text":
        return ()
    node.child("engine").one_of((ENGINE,))
    implementation = dict(node.child("implementation").mapping())
    kind = node.child("implementation").child("kind").text()
    del implementation["kind"]
    severity = node.child("severity").one_of(RULE_SEVERITIES)
    return (Rule(node.child("id").text(), kind, severity, implementation),)


def _digest(contract: Contract) -> str:
    said = dataclasses.asdict(replace(contract, plausibility=(), terms=Terms()))
    for name in ("digest", "plausibility", "terms"):  # no reading and no verdict depends on these
        del said[name]
    for of in said["properties"]:
        if of["in_key"]:  # as if it were not there: contracts of before keep their digest
            del of["in_key"]
    for source in said["official"]:
        if not source["units"]:
            del source["units"]
    if not contract.official:
        del said["official"]  # verdicts on contracts without such tables stand
    body = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(body.encode("utf-8")).hexdigest()
