"""The words by which people say scale, share, rate, currency or kind of figure, and the words beside them that decide. No grammar.

All are folded: small letters, ä as ae, without points.
"""

from __future__ import annotations

from collections.abc import Mapping


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


CURRENCIES: Mapping[str, str] = {
    **dict.fromkeys(("eur", "euro", "euros", "€"), "EUR"),
    **dict.fromkeys(("dm", "dmark"), "DM"),
    **dict.fromkeys(("usd", "$", "dollar", "dollars"), "USD"),
    **dict.fromkeys(("chf", "sfr", "franken"), "CHF"),
    **dict.fromkeys(("gbp", "£"), "GBP"),
}
ABBREVIATED: Mapping[str, float] = dict.fromkeys(
    ("tsd", "tds", "tsnd", "tausd", "thsd", "tsde"), 1e3
)  # say it wherever they stand
SHORT: Mapping[str, float] = {
    **dict.fromkeys(("mio", "mios", "mill", "mln"), 1e6),
    **dict.fromkeys(("mrd", "mrden", "mia"), 1e9),
}
WRITTEN_OUT: Mapping[str, float] = {
    **dict.fromkeys(("zehner", "zehnern"), 10),
    **dict.fromkeys(("hundert", "hunderter", "hundertern", "hunderte", "hunderten", "hundred", "hundreds", "hekto"), 1e2),
    **dict.fromkeys(("tausend", "tausende", "tausenden", "tausender", "tausendern", "thousand", "thousands", "kilo"), 1e3),
    **dict.fromkeys(("zehntausend", "zehntausender", "zehntausendern"), 1e4),
    **dict.fromkeys(("hunderttausend", "hunderttausender", "hunderttausendern"), 1e5),
    **dict.fromkeys(("million", "millionen", "millions", "mega"), 1e6),
    **dict.fromkeys(("milliarde", "milliarden", "billion", "billions", "giga"), 1e9),
    **dict.fromkeys(("cent", "cents", "ct"), 0.01),
}
BESIDE_MONEY: Mapping[str, float] = {
    "t": 1e3,
    "k": 1e3,
    "m": 1e6,
    "mn": 1e6,
    "bn": 1e9,
    "bio": 1e12,
    "td": 1e3,
    "deka": 10,
}  # T€, k€, €m
SIZES: Mapping[str, float] = {**ABBREVIATED, **SHORT, **WRITTEN_OUT}

PERCENT: Mapping[str, int] = {
    **dict.fromkeys(("prozente", "proz", "zeilenprozent", "zeilenprozente", "spaltenprozent", "spaltenprozente"), 100),
    "prozent": 100,
    "percent": 100,
    "pct": 100,
    "%": 100,
    "vh": 100,
    "promille": 1000,
    "‰": 1000,
    "vt": 1000,
}
SHARES = _listed(
    "anteil anteile anteilen anteils anteilswert anteilswerte anteilig quote quoten prozentwert prozentwerte prozentanteil prozentanteile "
    "prozentsatz prozentsaetze prozentzahl prozentzahlen prozentangaben promilleangaben geburtenziffer verhaeltniszahlen relativzahlen relativwerte praevalenz inzidenz prozentual prozentuale prozentualer prozentualen share shares proportion proportions percentage percentages ratio ratios"
)
SHARE_ENDS = ("quote", "quoten", "anteil", "anteile", "nrate", "nraten", "srate", "sraten")
AVERAGE_ENDS = (
    "jahresdurchschnitt",
    "jahresmittel",
    "jahresmittelwert",
    "monatsdurchschnitt",
    "monatsmittel",
    "quartalsdurchschnitt",
)
FIGURES: Mapping[str, str] = {
    **dict.fromkeys(
        ("index", "indexwert", "indexwerte", "indexzahl", "messzahl", "messzahlen", "messziffer", "messziffern"), "index"
    ),
    **dict.fromkeys(
        ("durchschnitt", "durchschnitte", "durchschnittswert", "durchschnittswerte", "mittelwert", "mittelwerte"), "average"
    ),
    **dict.fromkeys(("median", "mediane", "average", "averages", "mean", "means"), "average"),
    **dict.fromkeys(("dreijahresdurchschnitt", "fuenfjahresdurchschnitt", "durchschnittlich", "ø"), "average"),
    **dict.fromkeys(
        ("veraenderung", "veraenderungen", "veraenderungsrate", "veraenderungsraten", "differenz", "differenzen"), "change"
    ),
    **dict.fromkeys(
        ("abweichung", "abweichungen", "zuwachs", "zunahme", "saldo", "salden", "change", "changes", "difference", "differences"),
        "change",
    ),
    **dict.fromkeys(("jahresdurchschnittswert", "jahresdurchschnittswerte"), "average"),
    **dict.fromkeys(("rang", "rangplatz", "rangplaetze", "raenge", "rangzahl", "rangzahlen", "rank", "ranks"), "rank"),
    **dict.fromkeys(("halbjahreswert", "halbjahreswerte", "halbjahreszahlen", "quartalswert", "quartalswerte"), "part of a year"),
    **dict.fromkeys(("quartalszahlen", "monatswert", "monatswerte", "monatszahlen"), "part of a year"),
}
PLANS = _listed(  # numbers that nobody counted yet; at the end of what is said
    "plan planwert planwerte planzahl planzahlen plandaten planansatz planansaetze soll sollwert sollwerte sollzahl sollzahlen ansatz ansaetze "
    "haushaltsansatz haushaltsansaetze prognose prognosen prognosewert prognosewerte prognosezahl prognosezahlen bevoelkerungsprognose "
    "vorausberechnung vorausberechnungen bevoelkerungsvorausberechnung modellrechnung modellrechnungen vorausschaetzung forecast forecasts "
    "projection projections budgeted planned"
)
SAMPLES = _listed(
    "stichprobe stichproben stichprobenergebnis stichprobenergebnisse stichprobenerhebung stichprobendaten stichprobenwerte teilstichprobe "
    "stichprobenumfang stichprobengroesse auswahlsatz hochrechnungsfaktor repraesentativbefragung repraesentativerhebung "
    "zufallsstichprobe mikrozensus hochrechnung hochrechnungen hochrechnungsergebnis hochrechnungsergebnisse teilerhebung sample samples "
    "extrapolated extrapolation"
)
LOOKED_INTO = ("gepruef", "pruef", "kontroll", "ueberpruef", "checked")  # a sample was: of the files, not of the persons
PROVISIONAL = _listed(
    "vorlaeufig vorlaeufige vorlaeufiger vorlaeufigen vorlaeufiges geschaetzt geschaetzte geschaetzter geschaetzten schaetzung schaetzungen "
    "schaetzwert schaetzwerte schaetzzahlen provisional preliminary estimated estimate estimates"
)
SHORT_PLANS = _listed("plan soll ansatz ansaetze planned")  # which have other meanings inside a text
FULL_TIME = _listed("vollzeitaequivalente vollzeitaequivalenten vollzeitstellen vollzeitkraefte vzae")
MONTHS = ("jan", "feb", "maer", "mrz", "apr", "mai", "jun", "jul", "aug", "sep", "okt", "nov", "dez")
TREATED = _listed(  # of results, and of other things
    "gewichtet gewichtete gewichteten weighted standardisiert standardisierte standardisierten standardised standardized logarithmus "
    "zehnerlogarithmus"
)
RESULTS = _listed("ergebnis ergebnisse fortschreibung results")
PARTS_OF_YEAR = _listed("halbjahr quartal trimester tertial quarter")
MANY_YEARS = _listed("jahre jahren years")
ABSOLUTE = _listed("absolut absolute absoluten absolutwerte absolutzahlen")
PLACES_OF_NUMBERS = ("nachkomma", "dezimal", "stelle", "komma", "ziffer", "decimal", "place", "digit")  # rounded to so many
DEFLATED = _listed(
    "seasonally saisonbereinigt saisonbereinigte kalenderbereinigt preisbereinigt preisbereinigte inflationsbereinigt inflationsbereinigte deflationiert deflationierte"
)
OTHER_UNITS = _listed(
    "vollzeitaequivalente vollzeitaequivalenten vollzeitstellen vollzeitkraefte vzae "
    "zehnteln zehntausendstel zehntausendsteln basispunkten punkten"
)
CUT = _listed("gekuerzt gestrichen abgeschnitten verschoben weggelassen entfernt ohne verkuerzt")
CUMULATED = _listed(
    "kumuliert kumulierte kumulierter kumulierten kumuliertes kumulativ kumulative cumulative cumulated aufgelaufen "
    "aufgelaufene aufgelaufener aufgelaufenen aufsummiert aufsummierte aufsummierten"
)
UNCLEAR = _listed(
    "skaliert skalierte skalierten skalierung skalierungsfaktor umskaliert scaled rescaled logarithmiert logarithmierte multipliziert "
    "multiplizieren malnehmen multiply multiplied tausendfach tausendfache "
    "hundertstel hundertsteln tausendstel tausendsteln altersstandardisiert altersstandardisierte "
    "normiert normierte normierten normalisiert indexiert indexierte indexierten indiziert indizierte indizierten hochgerechnet hochgerechnete "
    "hochgerechneter hochgerechneten dutzend"
)
PER = _listed("je pro per")
PER_WHAT = _listed(
    "einwohner einwohnern einwohnerin einwohnerinnen ew einw kopf capita kind kinder kindern person personen jugendliche jugendlicher "
    "jugendlichen fall faelle faellen familie familien haushalt haushalte haushalten schueler schuelern schuelerin inhabitant inhabitants "
    "children child persons people bevoelkerung geborene geborenen lebendgeborene lebendgeborenen frauen maedchen jungen maenner "
    "erwerbstaetige erwerbstaetigen menschen platz plaetze km qkm quadratkilometer ha hektar monat quartal"
)
COUNTED = _listed(
    "person personen kind kinder kindern einwohner einwohnern einwohnerinnen ew einw fall faelle faellen familie familien stueck plaetze "
    "plaetzen stellen haushalte haushalten jugendliche jugendlichen schueler schuelern schuelerinnen abgaenge abgaengen absolventen "
    "einrichtungen hilfen menschen persons people children cases inhabitants families households places"
)
ASKED_IN = _listed(
    "haushalte haushalten familie familien einrichtungen families households"
)  # a survey in 1.000 Haushalten is no scale
PURE_COUNT = _listed("anzahl absolut absolute absoluten absolutwerte absolutzahlen number numbers")

# What the neighbours mean.

VALUES = _listed(  # words for the numbers of a table, or for their unit
    "angabe angaben wert werte werten zahl zahlen betrag betraege betraegen einheit einheiten masseinheit mengeneinheit dimension waehrung "
    "daten jeweils alle sowie figure figures value values amount amounts unit units data euro basis "
    "groessenordnung massstab umrechnung umrechnungsfaktor recheneinheit"
)
OF_SOME = _listed("alle jeweils sowie")  # nicht alle in Tsd.: of these nothing is denied
UNIT_NAMES = _listed(
    "einheit masseinheit mengeneinheit dimension basis groessenordnung massstab umrechnung umrechnungsfaktor recheneinheit unit units angaben werte betraege"
)
MEASURED = COUNTED | _listed(  # words for what is measured
    "anzahl ausgabe ausgaben kosten aufwand aufwendungen auszahlungen einnahmen summe summen bevoelkerung bestand haushalt budget ansatz "
    "ergebnis zuschuss zuschuesse foerderung mittel spending expenditure costs population"
)
IN = frozenset(("in", "als"))
ADJECTIVES = _listed(
    "volle vollen voller ganze ganzen gerundete gerundeten runde runden naechste naechsten jeweils full the nearest"
)
ARTICLES = frozenset(("die", "der"))
WHOLES = _listed(
    "insgesamt gesamt gesamtzahl summe alle zusammen total bevoelkerung kinder personen einwohner ausgaben"
)  # … = 100
PERIODS = _listed(
    "vorjahr vorjahres vorjahren vormonat vorperiode vorjahreswert basisjahr plan soll ansatz landesdurchschnitt previous"
)
EQUALS = _listed("entspricht entsprechen bedeutet bedeuten equals")
COMPARED = _listed("mehr weniger groesser kleiner hoeher niedriger more less")  # before als and than
NEGATIONS = _listed("nicht kein keine keinen keiner statt anstatt anstelle ohne nie not no without instead")
DENIED = _listed(
    "entfaellt entfallen unterbleibt gekennzeichnet markiert klammer klammern kursiv fett sternchen brackets"
)  # or told of some numbers only
FORMERLY = _listed("urspruenglich frueher bisher vormals zuvor formerly")  # in Tsd. EUR
QUANTITIES = _listed(  # before a number of something
    "ab ueber unter bis mindestens hoechstens maximal minimal rund ca circa etwa ungefaehr knapp fast gut zwischen von mit um aus fuer der die "
    "das den dem des diese dieser diesen ein eine einer einen einem zwei drei vier fuenf sechs sieben acht neun zehn elf zwoelf mehrere "
    "mehreren einige einigen viele vielen wenige wenigen paar halbe halben over under above below about than least most several few up a an "
    "from with two three"
)
STEPS = _listed("einheiten vielfachen vielfache vielfaches schritten units multiples")  # in Einheiten von 1.000 Euro
NUMBERED = _listed(
    "tabelle tab nr nummer anlage blatt seite teil uebersicht abbildung abb table page § sgb"
)  # a number names them
LENGTHS = _listed("m km meter metern kilometer kilometern jahr jahren tag tagen stunden schritten schritte minuten qm m²")
VERBS = _listed(  # a text with one is a sentence, and heads nothing
    "ist sind war waren wird werden wurde wurden kann koennen siehe hat haben liegt liegen durch wegen aufgrund is are was were see"
)
KNOWN = _listed(
    "pdf csv xls xlsx ods rot blau gelb nrw sgb brd eu kita kitas ogs usw etc bzw ggf va"
)  # capitals that are no unit
BREAKS = frozenset(',;:|()[]{}=<>!?"„“”&+')  # a unit may stand behind one and before one
OPENING, CLOSING = frozenset("([{"), frozenset(")]}")
ROUNDING = ("gerundet", "aufgerundet", "abgerundet", "rundung", "rounded")
