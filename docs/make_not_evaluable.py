"""Writes docs/not_evaluable.md from the catalogue of indicators. Run as `python docs/make_not_evaluable.py`; a test compares the page.

Belongs here: the layout of the page. Does not belong here: which subject has which cause (data_contracts/indicators.yaml), and how a
cause is said (kkz_eval/indicators/causes.py and its texts).
"""

from __future__ import annotations

import sys
from pathlib import Path

from kkz_eval.indicators import say
from kkz_eval.indicators.catalogue import load_not_evaluable
from kkz_eval.reference.tables import programme_units

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "not_evaluable.md"
HEAD = """# Was nicht ausgewertet werden kann / What can't be evaluated

Für alle, die einen Bericht lesen: wofür keine Wirkung geschätzt wird und warum. Fünf Gründe werden auseinandergehalten: nicht gemessen, liegt
bei einer anderen Stelle und ist nicht beschafft, zu kurz, zu wenige, noch nicht erreicht. Der Bericht prüft „nicht beschafft“ und „zu kurz“
an dem, was angenommen ist: Liegen zwei Jahre vor dem Start vor, heißt es dort „vorhanden, aber nicht in diesem Plan“; Jahre, die gekommen sind,
aber nicht reichen, nennt er. Wie eine fehlende Tabelle kommt, steht in [getting_new_years.md](getting_new_years.md).
*What no effect is estimated for, by five causes kept apart. A report checks them against what is accepted.*

Die Seite entsteht aus `data_contracts/indicators.yaml` durch `docs/make_not_evaluable.py`; bitte diese ändern und das Skript laufen lassen.
*Made by a script from the catalogue; edit that.*

| Station | Wofür | Warum |
|---|---|---|
"""


def page() -> str:
    """The page, beside the year in which the programme began and before anything is accepted."""
    start = min(unit.cohort for unit in programme_units())
    rows = [
        f"| {say(f'stages.{row.stage}').in_language('de')} | {row.subject['de']}<br>*{row.subject['en']}* "
        f"| {row.because(start).in_language('de')}<br>*{row.because(start).in_language('en')}* |\n"
        for row in load_not_evaluable(ROOT / "data_contracts" / "indicators.yaml")
    ]
    return HEAD + "".join(rows)


def main() -> int:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
