"""The catalogue of indicators for readers: what each is and rests on, in words; where plans use it; its official series for all of NRW.

Belongs here: the catalogue, contracts and plans brought together, and what may leave of the accepted values. Does not belong here: computing
values (indicators), figures, pages. A series describes: no unit is named, none is compared with another, and no group of the programme.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kkz_eval.contracts.contract import Contract, Property
from kkz_eval.indicators import say as say_of_indicators
from kkz_eval.indicators.catalogue import Break, Indicator, IndicatorSource, Selection, Share, stages
from kkz_eval.indicators.official_ranges import FEWEST
from kkz_eval.line import say
from kkz_eval.line.installation import Installation
from kkz_eval.line.published_reports import title_of_plan
from kkz_eval.line.sentences import title_of
from kkz_eval.line.snapshot import Snapshot
from kkz_eval.model.texts import Joined, Language, Localised, Sentence, Wording
from kkz_eval.reference import say as say_of_reference
from kkz_eval.reference.tables import kreise, official_units
from kkz_eval.reporting.disclosure import rates_released
from kkz_eval.reporting.numbers import format_number


@dataclass(frozen=True)
class SourceOfIndicator:
    """A dataset that gives an indicator. how: of which counts it is made, in the words of the contract, a sentence each; contracts: that of the source first."""

    source: IndicatorSource
    contracts: tuple[Contract, ...]
    how: tuple[Localised, ...]

    @property
    def contract(self) -> Contract:
        """The contract of the dataset."""
        return self.contracts[0]

    @property
    def is_official(self) -> bool:
        """Whether it is published by official statistics; else municipalities deliver it."""
        return self.contract.source == "official"


@dataclass(frozen=True)
class UseInPlan:
    """A plan that takes an indicator. role: primary | secondary | context | negative_control | covariate."""

    plan_id: str
    title: Wording
    role: str

    @property
    def role_said(self) -> Sentence:
        """As what."""
        return say(f"indicator.role.{self.role}")


@dataclass(frozen=True)
class IndicatorEntry:
    """An indicator as readers meet it. stations: of a year of birth that it shows; uses: in plans, in their order."""

    indicator: Indicator
    sources: tuple[SourceOfIndicator, ...]
    uses: tuple[UseInPlan, ...]
    stations: tuple[Wording, ...]

    @property
    def plans(self) -> tuple[str, ...]:
        """The plans that take it, each once."""
        return tuple(dict.fromkeys(use.plan_id for use in self.uses))

    @property
    def label(self) -> Wording:
        """What it is called."""
        return Wording(self.indicator.label)

    @property
    def unit(self) -> Wording:
        """In what it is counted."""
        return Wording(self.indicator.unit)

    @property
    def stage(self) -> Sentence:
        """The stage of the chain."""
        return say_of_indicators(f"stages.{self.indicator.stage}")

    @property
    def desirable(self) -> Sentence:
        """Which direction is desired, or that none is claimed."""
        return say(f"indicator.desirable.{self.indicator.desirable or 'none'}")


@dataclass(frozen=True)
class YearOfSeries:
    """What may be told of a year. n: units with a value that may leave; low, middle, high: lower quarter, median, upper quarter of them, None of too
    few; whole: all of NRW, None where that can't be said of all units."""

    year: int
    n: int
    low: float | None
    middle: float | None
    high: float | None
    whole: float | None


@dataclass(frozen=True)
class OfficialSeries:
    """The official series of an indicator over the units of a level. title: of the source, which says where figures are made up; editions: that hold;
    breaks: that the series passes."""

    indicator: Indicator
    source: SourceOfIndicator
    level: str
    title: Wording
    editions: tuple[str, ...]
    simulated: bool
    years: tuple[YearOfSeries, ...]
    breaks: tuple[Break, ...]

    @property
    def units(self) -> Sentence:
        """The units that it is over."""
        return say_of_reference(f"levels.{self.level}.full")

    @property
    def has_whole(self) -> bool:
        """Whether NRW as a whole is told of any year."""
        return any(one.whole is not None for one in self.years)


def indicator_entries(installation: Installation) -> tuple[IndicatorEntry, ...]:
    """All indicators of the catalogue, from birth to work, within a stage in the catalogue's order."""
    order = stages()
    by_dataset = {contract.dataset: contract for contract in installation.contracts.values()}
    found = sorted(installation.catalogue.values(), key=lambda indicator: order.index(indicator.stage))  # stable
    return tuple(_entry(installation, indicator, by_dataset) for indicator in found)


def _entry(installation: Installation, indicator: Indicator, by_dataset: dict[str, Contract]) -> IndicatorEntry:
    sources = tuple(
        SourceOfIndicator(source, tuple(by_dataset[name] for name in source.datasets), _how(source, by_dataset))
        for source in indicator.sources
        if all(name in by_dataset for name in source.datasets)
    )
    stations = tuple(Wording(station.label) for station in installation.stations if indicator.id in station.indicators)
    return IndicatorEntry(indicator, sources, tuple(_uses(installation, indicator.id)), stations)


def _uses(installation: Installation, name: str) -> Iterator[UseInPlan]:
    for plan in installation.plans.values():
        is_control = name in plan.all_negative_controls
        roles = [
            outcome.role
            for outcome in plan.outcomes
            if outcome.indicator == name and not (is_control and outcome.role == "context")
        ]
        roles += ["negative_control"] * is_control
        matched = () if plan.matching is None else tuple(one.indicator for one in plan.matching.covariates)
        held = (*plan.comparison.adjust, *plan.covariates, *(() if plan.audit is None else plan.audit.columns))
        roles += ["covariate"] * (name in (*matched, *(column.partition(":")[0] for column in held)))
        yield from (UseInPlan(plan.id, title_of_plan(plan), role) for role in roles)


def _how(source: IndicatorSource, by_dataset: dict[str, Contract]) -> tuple[Localised, ...]:
    """Of what a source makes the indicator, a sentence each."""
    own, below = by_dataset[source.dataset], by_dataset[source.datasets[-1]]  # every denominator is read from the last
    count = _selected(source.numerator, own, own)
    if source.logarithm:
        return (say("indicator.how.logarithm", count=count),)
    if source.minus is not None:
        shares = (Share(source.numerator, source.denominator), source.minus)
        return tuple(
            say(f"indicator.how.{place}", share=_share(share, own, below))
            for place, share in zip(("first", "second"), shares, strict=True)
        )
    if source.denominator is None:
        return (say("indicator.how.given", count=count),)
    over = (
        say("indicator.how.numerator", count=count),
        say("indicator.how.denominator", count=_selected(source.denominator, below, own)),
    )
    return over if source.per == 1 else (*over, say("indicator.how.per", per=_Whole(source.per)))


def _share(share: Share, own: Contract, below: Contract) -> Localised:
    count = _selected(share.numerator, own, own)
    if share.denominator is None:
        return count
    return say("indicator.how.share", numerator=count, denominator=_selected(share.denominator, below, own))


def _selected(selection: Selection, contract: Contract, own: Contract) -> Localised:
    """A count in the words of its contract: what is counted, of whom, and from which dataset where it is not the source's own."""
    parts: list[Localised] = [
        _condition(contract, name, (code,)) for name, code in selection.where if not _is_total(contract, name, code)
    ]
    if selection.summed is not None:
        parts.append(_condition(contract, *selection.summed))
    parts += [say("indicator.less", part=_condition(contract, name, (code,))) for name, code in selection.less]
    if selection.over is not None:
        parts.append(say("indicator.over"))
    if contract != own:
        parts.append(say("indicator.from", title=contract.title))
    measured = _measure(contract, selection.measure)
    return measured if not parts else Joined((measured, " (", Joined(tuple(parts), "; "), ")"), "")


def _is_total(contract: Contract, name: str, code: str) -> bool:
    """Whether a code restricts nothing: it is that of the total, or what holds where a file lacks the column."""
    totals = {
        rule.parameters["total"]
        for rule in contract.rules
        if rule.parameters.get("dimension") == name and "total" in rule.parameters
    }
    return code in totals or code == contract.property_named(name).default


def _measure(contract: Contract, name: str) -> Localised:
    if contract.measure_from is not None:
        return _code(contract.property_named(contract.measure_from), name)
    return _label(contract.property_named(name))


def _condition(contract: Contract, name: str, codes: Sequence[str]) -> Localised:
    of = contract.property_named(name)
    ends = (codes[0], codes[-1]) if len(codes) > 3 else codes
    return Joined((_label(of), Joined(tuple(_code(of, code) for code in ends), " … " if len(codes) > 3 else ", ")), ": ")


def _label(of: Property) -> Wording:
    return Wording({"de": of.label_de, "en": of.label_en})


def _code(of: Property, name: str) -> Wording:
    found = next((code for code in of.codes if code.code == name), None)
    return Wording({"de": name, "en": name} if found is None else {"de": found.label_de, "en": found.label_en})


@dataclass(frozen=True)
class _Whole(Localised):
    number: float

    def in_language(self, language: Language) -> str:
        """The digits, with a separator of thousands."""
        return format_number(self.number, 0, language)


def official_series(snapshot: Snapshot, entry: IndicatorEntry) -> tuple[OfficialSeries, ...]:
    """What may be told of each official source of an indicator that has values, level by level; () where none has any."""
    return tuple(
        series for source in entry.sources if source.is_official for series in _series_of(snapshot, entry.indicator, source)
    )


def _series_of(snapshot: Snapshot, indicator: Indicator, source: SourceOfIndicator) -> Iterator[OfficialSeries]:
    values: pd.DataFrame = snapshot.indicator(indicator.id, source.contract.dataset).indicators.to_pandas()
    present = values[values["value"].notna()]
    simulated = {of.dataset for of in source.contracts if snapshot.accepted(of.dataset).rests_on_simulated}
    smallest = max(contract.smallest_cell for contract in source.contracts)
    for level in source.contract.levels:
        rows = present[present["unit_id"].isin(list(official_units()[level]))]
        if rows.empty:
            continue
        years = tuple(_year(int(str(year)), of, source, level, smallest) for year, of in rows.groupby("year"))
        yield OfficialSeries(
            indicator,
            source,
            level,
            Wording(title_of(source.contract, simulated)),
            tuple(sorted({str(edition) for edition in rows["edition"].dropna() if str(edition)})),
            bool(simulated),
            years,
            tuple(one for one in indicator.breaks if years[0].year < one.year <= years[-1].year),
        )


def _year(year: int, rows: pd.DataFrame, source: SourceOfIndicator, level: str, smallest: int) -> YearOfSeries:
    counts = [(_number(n), _number(d)) for n, d in zip(rows["numerator"], rows["denominator"], strict=True)]
    released = rows[list(rates_released(counts, smallest))]
    n = len(released)
    low, middle, high = map(float, np.percentile(released["value"], (25, 50, 75))) if n >= FEWEST else (None, None, None)
    return YearOfSeries(year, n, low, middle, high, _whole_of_nrw(rows, source.source, level))


def _whole_of_nrw(rows: pd.DataFrame, source: IndicatorSource, level: str) -> float | None:
    """The rate of all Kreise together, from their counts; None unless exactly the Kreise of today have both."""
    if level != "kreis" or source.denominator is None or source.minus is not None or source.logarithm:
        return None
    counted = rows[rows["numerator"].notna() & rows["denominator"].notna()]
    if sorted(counted["unit_id"]) != sorted(kreis.ags5 for kreis in kreise()):
        return None
    below = float(counted["denominator"].sum())
    return None if below == 0 else source.per * float(counted["numerator"].sum()) / below


def _number(value: object) -> float | None:
    return None if pd.isna(value) else float(value)  # type: ignore[arg-type, call-overload]


def found_by(entries: Iterable[IndicatorEntry], name: str) -> IndicatorEntry | None:
    """The entry of an indicator, None where the catalogue has none."""
    return next((entry for entry in entries if entry.indicator.id == name), None)
