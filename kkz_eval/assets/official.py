"""The official sources as assets: which editions are accepted, under which licence, with whose attribution. One asset per official contract."""

from collections.abc import Iterator

import dagster as dg

from kkz_eval.assets import say
from kkz_eval.assets.alone import HOME
from kkz_eval.assets.deliveries import verdicts
from kkz_eval.assets.descriptions import described
from kkz_eval.assets.failures import sentences
from kkz_eval.assets.moment import moment_of
from kkz_eval.assets.simulated import said_where_simulated
from kkz_eval.contracts.contract import Contract
from kkz_eval.line.installation import Installation


def official_asset(contract: Contract) -> dg.AssetsDefinition:
    """The accepted editions of an official dataset; not materialised while no file is accepted.

    Attribution and licence of the contract stand at the asset, whether or not a file has come; made-up figures are credited to nobody.
    """

    @dg.asset(
        name=f"official_{contract.dataset}",
        deps=[verdicts],
        group_name="b_kennzahlen",
        owners=["team:auswertung"],
        kinds={"file"},
        description=described("asset.official", title=contract.title),
        pool=HOME,
        metadata={"quellenangabe_laut_vertrag": contract.attribution, "lizenz_laut_vertrag": contract.licence},
        output_required=False,
    )
    def editions(
        context: dg.AssetExecutionContext, installation: dg.ResourceParam[Installation]
    ) -> Iterator[dg.MaterializeResult[None]]:
        with sentences(installation.settings.language):
            snapshot = moment_of(context, installation)
            accepted, states = snapshot.accepted(contract.dataset), snapshot.editions(contract.dataset)
        if not accepted.sources:  # green would say that the source is there
            context.log.info(say("no_official_file", dataset=contract.dataset).in_language(installation.settings.language))
            return
        simulated = said_where_simulated(snapshot.simulated & {contract.dataset}, installation.settings.language)
        files = []
        for source in accepted.sources:
            years = sorted({part.year for part in source.verdict.slices})
            span = f"{years[0]}–{years[-1]}" if years else "–"
            edition = source.verdict.edition or "–"
            files.append({"ausgabe": edition, "datei": source.arrival.name, "jahre": span, "pruefsumme": source.arrival.sha256})
        known = [
            {
                "ausgabe": state.edition or "–",
                "bekannt_seit": state.known_day or "–",
                "laut": state.known_by or "–",
                "jahre": f"{state.first_year}–{state.last_year}",
                "werte": str(state.n_values),
                "kennzeichen": ", ".join(f"{flag}: {number}" for flag, number in state.flags) or "–",
            }
            for state in states
        ]
        yield dg.MaterializeResult(
            metadata={
                **(simulated or {"quellenangabe": contract.attribution, "lizenz": contract.licence}),
                "ausgaben": ", ".join(sorted({row["ausgabe"] for row in known})) or "–",
                "bekannt": _table(known, ("ausgabe", "bekannt_seit", "laut", "jahre", "werte", "kennzeichen")),
                "dateien": _table(files, ("ausgabe", "datei", "jahre", "pruefsumme")),
                "werte": accepted.observations.num_rows,
            }
        )

    return editions


def _table(rows: list[dict[str, str]], names: tuple[str, ...]) -> dg.TableMetadataValue:
    schema = dg.TableSchema([dg.TableColumn(name, "string") for name in names])
    return dg.MetadataValue.table([dg.TableRecord({name: row[name] for name in names}) for row in rows], schema)
