"""The catalogue of indicators and the list of breaks, read from YAML and checked by schema. No values, no computation.

indicators.yaml:

    catalogue_version: 1
    indicators:
      betreuungsquote_u3:                # the name that plans use
        label: {de: "Betreuungsquote unter 3", en: "Children under 3 in day care"}
        unit: {de: "Prozent", en: "per cent"}
        difference_unit: {de: "Prozentpunkte", en: "percentage points"}
        decimals: 1
        desirable: increase              # or decrease; left out where neither is
        among: {of: {de: "Kindern unter 3 Jahren", en: "children under 3"}, per: 100}   # of whom it is a share, where it is one of persons
        stage: under_3                   # of the chain
        sources:                         # in order of preference; `given: {measure: …}` for a rate that is published as it is,
                                         # `log_of: {measure: …}` for a count that no denominator is at hand for
          - dataset: kindertagesbetreuung_amtlich
            numerator: {measure: children_in_care, where: {age_group: u3}}
            denominator: {dataset: bevoelkerung_amtlich, measure: inhabitants, summed: {age: ["0", "1", "2"]}}
            per: 100
            first_year: 2007             # of the series, where known
    not_evaluable:                       # what no effect can be estimated for
      - stage: birth
        subject: {de: "Geburten nach Alter der Mutter", en: "births by age of the mother"}
        cause: {held_and_not_obtained: {by: Regionalstatistik, tables: [{code: 12612-93-01-4, level: kreis, first: 1995, last: 2022}]}}
        # or not_measured: {among: official_tables | outside_the_programme} | too_short: {begins: 2016} or {ends: 2014} or
        # {at_hand: [2015, 2020]} | too_few: {units: 7} or {cells: 5} | not_yet_reached: {age: 16}
        note: {de: "der Fragebogen wechselte 2010", en: "the questionnaire changed in 2010"}   # what the cause doesn't say; left out where nothing
    stations:                            # of a year of birth, by age
      - {age: 2, birth_years: 3, label: {de: "Betreuung unter 3", en: "Day care under 3"}, indicators: [betreuungsquote_u3]}

breaks.yaml:

    breaks_version: 1
    breaks:
      - year: 2011                       # from this year on not fully comparable with before
        kind: population_base
        indicators: [betreuungsquote_u3] # or datasets: […]
        text: {de: "Bevölkerung auf Grundlage des Zensus 2011", en: "Population based on the 2011 census"}
        source: Zensus 2011
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from kkz_eval.indicators.causes import CAUSES, Cause, cause_of
from kkz_eval.model.edited_files.file import EditedFile, FileInvalid
from kkz_eval.model.edited_files.places import Way
from kkz_eval.model.edited_files.schema import read_by_schema, schema_of
from kkz_eval.model.edited_files.suggestions import report_not_allowed
from kkz_eval.model.errors import UserError
from kkz_eval.model.texts import Joined, Language, Localised, Wording

_TEXTS = "kkz_eval.indicators"
_COUNTS = ("numerator", "denominator", "log_of")
LOG_POINTS = 100.0  # a logarithm is multiplied by it: differences of 1 are about 1 per cent


class CatalogueInvalid(FileInvalid):
    """The catalogue of indicators can't be used."""

    HEADING, PACKAGE = "catalogue_invalid", _TEXTS


class BreaksInvalid(FileInvalid):
    """The list of breaks can't be used."""

    HEADING, PACKAGE = "breaks_invalid", _TEXTS


@dataclass(frozen=True)
class Selection:
    """Observations of a measure; `where` fixes the codes of dimensions, in the order of their names.

    dataset: None for that of the source; only a denominator may name another one. summed: a dimension and the codes whose counts are
    added, None where nothing is; level: of the units, None for all; over: "municipalities" where the count of a youth office is the sum
    of those of the municipalities it serves, else None; less: the codes of the part that is taken away from the total in `where`, ()
    for none.
    """

    measure: str
    where: tuple[tuple[str, str], ...] = ()
    dataset: str | None = None
    summed: tuple[str, tuple[str, ...]] | None = None
    level: str | None = None
    over: str | None = None
    less: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Share:
    """A part of a source: a published rate (`numerator` alone, `denominator` None), or numerator / denominator."""

    numerator: Selection
    denominator: Selection | None


@dataclass(frozen=True)
class IndicatorSource:
    """How a dataset gives an indicator: a published rate (`numerator` alone, `denominator` None), or numerator / denominator × per.

    minus: the rate of another group, disjoint from the first, that is subtracted: a gap. first_year: of the series, None where unknown.
    logarithm: the value is per × ln(numerator), a count without a denominator. sampling_error: whether the numerator is a part of those
    that the denominator counts, so that the error of a share holds; of places per person or of euros it says nothing.
    """

    dataset: str
    numerator: Selection
    denominator: Selection | None
    per: float
    minus: Share | None = None
    first_year: int | None = None
    logarithm: bool = False
    sampling_error: bool = True

    @property
    def datasets(self) -> tuple[str, ...]:
        """The datasets that it reads: its own, then that of its denominator where it is another."""
        below = self.denominator.dataset if self.denominator is not None else None
        return (self.dataset,) if below is None or below == self.dataset else (self.dataset, below)


@dataclass(frozen=True)
class Break:
    """A break in a series: values from `year` on are not fully comparable with those before."""

    year: int
    kind: str
    text: Mapping[Language, str]
    source: str = ""


@dataclass(frozen=True)
class Invalid:
    """Figures that their source declares invalid: of these units and year, in these datasets. text: what it says, source: where."""

    year: int
    units: tuple[str, ...]
    datasets: tuple[str, ...]
    text: Mapping[Language, str]
    source: str = ""


@dataclass(frozen=True)
class NotEvaluable:
    """A subject of a stage that no effect is estimated for, and why.

    note: what the cause alone does not say. indicators: of the catalogue that measure the subject, or would once its figures are there;
    datasets: municipal ones that describe it.
    """

    stage: str
    subject: Mapping[Language, str]
    cause: Cause
    note: Mapping[Language, str] | None = None
    indicators: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """The cause by its name among the five."""
        return CAUSES[type(self.cause)]

    def because(self, start: int) -> Localised:
        """The cause and its note, to stand behind the subject. start: first year in which an effect may show."""
        said = self.cause.said(start)
        return said if self.note is None else Joined((said, Wording(self.note)))


@dataclass(frozen=True)
class StationCount:
    """A count of those who pass a station.

    age, birth_years: as of a station. measure, where: the observations (code by dimension). datasets: by origin (municipal | official); an
    origin without a dataset does not know the count. largest: of several observations of a unit and year the largest is taken (children
    examined, which each finding repeats); else there must be one.
    """

    name: str
    age: int
    birth_years: int
    measure: str
    where: tuple[tuple[str, str], ...]
    datasets: Mapping[str, str]
    largest: bool = False


@dataclass(frozen=True)
class Station:
    """A station of a year of birth on its way from birth to work.

    age: reporting year less year of birth, of several years of birth the middle one; birth_years: how many a figure takes together.
    indicators: of the catalogue that show it, the one to be preferred first; () where none does. counts: of those who pass it.
    """

    label: Mapping[Language, str]
    age: int
    birth_years: int = 1
    indicators: tuple[str, ...] = ()
    counts: tuple[StationCount, ...] = ()


@dataclass(frozen=True)
class Among:
    """Of whom an indicator is a share. of: the words behind "of 1,000"; a value is per `per` of them; counted: what counts them where no
    denominator of its own does, in order of preference, each of a dataset that it names; () where nothing is known that does.
    """

    of: Mapping[Language, str]
    per: float
    counted: tuple[Selection, ...] = ()


@dataclass(frozen=True)
class Indicator:
    """One indicator. desirable: increase | decrease | None; stage: of the chain; sources: in order of preference; among: None where it is
    no share of persons."""

    id: str
    label: Mapping[Language, str]
    unit: Mapping[Language, str]
    difference_unit: Mapping[Language, str]
    decimals: int
    desirable: str | None
    stage: str
    sources: tuple[IndicatorSource, ...]
    breaks: tuple[Break, ...]
    invalid: tuple[Invalid, ...] = ()
    among: Among | None = None

    @property
    def is_gap(self) -> bool:
        """Whether it is the difference of two rates."""
        return any(source.minus is not None for source in self.sources)

    def source(self, dataset: str) -> IndicatorSource:
        """The source of that dataset. Raises UserError where the catalogue has none."""
        for source in self.sources:
            if source.dataset == dataset:
                return source
        known = ", ".join(source.dataset for source in self.sources)
        raise UserError("indicator_without_source", package=_TEXTS, indicator=self.id, dataset=dataset, known=known)


def load_catalogue(catalogue: Path, breaks: Path) -> dict[str, Indicator]:
    """The indicators by identifier, each with its breaks.

    Raises CatalogueInvalid, BreaksInvalid where a file can't be read, does not fit its schema, or names an unknown indicator.
    """
    catalogued, broken = _catalogue(catalogue), read_by_schema(breaks, BreaksInvalid, _TEXTS, "breaks.schema.json")
    _check_parts(catalogued)
    content, listed = _content(catalogued), _content(broken)["breaks"]
    _check_indicators(broken, ("breaks",), listed, content["indicators"])
    return {
        name: Indicator(
            id=name,
            label=entry["label"],
            unit=entry["unit"],
            difference_unit=entry["difference_unit"],
            decimals=entry["decimals"],
            desirable=entry.get("desirable"),
            stage=entry["stage"],
            sources=tuple(_source(source) for source in entry["sources"]),
            breaks=tuple(
                Break(b["year"], b["kind"], b["text"], b["source"])
                for b in sorted(listed, key=lambda b: int(b["year"]))
                if b["kind"] != "invalid" and _concerns(b, name, entry["sources"])
            ),
            invalid=tuple(
                Invalid(b["year"], tuple(b["units"]), tuple(b["datasets"]), b["text"], b["source"])
                for b in listed
                if b["kind"] == "invalid"
                and name in b.get("indicators", [name])
                and set(b["datasets"]) & _read_by(entry["sources"])
            ),
            among=_among(entry),
        )
        for name, entry in content["indicators"].items()
    }


def load_not_evaluable(catalogue: Path) -> tuple[NotEvaluable, ...]:
    """What the catalogue says can't be evaluated, in its order. Raises CatalogueInvalid."""
    file = _catalogue(catalogue)
    content = _content(file)
    entries = content.get("not_evaluable", ())
    _check_indicators(file, ("not_evaluable",), entries, content["indicators"])
    return tuple(
        NotEvaluable(
            e["stage"],
            e["subject"],
            cause_of(e["cause"]),
            e.get("note"),
            tuple(e.get("indicators", ())),
            tuple(e.get("datasets", ())),
        )
        for e in entries
    )


def load_stations(catalogue: Path) -> tuple[Station, ...]:
    """The stations of a year of birth by age, in the catalogue's order at the same age. Raises CatalogueInvalid."""
    file = _catalogue(catalogue)
    content = _content(file)
    entries = content.get("stations", ())
    _check_indicators(file, ("stations",), entries, content["indicators"])
    stations = [
        Station(e["label"], e["age"], e.get("birth_years", 1), tuple(e.get("indicators", ())), tuple(_counts(e))) for e in entries
    ]
    return tuple(sorted(stations, key=lambda station: station.age))


def _counts(station: Mapping[str, Any]) -> Iterator[StationCount]:
    """The counts of a station in the catalogue's order, of its age where they name no other."""
    for count in station.get("counts", ()):
        yield StationCount(
            name=count["name"],
            age=count.get("age", station["age"]),
            birth_years=count.get("birth_years", station.get("birth_years", 1)),
            measure=count["measure"],
            where=tuple(count.get("where", {}).items()),
            datasets=count["datasets"],
            largest=count.get("largest", False),
        )


def stages() -> tuple[str, ...]:
    """The stages of the chain as the schema of the catalogue lists them, from birth to work."""
    return tuple(schema_of(_TEXTS, "catalogue.schema.json")["$defs"]["stage"]["enum"])


def check_origins(catalogue: Mapping[str, Indicator], origins: Mapping[str, str]) -> None:
    """Numerator and denominator of an indicator are of one origin: official with official, municipal with municipal.

    A mix would turn a difference of definition into a difference of the rate. origins: municipal | official, by dataset.
    Raises UserError for a mix, for a denominator whose dataset (or whose numerator's) has no contract, and where those of whom an indicator is a
    share are counted in a dataset that has none or is not official.
    """
    official = sorted(dataset for dataset, origin in origins.items() if origin == "official")
    for indicator in catalogue.values():
        for one in () if indicator.among is None else indicator.among.counted:
            if one.dataset not in official:
                known = ", ".join(official)
                raise UserError("dataset_unknown", package=_TEXTS, indicator=indicator.id, dataset=one.dataset, known=known)
        for source in indicator.sources:
            if len(source.datasets) == 1:
                continue
            for dataset in source.datasets:
                if dataset not in origins:
                    known = ", ".join(sorted(origins))
                    raise UserError("dataset_unknown", package=_TEXTS, indicator=indicator.id, dataset=dataset, known=known)
            above, below = source.datasets
            if origins[above] != origins[below]:
                raise UserError("source_mixed", package=_TEXTS, indicator=indicator.id, numerator=above, denominator=below)


def _concerns(entry: Mapping[str, Any], name: str, sources: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a break names the indicator, or a dataset that gives it."""
    return name in entry.get("indicators", ()) or any(source["dataset"] in entry.get("datasets", ()) for source in sources)


def _read_by(sources: Sequence[Mapping[str, Any]]) -> set[str]:
    """The datasets that sources read, those of denominators among them."""
    below = {source["denominator"]["dataset"] for source in sources if "dataset" in source.get("denominator", {})}
    return {source["dataset"] for source in sources} | below


def _among(entry: Mapping[str, Any]) -> Among | None:
    among = entry.get("among")
    return (
        None
        if among is None
        else Among(among["of"], float(among["per"]), tuple(_selection(one) for one in among.get("counted", ())))
    )


def _source(entry: Mapping[str, Any]) -> IndicatorSource:
    if "given" in entry:
        minus = Share(_selection(entry["minus"]["given"]), None) if "minus" in entry else None
        return IndicatorSource(entry["dataset"], _selection(entry["given"]), None, 1.0, minus, entry.get("first_year"))
    if "log_of" in entry:
        count = _selection(entry["log_of"])
        return IndicatorSource(entry["dataset"], count, None, LOG_POINTS, None, entry.get("first_year"), logarithm=True)
    own = Share(_selection(entry["numerator"]), _selection(entry["denominator"]))
    other = entry.get("minus")
    minus = Share(_selection(other["numerator"]), _selection(other["denominator"])) if other else None
    per, has_error = float(entry["per"]), entry.get("sampling_error", True)
    return IndicatorSource(
        entry["dataset"], own.numerator, own.denominator, per, minus, entry.get("first_year"), sampling_error=has_error
    )


def _selection(entry: Mapping[str, Any]) -> Selection:
    summed = next(((dimension, tuple(codes)) for dimension, codes in entry.get("summed", {}).items()), None)
    where, less = (tuple(sorted(entry.get(name, {}).items())) for name in ("where", "less"))
    return Selection(entry["measure"], where, entry.get("dataset"), summed, entry.get("level"), entry.get("over"), less)


def _check_parts(file: EditedFile) -> None:
    """A part has another code than its total in each of the dimensions of `less`. Raises CatalogueInvalid where it has not."""
    for name, entry in _content(file)["indicators"].items():
        for position, source in enumerate(entry["sources"]):
            at: Way = ("indicators", name, "sources", position)
            shares = ((at, source), ((*at, "minus"), source.get("minus", {})))
            for way, share in shares:
                for count in _COUNTS:
                    _check_part((*way, count, "less"), share.get(count, {}), file)
    file.settle()


def _check_part(way: Way, selection: Mapping[str, Any], file: EditedFile) -> None:
    for dimension, code in selection.get("less", {}).items():
        total = selection.get("where", {}).get(dimension)
        if total is None or total == code:
            parameters = {"dimension": dimension, "code": code, "total": total or "–"}
            file.report((*way, dimension), "part_is_total", parameters, _TEXTS)


def _check_indicators(file: EditedFile, way: Way, entries: Sequence[Mapping[str, Any]], known: Mapping[str, object]) -> None:
    """Raises the file's error where entries of a list name an indicator that the catalogue has not."""
    for position, entry in enumerate(entries):
        for place, indicator in enumerate(entry.get("indicators", ())):
            if indicator not in known:
                report_not_allowed(file, (*way, position, "indicators", place), indicator, list(known))
    file.settle()


def _catalogue(path: Path) -> EditedFile:
    return read_by_schema(path, CatalogueInvalid, _TEXTS, "catalogue.schema.json")


def _content(file: EditedFile) -> Mapping[str, Any]:
    """What a file says that passed its schema."""
    return cast(Mapping[str, Any], file.value)
