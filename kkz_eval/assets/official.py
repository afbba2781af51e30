"""The official sources as assets: which editions are accepted, under which licence, with whose attribution. One asset per official contract."""

import dagster as dg

from kkz_eval import line as steps
from kkz_eval.assets.deliveries import verdicts
from kkz_eval.assets.failures import sentences
from kkz_eval.contracts.contract import Contract
from kkz_eval.descriptions import described


def official_asset(contract: Contract) -> dg.AssetsDefinition:
    """The accepted editions of an official dataset. Attribution and licence stand at the asset, whether or not a file has come."""

    @dg.asset(
        name=f"official_{contract.dataset}",
        deps=[verdicts],
        group_name="b_kennzahlen",
        owners=["team:auswertung"],
        kinds={"file"},
        description=described("asset.official", title={"de": contract.title_de, "en": contract.title_en}),
        metadata={"quellenangabe": contract.attribution, "lizenz": contract.licence},
    )
    def editions(line: dg.ResourceParam[steps.Line]) -> dg.MaterializeResult[None]:
        with sentences(line.settings.language):
            accepted = steps.accepted(line, contract.dataset)
        records = []
        for source in accepted.sources:
            years = sorted({part.year for part in source.verdict.slices})
            span = f"{years[0]}–{years[-1]}" if years else "–"
            edition = source.verdict.edition or "–"
            records.append(
                dg.TableRecord(
                    {"ausgabe": edition, "datei": source.arrival.name, "jahre": span, "pruefsumme": source.arrival.sha256}
                )
            )
        names = ("ausgabe", "datei", "jahre", "pruefsumme")
        schema = dg.TableSchema([dg.TableColumn(name, "string") for name in names])
        return dg.MaterializeResult(
            metadata={
                "quellenangabe": contract.attribution,
                "lizenz": contract.licence,
                "ausgaben": ", ".join(sorted({str(record.data["ausgabe"]) for record in records})) or "–",
                "dateien": dg.MetadataValue.table(records, schema),
                "werte": accepted.observations.num_rows,
            }
        )

    return editions
