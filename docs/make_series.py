"""Writes docs/series.html: the real series of each indicator for the 53 Kreise, with medians of the groups and the breaks marked.

Run as `python docs/make_series.py FOLDER`, FOLDER with the files of official statistics as they come, in folders as in FILES. Belongs here: the layout of the page. Does not
belong here: reading, what an indicator is, which Kreis is in which group.
"""

from __future__ import annotations

import html
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import altair as alt
import pandas as pd
import vl_convert

from kkz_eval.contracts.contract import Contract
from kkz_eval.contracts.load import load_contracts
from kkz_eval.deliveries.official.read import read_official
from kkz_eval.deliveries.reader import Claimed, read_file
from kkz_eval.deliveries.register.simulated import says_simulated
from kkz_eval.indicators.catalogue import Indicator, Selection, load_catalogue
from kkz_eval.reference.exposure import Group, kreis_groups

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "series.html"
INKAR = "inkar"
FILES = {  # published rates of several years, by dataset; of a year in two files that in the later one is shown
    INKAR: ["official/inkar/inkr_nrw_kreise_panel_long.csv"],
    "gisd": ["official/gisd/GISD_NRW_Kreis.csv"],
    "arbeitslosigkeit_amtlich": [
        "regionalstatistik/13211-02-05-4_2001-2016.csv",
        "official/genesis/13211-02-05-4_datencsv_de.csv",
    ],
}
GROUPS = {2012: ("beteiligt seit 2012 / since 2012", "#b3452c"), 2017: ("seit 2017 / since 2017", "#2f6f8f")}
NEVER = ("bis 2019 nicht beteiligt / never until 2019", "#444444")
LEFT_OUT = "in Teilen beteiligt / in part"
WIDTH, HEIGHT = 620, 250
STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#222}
h1{line-height:1.2}h2{margin:2.2rem 0 .3rem}p.unit{margin:0;color:#555}figure{margin:.6rem 0}figure svg{max-width:100%;height:auto}
ol{margin:.3rem 0 0;padding-left:1.6rem;font-size:.9rem}.en{color:#555}"""


def group_names() -> dict[str, str]:
    """Name of the group on the page, by key of the Kreis."""
    names = {}
    for kreis in kreis_groups():
        known = GROUPS[kreis.cohort][0] if kreis.cohort in GROUPS else None
        names[kreis.kreis_ags5] = known or (NEVER[0] if kreis.group is Group.NEVER else LEFT_OUT)
    return names


def panel_of(folder: Path, dataset: str) -> pd.DataFrame:
    """The figures of the 53 Kreise as the files have them: unit_id, year, and of INKAR measure and value, else the columns of the contract.

    Raises FileNotFoundError where the folder lacks a file, ValueError where one can't be read or says that its figures are made up.
    """
    contracts = load_contracts(ROOT / "data_contracts")
    panels = [_panel_of_file(folder / name, dataset, contracts) for name in FILES[dataset]]
    panel = pd.concat(panels, ignore_index=True)
    if dataset != INKAR:
        keys = [p.name for p in contracts[dataset].properties if p.role in ("key", "dimension")]
        panel = panel.drop_duplicates(keys, keep="last")
    return panel[panel["unit_id"].isin(group_names())]


def _panel_of_file(file: Path, dataset: str, contracts: Mapping[str, Contract]) -> pd.DataFrame:
    if says_simulated(file.read_bytes()):
        raise ValueError(f"{file.name} holds made-up figures; the page credits what it shows to offices")
    if dataset == INKAR:
        official = read_official(file.read_bytes())
        if official is None:
            raise ValueError(f"{file.name} is no export of INKAR")
        panel = official.table.select(["unit_id", "year", "measure", "value"]).to_pandas().astype({"measure": str})
    else:
        result = read_file(file.read_bytes(), file.name, contracts)
        parsed = [table for table in result.parsed if table.contract_id == dataset] if isinstance(result, Claimed) else []
        if len(parsed) != 1:
            raise ValueError(f"{file.name} is no delivery under the contract {dataset}")
        panel = parsed[0].table.to_pandas()
    return panel.astype({"unit_id": str})


def source_shown(indicator: Indicator) -> str | None:
    """The first dataset of `FILES` that publishes the indicator as a rate, None where none does."""
    given = (source.dataset for source in indicator.sources if source.denominator is None and not source.logarithm)
    return next((dataset for dataset in given if dataset in FILES), None)


def chosen(panel: pd.DataFrame, selection: Selection) -> pd.Series:
    """The value of a selection by unit_id and year. Raises ValueError where a unit and year has two."""
    rows, column = (panel[panel["measure"] == selection.measure], "value") if "measure" in panel else (panel, selection.measure)
    for dimension, code in selection.where:
        rows = rows[rows[dimension] == code]
    values = rows.set_index(["unit_id", "year"])[column]
    if not values.index.is_unique:
        raise ValueError(f"{selection.measure} has two values for a unit and year")
    return values.astype(float)


def series_of(panel: pd.DataFrame, indicator: Indicator, dataset: str) -> pd.DataFrame:
    """unit_id, year, value, group of an indicator, as published or as a gap of two published rates."""
    source = indicator.source(dataset)
    value = chosen(panel, source.numerator)
    if source.minus is not None:
        value = value - chosen(panel, source.minus.numerator)
    return value.dropna().rename("value").reset_index().assign(group=lambda rows: rows["unit_id"].map(group_names()))


def picture(series: pd.DataFrame, indicator: Indicator) -> str:
    """One line a Kreis, thick lines for the medians of the groups, a numbered rule at each break."""
    years = (int(series["year"].min()), int(series["year"].max()))
    axis = alt.Axis(
        format="d", grid=False, title=None, values=list(range(years[0], years[1] + 1, 3 if years[1] - years[0] > 8 else 1))
    )
    x = alt.X("year:Q", axis=axis, scale=alt.Scale(domain=[years[0] - 0.4, years[1] + 0.4], nice=False))
    y = alt.Y("value:Q", axis=alt.Axis(title=None, gridColor="#eeeeee"), scale=alt.Scale(zero=False))
    lines = (
        alt.Chart(one_path(series))
        .mark_line(strokeWidth=0.5, opacity=0.6, color="#a8a8a8", invalid="break-paths-show-domains")
        .encode(x=x, y=y, order="at:Q")
    )
    medians = (
        series[series["group"] != LEFT_OUT].groupby(["group", "year"], as_index=False)["value"].median().round(indicator.decimals)
    )
    named = [*GROUPS.values(), NEVER]
    colours = alt.Scale(domain=[name for name, _ in named], range=[colour for _, colour in named])
    middle = (
        alt.Chart(medians)
        .mark_line(strokeWidth=2.4)
        .encode(
            x=x, y=y, color=alt.Color("group:N", scale=colours, legend=alt.Legend(orient="bottom", title=None, labelLimit=300))
        )
    )
    marks = pd.DataFrame(
        [(b.year - 0.5, str(place)) for place, b in enumerate(within(indicator, years), start=1)], columns=["at", "number"]
    )
    place = alt.X("at:Q", axis=axis, scale=alt.Scale(domain=[years[0] - 0.4, years[1] + 0.4], nice=False))
    marks = marks.groupby("at", as_index=False)["number"].agg(", ".join)
    rules = alt.Chart(marks).mark_rule(strokeDash=[4, 3], color="#222222").encode(x=place)
    numbers = (
        alt.Chart(marks)
        .mark_text(align="left", dx=3, baseline="top", fontSize=11)
        .encode(x=place, y=alt.value(2), text="number:N")
    )
    chart = alt.layer(lines, rules, numbers, middle).properties(width=WIDTH, height=HEIGHT).configure_view(stroke=None)
    return small(str(vl_convert.vegalite_to_svg(chart.to_json())))


def one_path(series: pd.DataFrame) -> pd.DataFrame:
    """The lines of all Kreise behind each other with a gap between two, so that they are drawn as one path."""
    parts = []
    for _, rows in series.sort_values(["unit_id", "year"]).groupby("unit_id"):
        gap = pd.DataFrame({"year": [rows["year"].max()], "value": [float("nan")]})
        parts += [rows[["year", "value"]], gap]
    return pd.concat(parts, ignore_index=True).assign(at=lambda rows: range(len(rows)))


def small(svg: str) -> str:
    """The same picture to a tenth of a point, without what repeats on every line: the page stays below 300 kB."""
    svg = re.sub(r"-?[0-9]+\.[0-9]{2,}", lambda found: f"{float(found[0]):.1f}".removesuffix(".0"), svg)
    svg = re.sub(r' (?:aria-[a-z]+|role|aria-roledescription)="[^"]*"', "", svg)
    return re.sub(r'<path class="(?:foreground|background)"[^>]*/>', "", svg)


def within(indicator: Indicator, years: tuple[int, int]) -> list:
    """The breaks of an indicator that its series passes."""
    return [b for b in indicator.breaks if years[0] < b.year <= years[1]]


def page(folder: Path) -> str:
    """The whole page. Raises FileNotFoundError where the folder lacks the export, ValueError where it can't be read."""
    panels = {dataset: panel_of(folder, dataset) for dataset in FILES}
    catalogue = load_catalogue(ROOT / "data_contracts" / "indicators.yaml", ROOT / "data_contracts" / "breaks.yaml")
    parts = [section(panels[dataset], one, dataset) for one in catalogue.values() if (dataset := source_shown(one)) is not None]
    return f"""<!doctype html>
<html lang="de"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Amtliche Reihen der 53 Kreise</title><style>{STYLE}</style></head><body>
<h1>Amtliche Reihen der 53 Kreise und kreisfreien Städte</h1>
<p>Dünne Linien: je Kreis. Dicke Linien: Mediane der Gruppen. Gestrichelt: Brüche, vor denen die Werte nur begrenzt vergleichbar sind.
Die Bilder beschreiben; sie sagen nichts über eine Wirkung.</p>
<p class="en" lang="en">Thin lines: each Kreis. Thick lines: medians of the groups. Dashed: breaks, before which values are only partly
comparable. The pictures describe; they say nothing about an effect.</p>
{"".join(parts)}
<h2>Quelle / Source</h2>
<p>© BBSR Bonn, INKAR; Datenlizenz Deutschland – Namensnennung – Version 2.0
(<a href="https://www.govdata.de/dl-de/by-2-0">dl-de/by-2-0</a>).
GISD: Robert Koch-Institut, <a href="https://creativecommons.org/licenses/by/4.0/">CC BY 4.0</a>.
Jugendarbeitslosigkeit: © Statistische Ämter des Bundes und der Länder, regionalstatistik.de, Tabelle 13211-02-05-4, dl-de/by-2-0.
Werte gerundet, Mediane und Abstände selbst berechnet.
<span class="en" lang="en">Values rounded; medians and gaps are our own calculation.</span></p>
</body></html>
"""


def section(panel: pd.DataFrame, indicator: Indicator, dataset: str) -> str:
    """Heading, picture and breaks of one indicator."""
    series = series_of(panel, indicator, dataset)
    years = (int(series["year"].min()), int(series["year"].max()))
    breaks = "".join(
        f'<li value="{place}">{b.year}: {html.escape(b.text["de"])} <span class="en" lang="en">/ {html.escape(b.text["en"])}</span></li>'
        for place, b in enumerate(within(indicator, years), start=1)
    )
    label, unit = ({lang: html.escape(texts[lang]) for lang in texts} for texts in (indicator.label, indicator.unit))
    return f"""<section><h2>{label["de"]}</h2>
<p class="unit">{unit["de"]}, {years[0]}–{years[1]} ({indicator.id}) <span class="en" lang="en">/ {label["en"]}, {unit["en"]}</span></p>
<figure role="img" aria-label="{label["de"]}">{picture(series, indicator)}</figure>
{f"<ol>{breaks}</ol>" if breaks else ""}</section>
"""


if __name__ == "__main__":
    PAGE.write_text(page(Path(sys.argv[1])), encoding="utf-8")
