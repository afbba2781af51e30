"""The bytes of the simulated files. No drawing of counts, no file access.

The files imitate German deliveries, so their words (headers, labels, titles, footer) are part of the format and stand here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from kkz_eval.reference.tables import kreise, unit_name
from kkz_eval.simulation.parameters import CARE, LEAVERS, POPULATION, WELFARE
from kkz_eval.simulation.parts import Counts
from kkz_eval.simulation.world import ModelWorld

NEWLINE = "\r\n"
FOOTER_RULE = "__________"
OFFICIAL_NOTE = "© Modellwelt der Evaluation: simulierte Daten, keine amtlichen Zahlen."
_ASCII = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", " ": "_"})


@dataclass(frozen=True)
class Column:
    """A dimension as people write it: its header, and for each label the positions in the counts that it adds up."""

    header: str
    labels: tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True)
class Form:
    """How a dataset is written. number: of the official table; period: header of the municipal column and how a year is written."""

    number: str
    title: str
    period_header: str
    period: Callable[[int], str]
    columns: tuple[Column, ...]

    @property
    def delivery_header(self) -> tuple[str, ...]:
        """Header of a municipal delivery."""
        return ("Gemeindeschlüssel", self.period_header, *(column.header for column in self.columns), "Anzahl")

    @property
    def official_header(self) -> tuple[str, ...]:
        """Header of the official table."""
        return ("Kreisschlüssel", "Jahr", *(column.header for column in self.columns), "Anzahl")


def _with_total(header: str, total: str, *labels: str) -> Column:
    own = tuple((label, (position,)) for position, label in enumerate(labels))
    return Column(header, (*own, (total, tuple(range(len(labels))))))


def _school_year(year: int) -> str:
    return f"{year - 1}/{year % 100:02d}"


_SEX = _with_total("Geschlecht", "insgesamt", "männlich", "weiblich")
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
        _school_year,
        (_with_total("Abschluss", "Insgesamt", *_CERTIFICATES, "allgemeine Hochschulreife"), _SEX),
    ),
    POPULATION: Form(
        "12411",
        "Bevölkerung am 31.12. nach Altersgruppe und Geschlecht",
        "Jahr",
        str,
        (_with_total("Altersgruppe", "Insgesamt", *_AGES, "21 Jahre und älter"), _SEX),
    ),
    CARE: Form(
        "22541",
        "Kinder in Tagesbetreuung am 1. März nach Altersgruppe und Betreuungsform",
        "Jahr",
        str,
        (
            Column("Altersgruppe", _CARE_AGES),
            _with_total("Betreuungsform", "Insgesamt", "Tageseinrichtung", "Kindertagespflege"),
        ),
    ),
    WELFARE: Form(
        "22811",
        "Personen in SGB-II-Bedarfsgemeinschaften im Dezember",
        "Jahr",
        str,
        (Column("Personengruppe", _WELFARE_GROUPS),),
    ),
}


@dataclass(frozen=True)
class Variant:
    """How a municipality's spreadsheet writes: encoding (cp1252 or utf-8-sig), and whether the key loses its leading zero."""

    encoding: str
    zero_lost: bool


def variants(seed: int, n_files: int) -> tuple[Variant, ...]:
    """The variant of each file: one is UTF-8 with BOM, about a quarter (at least one) lost the zero."""
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence((seed, n_files))))
    order = rng.permutation(n_files)
    lost = set(rng.permutation(n_files)[: max(1, n_files // 4)].tolist())
    return tuple(Variant("utf-8-sig" if row == order[0] else "cp1252", row in lost) for row in range(n_files))


def delivery_name(dataset: str, unit_id: str) -> str:
    """File name of a municipal delivery."""
    return f"{dataset}_{unit_id}_{unit_name(unit_id).translate(_ASCII)}.csv"


def official_name(dataset: str, year: int) -> str:
    """File name of the official table of a year."""
    return f"{dataset}_amtlich_{year}.csv"


def delivery_bytes(world: ModelWorld, dataset: str, unit_id: str, variant: Variant) -> bytes:
    """All years of a programme unit, as a German spreadsheet writes CSV."""
    form = FORMS[dataset]
    key = unit_id.removeprefix("0") if variant.zero_lost else unit_id
    delivered = world.delivered(dataset, unit_id)
    lines: list[Sequence[str]] = [form.delivery_header]
    for row, year in enumerate(world.years):
        lines += _rows(form, key, form.period(year), delivered[row])
    return _text(lines).encode(variant.encoding)


def official_bytes(world: ModelWorld, dataset: str, year: int) -> bytes:
    """One year of all Kreise, laid out like a table file of the statistical offices."""
    form = FORMS[dataset]
    row = world.years.index(year)
    lines: list[Sequence[str]] = [(f"Tabelle: {form.number}-kkz", form.title), form.official_header]
    for kreis in kreise():
        lines += _rows(form, kreis.ags5, str(year), world.official(dataset, kreis.ags5)[row])
    lines += [(FOOTER_RULE,), (OFFICIAL_NOTE,), (f"Stand: 01.03.{year + 1}",)]
    return _text(lines).encode("cp1252")


def _rows(form: Form, key: str, period: str, counts: Counts) -> Iterator[tuple[str, ...]]:
    """Rows of one unit and year: every combination of labels. counts: axes as the columns of the form."""
    for labels in product(*(column.labels for column in form.columns)):
        value = counts[np.ix_(*(positions for _, positions in labels))].sum()
        yield (key, period, *(label for label, _ in labels), str(int(value)))


def _text(lines: Iterable[Sequence[str]]) -> str:
    return "".join(";".join(line) + NEWLINE for line in lines)
