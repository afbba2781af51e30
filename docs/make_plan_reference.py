"""Writes docs/plan.md from the JSON schema of the plan and the entries of the methods. Run as `python docs/make_plan_reference.py`; a test compares the page.

Belongs here: the layout of the page, and one example for every key. Does not belong here: what a key means (plan.schema.json),
what a method takes and gives (evaluation/estimators/methods.py).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from kkz_eval.evaluation.estimators.methods import METHODS, Method
from kkz_eval.evaluation.plan_file import plan_schema

PAGE = Path(__file__).resolve().parent / "plan.md"

# One value for every key of the schema; `[]` stands for the entries of a list.
EXAMPLES: Mapping[str, object] = {
    "headline": "twfe",
    "plan_version": 1,
    "id": "ohne-abschluss-2012",
    "question": "q1",
    "seed": 20120301,
    "outcomes": [{"indicator": "a_schul_oA", "role": "primary"}],
    "outcomes[].indicator": "a_schul_oA",
    "outcomes[].role": "primary",
    "outcomes[].window": [2007, 2019],
    "outcomes[].age_at_exposure": 12,
    "outcomes[].earliest_plausible_year": 2014,
    "outcomes[].mechanism": {"de": "Hilfen am Übergang in die weiterführende Schule"},
    "outcomes[].expected_direction": "decrease",
    "outcomes[].scale": "log",
    "outcomes[].smallest_difference": {
        "value": 0.5,
        "reason": {"de": "Ein Kind je Jahrgang einer Schule"},
        "decided_by": "Fachbeirat",
    },
    "outcomes[].smallest_difference.value": 0.5,
    "outcomes[].smallest_difference.reason": {"de": "Ein Kind je Jahrgang einer Schule"},
    "outcomes[].smallest_difference.decided_by": "Fachbeirat",
    "outcomes[].negative_controls": [],
    "comparison": {"within": ["kind"], "adjust": ["q_PBG_bev:2007-2010"]},
    "comparison.within": ["kind"],
    "comparison.adjust": ["q_PBG_bev:2007-2010"],
    "audit": {"strata": ["kind"], "law": "q_PBG_bev:2007-2010"},
    "audit.strata": ["kind"],
    "audit.law": "q_PBG_bev:2007-2010",
    "audit.others": ["q_alo:2010"],
    "reference": "never",
    "treated_cohorts": [2012],
    "anticipation": 0,
    "base_period": "varying",
    "event_reference": -1,
    "covariates": ["q_PBG_bev:2011"],
    "weight": "personen_15_64:2010",
    "cluster": "unit_id",
    "estimators": [{"id": "twfe", "method": "twfe"}],
    "estimators[].id": "twfe",
    "estimators[].method": "event_study",
    "estimators[].variant": "dr",
    "estimators[].aggregations": ["simple", "dynamic"],
    "inference": {"level": 0.95},
    "inference.method": "analytic",
    "inference.level": 0.95,
    "inference.draws": 0,
    "inference.small_sample": "fixest",
    "inference.statistics": ["coefficient", "studentised"],
    "inference.theta": ["zero", "hat"],
    "inference.wild": ["rademacher", "webb"],
    "inference.quantiles": "t",
    "title": {"de": "Die Kommunen von 2012 im Vergleich", "en": "The municipalities of 2012 compared"},
    "texts": {"question": {"de": "Haben sich die Kreise von 2012 anders entwickelt?"}},
    "units": {"level": "kreis", "partly_treated": "leave_out"},
    "units.level": "kreis",
    "units.partly_treated": "leave_out",
    "units.known_until": 2019,
    "units.nested": "leave_out_double",
    "sources": {"a_schul_oA": "inkar", "q_PBG_bev": {"dataset": "inkar", "edition": "2024"}},
    "as_of": "2018-12-31",
    "registered": {"at": "https://registry.example/kekiz-2012", "day": "2026-02-01"},
    "registered.at": "https://registry.example/kekiz-2012",
    "registered.day": "2026-02-01",
    "coverage": {"minimum": 0.95},
    "coverage.minimum": 0.95,
    "languages": ["de", "en"],
    "matching": {"method": "entropy_balancing", "covariates": [{"indicator": "q_PBG_bev"}]},
    "matching.method": "nearest_neighbour",
    "matching.covariates": [{"indicator": "q_PBG_bev"}, {"indicator": "a_schul_oA", "measure": "trend"}],
    "matching.covariates[].indicator": "q_PBG_bev",
    "matching.covariates[].measure": "level",
    "matching.baseline": [2007, 2011],
    "matching.exact": ["kind"],
    "matching.metric": "mahalanobis",
    "matching.caliper": 1.5,
    "matching.neighbours": 2,
    "matching.replacement": True,
    "checks": {"smd": 0.25},
    "checks.smd": 0.25,
    "checks.overlap": 0.9,
    "checks.pre_trend": 0.05,
    "checks.treated_clusters": 10,
    "checks.agreement": 1.0,
    "variant_of": "kekiz-2012",
    "specifications": [{"id": "kind_alone", "comparison": {"within": ["kind"]}}],
    "specifications[].id": "kind_alone",
    "specifications[].title": {"de": "Nur nach Art der Kommune"},
    "specifications[].comparison": {"within": ["kind"]},
    "specifications[].comparison.within": ["kind"],
    "specifications[].comparison.adjust": ["q_PBG_bev:2007-2010"],
    "specifications[].window": [2007, 2016],
    "specifications[].reference": "not_yet",
    "specifications[].controls": "not_adjacent",
    "specifications[].event_reference": -2,
    "specifications[].weight": "personen_15_64:2010",
    "specifications[].scale": "log",
    "specifications[].without": ["anderes_programm"],
    "specifications[].without_each": "treated",
    "negative_controls": ["bip_je_ew"],
    "co_treatments": [{"id": "anderes_programm", "units": [{"unit_id": "05111", "since": 2012}]}],
    "co_treatments[].id": "anderes_programm",
    "co_treatments[].title": {"de": "Ein anderes Programm"},
    "co_treatments[].source": "Liste des Ministeriums vom 1. März 2013",
    "co_treatments[].units": [{"unit_id": "05111", "since": 2012}],
    "co_treatments[].units[].unit_id": "05111",
    "co_treatments[].units[].since": 2012,
    "sensitivity": {"smoothness": [0, 0.1]},
    "sensitivity.relative_magnitudes": [0.5, 1],
    "sensitivity.smoothness": [0, 0.1],
}

HEAD = """# The plan, key by key

A plan says what is estimated, on what, and how. It is a YAML file in `data_contracts/plans/`, or anywhere if it is named on the
command line. `kkz-eval plan check FILE` says whether it is valid, with the line of every fault; an unknown key is a fault.
This page is made from `plan.schema.json` and `estimators/methods.py` in `kkz_eval/evaluation/` by `docs/make_plan_reference.py`; edit these,
not the page.

The smallest plan for `kkz-eval effects`:

```yaml
plan_version: 1
id: smallest
outcomes:
  - {indicator: y}
estimators:
  - {id: twfe, method: twfe}
```

`kkz-eval run` needs `sources` for every outcome as well. Complete examples: `data_contracts/plans/modellwelt.yaml` (simulated data),
`data_contracts/plans/kekiz-2012.yaml` (official statistics).
"""

METHODS_HEAD = """## Methods

What each assumes, and what its rows mean: [researchers.md](researchers.md), section 8. The first variant holds where a plan names none.
`coefficient` of `event_study` and `sun_abraham` are the covariates; `exposed` is there where an outcome has an `earliest_plausible_year`.

| Method | Variants | Aggregations | Follows besides | Refuses |
|---|---|---|---|---|"""


def keys(node: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Mapping[str, Any], bool]]:
    """(path, schema, required) of every key below a node, sections first, in the order of the schema.

    A bilingual text is one key; its languages are not listed again.
    """
    for name, child in node.get("properties", {}).items():
        yield f"{path}{name}", child, name in node.get("required", ())
    for name, child in node.get("properties", {}).items():
        if "properties" in child:
            yield from keys(child, f"{path}{name}.")
        elif "properties" in child.get("items", {}):
            yield from keys(child["items"], f"{path}{name}[].")


def page() -> str:
    """The whole page."""
    sections: dict[str, list[str]] = {}
    for path, schema, required in keys(plan_schema()):
        section, _, _ = path.rpartition(".")
        sections.setdefault(section, []).append(_row(path, schema, required))
    parts = [HEAD]
    for section, rows in sections.items():
        title = f"`{section}`" if section else "Top level"
        if section.endswith("[]"):
            title = f"Entries of `{section[:-2]}`"
        parts.append(
            f"## {title}\n\n| Key | Meaning | Values | Default | Example |\n|---|---|---|---|---|\n" + "\n".join(rows) + "\n"
        )
    return "\n".join([*parts, METHODS_HEAD, *map(_method_row, METHODS.values()), ""])


def _method_row(method: Method) -> str:
    variants = ", ".join(_code(name) for name in method.variants) or "–"
    takes = (("`covariates`", method.covariates), ("`weight`", method.weights), ("`comparison`", method.weighs != "none"))
    refused = [name for name, is_taken in takes if not is_taken]
    chosen = "; the plan may choose among " + ", ".join(map(_code, method.choices)) if method.choices else ""
    needed = [f"`{name}` (column of the panel)" for name in method.columns]
    cells = (
        _code(method.name),
        variants,
        ", ".join(map(_code, method.gives)) + chosen,
        ", ".join([*needed, *map(_code, method.settings)]) or "–",
        ", ".join(refused) or "–",
    )
    return f"| {' | '.join(cells)} |"


def _code(name: str) -> str:
    return f"`{name}`"


def _row(path: str, schema: Mapping[str, Any], required: bool) -> str:
    name = path.rpartition(".")[2]
    default = "required" if required else _default(schema)
    return f"| `{name}` | {schema.get('description', '')} | {_values(schema)} | {default} | `{_yaml({name: EXAMPLES[path]})}` |"


def _default(schema: Mapping[str, Any]) -> str:
    return f"`{_yaml(schema['default'])}`" if "default" in schema else "absent"


def _values(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return "text in `de`, `en`, or both"
    if "enum" in schema:
        return _codes(_yaml(value) for value in schema["enum"])
    types = schema.get("type", "any")
    names = " or ".join(types) if isinstance(types, list) else str(types)
    items = schema.get("items", {})
    if "enum" in items:
        names += f" of {_codes(items['enum'])}"
    elif "type" in items:
        names += f" of {items['type']}s"
    more = schema.get("additionalProperties")
    if isinstance(more, Mapping):
        names = f"name: {_values(more)}"
    limits = [("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"), ("exclusiveMaximum", "<")]
    shown = [f"{sign} {schema[key]}" for key, sign in limits if key in schema]
    return ", ".join([names, *shown])


def _codes(values: Iterator[str] | list[str]) -> str:
    return ", ".join(f"`{value}`" for value in values)


def _yaml(value: object) -> str:
    """A value as YAML on one line."""
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10_000, sort_keys=False)
    text = text.removesuffix("...\n").strip()
    return text[1:-1] if isinstance(value, dict) and text.startswith("{") and len(value) == 1 else text


def main() -> int:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
