"""The part on deliveries: how many of each dataset hold, and which were refused or are missing."""

from __future__ import annotations

import pandas as pd

from kkz_eval.model.texts import Language
from kkz_eval.reporting import numbers
from kkz_eval.reporting.document import Code, Column, Paragraph, Quoted, Section, Table, identifier_part, phrase
from kkz_eval.reporting.inputs import DELIVERY_STATUSES
from kkz_eval.reporting.sections.parts import say


def deliveries_section(deliveries: pd.DataFrame, language: Language) -> Section:
    """How many deliveries of each dataset hold, and which do not. deliveries: as in `ReportInputs`."""
    tally = deliveries.groupby(["dataset", "status"]).size()
    datasets = sorted({str(dataset) for dataset in deliveries["dataset"]})
    overview = Table(
        "deliveries-table",
        phrase("data.deliveries_caption", language),
        (
            Column(say("data.dataset", language)),
            *(Column(say(f"statuses.{status}", language), "number") for status in DELIVERY_STATUSES),
        ),
        tuple(
            (
                (Code(dataset),),
                *(
                    (
                        numbers.count(
                            f"deliveries.{position}-{identifier_part(dataset)}.{status}",
                            int(tally.get((dataset, status), 0)),
                            language,
                        ),
                    )
                    for status in DELIVERY_STATUSES
                ),
            )
            for position, dataset in enumerate(datasets, start=1)
        ),
    )
    kept_out = deliveries[deliveries["status"].isin(["rejected", "missing"])]
    kept_out = kept_out.sort_values(["dataset", "unit_name", "unit_id", "year"])
    if kept_out.empty:
        return Section(
            "deliveries", phrase("data.deliveries", language), (overview, Paragraph(phrase("data.no_refused", language)))
        )
    rows = tuple(
        (
            (Quoted(str(row["unit_name"])),),
            (Code(str(row["dataset"])),),
            (numbers.year(f"kept_out.{position}.year", row["year"]),),
            (say(f"statuses.{row['status']}", language),),
            (say("studied.not_stated", language),)
            if row["status"] == "missing" or pd.isna(row["n_errors"])
            else (numbers.count(f"kept_out.{position}.n_errors", row["n_errors"], language),),
        )
        for position, row in enumerate(kept_out.to_dict("records"), start=1)
    )
    columns = (
        *(Column(say(f"data.{name}", language)) for name in ("unit_name", "dataset", "year", "status")),
        Column(say("data.n_errors", language), "number"),
    )
    named = Table("kept-out-table", phrase("data.refused_caption", language), columns, rows)
    return Section("deliveries", phrase("data.deliveries", language), (overview, named))
