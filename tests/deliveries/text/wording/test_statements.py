"""What texts say of numbers: scale, share, rate, currency and kind of figure are found in any wording, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kkz_eval.deliveries.text.wording.statement import Kind, Statement
from kkz_eval.deliveries.text.wording.statements import statements, unit_statements

SCALES = {
    1e3: [
        *(
            "Ausgaben der Jugendhilfe 2019 Tsd. EUR",
            *("Hochrechnung in 1000 Personen", "Schätzung in 1.000 Personen", "Fortschreibung in 1 000 Einwohnern"),
            *("nicht alle in Tsd.", "Keine Werte unter 3; Angaben in Tsd.", "Werte ohne Nachkommastellen in Tsd. EUR"),
            "Angaben in k€",
            "Werte x 1.000",
            "T€",
            "TEUR",
            "Ausgaben (T EUR)",
            "in T-EUR",
        ),
        *("kEUR", "KEUR", "K€", "TsdEUR", "TEURO", "Angaben in 1000", "Werte × 1 000", "Werte *1000", "(1.000 EUR)", "x1.000"),
        *(
            "Ausgaben in 10^3 EUR",
            "Betrag 10³ €",
            "Werte e3",
            "in 1e3 Euro",
            "in 10**3",
            "figures in thousands",
            "EUR '000",
            "(000)",
        ),
        *("’000", "EUR in thousands", "All figures are in thousands unless stated", "in\u00a01\u202f000\u2009€", "in 1'000 EUR"),
        *("Angaben in Tausend", "IN TAUSEND EURO", "Ausgaben, Tausend Euro", "Abgänge – Tausend", "Tausend", "in vollen Tausend"),
        *(
            "Tausenderwerte",
            "Angaben: Tsd.",
            "alle Werte in TSD.",
            "Einheit 1.000 EUR",
            "Umrechnung: 1.000",
            "1 = 1.000 EUR",
            "1 entspricht 1.000 EUR",
            "1 = 1.000",
            "EUR k",
            "Td. EUR",
            "in '000s",
            "unit=1000 EUR",
            "EUR thousand",
        ),
        *("Betrag/1000", "Betrag geteilt durch 1.000", "durch Tausend dividiert", "Faktor 1000", "in Einheiten von 1.000 Euro"),
        *("Bevölkerung in 1.000 nach Geschlecht", "Wert in Tausend Personen", "U3 Tsd. EUR", "2014–2016 Tsd. EUR", "€ in T EUR"),
        *(
            "Tabelle 3 Tsd. EUR",
            "*) Angaben in Tausend",
            "1) EUR 1.000",
            "Angaben_in_Tsd",
            "T\u200bEUR",
            "Betra\u0308ge in Tausend",
        ),
        *("Ausgaben (in Tsd. Euro), vorläufig", "Beträge [T€]", "Kosten in Tsd. €¹", "i. Tsd. EUR", "Größenordnung Tausend"),
    ],
    1e6: [
        *("Ausgaben Mio. EUR", "Mill. EUR", "Mio. €", "M€", "MEUR", "€m", "EURm", "in Millionen", "in millions of euros"),
        *("Angaben in Mio", "Mio.-EUR", "Ausgaben in 1.000.000 EUR", "10^6 EUR"),
    ],
    1e9: ["Mrd. EUR", "Milliarden Euro", "EUR bn", "€bn"],
    1e2: ["in Hundert Euro", "hundreds", "Einheit: 100 EUR", "in Hektoeuro"],
    1e4: ["Angaben in Zehntausend", "Werte x 10.000"],
    1e5: ["Angabe in 100 Tsd. EUR", "Zahlen in Hunderttausend"],
    0.01: ["Beträge in Cent", "Ausgaben (ct)"],
}
SHARES = {
    100: [
        *("Anteile in Prozent", "in %", "(%)", "Angaben in v.H.", "vH", "v. H.", "per cent", "in percent", "Prozent", "Kinder %"),
        *("Insgesamt = 100", "Zeilenprozente", "vom Hundert", "Einheit: %", "in Proz."),
    ],
    1000: ["Promille", "Angaben in ‰", "pro mille"],
    1: ["Anteile von 0 bis 1", "Anteile (0–1)", "Werte zwischen 0 und 1"],
    None: [
        "Anteil der Kinder unter 15",
        "Quote",
        "Übergangsquote nach Kommune",
        "prozentuale Verteilung",
        "shares",
        "Zahlen als Anteil",
        "Werte sind Prozentangaben",
    ],
}
RATES = {
    1000: [
        "je 1.000 Einwohner",
        "per 1,000 inhabitants",
        "per thousand inhabitants",
        "Fälle je Tsd. Einwohner",
        "Fälle/1.000 Einwohner",
    ],
    10000: ["pro 10.000 Kinder", "je 10 000 unter 21"],
    100000: ["auf 100.000 Einwohner"],
    100: ["je 100 Kinder", "Von 100 Kindern leben in SGB II"],
    1: [
        "Ausgaben je Einwohner",
        "EUR/Einwohner",
        "pro Kopf",
        "Pro-Kopf-Ausgaben",
        "Einwohner je km²",
        "Euro pro Kind",
        "per capita",
    ],
}
FIGURES = {
    "index": ["Index 2010 = 100", "2010=100", "Messzahlen"],
    "average": [
        "Mittelwerte",
        "Die Zahlen sind Mittelwerte",
        "Durchschnitt der Jahre 2014 bis 2016",
        "Ø 2014–2016",
        "Dreijahresmittel",
        "Monatsdurchschnitt",
        *("Jahresdurchschnittswerte", "three-year average", "moving average"),
    ],
    "change": [
        "Veränderung zum Vorjahr",
        "Differenz zum Vorjahr",
        "Saldo",
        "in Prozentpunkten",
        "Abweichung vom Plan",
        "year-on-year change",
    ],
    "cumulated": [
        *("kumulierte Werte", "Zahlen kumuliert seit 2012", "aufgelaufene Werte", "aufsummiert", "Summe der Jahre 2014 bis 2016"),
    ],
    "sample": [
        *("Stichprobe 10 %", "10-%-Stichprobe", "1-Prozent-Stichprobe", "Ergebnisse einer Stichprobe", "Mikrozensus 2016"),
        *("Hochrechnung aus 20 % der Fälle", "Die Zahlen stammen aus einer Stichprobe", "10% sample", "extrapolated values"),
        *("Stichprobe: 10 Prozent der Fälle", "Zehn-Prozent-Stichprobe", "Stichprobenumfang 10 %", "Auswahlsatz 10 %"),
    ],
    "plan": [
        *(
            "Planwerte",
            "Planzahlen 2017",
            "Haushaltsansatz 2017",
            "Ansatz 2017",
            "Plan",
            "Soll-Werte",
            "Sollzahlen",
            "Prognosewerte",
        ),
        *("Bevölkerungsvorausberechnung", "Werte: Prognose", "Angaben als Planzahlen", "budgeted", "forecast 2017"),
    ],
    "part of a year": [
        *("1. Halbjahr 2016", "Ausgaben 3. Quartal 2016", "Q1 2016", "Januar bis Juni 2016", "Jan.-Jun. 2016", "Quartalswerte"),
        *("Monatszahlen", "Ausgaben im 1. Halbjahr"),
    ],
    "rank": ["Rang", "Rangplätze", "Werte: Rangplatz", "ranks"],
    "deflated": [
        "preisbereinigt",
        "in Preisen von 2010",
        "zu konstanten Preisen",
        "saisonbereinigte Werte",
        "at constant prices",
    ],
}
CURRENCIES = {
    "DM": ["in DM", "Angaben (DM)"],
    "USD": ["USD", "in US-Dollar"],
    "CHF": ["Angaben in CHF"],
    "EUR": ["Angaben in Euro", "(€)"],
}
ROUNDED = {
    1e3: ["auf Tausend gerundet", "auf volle 1.000 Euro gerundet", "rounded to thousands", "Werte sind auf Tsd. gerundet"],
    1e2: ["gerundet auf Hundert", "gerundet auf Hunderter", "rounded to the nearest 100"],
    5: ["auf 5 gerundet", "Werte auf ein Vielfaches von 5 gerundet"],
    3: ["auf ein Vielfaches von 3 gerundet"],
}
PROVISIONALS = [
    *(
        "vorläufig",
        "vorläufige Zahlen",
        "Vorläufiges Ergebnis",
        "Zahlen vorläufig",
        "geschätzte Werte",
        "Werte: geschätzt",
        "Schätzung",
    ),
    *(
        "Schätzwerte",
        "Die Werte sind geschätzt",
        "Ergebnisse 2016 (vorläufig)",
        "provisional figures",
        "estimated values",
        "estimates",
    ),
]
DENIED = [
    *(
        (text, Kind.CURRENCY)
        for text in ("Angaben sind nicht in Euro", "Angaben nicht in EUR", "Beträge nicht in €", "not in euro")
    ),
    *(
        (text, Kind.COUNT)
        for text in ("Keine Absolutzahlen", "keine absoluten Zahlen", "nicht absolut", "Angaben nicht in Personen")
    ),
]
UNCLEAR = [
    *(
        "Werte skaliert",
        *("normiert auf 2010", "indexiert auf 2012", "Einheit: Dutzend", "hochgerechnete Werte, hochgerechnet aus 10 %"),
        "Faktor 12",
        "in 250 EUR",
        "Angaben in T",
        "Einheit: TE",
        "Angaben in TE",
        "Werte x 12",
        "Einheit: 500 EUR",
    ),
    *(
        "drei Nullen weggelassen",
        "mit 1.000 zu multiplizieren",
        "Angaben in VZÄ",
        "um drei Stellen gekürzt",
        *(
            "hochgerechnete Zahlen",
            "gewichtete Ergebnisse",
            "Werte standardisiert",
            "Zehnerlogarithmus",
            "weighted",
            "in Zehnteln",
        ),
        *("VZÄ", "Vollzeitäquivalente", "Stellen (VZÄ)"),
        "Angaben in Vollzeitäquivalenten",
        "Werte in Hundertstel",
        "Werte logarithmiert",
    ),
]
SILENT = [
    *(
        "Einwohner ab 1.000",
        "Gemeinden mit 10.000 und mehr Einwohnern",
        "Jahrgang 2000",
        "Tabelle 1000",
        "T-Shirt",
        "1.000",
        "1000",
    ),
    *("Kitas mit mehr als 1.000 Plätzen", "Stand 1.1.2017", "Werte unter 3 sind gesperrt", "Kommune: Tausendschön", "Kita Mio"),
    *("Prozentangaben gerundet", "Telefon 0234 1000", "Tel. 0201/1000-100", "31.12.2016", "Stand: 31.12.2016", "Projekt 2000"),
    *("Die 1.000 Personen in Heimen sind enthalten", "Tausendfüßler-Kita", "Kita in 10.000 m Entfernung", "In 1.0000 Jahren"),
    *(
        "Millionenstadt Köln",
        "30 Prozent der Kinder",
        "Förderung von 2 Mio. EUR",
        "Programm mit 1,5 Mio. Euro",
        "rund 50 Tsd. Euro",
    ),
    *(
        "nicht in Tausend",
        "Bitte in vollen Euro, nicht in Tausend Euro",
        "keine Anteile",
        "keine TEUR",
        "ursprünglich in Tsd. EUR",
    ),
    *("Befragung in 1.000 Haushalten", "Investitionen in 1.000 Kitas", "Eine Zeile je Kommune und Jahr", "auf 1.000 erhöht"),
    *(
        "mehrere Hilfen je Kind möglich",
        "um 5 % gestiegen",
        "Kita Hundertwasser",
        "Anteile sind nicht enthalten",
        "Jahresdurchschnitt",
    ),
    *(
        "Im Durchschnitt wurden 3 Kinder betreut",
        "auf volle Euro gerundet",
        "Euro gerundet auf ganze Zahlen",
        "Kinder von 0 bis 1 Jahr",
    ),
    *(
        "Raum E3",
        "2 x 1.000 Euro Zuschuss",
        "* 1000 Plätze sind neu",
        "nicht kumuliert",
        "§ 11 SGB VIII",
        "Seite 100",
        "K 12",
        "Haus T",
    ),
    *("100 % der Kommunen haben geliefert", "über 100.000 Einwohner", "Angaben der Kommunen", "Umfrage unter Tausend Eltern"),
    *("Tausend Dank", "zehn Millionen Euro Fördersumme", "eine Million", "Quelle: IT.NRW", "Bericht 2016/17", "12411-01-01-4"),
    *("Zahlen in Klammern geschätzt", "Angaben in NRW", "50667 Köln", "Amt 51, Zimmer 1000", "Tausender-Trennzeichen: Punkt"),
    *(
        "Tausendertrennzeichen: keines",
        "pro familia Beratungsstelle",
        "per E-Mail",
        "per 31.12.2016",
        "T = Teilzeit",
        "k.A. = keine Angabe",
    ),
    *(
        "Rückgang um 3 Prozentpunkte",
        "Kitas e. V.",
        "v. l. n. r.",
        "Heft 10",
        "IBAN-Feld leer",
        "Projekt „1000 Chancen“",
        "€ = Euro",
    ),
    *(
        *(
            "Abweichungen rundungsbedingt",
            "Differenzen in den Summen möglich",
            "Veränderungen im Zuschnitt ab 2014 sind enthalten",
        ),
        *(
            "Schlüssel ohne führende Nullen",
            "n = 100",
            "Ausbau auf 100 Plätze",
            "von 900 auf 1.000 Kinder",
            "Daten in CSV",
            "Einheit: ASD",
        ),
        *(
            "Haushaltsmittel",
            "drei Stellen besetzt",
            "Mark Müller",
            "pro Jahr",
            "Landesdurchschnitt NRW",
            "Jahresmittel",
            "je Tag geöffnet",
        ),
        *("Wert 100", "Werte von 0 bis 1 sind gesperrt", "ANGABEN IN BLAU"),
        "Veränderung gegenüber dem Vorjahr durch Umstellung der Statistik",
        "Haus der 1.000 Wünsche",
        *(
            "keine Angaben in Tsd.",
            "Angaben nicht in Tausend",
            "Keine Werte in Mio.",
            "Zahlen sind nicht in Tausend",
            "not in thousands",
        ),
        *(
            "keine Stichprobe, Vollerhebung",
            "ohne Hochrechnung",
            "Daten stichprobenartig geprüft",
            "Stichprobe der Akten geprüft",
        ),
        *("Vorläufige Inobhutnahmen (§ 42a)", "vorläufige Schutzmaßnahmen", "p = vorläufig", "Zahlen in Klammern sind geschätzt"),
        *("vorläufige Werte sind gekennzeichnet", "kursiv: geschätzt", "Schätzungen sind nicht enthalten", "nicht geschätzt"),
        *(
            "Plan und Ist siehe Anlage",
            "Planungsraum",
            "Haushaltsplan",
            "Ansatz: aufsuchend",
            "Ansatzpunkte",
            "Prognosen entfallen",
        ),
        *("Januar bis Dezember 2016", "Stand: 1. Quartal 2017", "Schulhalbjahr", "Kinder im 1. Halbjahr geboren sind enthalten"),
        *(
            "Summe der Kinder",
            "Summe über alle Jahrgänge",
            "Rangliste",
            "Preise für Mittagessen",
            "Augustdorf - Lemgo",
            "Quartier Q1",
        ),
        *("auf 2 Nachkommastellen gerundet", "nicht auf 5 gerundet", "nicht absolut vergleichbar", "Kinder nicht in Familien"),
        *("standardisierte Untersuchung", "Standardisierter Sprachtest", "Gewichtung", "Personen, die nicht in Familien leben"),
        "Personen in Bedarfsgemeinschaften",
    ),
]


def said(text: str, kind: Kind) -> list[Statement]:
    return [statement for statement in statements(text) if statement.kind == kind]


@pytest.mark.parametrize(("size", "text"), [(size, text) for size, texts in SCALES.items() for text in texts])
def test_a_scale_is_understood(size: float, text: str) -> None:
    assert [statement.size for statement in said(text, Kind.SCALE)] == [size]


@pytest.mark.parametrize(("whole", "text"), [(whole, text) for whole, texts in SHARES.items() for text in texts])
def test_a_share_is_understood(whole: float | None, text: str) -> None:
    assert whole in [statement.size for statement in said(text, Kind.SHARE)]


@pytest.mark.parametrize(("base", "text"), [(base, text) for base, texts in RATES.items() for text in texts])
def test_a_rate_is_understood(base: float, text: str) -> None:
    assert [statement.size for statement in said(text, Kind.RATE)] == [base]


@pytest.mark.parametrize(
    ("kind", "of", "text"),
    [
        *((Kind.FIGURE, of, text) for of, texts in FIGURES.items() for text in texts),
        *((Kind.CURRENCY, of, text) for of, texts in CURRENCIES.items() for text in texts),
    ],
)
def test_a_kind_of_figure_and_a_currency_are_understood(kind: Kind, of: str, text: str) -> None:
    assert of in {statement.of for statement in said(text, kind)}


@pytest.mark.parametrize(("size", "text"), [(size, text) for size, texts in ROUNDED.items() for text in texts])
def test_rounding_is_no_scale(size: float, text: str) -> None:
    assert statements(text) == (Statement(Kind.ROUNDED, size),)


@pytest.mark.parametrize("text", PROVISIONALS)
def test_what_is_not_final_is_no_other_unit(text: str) -> None:
    assert [statement.kind for statement in statements(text)] == [Kind.PROVISIONAL]


@pytest.mark.parametrize(("text", "kind"), DENIED)
def test_a_unit_that_contracts_take_may_be_denied(text: str, kind: Kind) -> None:
    assert [(statement.kind, statement.is_denied) for statement in statements(text)] == [(kind, True)]


@pytest.mark.parametrize("text", UNCLEAR)
def test_a_scale_that_is_not_understood_is_not_passed_over(text: str) -> None:
    assert said(text, Kind.UNCLEAR)
    assert not said(text, Kind.SCALE)


@pytest.mark.parametrize("text", SILENT)
def test_other_texts_say_nothing_of_the_numbers(text: str) -> None:
    assert statements(text) == ()


@pytest.mark.parametrize(
    ("text", "kind", "size"),
    [
        *(
            (text, Kind.SCALE, 1e3)
            for text in ("1000", "1.000", "1 000", "Tsd.", "Tsd. Personen", "(1000)", "in Tausend", "1000 EUR")
        ),
        *((text, Kind.SHARE, 100) for text in ("%", "Prozent", "v.H.", " % ")),
        ("je 1.000 Einwohner", Kind.RATE, 1e3),
        ("T", Kind.UNCLEAR, None),
        ("Anzahl", Kind.COUNT, None),
    ],
)
def test_a_text_that_is_a_unit_needs_no_context(text: str, kind: Kind, size: float | None) -> None:
    assert [(statement.kind, statement.size) for statement in unit_statements(text)] == [(kind, size)]


@pytest.mark.parametrize("text", ["", "Personen je Haus", "qkm", "Stunden", "Kommune", "Stadt Bochum", "05911000"])
def test_other_units_say_nothing(text: str) -> None:
    assert unit_statements(text) == ()


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=40))
def test_any_text_is_read_without_failing(text: str) -> None:
    assert all(statement.kind in Kind for statement in (*statements(text), *unit_statements(text)))
