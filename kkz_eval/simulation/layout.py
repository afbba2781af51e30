"""The tables of the four datasets with an official counterpart and of those that are official only, and who writes how.

Belongs here: headers, titles, footers, names of files. Does not belong here: drawing of counts, file access.

The files imitate German deliveries, so their words (headers, labels, titles, footer) are part of the format and stand here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from kkz_eval.model.simulated import SIGN
from kkz_eval.reference.tables import Kind, kreise, unit_name
from kkz_eval.simulation.grid import NEWLINE, Cell, Grid, GridColumn, Writing
from kkz_eval.simulation.parameters import (
    BIRTHS,
    CARE,
    LEAVERS,
    MEAN_POPULATION,
    POPULATION,
    UNEMPLOYED_GROUPS,
    UNEMPLOYMENT,
    WELFARE,
)
from kkz_eval.simulation.parts import Counts
from kkz_eval.simulation.world import ModelWorld

FOOTER_RULE = "__________"
OFFICIAL_NOTE = f"© {SIGN}, keine amtlichen Zahlen."
_ASCII = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", " ": "_"})


@dataclass(frozen=True)
class Column:
    """A dimension as people write it: its header, and for each label the positions in the counts that it adds up.

    name: the property of the contract.
    """

    name: str
    header: str
    labels: tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True)
class Form:
    """How a dataset is written. number: of the official table; period_kind: year | school_year; measure: of the contract."""

    number: str
    title: str
    period_header: str
    period_kind: str
    columns: tuple[Column, ...]
    measure: str

    @property
    def official_header(self) -> tuple[str, ...]:
        """Header of the official table."""
        return ("Kreisschlüssel", "Jahr", *(column.header for column in self.columns), "Anzahl")


def _with_total(name: str, header: str, total: str, *labels: str) -> Column:
    own = tuple((label, (position,)) for position, label in enumerate(labels))
    return Column(name, header, (*own, (total, tuple(range(len(labels))))))


_SEX = _with_total("sex", "Geschlecht", "insgesamt", "männlich", "weiblich")
_CERTIFICATES = ("ohne Hauptschulabschluss", "Hauptschulabschluss", "mittlerer Abschluss", "Fachhochschulreife")
_AGES = ("unter 3 Jahre", "3 bis unter 6 Jahre", "6 bis unter 15 Jahre", "15 bis unter 18 Jahre", "18 bis unter 21 Jahre")
_CARE_AGES = (
    ("unter 1 Jahr", (0,)),
    ("1 bis unter 2 Jahre", (1,)),
    ("2 bis unter 3 Jahre", (2,)),
    ("unter 3 Jahre zusammen", (0, 1, 2)),
    ("3 bis unter 6 Jahre", (3,)),
    ("Insgesamt", (0, 1, 2, 3)),
)
_WELFARE_GROUPS = (("Personen in SGB-II-Bedarfsgemeinschaften", (0, 1)), ("Kinder unter 15 Jahren", (1,)))

FORMS: Mapping[str, Form] = {
    LEAVERS: Form(
        "21111",
        "Schulabgänge nach Abschluss und Geschlecht",
        "Schuljahr",
        "school_year",
        (_with_total("certificate", "Abschluss", "Insgesamt", *_CERTIFICATES, "allgemeine Hochschulreife"), _SEX),
        "leavers",
    ),
    POPULATION: Form(
        "12411",
        "Bevölkerung am 31.12. nach Altersgruppe und Geschlecht",
        "Jahr",
        "year",
        (_with_total("age_group", "Altersgruppe", "Insgesamt", *_AGES, "21 Jahre und älter"), _SEX),
        "persons",
    ),
    CARE: Form(
        "22541",
        "Kinder in Tagesbetreuung am 1. März nach Altersgruppe und Betreuungsform",
        "Jahr",
        "year",
        (
            Column("age_group", "Altersgruppe", _CARE_AGES),
            _with_total("form_of_care", "Betreuungsform", "Insgesamt", "Tageseinrichtung", "Kindertagespflege"),
        ),
        "children",
    ),
    WELFARE: Form(
        "22811",
        "Personen in SGB-II-Bedarfsgemeinschaften im Dezember",
        "Jahr",
        "year",
        (Column("group", "Personengruppe", _WELFARE_GROUPS),),
        "persons",
    ),
}


@dataclass(frozen=True)
class YearsForm:
    """How Regionalstatistik writes a table of all years: titles, header rows over the values, then year, key and name before these.

    number: of the table; values: those of a Kreis and year, from its counts and the year.
    """

    number: str
    titles: tuple[str, ...]
    header: tuple[tuple[str, ...], ...]
    values: Callable[[Counts, int], tuple[str, ...]]


def _both_sexes(counts: Counts, _: int) -> tuple[str, ...]:
    return tuple(str(int(count)) for count in (counts.sum(), *counts))


_COUNTED = ("insgesamt", "auslaender", "15_bis_unter_25", "55_bis_unter_65")
_RATED = ("insgesamt", "maenner", "frauen", "auslaender", "15_bis_unter_25")
_RATES_SINCE = 2009  # of groups; of all there is one in every year
_IN_HEADERS = {"insgesamt": "", "maenner": "Männer", "frauen": "Frauen", "auslaender": "Ausländer"}


def _unemployment(counts: Counts, year: int) -> tuple[str, ...]:
    """Numbers, and rates to one decimal. counts: by group, the unemployed and the labour force."""
    of_group = dict(zip(UNEMPLOYED_GROUPS, counts.tolist(), strict=True))
    rates = {
        group: f"{100 * persons / labour_force:.1f}".replace(".", ",") for group, (persons, labour_force) in of_group.items()
    }
    numbers = [str(of_group[group][0]) for group in _COUNTED]
    return (*numbers, *(rates[group] if group == "insgesamt" or year >= _RATES_SINCE else "-" for group in _RATED))


def _group_header(group: str) -> str:
    return _IN_HEADERS.get(group, f"{group.replace('_', ' ')} Jahre")


YEARS_FORMS: Mapping[str, YearsForm] = {
    BIRTHS: YearsForm(
        "12612-01-01",
        ("Geburten: Lebendgeborene nach Geschlecht - Jahressumme -", "Lebendgeborene (Anzahl)"),
        (("Insgesamt", "männlich", "weiblich"),),
        _both_sexes,
    ),
    MEAN_POPULATION: YearsForm(
        "12411-05-01",
        (
            "Bevölkerungsstand: Durchschnittliche Jahresbevölkerung nach",
            "Geschlecht - Jahresdurchschnitt -",
            "Durchschnittliche Jahresbevölkerung (Anzahl)",
        ),
        (("Insgesamt", "männlich", "weiblich"),),
        _both_sexes,
    ),
    UNEMPLOYMENT: YearsForm(
        "13211-02-05",
        ("Arbeitslose nach ausgewählten Personengruppen sowie", "Arbeitslosenquoten - Jahresdurchschnitt -"),
        (
            ("Arbeitslose",) * len(_COUNTED) + ("Arbeitslosenquote bez. auf alle zivile Erwerbsp.",) * len(_RATED),
            tuple(_group_header(group) for group in (*_COUNTED, *_RATED)),
            ("Anzahl",) * len(_COUNTED) + ("Prozent",) * len(_RATED),
        ),
        _unemployment,
    ),
}


def variants(seed: int, n_files: int) -> tuple[Writing, ...]:
    """The plain writing of each file: one is UTF-8 with BOM, about a quarter (at least one) lost the zero."""
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence((seed, n_files))))
    order = rng.permutation(n_files)
    lost = set(rng.permutation(n_files)[: max(1, n_files // 4)].tolist())
    return tuple(Writing("utf-8-sig" if row == order[0] else "cp1252", zero_lost=row in lost) for row in range(n_files))


_TITLE = ("Meldung für die Evaluation des Programms",)
_NOTE = ("Quelle: eigene Erhebung der Fachstelle. Rückfragen bitte an die Koordinierungsstelle.",)
WRITINGS: tuple[Writing, ...] = (
    Writing(),
    Writing("utf-8-sig", spelling=1),
    Writing("utf-8", ",", ".", zero_lost=True, titles=_TITLE, school_year="long"),
    Writing("cp1252", "\t", titles=(*_TITLE, "Stand: Frühjahr"), footnotes=_NOTE, spelling=2, total="Summe"),
    Writing("utf-8", thousands="\u202f", footnotes=_NOTE, school_year="long"),
    Writing("utf-16-le", "\t", ".", titles=("", *_TITLE, ""), spelling=1),
    Writing("utf-8-sig", titles=_TITLE, footnotes=_NOTE, spelling=1, shape="wide"),
    Writing("cp1252", zero_lost=True, titles=tuple(f"Hinweis {number}" for number in range(1, 9)), spelling=3, total="Insgesamt"),
)
"""How the spreadsheets of different municipalities write; utf-16-le gets its byte order mark."""
WORKBOOK = Writing(form="workbook", titles=_TITLE, footnotes=_NOTE)


def delivery_name(dataset: str, unit_id: str, suffix: str = ".csv") -> str:
    """File name of a municipal delivery."""
    return f"{dataset}_{unit_id}_{unit_name(unit_id).translate(_ASCII)}{suffix}"


def writings(seed: int, dataset: str, n_files: int, forms: str) -> tuple[Writing, ...]:
    """The writing of each file of a dataset: all in turn, shuffled. forms: text, or mixed with workbooks."""
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence((seed, n_files, *dataset.encode()))))
    known = WRITINGS if forms == "text" else (*WRITINGS, WORKBOOK, replace(WORKBOOK, zero_lost=True, spelling=1, total="Gesamt"))
    return tuple(known[number % len(known)] for number in rng.permutation(n_files))


def official_name(dataset: str, year: int) -> str:
    """File name of the official table of a year."""
    return f"{dataset}_amtlich_{year}.csv"


def official_years_name(dataset: str, years: Sequence[int]) -> str:
    """File name of the official table of all years."""
    return f"{dataset}_amtlich_{years[0]}-{years[-1]}.csv"


def delivery_grid(world: ModelWorld, dataset: str, unit_id: str) -> Grid:
    """All years of a programme unit."""
    form = FORMS[dataset]
    delivered = world.delivered(dataset, unit_id)
    columns = (
        GridColumn("unit_id", ("Gemeindeschlüssel",), "key"),
        GridColumn("year", (form.period_header,), form.period_kind),
        *(GridColumn(column.name, (column.header,), "label") for column in form.columns),
        GridColumn(form.measure, ("Anzahl",), "number"),
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (unit_id, year, *labels, value) for row, year in enumerate(world.years) for labels, value in _cells(form, delivered[row])
    )
    return Grid(dataset, unit_id, columns, rows)


def official_bytes(world: ModelWorld, dataset: str, year: int) -> bytes:
    """One year of all Kreise, laid out like a table file of the statistical offices."""
    form = FORMS[dataset]
    row = world.years.index(year)
    lines: list[Sequence[str]] = [(f"Tabelle: {form.number}-kkz", form.title), form.official_header]
    for kreis in kreise():
        counts = world.official(dataset, kreis.ags5)[row]
        lines += [(kreis.ags5, str(year), *labels, str(value)) for labels, value in _cells(form, counts)]
    return _text([*lines, *_footer(year)]).encode("cp1252")


def official_years_bytes(world: ModelWorld, dataset: str) -> bytes:
    """All years of all Kreise, laid out as Regionalstatistik does, the last year first."""
    form = YEARS_FORMS[dataset]
    blank = ("",) * 3
    width = len(blank) + len(form.header[0])
    lines: list[Sequence[str]] = [(f"Tabelle: {form.number}-kkz",)]
    lines += [(title,) + ("",) * (width - 1) for title in form.titles]
    lines += [(*blank, *cells) for cells in form.header]
    counts = {kreis.ags5: world.official(dataset, kreis.ags5) for kreis in kreise()}
    for row, year in reversed(tuple(enumerate(world.years))):
        for kreis in kreise():
            name = f"      {kreis.name}{', Kreisfreie Stadt' if kreis.kind is Kind.KREISFREIE_STADT else ''}"
            lines.append((str(year), kreis.ags5, name, *form.values(counts[kreis.ags5][row], year)))
    return _text([*lines, *_footer(world.years[-1])]).encode("cp1252")


def _footer(year: int) -> tuple[tuple[str], ...]:
    return ((FOOTER_RULE,), (OFFICIAL_NOTE,), (f"Stand: 01.03.{year + 1}",))


def _cells(form: Form, counts: Counts) -> Iterator[tuple[tuple[str, ...], int]]:
    """Labels and count of each row of one unit and year. counts: axes as the columns of the form."""
    for labels in product(*(column.labels for column in form.columns)):
        value = counts[np.ix_(*(positions for _, positions in labels))].sum()
        yield tuple(label for label, _ in labels), int(value)


def _text(lines: Iterable[Sequence[str]]) -> str:
    return "".join(";".join(line) + NEWLINE for line in lines)
