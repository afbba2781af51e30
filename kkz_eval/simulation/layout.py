"""The bytes of the simulated files. No drawing of counts, no file access.

The files imitate German deliveries, so their words (headers, labels, footer) are part of the format and stand here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from kkz_eval.reference.tables import kreise, unit_name
from kkz_eval.simulation.world import Counts, ModelWorld

NEWLINE = "\r\n"
CERTIFICATE_LABELS = (
    "ohne Hauptschulabschluss",
    "Hauptschulabschluss",
    "mittlerer Abschluss",
    "Fachhochschulreife",
    "allgemeine Hochschulreife",
    "Insgesamt",
)
SEX_LABELS = ("männlich", "weiblich", "insgesamt")
DELIVERY_HEADER = ("Gemeindeschlüssel", "Schuljahr", "Abschluss", "Geschlecht", "Anzahl")
OFFICIAL_HEADER = ("Kreisschlüssel", "Jahr", "Abschluss", "Geschlecht", "Anzahl")
OFFICIAL_TITLE = ("Tabelle: 21111-kkz", "Schulabgänge nach Abschluss und Geschlecht")
FOOTER_RULE = "__________"
OFFICIAL_NOTE = "© Modellwelt der Evaluation: simulierte Daten, keine amtlichen Zahlen."
_ASCII = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", " ": "_"})


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


def delivery_name(unit_id: str) -> str:
    """File name of a municipal delivery."""
    return f"schulabgaenge_{unit_id}_{unit_name(unit_id).translate(_ASCII)}.csv"


def official_name(year: int) -> str:
    """File name of the official table of a year."""
    return f"schulabgaenge_amtlich_{year}.csv"


def delivery_bytes(world: ModelWorld, unit_id: str, variant: Variant) -> bytes:
    """All years of a programme unit, as a German spreadsheet writes CSV."""
    key = unit_id.removeprefix("0") if variant.zero_lost else unit_id
    delivered = world.delivered(unit_id)
    lines: list[Sequence[str]] = [DELIVERY_HEADER]
    for row, year in enumerate(world.years):
        lines += _rows(key, f"{year - 1}/{year % 100:02d}", delivered[row])
    return _text(lines).encode(variant.encoding)


def official_bytes(world: ModelWorld, year: int) -> bytes:
    """One year of all Kreise, laid out like a table file of the statistical offices."""
    row = world.years.index(year)
    lines: list[Sequence[str]] = [OFFICIAL_TITLE, OFFICIAL_HEADER]
    for kreis in kreise():
        lines += _rows(kreis.ags5, str(year), world.official(kreis.ags5)[row])
    lines += [(FOOTER_RULE,), (OFFICIAL_NOTE,), (f"Stand: 01.03.{year + 1}",)]
    return _text(lines).encode("cp1252")


def _rows(key: str, period: str, counts: Counts) -> Iterator[tuple[str, ...]]:
    """Rows of one unit and year: every certificate and the total, by sex and in total. counts: (certificate, sex)."""
    by_sex = np.vstack([counts, counts.sum(axis=0)])
    table = np.column_stack([by_sex, by_sex.sum(axis=1)])
    for certificate, values in zip(CERTIFICATE_LABELS, table, strict=True):
        for sex, value in zip(SEX_LABELS, values, strict=True):
            yield (key, period, certificate, sex, str(int(value)))


def _text(lines: Iterable[Sequence[str]]) -> str:
    return "".join(";".join(line) + NEWLINE for line in lines)
