"""Writes docs/scale.md from benchmarks/scale.json. Run by `make scale`, which measures first, or as `python docs/make_scale.py`; a test compares the page.

Belongs here: the layout of the page, and what is scaled from what was measured. Does not belong here: measuring (benchmarks/scale.py).
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # benchmarks are no part of the package

from benchmarks.country import OUTCOMES, REGIONS, STARTS, TREATED, UNITS, YEARS  # noqa: E402
from benchmarks.scale import BALANCED, DRAWS, QUICK, Measured, Scale, kept  # noqa: E402
from kkz_eval.evaluation.estimators.methods import METHODS  # noqa: E402
from kkz_eval.evaluation.inference.exact import MOST_LISTED  # noqa: E402
from kkz_eval.evaluation.inference.panels import MOST_HELD  # noqa: E402

PAGE = ROOT / "docs" / "scale.md"
HOUR = 3_600.0
TO = {"units": UNITS, "draws": DRAWS, "outcomes": OUTCOMES}
HEAD = """# Wie weit es reicht: alle Gemeinden / How far it reaches: all municipalities

Für alle, die wissen wollen, was die Auswertung eines ganzen Landes kostet: {units} Gemeinden × {years} Jahre × {outcomes} Merkmale durch alle
Verfahren und {draws} Ziehungen. Gemessen ist an einem erdachten Land, dessen Wirkungen bekannt sind (`benchmarks/country.py`): viele kleine
Gemeinden, 1 oder 2 Fälle werden nicht veröffentlicht, {treated} der Gemeinden beginnen {starts}.
*What a whole country costs, measured on a made-up one whose effects are known, with small municipalities and suppressed counts.*

Die Seite entsteht durch `make scale`; bitte nicht von Hand ändern. Zeiten sind Prozessorzeiten eines Prozesses mit einem Thread; Speicher ist,
was ein Aufruf über Tabelle und Bibliotheken hinaus im Höchstfall braucht. Jede Messung läuft in einem eigenen Prozess.
*Processor time of one process with one thread; memory beyond panel and libraries, at its largest.*

Rechner: {cores} Kerne, {memory} GB, Python {python}, NumPy {numpy}. Gemessen ist bis {most} Gemeinden; was
darüber hinausgeht, ist hochgerechnet und so bezeichnet. {busy}
"""


@dataclass(frozen=True)
class Series:
    """Measurements of the same at growing sizes. exponent: cost grows with this power of the size between the last two."""

    measured: tuple[Measured, ...]

    @property
    def last(self) -> Measured:
        """The largest."""
        return self.measured[-1]

    @property
    def exponent(self) -> float:
        """log of the ratio of times over log of the ratio of sizes."""
        before, last = self.measured[-2:]
        return math.log(last.seconds / before.seconds) / math.log(last.size / before.size)

    @property
    def is_whole(self) -> bool:
        """Whether the largest is as large as the country."""
        return self.last.size >= TO[self.last.grows]

    def whole(self) -> float:
        """Seconds at full size: measured, or with the power that the last two sizes show, at least in proportion."""
        return self.last.seconds * (TO[self.last.grows] / self.last.size) ** (0.0 if self.is_whole else max(1.0, self.exponent))


def series(scale: Scale, work: str, grows: str, method: str | None = None) -> Series:
    """The measurements of a work, by size."""
    found = [one for one in scale.measured if (one.work, one.grows) == (work, grows) and (method is None or one.method == method)]
    return Series(tuple(sorted(found, key=lambda one: one.size)))


def number(value: float, digits: int = 2) -> str:
    """With a decimal comma and points between thousands, so many significant digits below a hundred; whole numbers as they are."""
    if isinstance(value, int) or abs(value) >= 100:
        return f"{value:,.0f}".replace(",", ".")
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value)))) if value else 0
    return f"{value:.{decimals}f}".replace(".", ",")


def duration(seconds: float) -> str:
    """In the unit in which the number is neither tiny nor huge."""
    for unit, size in (("Tage", 86_400.0), ("h", HOUR), ("min", 60.0)):
        if seconds >= 1.5 * size:
            return f"{number(seconds / size)} {unit}"
    return f"{number(seconds)} s"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def row_of(name: str, of: Series, whole: float) -> list[str]:
    """What was measured at which size, how it grows, and the whole."""
    sizes = "; ".join(f"{number(one.size)}: {duration(one.seconds)}" for one in of.measured)
    told = duration(whole) if of.is_whole else f"≈ {duration(whole)}, hochgerechnet"
    return [name, sizes, number(of.exponent), number(max(one.memory for one in of.measured)), told]


def estimates(scale: Scale) -> str:
    """The section on estimators."""
    rows = []
    for method in METHODS:
        of = series(scale, "estimate", "units", method)
        rows.append(row_of(f"`{method}`", of, of.whole() * OUTCOMES))
    errors = [one.error for one in scale.measured if one.work == "estimate" and one.error is not None]
    within = sum(abs(error) < 1.96 for error in errors)
    return (
        "\n## Die Verfahren / The estimators\n\n"
        f"Ein Merkmal, vom Panel bis zur Schätzung. Lücken sind dabei, nur {', '.join(f'`{name}`' for name in BALANCED)} nimmt das vollständige Panel; "
        "`sdid` und `synthetic_control` mit ihren 200 Placebos. Das Wachstum ist die Potenz der Zahl der Gemeinden, mit der die Zeit zwischen den letzten "
        f"beiden Größen wächst; 1 ist proportional, darunter überwiegen noch feste Kosten, und hochgerechnet wird dann proportional. Von {len(errors)} Schätzungen mit Standardfehler liegen {within} nicht weiter als 1,96 Standardfehler von der "
        "gepflanzten Wirkung.\n*One outcome each; growth is the power of the number of units.*\n\n"
        + table(
            ("Verfahren", "Gemeinden: Zeit", "Wachstum", "Speicher, MB", f"{number(UNITS)} Gemeinden × {OUTCOMES} Merkmale"), rows
        )
    )


def draws(scale: Scale) -> str:
    """The section on drawn assignments."""
    block, gaps = series(scale, "draws_of_block", "units"), series(scale, "draws_of_gaps", "units")
    more, fits = series(scale, "draws_of_gaps", "draws"), series(scale, "draws_of_fits", "draws")
    rows = [
        row_of(f"Block ohne Lücken, {number(DRAWS)} Ziehungen, wachsend mit Gemeinden", block, block.whole() * OUTCOMES),
        row_of("`twfe` mit Lücken, 999 Ziehungen, wachsend mit Gemeinden", gaps, of_gaps(scale) * OUTCOMES),
        row_of(
            f"`twfe` mit Lücken, {number(gaps.measured[0].size)} Gemeinden, wachsend mit Ziehungen",
            more,
            of_gaps(scale) * OUTCOMES,
        ),
        row_of(
            f"`callaway_santanna`, {number(gaps.last.size)} Gemeinden, je Ziehung neu geschätzt, wachsend mit Ziehungen",
            fits,
            of_fits(scale) * OUTCOMES,
        ),
    ]
    return (
        f"\n## {number(DRAWS)} Ziehungen / Draws\n\n"
        "Was der Zufall hätte tun können, ein Merkmal, Schätzung und studentisiert. Ein Block ohne Lücken mit einem Start braucht je Ziehung nur Summen; mit Lücken "
        "wird je Ziehung aus jeder Zelle herausgenommen, was festgehalten ist; was keine Regression ist, wird je Ziehung neu geschätzt.\n"
        "*One outcome: sums for a block, a projection of all cells with gaps, a new fit for what is no regression.*\n\n"
        + table(("Weg", "Größe: Zeit", "Wachstum", "Speicher, MB", f"alle {OUTCOMES} Merkmale, {number(DRAWS)} Ziehungen"), rows)
    )


def of_gaps(scale: Scale) -> float:
    """Seconds of all draws of the whole country with gaps, one outcome: time grows with both, as both series show."""
    more = series(scale, "draws_of_gaps", "draws")
    return series(scale, "draws_of_gaps", "units").whole() * more.whole() / more.measured[0].seconds


def of_fits(scale: Scale) -> float:
    """Seconds of all draws with new fits of the whole country, one outcome; units by the growth of the estimate itself."""
    fits, alone = series(scale, "draws_of_fits", "draws"), series(scale, "estimate", "units", "callaway_santanna")
    return fits.whole() * alone.whole() / alone.last.seconds


def workers(scale: Scale) -> str:
    """The section on several outcomes in one process and on two workers."""
    of, shared = series(scale, "together", "outcomes"), scale.shared
    rows = [
        [number(one.size), duration(one.seconds), duration(one.seconds / one.size), number(one.memory)] for one in of.measured
    ]
    extra = shared.shared_processor / shared.alone_processor - 1
    ratio = shared.alone_elapsed / shared.shared_elapsed
    same = "Die Ergebnisse sind dieselben." if shared.same else "**Die Ergebnisse sind nicht dieselben.**"
    return (
        "\n## In einem Prozess und mit zwei Rechenprozessen / One process, two workers\n\n"
        f"Mehrere Merkmale in einem Aufruf durch {', '.join(f'`{name}`' for name in QUICK)}, {number(shared.units)} Gemeinden. Speicher hier samt der Tabelle.\n\n"
        + table(("Merkmale", "Zeit", "je Merkmal", "Speicher mit Tabelle, MB"), rows)
        + f"\n{shared.outcomes} Merkmale, verteilt über einen Dask-Scheduler auf zwei Prozesse mit je einem Thread (`KKZ_SCHEDULER`): "
        f"allein {duration(shared.alone_processor)} Prozessorzeit in {duration(shared.alone_elapsed)}, zu zweit {duration(shared.shared_processor)} in "
        f"{duration(shared.shared_elapsed)}, also {number(ratio)}-mal so schnell bei {number(100 * extra)} % mehr Prozessorzeit. Jeder Prozess braucht höchstens "
        f"{number(shared.worker_memory)} MB mit Bibliotheken, der allein rechnende {number(shared.alone_memory)} MB. {same} Die Uhr sagt nur auf einem Rechner etwas, auf dem sonst "
        "nichts läuft.\n*The same outcomes alone and on two workers; by the clock only where nothing else runs.*\n"
    )


def beyond_an_hour(scale: Scale) -> str:
    """The section on what takes longer than an hour, and from what part that is known."""
    known = [(f"`{method}`", series(scale, "estimate", "units", method)) for method in METHODS]
    long = [
        (
            name,
            of.whole() * OUTCOMES,
            f"ein Merkmal, bis {number(of.last.size)} Gemeinden gemessen, Wachstum {number(of.exponent)}",
        )
        for name, of in known
    ]
    gaps, more = series(scale, "draws_of_gaps", "units"), series(scale, "draws_of_gaps", "draws")
    fits = series(scale, "draws_of_fits", "draws")
    long += [
        (
            f"{number(DRAWS)} Ziehungen im Block",
            series(scale, "draws_of_block", "units").whole() * OUTCOMES,
            f"ein Merkmal, alle Ziehungen, bis {number(series(scale, 'draws_of_block', 'units').last.size)} Gemeinden gemessen",
        ),
        (
            f"{number(DRAWS)} Ziehungen mit Lücken",
            of_gaps(scale) * OUTCOMES,
            f"ein Merkmal, 999 Ziehungen bis {number(gaps.last.size)} Gemeinden (Wachstum {number(gaps.exponent)}) und bis {number(more.last.size)} Ziehungen "
            f"(Wachstum {number(more.exponent)})",
        ),
        (
            f"{number(DRAWS)} neue Schätzungen mit `callaway_santanna`",
            of_fits(scale) * OUTCOMES,
            f"ein Merkmal, bis {fits.last.size} Ziehungen gemessen (Wachstum {number(fits.exponent)}), {number(gaps.last.size)} Gemeinden",
        ),
    ]
    lines = [f"- {name}: etwa {duration(taken)}. Hochgerechnet aus: {part}.\n" for name, taken, part in long if taken > HOUR]
    return (
        f"\n## Länger als eine Stunde / Beyond an hour\n\nAlle {OUTCOMES} Merkmale, ein Prozess mit einem Thread. Merkmale, Ziehungen mit Lücken, Placebos und neue Schätzungen wissen nichts voneinander und lassen "
        "sich auf Rechenprozesse verteilen (`KKZ_SCHEDULER`); was das an Prozessorzeit mehr kostet, steht oben. Ziehungen eines Blocks bleiben bei ihrem Merkmal.\n"
        "*Scaled from the part named; outcomes, draws with gaps, placebos and new fits can be shared out; draws of a block stay with their outcome.*\n\n"
        + "".join(lines)
    )


def limits(scale: Scale) -> str:
    """The section on what ends first."""
    cells = UNITS * YEARS
    imputation = series(scale, "estimate", "units", "imputation")
    share = imputation.last.memory / imputation.last.size * UNITS
    of = series(scale, "together", "outcomes")
    each = (of.last.memory - of.measured[0].memory) / (of.last.size - of.measured[0].size) / of_units(scale) * UNITS
    held = cells * YEARS * REGIONS
    most = f"{number(MOST_HELD / 1e6)} Millionen"
    refused = f"mehr als {most} werden abgelehnt (`held_fixed_too_much`)" if held > MOST_HELD else f"bis {most} geht es"
    return f"""
## Was als Nächstes endet / The next limits

1. **Die dichte Matrix dessen, was festgehalten ist** (Zellen × Effekte der Jahre). Ziehungen mit Lücken halten sie im Speicher: {number(cells)} Zellen × {YEARS} Jahre gehen,
   in {REGIONS} Ländern als Schichten wären es {number(cells)} × {YEARS * REGIONS} = {number(held / 1e6)} Millionen Zahlen; {refused}. `imputation` hält mehrere
   solche Matrizen: {number(share)} MB bei {number(UNITS)} Gemeinden ohne Schichten, mit {REGIONS} Schichten das {REGIONS}-Fache, etwa {number(share * REGIONS / 1000)} GB.
   Dünn besetzt wären sie klein; Rechnung und letzte Stellen wären dann andere, darum ist es hier nur genannt.
   *The dense matrix of cells by effects of years in strata; sparse it would be small, but another calculation with other last digits.*
2. **Zeit der Ziehungen mit Lücken**: je Ziehung geht die Rechnung zweimal durch jene Matrix. Mit Summen je Gemeinde und Startjahr wären es so viele Schritte wie Gemeinden statt Zellen ×
   Jahre; auch das ist eine andere Rechnung. *With sums by unit and start each draw would cost units, not cells times years.*
3. **`synthetic_control`**: für jede behandelte Gemeinde und jedes ihrer 200 Placebos ein eigenes Gewicht über alle übrigen; das wächst quadratisch mit der Zahl der Gemeinden.
   Bei vielen Behandelten ist `sdid` das Verfahren derselben Familie, das mitwächst. *Quadratic: treated units times donors.*
4. **Die Zahl der Zuordnungen** ist keine Grenze der Ziehungen, nur des Auszählens: Ab {first_drawn()} Einheiten, von denen die Hälfte behandelt ist, wird gezogen. Ab 2⁶³ Zuordnungen nennt die Tabelle der Prüfung keine Zahl
   mehr, ab 10³⁰⁸ steht in der Zeile `smallest_p` der Tests „unendlich“. *Beyond so few units assignments are drawn; their number ends no calculation.*
5. **Speicher aller Merkmale in einer Tabelle**: etwa {number(each)} MB je weiteres Merkmal bei {number(UNITS)} Gemeinden, {number(each * OUTCOMES / 1000)} GB für {OUTCOMES}.
   *Memory of all outcomes in one panel.*
"""


def first_drawn() -> int:
    """From how many units on, half of them treated, assignments are too many to count even of an estimate that is a sum."""
    return next(units for units in range(4, 1_000) if 4 * math.comb(units, units // 2) > MOST_LISTED**2)


def of_units(scale: Scale) -> int:
    """Units in the measurements of several outcomes."""
    return scale.shared.units


def page(scale: Scale) -> str:
    """The page of some figures."""
    before, after = scale.busy
    told = f"Beim Messen wollten am Anfang {number(before)}, am Ende {number(after)} Prozesse rechnen (Mittel einer Minute), die Messung selbst eingeschlossen"
    crowded = max(before, after) > scale.cores
    busy = (
        f"{told}: Der Rechner war belegt, Zeiten können um die Hälfte zu lang sein und die Uhr sagt nichts."
        if crowded
        else f"{told}."
    )
    head = HEAD.format(
        units=number(UNITS),
        years=YEARS,
        outcomes=OUTCOMES,
        draws=number(DRAWS),
        treated=f"je {100 * TREATED:.0f} %",
        starts=" und ".join(str(start) for start in STARTS),
        cores=scale.cores,
        memory=number(scale.memory_gb),
        python=scale.python,
        numpy=scale.numpy,
        busy=busy,
        most=number(max(one.size for one in scale.measured if one.grows == "units")),
    )
    return head + estimates(scale) + draws(scale) + workers(scale) + beyond_an_hour(scale) + limits(scale)


def main() -> int:
    """Write the page."""
    PAGE.write_text(page(kept()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
