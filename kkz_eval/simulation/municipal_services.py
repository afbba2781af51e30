"""The ten datasets that only municipalities and youth offices deliver: their numbers and their tables. No files, no faults.

They describe what a municipality does; no effect is planted in them. Births and the unemployed from 15 to 24 are those of the official
tables, all else is drawn from the counts of the model world, unit by unit, from a stream of random numbers of its own, so that the
other datasets stay as they are.
The words (headers, labels) imitate German deliveries and stand here as part of the format.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np

from kkz_eval.reference.tables import ProgrammeUnit, youth_office_of
from kkz_eval.simulation.grid import Cell, Grid, GridColumn
from kkz_eval.simulation.parameters import BIRTHS, POPULATION, UNEMPLOYED_GROUPS, UNEMPLOYMENT
from kkz_eval.simulation.parts import Counts
from kkz_eval.simulation.world import ModelWorld

_FIRST_YEAR = 2012  # the programme asks for these datasets since it started, and for what it does since a unit joined
_STREAM = 20  # beside the streams of the world, which are the first children of the seed
_KEY = GridColumn("unit_id", ("Gemeindeschlüssel", "AGS", "Amtlicher Gemeindeschlüssel", "GKZ"), "key")
_OFFICE = GridColumn("unit_id", ("Jugendamtsschlüssel", "Jugendamt", "JH-Schlüssel"), "key")
_YEAR = GridColumn("year", ("Jahr", "Berichtsjahr", "Kalenderjahr"), "year")
_SCHOOL_YEAR = GridColumn("year", ("Schuljahr", "SJ"), "school_year")
_SEXES = ("männlich", "weiblich", "insgesamt")
_SEX = GridColumn("sex", ("Geschlecht", "Geschl."), "label")


@dataclass(frozen=True)
class Setting:
    """What a table is drawn from. people: persons of the unit, shape (year, age, sex); births, unemployed_15_24: by year, as official
    statistics count them; detailed: optional columns are delivered."""

    rng: np.random.Generator
    years: tuple[int, ...]
    people: Counts
    births: Counts
    unemployed_15_24: Counts
    detailed: bool

    def of_age(self, position: int) -> Counts:
        """Persons of an age group by year."""
        return np.asarray(self.people[:, position].sum(axis=-1), dtype=np.int64)


Rows = Iterator[tuple[Cell, ...]]


@dataclass(frozen=True)
class _Table:
    columns: Callable[[bool], tuple[GridColumn, ...]]
    rows: Callable[[str, Setting], Rows]
    by_office: bool = False
    since_joining: bool = False
    sent_by: Callable[[ProgrammeUnit], bool] = lambda _: True  # of a dataset that nobody owes, only some have any


def service_grid(world: ModelWorld, dataset: str, unit: ProgrammeUnit, seed: int) -> Grid | None:
    """The delivery of a dataset by a programme unit; None where there is none: no youth office, no year since it is asked for, or nothing to say."""
    table = _TABLES[dataset]
    key = youth_office_of(unit) if table.by_office else unit.ags
    if key is None or not table.sent_by(unit):
        return None
    stream = (seed, _STREAM, list(_TABLES).index(dataset), int(unit.ags))
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(stream)))
    first = unit.cohort if table.since_joining else _FIRST_YEAR
    kept = [row for row, year in enumerate(world.years) if year >= first]
    if not kept:
        return None
    years = tuple(world.years[row] for row in kept)
    setting = Setting(
        rng,
        years,
        people=world.delivered(POPULATION, unit.ags)[kept],
        births=world.in_unit(BIRTHS, unit.ags)[kept].sum(axis=1),
        unemployed_15_24=world.in_unit(UNEMPLOYMENT, unit.ags)[kept, UNEMPLOYED_GROUPS.index("15_bis_unter_25"), 0],
        detailed=int(unit.ags) % 3 == 0,
    )
    rows = tuple(table.rows(key, setting))
    return Grid(dataset, key, table.columns(setting.detailed), rows) if rows else None


def _number(name: str, *headers: str) -> GridColumn:
    return GridColumn(name, headers, "number")


def _label(name: str, *headers: str) -> GridColumn:
    return GridColumn(name, headers, "label")


def _with_total(counts: Counts, axis: int) -> Counts:
    """Counts with their sum as the last entry of an axis."""
    return np.concatenate([counts, counts.sum(axis=axis, keepdims=True)], axis=axis)


# --- births and early support -------------------------------------------------------------------------------------------


def _birth_columns(detailed: bool) -> tuple[GridColumn, ...]:
    weeks = (
        _number("first_visit_up_to_4_weeks", "Erster Besuch bis 4 Wochen", "bis 4 Wochen"),
        _number("first_visit_5_to_8_weeks", "Erster Besuch nach 5 bis 8 Wochen", "5 bis 8 Wochen"),
        _number("first_visit_after_8_weeks", "Erster Besuch nach mehr als 8 Wochen", "über 8 Wochen"),
    )
    return (
        _KEY,
        _YEAR,
        _number("births", "Geburten", "Lebendgeborene"),
        _number("mothers_under_20", "Mütter unter 20 Jahren", "Mütter unter 20"),
        _number("low_birth_weight", "Geburtsgewicht unter 2.500 g", "Untergewicht"),
        _number("visits_offered", "Angebotene Willkommensbesuche", "Besuche angeboten"),
        _number("visits_made", "Durchgeführte Willkommensbesuche", "Besuche durchgeführt"),
        *(weeks if detailed else ()),
    )


def _birth_rows(key: str, s: Setting) -> Rows:
    share_made = s.rng.uniform(0.55, 0.7)
    for row, year in enumerate(s.years):
        births = int(s.births[row])
        offered = int(s.rng.binomial(births, 0.92))
        made = int(s.rng.binomial(offered, min(share_made + 0.01 * row, 0.95)))
        weeks = s.rng.multinomial(made, (0.3 + 0.01 * row, 0.45 - 0.01 * row, 0.25)).tolist() if s.detailed else []
        yield (key, year, births, int(s.rng.binomial(births, 0.025)), int(s.rng.binomial(births, 0.07)), offered, made, *weeks)


# --- school entry -------------------------------------------------------------------------------------------------------

_FINDINGS = (
    *(("Visuomotorik", 0.16), ("Körperkoordination", 0.14), ("Selektive Wahrnehmung", 0.13), ("Zählen", 0.11)),
    *(("Deutsch", 0.2), ("Adipositas", 0.05), ("U8/U9 vollständig", 0.83), ("geimpft", 0.93)),
)
_DURATIONS = (("unter 1 Jahr", 0.07), ("1 bis unter 3 Jahre", 0.33), ("3 Jahre und mehr", 0.55), ("unbekannt", 0.05))


def _entry_columns(detailed: bool) -> tuple[GridColumn, ...]:
    duration = (_label("years_of_day_care", "Jahre in der Kita", "Kita-Jahre"),)
    return (
        _KEY,
        _SCHOOL_YEAR,
        _label("finding", "Befund", "Untersuchungsbereich"),
        _SEX,
        *(duration if detailed else ()),
        _number("examined", "Untersuchte Kinder", "Untersuchte"),
        _number("with_finding", "Kinder mit Befund", "mit Befund"),
    )


def _entry_rows(key: str, s: Setting) -> Rows:
    durations = [label for label, _ in _DURATIONS] if s.detailed else []
    shares = [share for _, share in _DURATIONS] if s.detailed else [1.0]
    for row, year in enumerate(s.years):
        children = s.rng.multinomial(s.people[row, 1] // 3, shares)  # sex, duration
        for finding, share in _FINDINGS:
            examined = s.rng.binomial(children, 0.99)
            found = s.rng.binomial(examined, share)
            both = [_with_total(_with_total(counts.astype(np.int64), 0), 1) for counts in (examined, found)]
            for i, sex in enumerate(_SEXES):
                for j, duration in enumerate([*durations, "insgesamt"] if s.detailed else [""]):
                    numbers = (int(both[0][i, j]), int(both[1][i, j]))
                    yield (key, year, finding, sex, *((duration,) if s.detailed else ()), *numbers)


# --- transitions from primary school ------------------------------------------------------------------------------------

_SCHOOLS = (
    *(("Hauptschule", 0.07), ("Realschule", 0.24), ("Sekundarschule", 0.05), ("Gesamtschule", 0.22), ("Gymnasium", 0.39)),
    *(("Förderschule", 0.02), ("Sonstige Schule", 0.01)),
)


def _transition_columns(detailed: bool) -> tuple[GridColumn, ...]:
    return (
        _KEY,
        _SCHOOL_YEAR,
        _label("school_kind", "Schulform", "Übergang zu"),
        _SEX,
        _number("transitions", "Anzahl", "Übergänge"),
    )


def _transition_rows(key: str, s: Setting) -> Rows:
    for row, year in enumerate(s.years):
        counts = s.rng.multinomial(s.people[row, 2] // 9, [share for _, share in _SCHOOLS])  # sex, school
        with_totals = _with_total(_with_total(counts.astype(np.int64), 0), 1)
        for j, school in enumerate([*(name for name, _ in _SCHOOLS), "Insgesamt"]):
            for i, sex in enumerate(_SEXES):
                yield (key, year, school, sex, int(with_totals[i, j]))


# --- educational support ------------------------------------------------------------------------------------------------

_SUPPORT = (
    *(
        ("§ 27", 0.06),
        ("§ 28", 0.56),
        ("§ 29", 0.01),
        ("§ 30", 0.05),
        ("§ 31", 0.1),
        ("§ 32", 0.01),
        ("§ 33", 0.03),
        ("§ 34", 0.08),
    ),
    *(("§ 35", 0.01), ("§ 35a", 0.09)),
)
_STARTS = ("unter 3 Jahre", "3 bis unter 6 Jahre", "6 bis unter 10 Jahre", "10 bis unter 14 Jahre", "14 bis unter 18 Jahre")


def _support_columns(detailed: bool) -> tuple[GridColumn, ...]:
    return (
        _OFFICE,
        _YEAR,
        _label("kind_of_support", "Hilfeart", "Art der Hilfe"),
        _label("age_at_start", "Alter bei Beginn", "Alter bei Hilfebeginn"),
        _number("cases", "Anzahl", "Begonnene Hilfen"),
    )


def _support_rows(key: str, s: Setting) -> Rows:
    weights = np.array((0.14, 0.19, 0.25, 0.22, 0.15, 0.05))
    for row, year in enumerate(s.years):
        young = int(s.people[row, :5].sum())
        earlier = np.array((0.002, 0.001, 0.0, -0.001, -0.002, 0.0)) * row  # support starts a little earlier every year
        ages = s.rng.multinomial(young // 32, weights + earlier)
        kinds = s.rng.multinomial(ages, [share for _, share in _SUPPORT]).T  # kind, age
        besides = [s.rng.multinomial(young // size, weights + earlier) for size in (300, 150)]
        counts = _with_total(np.stack([*kinds, kinds.sum(axis=0), *besides]).astype(np.int64), 1)
        labels = [*(label for label, _ in _SUPPORT), "Hilfen insgesamt", "§ 42", "§ 8a"]
        for (i, kind), (j, age) in product(enumerate(labels), enumerate([*_STARTS, "18 Jahre und älter", "insgesamt"])):
            yield (key, year, kind, age, int(counts[i, j]))


# --- training and work --------------------------------------------------------------------------------------------------


def _work_columns(detailed: bool) -> tuple[GridColumn, ...]:
    places = (_number("training_places", "Ausbildungsstellen", "Gemeldete Stellen"),)
    return (
        _KEY,
        _YEAR,
        _SEX,
        _number("applicants", "Bewerberinnen und Bewerber", "Bewerber"),
        _number("unplaced_applicants", "Unversorgte Bewerberinnen und Bewerber", "Unversorgte"),
        _number("unemployed_15_24", "Arbeitslose 15 bis 24 Jahre", "Arbeitslose unter 25"),
        *(places if detailed else ()),
    )


def _work_rows(key: str, s: Setting) -> Rows:
    for row, year in enumerate(s.years):
        applicants = _with_total(s.rng.binomial(s.people[row, 4], 0.24), 0)
        unplaced = _with_total(s.rng.binomial(applicants[:2], 0.09), 0)
        young_men = s.rng.binomial(s.unemployed_15_24[row], 0.56)
        unemployed = (young_men, s.unemployed_15_24[row] - young_men, s.unemployed_15_24[row])
        for i, sex in enumerate(_SEXES):
            places: tuple[Cell, ...] = ("" if i < 2 else int(s.rng.binomial(int(applicants[2]), 0.85)),) if s.detailed else ()
            yield (key, year, sex, int(applicants[i]), int(unplaced[i]), int(unemployed[i]), *places)


# --- services of prevention ---------------------------------------------------------------------------------------------

_SERVICES = (
    ("Willkommensbesuche", "Alle Familien", "Schwangerschaft und Geburt; U3", "Aufsuchendes Angebot", "Gesundheitsamt", "Jugendamt", "U3", 0, 0.3),
    ("Elterncafé", "Alle Familien", "Kita", "Offener Treff", "Kindertageseinrichtung", "keine", "keine", 1, 0.1),
    ("Familienhebammen", "Familien in belasteten Lagen", "Geburt", "Aufsuchendes Angebot", "Gesundheitsamt", "Jugendamt; Andere", "U3", 0, 0.08),
    ("Sprachförderung", "Zugewanderte Familien", "Kita; Schuleintritt", "Förderung in Kita oder Schule", "Kita", "Schule; Andere", "Schuleintritt", 1, 0.15),
    ("Übergangslotsen", "Kinder und Jugendliche", "Grundschule; Weiterführende Schule", "Vermittlung und Lotsen", "Schule", "Jugendamt", "Weiterführende Schule", 2, 0.06),
    ("Ausbildungspaten", "Kinder und Jugendliche", "Übergang in Ausbildung und Beruf", "Beratung", "Berufsbildung", "Schule; Andere", "keine", 4, 0.05),
    ("Elternkurs", "Alleinerziehende", "U3; Kita", "Gruppe oder Kurs", "Andere", "Jugendamt; Kita", "Kita", 0, 0.05),
    ("Fachtag Prävention", "Fachkräfte", "Kita; Grundschule", "Gruppe oder Kurs", "Jugendamt", "Kita; Schule", "keine", 1, 0.04),
)  # fmt: skip


def _prevention_columns(detailed: bool) -> tuple[GridColumn, ...]:
    optional = (_label("joint_with", "Gemeinsam mit", "Kooperation mit"), _label("handover_to", "Übergabe an", "Überleitung an"))
    return (
        _KEY,
        _YEAR,
        _label("service", "Angebot", "Bezeichnung"),
        _label("target_group", "Zielgruppe", "Adressaten"),
        _label("stages", "Stationen", "Phasen"),
        _label("kind", "Angebotsart", "Art des Angebots"),
        _label("provider_sector", "Sektor des Trägers", "Träger"),
        *(optional if detailed else ()),
        _number("eligible", "Berechtigte", "Zielpersonen"),
        _number("places", "Plätze", "Kapazität"),
        _number("reached", "Erreichte", "Teilnehmende"),
    )


def _prevention_rows(key: str, s: Setting) -> Rows:
    starts = s.rng.integers(s.years[0] - 2, max(s.years[0] + 8, s.years[0] + 1), len(_SERVICES))
    coverage = s.rng.uniform(0.6, 1.2, len(_SERVICES))
    for row, year in enumerate(s.years):
        for number, (name, target, stages, kind, sector, joint, handover, age, share) in enumerate(_SERVICES):
            if number and year < starts[number]:  # the first one is everywhere, in every year
                continue
            eligible = int(s.of_age(age)[row])
            reached = int(s.rng.binomial(eligible, min(share * coverage[number] * (1 + 0.03 * row), 0.9)))
            optional = (joint, handover) if s.detailed else ()
            yield (key, year, name, target, stages, kind, sector, *optional, eligible, int(reached * 1.1) + 1, reached)


# --- network ------------------------------------------------------------------------------------------------------------

_SECTORS = ("Kindertageseinrichtung", "Gesundheitsamt", "Jugendamt", "Schule", "Berufsbildung", "Andere")


def _network_columns(detailed: bool) -> tuple[GridColumn, ...]:
    return (
        _KEY,
        _YEAR,
        _label("sector", "Sektor", "Sektor A"),
        _label("partner_sector", "Verbundener Sektor", "Sektor B"),
        _number("institutions", "Einrichtungen", "Anzahl Einrichtungen"),
        _number("with_agreement", "Mit Kooperationsvereinbarung", "Kooperationsvereinbarungen"),
        _number("with_joint_service", "Mit gemeinsamem Angebot", "Gemeinsame Angebote"),
        _number("with_handover", "Mit geregelter Übergabe", "Übergaben"),
    )


def _network_rows(key: str, s: Setting) -> Rows:
    size = int(s.people[0].sum())
    institutions = (max(size // 4000, 3), 1, 1, max(size // 6000, 2), max(size // 40000, 1), max(size // 8000, 2))
    tied = s.rng.uniform(0.1, 0.5, (len(_SECTORS), len(_SECTORS)))
    for row, year in enumerate(s.years):
        for (i, sector), (j, partner) in product(enumerate(_SECTORS), repeat=2):
            share = min(float(tied[i, j]) + 0.025 * row, 0.95)
            ties = s.rng.binomial(institutions[i], [share, 0.8 * share, 0.6 * share]).tolist()
            yield (key, year, sector, partner, institutions[i], *ties)


# --- spending -----------------------------------------------------------------------------------------------------------

_SPENDING = (
    *(("Frühe Hilfen", 1.0, 0.006), ("Kinder- und Jugendarbeit (§ 11)", 0.9, 0.04), ("Jugendsozialarbeit (§ 13)", 0.7, 0.015)),
    *(("Förderung in der Familie (§§ 16–21)", 0.8, 0.03), ("Kindertagesbetreuung (§§ 22–25)", 0.1, 0.55)),
    *(("Hilfen zur Erziehung, ambulant", 0.1, 0.1), ("Hilfen zur Erziehung, teilstationär und stationär", 0.0, 0.22)),
    *(("Schutzmaßnahmen (§§ 8a und 42)", 0.05, 0.025), ("Sonstige Ausgaben", 0.2, 0.014)),
)


def _spending_columns(detailed: bool) -> tuple[GridColumn, ...]:
    return (
        _OFFICE,
        _YEAR,
        _label("kind_of_service", "Leistungsart", "Art der Leistung"),
        _label("prevention", "Zuordnung", "Präventiv oder nicht"),
        _number("spending_eur", "Ausgaben in Euro", "Betrag in Euro"),
    )


def _spending_rows(key: str, s: Setting) -> Rows:
    for row, year in enumerate(s.years):
        cents = 100_000 * int(s.people[row, :5].sum()) * 1.03**row
        shares = np.array([share for _, _, share in _SPENDING])
        preventive = np.array([share for _, share, _ in _SPENDING]) * min(0.8 + 0.02 * row, 1.0)
        spent = np.rint(cents * shares * (1 + s.rng.uniform(-0.02, 0.02, len(shares)))).astype(np.int64)
        part = np.rint(spent * preventive).astype(np.int64)
        counts = _with_total(np.stack([part, spent - part, spent], axis=-1), 0)
        labels = [*(label for label, _, _ in _SPENDING), "Ausgaben insgesamt"]
        for (i, label), (j, kind) in product(enumerate(labels), enumerate(("präventiv", "nicht präventiv", "insgesamt"))):
            yield (key, year, label, kind, int(counts[i, j]) / 100)


# --- goals and the impact logic of services -----------------------------------------------------------------------------

_GOALS = (
    ("Mehr Familien früh besuchen", "Willkommensbesuche", "mindestens", 65.0, (("Willkommensbesuche", "Alle Familien", "Die Zielgruppe nimmt es an"), ("Familienhebammen", "Familien in belasteten Lagen", "Die Zielgruppe nimmt es an"))),
    ("Kinder früher in die Kita", "Betreuungsquote U3", "mindestens", 26.0, (("Elterncafé", "Alle Familien", "Wissen und Fähigkeiten ändern sich"),)),
    ("Weniger ohne Abschluss", "Schulabgänge ohne Hauptschulabschluss", "höchstens", 6.0, (("Übergangslotsen", "Kinder und Jugendliche", "Das Handeln ändert sich"),)),
    ("Mehr Geld für das Vorbeugen", "Präventionsanteil", "mindestens", 14.0, (("kein einzelnes Angebot", "Alle Familien", "Das Angebot findet statt"),)),
    ("Hilfen beginnen früher", "Hilfebeginn unter 6", "mindestens", 35.0, (("Familienhebammen", "Familien in belasteten Lagen", "Die Lebenslage ändert sich"),)),
    ("Eltern fühlen sich sicherer", "eigene Messgröße", "mindestens", None, (("Elternkurs", "Alleinerziehende", "Wissen und Fähigkeiten ändern sich"),)),
)  # fmt: skip
_GOALS_EACH, _YEARS_AHEAD = 3, (2, 4, 8)  # the last one is beyond the years of the model world


def _goal_columns(detailed: bool) -> tuple[GridColumn, ...]:
    return (
        _KEY,
        _YEAR,
        _label("goal", "Ziel", "Zielsetzung"),
        _label("indicator", "Kennzahl", "Indikator"),
        _label("direction", "Richtung"),
        _number("target_value", "Zielwert", "Sollwert"),
        _number("target_year", "Zieljahr", "bis Jahr"),
        _label("service", "Angebot", "Maßnahme"),
        _label("target_group", "Zielgruppe", "Adressaten"),
        _label("step", "Schritt", "Wirkungsschritt"),
    )


def _goal_rows(key: str, s: Setting) -> Rows:
    """Goals are set once, in the third year after joining."""
    if len(s.years) < 3:
        return
    chosen = sorted(s.rng.permutation(len(_GOALS))[:_GOALS_EACH].tolist())
    for number, ahead in zip(chosen, _YEARS_AHEAD, strict=True):
        goal, indicator, direction, value, services = _GOALS[number]
        target: Cell = "k. A." if value is None else round(value * float(s.rng.uniform(0.9, 1.1)), 1)
        for service, group, step in services:
            yield (key, s.years[2], goal, indicator, direction, target, s.years[2] + ahead, service, group, step)


# --- surveys of parents -------------------------------------------------------------------------------------------------

_SURVEYS = (2014, 2018)
_SURVEYED = (
    "05913000",
    "05513000",
    "05515000",
    "05124000",
    "05562014",
    "05170024",
    "05958004",
)  # seven of 2012, as in the survey of 2014
_ASKED_AGES = ("3 bis unter 6 Jahre", "6 bis unter 10 Jahre", "10 bis unter 14 Jahre")
_TAKEN_UP = (
    *(("Willkommensbesuch", 0.6), ("Eltern-Kind-Gruppe", 0.5), ("Elternkurs oder Elterncafé", 0.25), ("Familienzentrum", 0.3)),
    *(("Erziehungs- oder Familienberatung", 0.15), ("Sport, Musik oder Verein", 0.6), ("mindestens ein Angebot", 0.85)),
)
_POOR, _IMMIGRANT = 0.25, 0.35  # shares of those who answer
_LESS = 0.75  # families at risk of poverty, and those who came, take up a service so much less often


def _survey_columns(detailed: bool) -> tuple[GridColumn, ...]:
    return (
        _KEY,
        _YEAR,
        _label("child_age", "Alter des Kindes", "Kindesalter"),
        _label("group", "Gruppe", "Gruppe der Befragten"),
        _label("service", "Angebot", "Inanspruchnahme von"),
        _number("respondents", "Befragte", "Antworten"),
        _number("users", "Nutzende", "in Anspruch genommen"),
        _number("aware", "Kennen das Angebot", "bekannt bei"),
        _number("invited", "Angeschriebene", "Angeschrieben"),
    )


def _survey_rows(key: str, s: Setting) -> Rows:
    """Groups by poverty and by immigration each split all who answered; nobody knows from the table who belongs to two."""
    for year in (year for year in _SURVEYS if year in s.years):
        row = s.years.index(year)
        invited = int(np.minimum(s.people[row, 2].sum() // 9, 900))  # of each age
        asked = s.rng.binomial(invited, 0.35, len(_ASKED_AGES))
        split: list[Counts] = []
        for part in (_POOR, _IMMIGRANT):
            inside = s.rng.binomial(asked, part)
            split += [inside, asked - inside]
        for service, share in _TAKEN_UP:
            users_poor = [s.rng.binomial(split[0], share * _LESS), s.rng.binomial(split[1], share)]
            users = users_poor[0] + users_poor[1]
            immigrant = np.minimum(s.rng.binomial(split[2], share * _LESS), users)
            others = np.minimum(users - immigrant, split[3])
            groups = (
                ("Familien mit Armutsrisiko", split[0], users_poor[0]),
                ("Familien ohne Armutsrisiko", split[1], users_poor[1]),
                ("Familien mit Zuwanderungsgeschichte", split[2], users - others),
                ("Familien ohne Zuwanderungsgeschichte", split[3], others),
                ("alle Befragten", asked, users),
            )
            for place, age in enumerate((*_ASKED_AGES, "insgesamt")):
                of_all_ages = place == len(_ASKED_AGES)
                for group, answered, used in groups:
                    aware = used + (answered - used) // 2
                    told = [int(counts.sum() if of_all_ages else counts[place]) for counts in (answered, used, aware)]
                    letters = invited * (len(_ASKED_AGES) if of_all_ages else 1) if answered is asked else "k. A."
                    yield (key, year, age, group, service, *told, letters)


_TABLES: Mapping[str, _Table] = {
    "geburten_fruehe_hilfen": _Table(_birth_columns, _birth_rows),
    "schuleingangsuntersuchung": _Table(_entry_columns, _entry_rows),
    "uebergang_grundschule": _Table(_transition_columns, _transition_rows),
    "hilfen_zur_erziehung": _Table(_support_columns, _support_rows, by_office=True),
    "ausbildung_und_arbeit": _Table(_work_columns, _work_rows),
    "praeventionsangebote": _Table(_prevention_columns, _prevention_rows, since_joining=True),
    "netzwerk": _Table(_network_columns, _network_rows, since_joining=True),
    "ausgaben_jugendhilfe": _Table(_spending_columns, _spending_rows, by_office=True),
    "ziele": _Table(_goal_columns, _goal_rows, since_joining=True, sent_by=lambda unit: int(unit.ags) % 3 == 1),
    "befragung": _Table(_survey_columns, _survey_rows, since_joining=True, sent_by=lambda unit: unit.ags in _SURVEYED),
}
SERVICE_DATASETS = tuple(_TABLES)
