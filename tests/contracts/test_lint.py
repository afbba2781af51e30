"""Lint: clean for the contracts of the project, and a complaint at the right place for each mutant."""

from __future__ import annotations

from pathlib import Path

import pytest

from kkz_eval.contracts.lint import lint

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
    assert any(key in problem.sentence() and said in problem.sentence() for problem in problems), [p.sentence() for p in problems]
    assert all(problem.line for problem in problems if problem.path)


def test_a_library_metric_is_refused_because_it_is_not_translated(tmp_path: Path) -> None:
    source = (CONTRACTS / "inkar.odcs.yaml").read_text(encoding="utf-8")
    quality = "    quality:\n      - {id: r, type: library, metric: rowCount, mustBe: 3}\n"
    path = tmp_path / "inkar.odcs.yaml"
    path.write_text(source.replace("    properties:\n", quality + "    properties:\n", 1), encoding="utf-8")
    assert any("text, custom" in problem.sentence() for problem in lint(path))


def test_a_file_that_is_no_yaml_or_no_mapping_is_a_problem_and_no_exception(tmp_path: Path) -> None:
    path = tmp_path / "x.odcs.yaml"
    for source in ("a: [", "- 1", "", "a: 1\n"):
        path.write_text(source, encoding="utf-8")
        assert lint(path)
    assert lint(tmp_path / "nowhere.odcs.yaml")


def test_a_problem_reads_as_one_line_with_place_and_line(tmp_path: Path) -> None:
    path = tmp_path / "x.odcs.yaml"
    path.write_text("apiVersion: v3.2.0\nkind: 3\n", encoding="utf-8")
    assert "kind (Zeile 2): 3 ist hier nicht erlaubt. Erlaubt sind: DataContract." in [p.sentence("de") for p in lint(path)]
