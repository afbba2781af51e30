"""The assets between verdict and evaluation: observations, indicators and pseudo-cohorts of all that a plan uses or a municipality sent."""

from collections import Counter

import dagster as dg

from kkz_eval.assets.alone import HOME
from kkz_eval.assets.deliveries import verdicts
from kkz_eval.assets.descriptions import described
from kkz_eval.assets.failures import sentences
from kkz_eval.assets.moment import moment_of, study_in
from kkz_eval.assets.simulated import said_where_simulated
from kkz_eval.line import say
from kkz_eval.line.installation import Installation
from kkz_eval.model.tables import PSEUDO_COHORTS


@dg.asset(
    deps=[verdicts],
    group_name="b_kennzahlen",
    owners=["team:auswertung"],
    kinds={"table", "parquet"},
    description=described("asset.observations"),
    pool=HOME,
)
def observations(context: dg.AssetExecutionContext, installation: dg.ResourceParam[Installation]) -> dg.MaterializeResult[None]:
    """Collect what the register accepts, per dataset."""
    rows = {}
    with sentences(installation.settings.language):
        snapshot = moment_of(context, installation)
        for dataset in sorted({contract.dataset for contract in installation.contracts.values()}):
            accepted = snapshot.accepted(dataset)
            rows[dataset] = accepted.observations.num_rows
            if rows[dataset]:
                installation.progress(say("progress.observations", dataset=dataset, rows=rows[dataset]))
    simulated = said_where_simulated(snapshot.simulated, installation.settings.language)
    return dg.MaterializeResult(metadata={**simulated, **{f"werte_{dataset}": count for dataset, count in rows.items()}})


@dg.asset(
    deps=[observations],
    group_name="b_kennzahlen",
    owners=["team:auswertung"],
    kinds={"table", "parquet"},
    description=described("asset.indicators"),
    pool=HOME,
)
def indicators(context: dg.AssetExecutionContext, installation: dg.ResourceParam[Installation]) -> dg.MaterializeResult[None]:
    """Compute the indicators of every plan from its source."""
    rows = {}
    with sentences(installation.settings.language):
        for plan in installation.plans.values():
            study = study_in(context, installation, plan.id)
            for outcome in plan.outcomes:
                values = study.indicator(outcome.indicator)
                rows[outcome.indicator] = values.indicators.num_rows
    installation.progress(say("progress.indicators", count=len(rows)))
    simulated = said_where_simulated(moment_of(context, installation).simulated, installation.settings.language)
    return dg.MaterializeResult(metadata={**simulated, **{f"werte_{indicator}": count for indicator, count in rows.items()}})


_STATION_COLUMNS = dg.TableSchema(
    [
        dg.TableColumn(field.name, str(field.type), description=described(f"station.{field.name}"))
        for field in PSEUDO_COHORTS.schema
    ]
)


@dg.asset(
    deps=[observations],
    group_name="b_kennzahlen",
    owners=["team:auswertung"],
    kinds={"table", "parquet"},
    description=described("asset.pseudo_cohorts"),
    pool=HOME,
    metadata={"dagster/column_schema": _STATION_COLUMNS},
)
def pseudo_cohorts(context: dg.AssetExecutionContext, installation: dg.ResourceParam[Installation]) -> dg.MaterializeResult[None]:
    """Put the stations of each year of birth beside each other, per unit."""
    with sentences(installation.settings.language):
        snapshot = moment_of(context, installation)
        table = snapshot.pseudo_cohorts()
    states = Counter(table.column("state").to_pylist())
    units = len(set(table.column("unit_id").to_pylist()))
    installation.progress(say("progress.pseudo_cohorts", units=units, count=states["known"]))
    years = table.column("birth_year").to_pylist()
    return dg.MaterializeResult(
        metadata={
            **said_where_simulated(snapshot.simulated, installation.settings.language),
            "dagster/row_count": table.num_rows,
            "einheiten": units,
            "geburtsjahrgaenge": f"{min(years)}–{max(years)}" if years else "–",
            "bekannt": states["known"],
            "zeichen": states["symbol"],
            "nicht_geliefert": states["missing"],
            "noch_nicht_erreicht": states["not_reached"],
        }
    )
