"""Whether series agree: delivered with official, municipalities with their Kreis, years with the years before. Warnings only, never blocking.

Values of cells never go into the run history: the sentences name indicator, unit and year, not the figures.
"""

import dagster as dg

from kkz_eval.assets.moment import moment_of
from kkz_eval.contracts.contract import Contract
from kkz_eval.descriptions import described
from kkz_eval.indicators.agreement import beyond
from kkz_eval.line.comparisons import delivered_against_official, sudden_changes, sums_of_municipalities
from kkz_eval.line.installation import Installation
from kkz_eval.reference.tables import unit_name
from kkz_eval.sentences import SHOWN, say


def agreement_check(contract: Contract) -> dg.AssetChecksDefinition:
    """Delivered against official, beyond the tolerance of the contract."""

    @dg.asset_check(
        asset="indicators",
        name=f"official_{contract.id}",
        description=described("check.official", title={"de": contract.title_de, "en": contract.title_en}),
    )
    def check(context: dg.AssetCheckExecutionContext, installation: dg.ResourceParam[Installation]) -> dg.AssetCheckResult:
        language, tolerance = installation.settings.language, contract.terms.official_tolerance
        compared = delivered_against_official(moment_of(context, installation), contract)
        far = beyond(compared, tolerance)
        sentences = [
            say(
                "official.beyond",
                language,
                indicator=installation.catalogue[str(row.indicator)].label[language],
                unit=unit_name(str(row.unit_id)),
                year=row.year,
                tolerance=f"{100 * tolerance:g}",
            )
            for row in far.head(SHOWN).itertuples()
        ]
        summary = say("official.agrees", language, contract=contract.id, cells=len(compared), tolerance=f"{100 * tolerance:g}")
        return _result(sentences, len(far), summary, installation, {"verglichen": len(compared)})

    return check


def sums_check(contract: Contract) -> dg.AssetChecksDefinition:
    """Municipalities against the Kreis they lie in."""

    @dg.asset_check(
        asset="observations",
        name=f"kreissummen_{contract.id}",
        description=described("check.sums", title={"de": contract.title_de, "en": contract.title_en}),
    )
    def check(context: dg.AssetCheckExecutionContext, installation: dg.ResourceParam[Installation]) -> dg.AssetCheckResult:
        language = installation.settings.language
        found = sums_of_municipalities(moment_of(context, installation), contract)
        sentences = [
            say(
                "sums.differ",
                language,
                cell=cell,
                kreis=unit_name(row.kreis_ags5),
                year=row.year,
                given=row.n_given,
                units=row.n_units,
            )
            for cell, row in found[:SHOWN]
        ]
        return _result(sentences, len(found), say("sums.agree", language, contract=contract.id), installation, {})

    return check


@dg.asset_check(asset="indicators", name="unbekannte_brueche", description=described("check.breaks"))
def unlisted_breaks_check(
    context: dg.AssetCheckExecutionContext, installation: dg.ResourceParam[Installation]
) -> dg.AssetCheckResult:
    """Jumps in the series of the plans' outcomes that the list of breaks does not explain."""
    language = installation.settings.language
    sentences = []
    for (name, dataset), changes in sudden_changes(moment_of(context, installation)).items():
        for change in changes:
            key = "breaks.common" if change.unit_id is None else "breaks.unit"
            unit = "" if change.unit_id is None else unit_name(change.unit_id)
            label = installation.catalogue[name].label[language]
            sentences.append(say(key, language, indicator=label, dataset=dataset, year=change.year, unit=unit))
    return _result(sentences[:SHOWN], len(sentences), say("breaks.none", language), installation, {})


def _result(
    sentences: list[str], count: int, summary: str, installation: Installation, figures: dict[str, int]
) -> dg.AssetCheckResult:
    more = (
        [say("plausibility.more", installation.settings.language, count=count - len(sentences))] if count > len(sentences) else []
    )
    return dg.AssetCheckResult(
        passed=count == 0,
        severity=dg.AssetCheckSeverity.WARN,
        description="\n".join([*sentences, *more]) or summary,
        metadata={"hinweise": count, **figures},
    )
