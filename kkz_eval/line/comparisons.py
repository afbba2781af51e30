"""What the series say beside each other: delivered and official, two of official statistics, municipalities and their Kreis, years before and after.

Belongs here: composing a snapshot's indicators for the checks of Dagster. Does not belong here: a rule or threshold of its own; Dagster.
Nothing here changes a verdict, a value or an estimate.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries.official.known_since import Asked
from kkz_eval.indicators.agreement import COLUMNS, agreement, beyond
from kkz_eval.indicators.catalogue import Indicator
from kkz_eval.indicators.sudden_changes import SuddenChange, changes_of_units, common_changes, long_enough, unlisted
from kkz_eval.indicators.territory import SumDifference, sums_against_kreise
from kkz_eval.line import say
from kkz_eval.line.installation import Installation
from kkz_eval.line.sentences import SHOWN
from kkz_eval.line.snapshot import Snapshot
from kkz_eval.line.study import study_of
from kkz_eval.model.texts import Sentence, Wording
from kkz_eval.reference.tables import unit_name

OF_PEOPLE = ("Personen", "Kinder", "Familien")


@dataclass(frozen=True)
class Compared:
    """What a comparison found. count: of disagreements; sentences: of the first of them, naming indicator, unit and year, never figures;
    summary: what is said where there is none; n: what was compared (cells, sums, series), 0 where there was nothing to compare."""

    count: int
    sentences: tuple[Sentence, ...]
    summary: Sentence
    n: int


def agreement_told(snapshot: Snapshot, contract: Contract) -> Compared:
    """Figures of a contract against (other) official statistics, beyond the tolerance of the contract."""
    share = contract.terms.official_tolerance
    compared, tolerance = against_official(snapshot, contract), f"{100 * share:g}"
    far = beyond(compared, share)
    catalogue, both_official = snapshot.installation.catalogue, contract.source == "official"
    sentences = tuple(
        say(
            "official.two_beyond" if both_official else "official.beyond",
            indicator=Wording(catalogue[str(row.indicator)].label),
            unit=unit_name(str(row.unit_id)),
            year=row.year,
            tolerance=tolerance,
            contract=contract.id,
        )
        for row in far.head(SHOWN).itertuples()
    )
    agrees = "official.two_agree" if both_official else "official.agrees"
    summary = say(agrees, contract=contract.id, cells=len(compared), tolerance=tolerance)
    return Compared(len(far), sentences, summary, len(compared))


def sums_told(snapshot: Snapshot, contract: Contract) -> Compared:
    """Municipalities against the Kreis they lie in."""
    rows = counts_of_both(snapshot, contract)
    found = sums_of_municipalities(rows)
    sentences = tuple(
        say("sums.differ", cell=cell, kreis=unit_name(row.kreis_ags5), year=row.year, given=row.n_given, units=row.n_units)
        for cell, row in found[:SHOWN]
    )
    compared = rows.filter(pc.equal(rows.column("level"), "kreis")).num_rows
    return Compared(len(found), sentences, say("sums.agree", contract=contract.id), compared)


def changes_told(snapshot: Snapshot) -> Compared:
    """Jumps in the series of the plans' outcomes that the list of breaks does not explain."""
    sentences = []
    compared = sum(long_enough(values) for values in series_of_outcomes(snapshot).values())
    for (name, dataset), changes in sudden_changes(snapshot).items():
        label = Wording(snapshot.installation.catalogue[name].label)
        for change in changes:
            key = "breaks.common" if change.unit_id is None else "breaks.unit"
            unit = "" if change.unit_id is None else unit_name(change.unit_id)
            sentences.append(say(key, indicator=label, dataset=dataset, year=change.year, unit=unit))
    return Compared(len(sentences), tuple(sentences[:SHOWN]), say("breaks.none"), compared)


def counterparts(installation: Installation, contract: Contract) -> Iterator[tuple[Indicator, str]]:
    """The indicators that a contract gives and an official dataset too, with the one preferred there.

    An official contract is compared with the one preferred to it, where both know units of the same level. Gaps are left out: they may be
    near 0, where a relative difference says nothing, and their two rates are compared in the whole.
    """
    known = {other.dataset: other for other in installation.contracts.values()}
    for indicator in installation.catalogue.values():
        named = [source.dataset for source in indicator.sources if source.minus is None]
        official = [dataset for dataset in named if dataset in known and known[dataset].source == "official"]
        if contract.dataset not in named or not official or official[0] == contract.dataset:
            continue
        if contract.source == "municipal" or set(contract.levels) & set(known[official[0]].levels):
            yield indicator, official[0]


def against_official(snapshot: Snapshot, contract: Contract) -> pd.DataFrame:
    """Cells that a contract and (other) official statistics both know: agreement.COLUMNS, the largest difference first."""
    frames = [
        agreement(_compared(snapshot, indicator, contract.dataset), _compared(snapshot, indicator, official))
        for indicator, official in counterparts(snapshot.installation, contract)
    ]
    filled = [frame for frame in frames if len(frame)]
    if not filled:
        return pd.DataFrame(columns=list(COLUMNS))
    differences = pd.concat(filled, ignore_index=True)
    return differences.loc[differences["relative"].abs().sort_values(ascending=False, kind="stable").index].reset_index(drop=True)


def _compared(snapshot: Snapshot, indicator: Indicator, dataset: str) -> pa.Table:
    """The values of an indicator; of a logarithm the counts, since the size of a logarithm says nothing of a difference."""
    table = snapshot.indicator(indicator.id, dataset).indicators
    if not indicator.source(dataset).logarithm:
        return table
    return table.set_column(table.schema.get_field_index("value"), table.schema.field("value"), table.column("numerator"))


def series_of_outcomes(snapshot: Snapshot) -> dict[tuple[str, str, Asked], pd.DataFrame]:
    """The values of all that plans estimate effects on, by indicator, dataset, and the day and edition that a plan takes: unit_id, year,
    value."""
    wanted: dict[tuple[str, str, Asked], None] = {}
    for plan_id, plan in snapshot.installation.plans.items():
        asked = study_of(snapshot, plan_id).asked
        wanted |= {(of.indicator, plan.sources[of.indicator], asked(of.indicator)): None for of in plan.outcomes}
    found = {}
    for name, dataset, asked_for in sorted(wanted, key=repr):
        table = snapshot.indicator(name, dataset, asked_for).indicators
        values = pd.DataFrame({column: table.column(column).to_pylist() for column in ("unit_id", "year", "value")})
        found[(name, dataset, asked_for)] = values.astype({"value": float})
    return found


def sudden_changes(snapshot: Snapshot) -> dict[tuple[str, str], tuple[SuddenChange, ...]]:
    """Changes that no listed break explains, by (indicator, dataset), in series_of_outcomes; none where none stands out."""
    found: dict[tuple[str, str], tuple[SuddenChange, ...]] = {}
    for (name, dataset, _), values in series_of_outcomes(snapshot).items():
        changes = unlisted((*common_changes(values), *changes_of_units(values)), snapshot.installation.catalogue[name].breaks)
        if changes:
            found[(name, dataset)] = tuple(dict.fromkeys((*found.get((name, dataset), ()), *changes)))
    return found


def additive_measures(contract: Contract) -> tuple[str, ...]:
    """The counts of a contract that municipalities and their Kreis both send and that add up: of people, not of services or institutions.

    A Kreis has institutions and services of its own beside those of its towns.
    """
    if not {"municipality", "kreis"} <= set(contract.levels) or not all(of.in_key for of in contract.properties):
        return ()
    return tuple(
        of.name for of in contract.properties if of.role == "measure" and of.logical_type == "integer" and of.unit in OF_PEOPLE
    )


def sums_of_municipalities(rows: pa.Table) -> tuple[tuple[str, SumDifference], ...]:
    """Kreise whose accepted counts contradict those of their municipalities, with the measure and codes they are of. rows: counts_of_both."""
    if rows.num_rows == 0:
        return ()
    frame = pd.DataFrame({name: rows.column(name).to_pylist() for name in ("unit_id", "year", "measure", "value")})
    frame["value"] = frame["value"].astype(float)
    frame["cell"] = [
        ", ".join(f"{name} {code}" for name, code in sorted(entry)) for entry in rows.column("dimensions").to_pylist()
    ]
    found: list[tuple[str, SumDifference]] = []
    for (measure, cell), part in frame.groupby(["measure", "cell"], sort=True):
        if not part.duplicated(["unit_id", "year"]).any():
            found += [(f"{measure} ({cell})" if cell else str(measure), row) for row in sums_against_kreise(part)]
    return tuple(found)


def counts_of_both(snapshot: Snapshot, contract: Contract) -> pa.Table:
    """The accepted counts of a contract that a Kreis and a municipality in it have both given for a year: OBSERVATIONS."""
    rows = snapshot.accepted(contract.dataset).observations
    counted = pc.is_in(rows.column("measure"), pa.array(additive_measures(contract), pa.string()))
    rows = rows.filter(pc.and_(counted, rows.column("value").is_valid()))
    kreis, year = pc.utf8_slice_codeunits(rows.column("unit_id"), 0, 5), pc.cast(rows.column("year"), pa.string())
    place = pc.binary_join_element_wise(kreis, year, rows.column("measure"), " ")
    towns, wholes = (pc.unique(place.filter(pc.equal(rows.column("level"), level))) for level in ("municipality", "kreis"))
    return rows.filter(pc.and_(pc.is_in(place, towns), pc.is_in(place, wholes)))
