"""From an ODCS file to a Contract: fast and strict, without the JSON schema (lint.py). No pandas, no validation engine.

spielplaetze.odcs.yaml (the Open Data Contract Standard 3.2; what it does not know stands below customProperties):

    apiVersion: v3.2.0
    kind: DataContract
    id: spielplaetze                     # the name of the file
    name: Spielplätze
    version: 1.0.0                       # raise it with every change: `kkz-eval contracts diff` says which number
    status: active
    customProperties:
      - {property: titleEn, value: Playgrounds}
      - {property: dataset, value: spielplaetze}
      - {property: source, value: municipal}         # or official
      - {property: levels, value: [municipality]}    # of the units: municipality, kreis, youth_office, land
      - {property: layouts, value: [municipal_text]} # the readers that may claim a file
      - {property: supersedes, value: unit_year}     # what a later delivery replaces: all of a unit and year, or observation
      - {property: acceptance, value: unit}          # accepted one unit at a time, or the file as a whole
      - {property: smallestCell, value: 3}           # counts below are not published; 0 publishes all
      - {property: attribution, value: die Kommune}
      - {property: licence, value: nur für die Evaluation}
      - {property: due, value: +1 03-31}             # of the year after the reporting year; without it nobody owes the dataset
      - {property: completeFrom, value: 03-01}       # day of the reporting year from which on its figures can be whole; without it the end
                                                     # of the year, or of the school year
    schema:
      - name: spielplaetze
        properties:
          - name: unit_id                            # unit_id and year: in every contract, and no other keys
            businessName: Gemeindeschlüssel
            description: Achtstelliger Schlüssel.
            logicalType: string
            required: true
            customProperties:
              - {property: labelEn, value: Municipality}
              - {property: descriptionEn, value: Key of 8 digits.}
              - {property: form, value: ags}
          - name: year
            businessName: Jahr
            description: Berichtsjahr.
            logicalType: integer
            required: true
            logicalTypeOptions: {minimum: 2000, maximum: 2050}
            customProperties:
              - {property: labelEn, value: Year}
              - {property: descriptionEn, value: Reporting year.}
              - {property: form, value: year}
          - name: kind
            businessName: Art
            description: Art des Platzes.
            logicalType: string
            semanticType: dimension
            enum:
              - value: bolzplatz
                label: Bolzplatz
                customProperties: [{property: labelEn, value: Football pitch}, {property: synonyms, value: [Bolzplätze]}]
              - {value: insgesamt, label: insgesamt, customProperties: [{property: labelEn, value: total}]}
            customProperties:
              - {property: labelEn, value: Kind}
              - {property: descriptionEn, value: Kind of the place.}
              - {property: form, value: code}
              - {property: default, value: insgesamt}  # where a file has no such column
          - name: places
            businessName: Anzahl
            description: Zahl der Plätze am 31. Dezember.
            logicalType: integer
            semanticType: measure
            synonyms: [{synonym: Plätze}]            # other titles of the column
            examples: ["12"]                         # what the example of the template shows, where a made-up count does not do
            logicalTypeOptions: {minimum: 0}
            customProperties:
              - {property: labelEn, value: Places}
              - {property: descriptionEn, value: Places on 31 December.}
            quality:                                 # rules beyond those that follow from the column itself
              - id: many_places
                type: custom
                engine: kkz_eval
                severity: warning                    # or error
                description: Mehr als 200 Plätze sind selten.
                implementation: {kind: range, column: places, maximum: 200}
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from kkz_eval.contracts import say, standard_keys
from kkz_eval.contracts.contract import (
    EDITION_FORM,
    OFFICIAL_TIMES,
    OFFICIAL_TOLERANCE,
    Code,
    Contract,
    Deadline,
    EarlierTime,
    OfficialSource,
    Property,
    Rule,
    Terms,
)
from kkz_eval.contracts.errors import PACKAGE
from kkz_eval.contracts.plausibility import CONTEXT_KINDS, context_problems, derived_context
from kkz_eval.contracts.rule_kinds.kind import Limits
from kkz_eval.contracts.rules import derived_rules, key_rule, rule_problems
from kkz_eval.model.edited_files.cursor import Node, root_of
from kkz_eval.model.edited_files.file import FileInvalid
from kkz_eval.model.edited_files.reading import content_of, parse_edited, read_edited
from kkz_eval.model.edited_files.suggestions import report_unknown_key
from kkz_eval.model.errors import UserError
from kkz_eval.model.findings import RULE_SEVERITIES
from kkz_eval.model.folders import files_in
from kkz_eval.model.parsed import ARROW_TYPES
from kkz_eval.model.texts import Sentence

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
    "officialTolerance", "officialDatasets", "tablesNeeded", "completeFrom",
)  # fmt: skip
OFFICIAL_KEYS = (
    *(
        "tables",
        "measure",
        "named",
        "time",
        "earlierTime",
        "variables",
        "members",
        "alsoSaid",
        "leftOut",
        "absent",
        "whole",
        "units",
    ),
)
COLUMN_PROPERTIES = ("labelEn", "descriptionEn", "form", "unit", "default", "symbols", "emptyAdmitted", "inKey")
CODE_PROPERTIES = ("labelEn", "synonyms")
USUAL_SYMBOLS = ("-", "–", "—", ".", "/", "x", "*", "()", "k.a.", "...", "…", "p", "r", "s", "e")
"""What stands in place of a value or beside it in official statistics; a contract may name them USUAL. Admitted in a measure whose
contract names none, unless its cell stays empty where there is no value."""
USUAL = "usual"


class ContractError(FileInvalid):
    """A contract can't be used; `problems` has all that is wrong with it."""

    HEADING, PACKAGE = "contract_invalid", PACKAGE


def load_contracts(folder: Path) -> dict[str, Contract]:
    """Every contract (*.odcs.yaml) of a folder, by id, in the order of the ids. Raises ContractError; UserError where there is none."""
    if not folder.is_dir():
        raise UserError("contracts_folder_missing", package=PACKAGE, folder=folder)
    contracts: dict[str, Contract] = {}
    for path in files_in(folder, SUFFIX):
        contract = load_contract(path)
        if contract.id in contracts:
            read_document(path).child("id").fail("id_twice", id=contract.id)
        contracts[contract.id] = contract
    if not contracts:
        raise UserError("contracts_folder_empty", package=PACKAGE, folder=folder, suffix=SUFFIX)
    return dict(sorted(contracts.items()))


def load_contract(path: Path) -> Contract:
    """The contract of one file. Raises ContractError."""
    return _contract_in(content_of(path, ContractError), str(path))


@lru_cache(maxsize=256)  # whoever opens an installation reads them all, and nothing but the bytes decides what they say
def _contract_in(data: bytes, source: str) -> Contract:
    return contract_of(root_of(parse_edited(data, source, ContractError)))


def read_document(path: Path) -> Node:
    """The root of a contract file. Raises ContractError where there is no file or no YAML."""
    return root_of(read_edited(path, ContractError))


def contract_of(root: Node) -> Contract:
    """The contract that a document says. Raises ContractError."""
    root.child("kind").one_of(("DataContract",))
    _report_unknown(root, standard_keys.CONTRACT)
    own = _custom(root, CONTRACT_PROPERTIES)
    texts = {
        "id": root.child("id").text(),
        "version": root.child("version").text(),
        "dataset": own.child("dataset").text(),
        "title_de": root.child("name").text(),
        "title_en": own.child("titleEn").text(),
        "source": own.child("source").one_of(SOURCES),
        "supersedes": own.child("supersedes").one_of(SUPERSEDES),
        "acceptance": own.child("acceptance").one_of(ACCEPTANCE),
        "attribution": own.child("attribution").text(),
        "licence": own.child("licence").text(),
    }
    layouts, smallest_cell = own.child("layouts").texts(), own.child("smallestCell").whole_number()
    levels = tuple(level.one_of(LEVELS) for level in own.child("levels").items())
    schema = _schema(root)
    columns = list(schema.child("properties").items())
    properties = tuple(_property(column) for column in columns)
    rules = _written_rules(schema, columns, properties, levels)
    terms = _terms(root, own, schema, columns)
    root.settle()  # what follows rests on all that was read so far
    _check_properties(schema, properties)
    _check_rules(rules, properties)
    measure_from = _optional(own, "measureFrom", lambda n: n.one_of([p.name for p in properties if p.role == "dimension"]), None)
    official = _optional(own, "official", lambda found: tuple(_official(item, properties) for item in found.items()), ())
    title_marker = _optional(own, "titleMarker", Node.text, None)
    complete_from = _optional(own, "completeFrom", _day_of_year, "")
    root.settle()
    contract = Contract(
        **texts,
        levels=levels,
        properties=properties,
        rules=tuple(rule for _, rule in rules if rule.kind not in CONTEXT_KINDS),
        layouts=layouts,
        smallest_cell=smallest_cell,
        measure_from=measure_from,
        digest="",
        title_marker=title_marker,
        plausibility=tuple(rule for _, rule in rules if rule.kind in CONTEXT_KINDS),
        terms=terms,
        official=official,
        complete_from=complete_from,
    )
    return replace(contract, digest=_digest(contract))


def _schema(root: Node) -> Node:
    """The one table of a contract. Raises ContractError where there is none or there are several."""
    listed = root.child("schema")
    tables = list(listed.items())
    if len(tables) != 1:
        listed.report("one_schema", n=len(tables))
        root.settle()
    _report_unknown(tables[0], standard_keys.TABLE)
    return tables[0]


def _report_unknown(node: Node, known: frozenset[str]) -> None:
    """Notes the keys that the standard does not know at a place: what they say would be lost."""
    if isinstance(node.value, dict) and not node.value.keys() <= known:
        for key in [key for key in node.value if key not in known]:
            report_unknown_key(node.file, node.way, key, sorted(known))


def _custom(node: Node, known: Sequence[str]) -> Node:
    """The customProperties of a place as one mapping; a name that is not known, or is there twice, is a problem."""
    found: dict[str, object] = {}
    for item in _optional(node, "customProperties", lambda listed: tuple(listed.items()), ()):
        _report_unknown(item, standard_keys.CUSTOM_PROPERTY)
        named = item.child("property")
        name = named.one_of(known)
        if named.value != name:  # that was noted
            continue
        if name in found:
            named.report("name_twice", name=name)
        found[name] = item.child("value").value
    return node.below("customProperties", found)


def _terms(root: Node, own: Node, schema: Node, columns: Sequence[Node]) -> Terms:
    said = _optional(root, "description", lambda found: found, root.below("description", {}))
    _report_unknown(said, standard_keys.DESCRIPTION)
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
        official_datasets=_optional(own, "officialDatasets", Node.texts, ()),
        rule_descriptions={
            _optional(item, "id", Node.text, ""): _optional(item, "description", Node.text, "") for item in quality
        },
        examples={
            column.child("name").text(): shown[0]
            for column in columns
            if (shown := _optional(column, "examples", Node.texts, ()))
        },
    )


def _share(node: Node) -> float:
    """A number from 0 to 1."""
    value = float(node.number())
    if not 0 <= value <= 1:
        node.unexpected("0 … 1")
    return value


def _deadline(node: Node) -> Deadline | None:
    """`MM-DD` of the reporting year, `+1 MM-DD` of the year after it. Stand-in: None."""
    written = _DUE.fullmatch(str(node.value))
    try:
        years, month, day = (int(part or 0) for part in written.groups()) if written is not None else (0, 0, 0)
        date(2001, month, day)  # a year without 29 February, so that the day exists in every year
    except ValueError:
        node.unexpected("MM-DD | +1 MM-DD")
        return None
    return Deadline(years, month, day)


def _day_of_year(node: Node) -> str:
    """`MM-DD`. Stand-in: ""."""
    day = _deadline(node)
    if day is not None and day.years_after:
        node.unexpected("MM-DD")
    return "" if day is None else f"{day.month:02d}-{day.day:02d}"


def _deadline_words(said: str | None, due: Deadline | None) -> str:
    """What the contract says, with the day that is due for `{day}`; the usual words where it says nothing but a day."""
    if due is None:
        return said or ""
    if said is not None:
        return said.replace("{day}", due.german_day)
    year = {0: "same", 1: "next"}.get(due.years_after, "later")
    return say(f"deadline.{year}", day=due.german_day, years=due.years_after).in_language("de")


def _optional(node: Node, name: str, read: Callable[[Node], _T], default: _D) -> _T | _D:
    found = node.optional(name)
    return default if found is None else read(found)


def _official(node: Node, properties: Sequence[Property]) -> OfficialSource:
    measures = [p.name for p in properties if p.role == "measure"]
    dimensions = {p.name: tuple(code.code for code in p.codes) for p in properties if p.role == "dimension"}
    node.mapping(OFFICIAL_KEYS)

    def by_dimension(name: str, read: Callable[[Node, Sequence[str]], _T]) -> dict[str, _T]:
        found = node.optional(name)
        if found is None or found.value is None:
            return {}
        given = found.mapping(tuple(dimensions))
        return {key: read(found.child(key), dimensions[key]) for key in given if key in dimensions}

    def codes_of(found: Node) -> dict[str, str]:
        return {key: found.child(key).one_of(dimensions[key]) for key in found.mapping(tuple(dimensions)) if key in dimensions}

    return OfficialSource(
        tables=node.child("tables").texts(),
        measure=node.child("measure").one_of(measures),
        named=node.child("named").texts(),
        time=_time(node.child("time")),
        variables=by_dimension("variables", lambda found, _: found.texts()),
        members=by_dimension("members", lambda found, codes: {key: found.child(key).one_of(codes) for key in found.mapping()}),
        also_said=by_dimension("alsoSaid", lambda found, _: {key: codes_of(found.child(key)) for key in found.mapping()}),
        left_out=by_dimension("leftOut", lambda found, _: found.texts()),
        absent=by_dimension("absent", lambda found, codes: found.one_of(codes)),
        whole=_optional(node, "whole", Node.texts, ()),
        units=_optional(node, "units", Node.texts, ()),
        earlier=_optional(node, "earlierTime", _earlier_time, None),
    )


def _earlier_time(node: Node) -> EarlierTime:
    node.mapping(("until", "time"))
    return EarlierTime(node.child("until").whole_number(), _time(node.child("time")))


def _time(node: Node) -> str:
    """`MM-DD` of a day, or a kind of time that is named after one year."""
    said = str(node.value)
    if said not in OFFICIAL_TIMES:
        try:
            date.fromisoformat(f"2001-{said}")
        except ValueError:
            node.unexpected(" | ".join(("MM-DD", *OFFICIAL_TIMES)))
    return said


def _property(node: Node) -> Property:
    _report_unknown(node, standard_keys.COLUMN)
    own = _custom(node, COLUMN_PROPERTIES)
    codes = tuple(_code(item) for item in _optional(node, "enum", lambda found: tuple(found.items()), ()))
    default = _optional(own, "default", Node.text, None)
    form = _optional(own, "form", lambda found: found.one_of(FORMS), "plain")
    if default is not None and form != EDITION_FORM:
        own.child("default").one_of([code.code for code in codes])
    if (form in LISTED) != bool(codes) and own.mapping().get("form", form) == form:  # a wrong form was noted
        node.report("form_and_enum", form=form)
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
        synonyms=tuple(_synonym(item) for item in _optional(node, "synonyms", lambda found: tuple(found.items()), ())),
        codes=codes,
        default=default,
        in_key=_optional(own, "inKey", Node.flag, True),
    )


def _synonym(node: Node) -> str:
    _report_unknown(node, standard_keys.SYNONYM)
    return node.child("synonym").text()


def _code(node: Node) -> Code:
    _report_unknown(node, standard_keys.CODE)
    own = _custom(node, CODE_PROPERTIES)
    return Code(
        code=node.child("value").text(),
        label_de=node.child("label").text(),
        label_en=own.child("labelEn").text(),
        synonyms=_optional(own, "synonyms", Node.texts, ()),
    )


def _check_properties(schema: Node, properties: Sequence[Property]) -> None:
    listed = schema.child("properties")
    names = [p.name for p in properties]
    for position, name in enumerate(names):
        if name in names[:position]:
            listed.below(position, name).report("name_twice", name=name)
    keys = {p.name for p in properties if p.role == "key"}
    if keys != {"unit_id", "year"}:
        listed.report("keys", keys=", ".join(sorted(keys)))
    if not any(p.role == "measure" for p in properties):
        listed.report("no_measure")
    schema.settle()


def _limits(node: Node, of: Property) -> Limits:
    own = _custom(node, COLUMN_PROPERTIES)
    options = node.optional("logicalTypeOptions") or node.below("logicalTypeOptions", {})
    for name, value in options.mapping().items():
        if name not in ("minimum", "maximum", "pattern"):
            options.below(name, value).report("option_untranslatable", name=name)
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


def _written_rules(
    schema: Node, columns: Sequence[Node], properties: Sequence[Property], levels: Sequence[str]
) -> list[tuple[Node, Rule]]:
    """The rules of a contract, those that follow from its properties first, each with the place that says it."""
    rules: list[tuple[Node, Rule]] = []
    for node, of in zip(columns, properties, strict=True):
        limits = _limits(node, of)
        rules += [(node, rule) for rule in (*derived_rules(of, limits, levels), *derived_context(of, limits))]
    if properties:
        rules.append((schema, key_rule(properties)))
    for node in (*columns, schema):
        rules += [(item, rule) for item in _quality(node) for rule in _quality_rule(item)]
    return rules


def _check_rules(rules: Sequence[tuple[Node, Rule]], properties: Sequence[Property]) -> None:
    """Notes what is wrong with each rule, at the place that says it."""
    ids = [rule.rule_id for _, rule in rules]
    for position, (node, rule) in enumerate(rules):
        if rule.rule_id in ids[:position]:
            node.report("rule_twice", rule=rule.rule_id)
        for error in context_problems(rule, properties) if rule.kind in CONTEXT_KINDS else rule_problems(rule, properties):
            node.report("rule", said=Sentence(error.package, f"errors.{error.code}", error.parameters))


def _quality(node: Node) -> tuple[Node, ...]:
    return _optional(node, "quality", lambda found: tuple(found.items()), ())


def _quality_rule(node: Node) -> tuple[Rule, ...]:
    """The rule of a quality item; none for one of type text, which only explains."""
    kind_of_item = node.child("type").one_of(("text", "custom"))
    _report_unknown(node, standard_keys.QUALITY)
    if kind_of_item == "text":
        return ()
    node.child("engine").one_of((ENGINE,))
    implementation = node.child("implementation")
    kind = implementation.child("kind").text()
    parameters = {name: value for name, value in implementation.mapping().items() if name != "kind"}
    severity = node.child("severity").one_of(tuple(map(str, RULE_SEVERITIES)))
    return (Rule(node.child("id").text(), kind, severity, parameters),)


def _digest(contract: Contract) -> str:
    said = dataclasses.asdict(replace(contract, plausibility=(), terms=Terms()))
    for name in ("digest", "plausibility", "terms"):  # no reading and no verdict depends on these
        del said[name]
    for of in said["properties"]:
        if of["in_key"]:  # as if it were not there: contracts of before keep their digest
            del of["in_key"]
    for source in said["official"]:
        for name in ("units", "earlier", "also_said"):
            if not source[name]:
                del source[name]
    if not contract.complete_from:
        del said["complete_from"]
    if not contract.official:
        del said["official"]  # verdicts on contracts without such tables stand
    body = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(body.encode("utf-8")).hexdigest()
