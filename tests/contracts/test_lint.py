"""Lint: clean for the contracts of the project, and a complaint at the right place for each mutant."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pytest

from kkz_eval.contracts import standard_keys
from kkz_eval.contracts.lint import lint
from kkz_eval.contracts.load import ContractError, load_contract

CONTRACTS = Path(__file__).parents[2] / "data_contracts"


@pytest.mark.parametrize("path", sorted(CONTRACTS.glob("*.odcs.yaml")), ids=lambda path: path.name)
def test_the_contracts_of_the_project_are_clean(path: Path) -> None:
    assert lint(path) == ()


@pytest.mark.parametrize(
    ("old", "new", "key", "said"),
    [
        ("apiVersion: v3.2.0", "apiVersion: v3.1.0", "apiVersion", "v3.2.0"),
        ("status: active", "status: active\nownField: 1", "", "ownField"),
        (
            "        logicalType: integer\n",
            "        logicalType: integer\n        semantics: x\n",
            "schema[0].properties[1]",
            "semantics",
        ),
        ("property: labelEn, value: Sex}", "property: labelEn, value: School certificate}", "properties", "sex"),
        ("[m, 'männl.'", "[w, 'männl.'", "properties[3].enum", "weiblich"),
        ("synonym: Abschlussart", "synonym: anzahl", "properties", "leavers"),
        ("kind: codes_complete, dimension: sex}", "kind: share_jump, dimension: sex}", "sexes_complete", "share_jump"),
        ("kind: codes_complete, dimension: sex}", "kind: codes_complete, dimension: gender}", "sexes_complete", "gender"),
        ("kind: codes_complete, dimension: sex}", "kind: codes_complete, dimension: sex, code: [m]}", "sexes_complete", "code"),
        ("kind: codes_complete, dimension: sex}", "kind: codes_complete, dimension: sex, codes: [x]}", "sexes_complete", "x"),
        ("kind: codes_complete, dimension: sex}", "kind: codes_complete}", "sexes_complete", "dimension"),
        ("measure: leavers, dimension: sex, total", "measure: sex, dimension: sex, total", "sexes_sum", "sex"),
        ("dimension: sex, total: insgesamt", "dimension: sex, total: alle", "sexes_sum", "alle"),
        ("id: sexes_sum", "id: certificates_sum", "certificates_sum", "zweimal"),
        ("id: schulabgaenge\n", "id: schulabgang\n", "id", "schulabgang.odcs.yaml"),
        ("property: form, value: school_year", "property: form, value: schoolyear", "form", "school_year"),
        ("            label: weiblich\n", "", "enum[1]", "label"),
        ("default, value: insgesamt", "default, value: alle", "default", "alle"),
        ("engine: kkz_eval", "engine: soda", "engine", "kkz_eval"),
        ("severity: error", "severity: fatal", "severity", "error, warning"),
    ],
)
def test_each_mutant_is_found_at_its_place(old: str, new: str, key: str, said: str, tmp_path: Path) -> None:
    source = (CONTRACTS / "schulabgaenge.odcs.yaml").read_text(encoding="utf-8")
    assert old in source
    path = tmp_path / "schulabgaenge.odcs.yaml"
    path.write_text(source.replace(old, new, 1), encoding="utf-8")
    problems = lint(path)
    assert any(
        key in problem.sentence.in_language("de") and said in problem.sentence.in_language("de") for problem in problems
    ), [p.sentence.in_language("de") for p in problems]
    assert all(problem.line for problem in problems if problem.path)


def test_a_library_metric_is_refused_because_it_is_not_translated(tmp_path: Path) -> None:
    source = (CONTRACTS / "inkar.odcs.yaml").read_text(encoding="utf-8")
    quality = "    quality:\n      - {id: r, type: library, metric: rowCount, mustBe: 3}\n"
    path = tmp_path / "inkar.odcs.yaml"
    path.write_text(source.replace("    properties:\n", quality + "    properties:\n", 1), encoding="utf-8")
    assert any("text, custom" in problem.sentence.in_language("de") for problem in lint(path))


def test_a_file_that_is_no_yaml_or_no_mapping_is_a_problem_and_no_exception(tmp_path: Path) -> None:
    path = tmp_path / "x.odcs.yaml"
    for source in ("a: [", "- 1", "", "a: 1\n"):
        path.write_text(source, encoding="utf-8")
        assert lint(path)
    assert lint(tmp_path / "nowhere.odcs.yaml")


def test_a_problem_reads_as_one_line_with_place_and_line(tmp_path: Path) -> None:
    path = tmp_path / "x.odcs.yaml"
    path.write_text("apiVersion: v3.2.0\nkind: 3\n", encoding="utf-8")
    assert "kind (Zeile 2): 3 ist hier nicht erlaubt. Erlaubt sind: DataContract." in [
        p.sentence.in_language("de") for p in lint(path)
    ]


def test_the_keys_that_loading_knows_are_those_of_the_standard() -> None:
    schema = json.loads(files("open_data_contract_standard").joinpath("schema.json").read_text(encoding="utf-8"))
    parts, element = schema["$defs"], set(schema["$defs"]["SchemaElement"]["properties"])
    assert set(schema["properties"]) == standard_keys.CONTRACT
    assert set(schema["properties"]["description"]["properties"]) == standard_keys.DESCRIPTION
    assert element | set(parts["SchemaObject"]["properties"]) == standard_keys.TABLE
    assert element | set(parts["SchemaBaseProperty"]["properties"]) == standard_keys.COLUMN
    assert set(parts["EnumValue"]["properties"]) == standard_keys.CODE
    assert set(parts["Synonym"]["properties"]) == standard_keys.SYNONYM
    assert set(parts["CustomProperty"]["properties"]) == standard_keys.CUSTOM_PROPERTY
    assert set(parts["DataQuality"]["properties"]) | set(parts["DataQualityCustom"]["properties"]) == standard_keys.QUALITY


@pytest.mark.parametrize(
    ("old", "new", "path", "meant"),
    [
        ("status: active", "satus: active", "satus", "status"),
        ("  limitations:", "  limitatons:", "description.limitatons", "limitations"),
        ("    dataGranularityDescription:", "    dataGranularityDescripton:", "schema[0].dataGranularityDescripton", None),
        ("        logicalTypeOptions:", "        logicalTypOptions:", "schema[0].properties[1].logicalTypOptions", None),
        ("        semanticType:", "        semanticTyp:", "schema[0].properties[2].semanticTyp", "semanticType"),
        ("locale: de}", "local: de}", "schema[0].properties[0].synonyms[0].local", "locale"),
        (
            "          - {property: labelEn, value: Sex}",
            "          - {property: labelEn, value: Sex, vendr: x}",
            None,
            "vendor",
        ),
        ("            label: männlich\n", "            label: männlich\n            tag: [x]\n", None, "tags"),
        ("        severity: error\n", "        severity: error\n        dimensoin: consistency\n", None, "dimension"),
    ],
)
def test_a_misspelt_key_is_heard_of_when_a_contract_is_loaded_and_lint_says_the_same_of_it(
    old: str, new: str, path: str | None, meant: str | None, tmp_path: Path
) -> None:
    source = (CONTRACTS / "schulabgaenge.odcs.yaml").read_text(encoding="utf-8")
    assert old in source
    file = tmp_path / "schulabgaenge.odcs.yaml"
    file.write_text(source.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ContractError) as caught:
        load_contract(file)
    assert lint(file) == caught.value.problems
    [problem] = [problem for problem in caught.value.problems if problem.code == "unknown_key_suggest"]
    assert path in (None, problem.path)
    assert problem.line is not None
    if meant is not None:
        assert f"Gemeint ist wohl „{meant}“" in problem.sentence.in_language("de")


def test_a_misspelt_key_where_only_the_standard_reads_has_a_suggestion_too(tmp_path: Path) -> None:
    source = (CONTRACTS / "schulabgaenge.odcs.yaml").read_text(encoding="utf-8")
    file = tmp_path / "schulabgaenge.odcs.yaml"
    file.write_text(source + "roles: [{role: reader, acces: read}]\n", encoding="utf-8")
    assert [problem.sentence.in_language("en") for problem in lint(file)] == [
        f'roles[0].acces (line {source.count(chr(10)) + 1}): There is no such key. You probably mean "access".'
    ]


def test_nothing_is_said_twice_of_one_value(tmp_path: Path) -> None:
    file = tmp_path / "x.odcs.yaml"
    file.write_text("kind: 3\nversion: 1\nfoo: 1\n2012-12-31: 1\n", encoding="utf-8")
    said = [(problem.path, problem.code, problem.parameters.get("key")) for problem in lint(file)]
    assert len(said) == len(set(said))
    assert [code for _, code, key in said if key is None] == ["not_allowed", "wrong_type.string", "unknown_key", "unknown_key"]
