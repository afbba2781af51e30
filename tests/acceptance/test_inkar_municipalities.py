"""The plan of the municipalities on genuine INKAR values: who is compared, one estimate by hand, six impossible values, the report."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from whole_runs import ALL_YEARS, CONTRACTS, SHARED_DATA, take_in_and_judge

from kkz_eval.evaluation.effects import run_effects
from kkz_eval.evaluation.plan import EstimatorSpec, Inference, Plan
from kkz_eval.line.installation import Installation, open_installation
from kkz_eval.line.report import report_inputs
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.line.study import Study
from kkz_eval.line.validity import check_plan
from kkz_eval.model.errors import UserError
from kkz_eval.reporting.build import build_document
from kkz_eval.reporting.document import Document, readable_texts
from kkz_eval.settings import Settings

FILE = SHARED_DATA / "official" / "inkar" / "nrw_gemeinden_panel_1995-2021.csv"
KREISE = SHARED_DATA / "official" / "inkar" / "nrw_kreise_arbeitsmarkt_einkommen_1995-2021.csv"
PLAN = CONTRACTS / "plans" / "kekiz-2012-gemeinden.yaml"
WITHOUT_POPULATION = {"05154028", "05554052", "05762004", "05762012", "05962016", "05978036"}  # 2016
UNEMPLOYED = "arbeitslose_je_100"

pytestmark = pytest.mark.skipif(not FILE.exists(), reason="genuine files are not at hand (KKZ_SHARED)")


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The genuine panels of municipalities and Kreise taken in and judged."""
    folder = tmp_path_factory.mktemp("municipalities")
    (folder / "inbox").mkdir()
    for file in (FILE, KREISE):
        shutil.copyfile(file, folder / "inbox" / file.name)
    line = open_installation(Settings(folder / "home", folder / "inbox", CONTRACTS), [PLAN])
    take_in_and_judge(line, ALL_YEARS)
    return line


@pytest.fixture(scope="module")
def plan(line: Installation) -> Plan:
    """The plan with one outcome and one estimator, for time."""
    (plan,) = line.plans.values()
    return replace(plan, outcomes=plan.outcomes[:1], estimators=(EstimatorSpec("twfe", "twfe"),))


@pytest.fixture(scope="module")
def design(line: Installation, plan: Plan) -> Study:
    return Study(current_snapshot(line), plan)


@pytest.fixture(scope="module")
def raw() -> pd.DataFrame:
    """The file read without the project: unit_id, year, unemployed, persons."""
    table = pd.read_csv(FILE, dtype={"ags": str})
    return table.rename(
        columns={"ags": "unit_id", "jahr": "year", "arbeitslose": "unemployed", "erwerbsfaehige_15_64": "persons"}
    )


def test_the_file_is_claimed_and_that_of_the_kreise_is_not_mistaken_for_it(line: Installation) -> None:
    assert {(arrival.name, arrival.contract_id) for arrival in line.register().arrivals} == {(FILE.name, "inkar_gemeinden")}


def test_a_population_of_zero_takes_the_year_from_six_municipalities_only(line: Installation, design: Study) -> None:
    assert not current_snapshot(line).rejected_slices  # the tax of that year holds
    missing = {cell for row in design.coverage for cell in row.missing}
    assert missing == {(unit, 2016) for unit in WITHOUT_POPULATION}


def test_who_is_compared(design: Study) -> None:
    assert Counter(design.groups["group"]) == {"treated": 51, "reference": 231, "later": 112, "left_out": 2}
    left_out = design.groups[design.groups["group"] == "left_out"]
    assert set(left_out["name"]) == {"Ahlen", "Gladbeck"}
    assert design.groups["reason"].str.endswith(".").all()
    assert (design.panel["kreis"] == design.panel["unit_id"].str[:5]).all()


def test_the_estimate_agrees_with_dummies_and_errors_by_kreis(plan: Plan, design: Study, raw: pd.DataFrame) -> None:
    plain = replace(plan, inference=Inference(small_sample="none"))
    (found,) = run_effects(design.panel, plain).estimates.query("aggregation == 'coefficient'").to_dict("records")
    groups = design.groups[design.groups["group"].isin(["treated", "reference"])].set_index("unit_id")["group"]
    rows = raw[raw["unit_id"].isin(groups.index) & raw["year"].between(2007, 2019) & (raw["persons"] > 0)]
    treated = rows["unit_id"].map(groups).eq("treated") & (rows["year"] >= 2012)
    columns = [treated.rename("d").astype(float), pd.get_dummies(rows["unit_id"], dtype=float)]
    x = pd.concat([*columns, pd.get_dummies(rows["year"], dtype=float).iloc[:, 1:]], axis=1)
    y = (100 * rows["unemployed"] / rows["persons"]).to_numpy()
    kreis = pd.factorize(rows["unit_id"].str[:5])[0]
    by_hand = sm.OLS(y, x.to_numpy()).fit(method="qr", cov_type="cluster", cov_kwds={"groups": kreis, "use_correction": False})
    assert found["estimate"] == pytest.approx(by_hand.params[0], abs=1e-9)
    assert found["std_error"] == pytest.approx(by_hand.bse[0], rel=1e-6)
    assert (found["n_units"], found["n_treated"], found["n_clusters"]) == (282, 51, 38)
    assert found["n_treated_clusters"] == 17
    assert found["n_cells"] == len(rows)


def test_a_weight_of_the_baseline_is_followed(line: Installation, plan: Plan, raw: pd.DataFrame) -> None:
    weighted = replace(plan, weight="personen_15_64:2010", sources={**plan.sources, "personen_15_64": "inkar_gemeinden"})
    check_plan(weighted, line.catalogue, line.contracts)
    design = Study(current_snapshot(line), weighted)
    persons = raw[raw["year"] == 2010].set_index("unit_id")["persons"]
    of_units = design.panel.drop_duplicates("unit_id").set_index("unit_id")["personen_15_64:2010"]
    compared = design.groups[design.groups["group"].isin(["treated", "reference"])]["unit_id"]
    assert np.array_equal(of_units[compared], persons[compared])
    by_weight, equal = (run_effects(design.panel, each).estimates["estimate"].iloc[0] for each in (weighted, plan))
    assert by_weight != pytest.approx(equal, abs=1e-3)
    said = _said(
        build_document(report_inputs(Study(current_snapshot(line), weighted), run_effects(design.panel, weighted)), "de")
    )
    assert "Die Schätzung gewichtet die Städte und Gemeinden mit personen_15_64:2010." in said
    assert "zählen gleich" not in said


def test_a_weight_from_after_the_start_is_refused(line: Installation, plan: Plan) -> None:
    late = replace(plan, weight="personen_15_64:2012", sources={**plan.sources, "personen_15_64": "inkar_gemeinden"})
    with pytest.raises(UserError) as error:
        check_plan(late, line.catalogue, line.contracts)
    assert error.value.code == "covariate_after_start"


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        (
            "de",
            (
                "Alle Städte und Gemeinden der Vergleichsgruppe zählen gleich.",
                "Städte und Gemeinden in einem beteiligten Kreis zählen vom Beitritt des Kreises an als beteiligt.",
                "Ahlen: trat 2017 selbst bei, der Kreis (Kreis Warendorf) 2012;",
                "Bevölkerung auf Grundlage des Zensus 2011",
                "Grundlage: 282 Städte und Gemeinden, davon 51 in der Programmgruppe und 231 in der Vergleichsgruppe; die "
                "Unsicherheit beruht auf 38 unabhängigen Gruppen (Clustern).",
            ),
        ),
        ("en", ("All municipalities of the comparison group count the same.", "Based on 282 municipalities, 51 of them")),
    ],
)
def test_the_report_speaks_of_municipalities(
    line: Installation, plan: Plan, design: Study, language: str, sentences: tuple[str, ...]
) -> None:
    primary = replace(plan, outcomes=(replace(plan.outcomes[0], role="primary"),))
    inputs = report_inputs(Study(current_snapshot(line), primary), run_effects(design.panel, primary))
    said = _said(build_document(inputs, "de" if language == "de" else "en"))
    for sentence in sentences:
        assert sentence in said
    assert "Vergleichskreis" not in said


def _said(document: Document) -> str:
    return "\n".join(" ".join(prose.split()) for prose in readable_texts(document))
