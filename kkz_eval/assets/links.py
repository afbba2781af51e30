"""Links from Dagster's pages to reports and protocols: an address where the local server runs, a path elsewhere."""

from collections.abc import Mapping

import dagster as dg

from kkz_eval.line.installation import Installation

SHOWN = 20
"""So many protocols are linked; the folder holds all."""


def link(installation: Installation, key: str) -> dg.MetadataValue[str | None]:
    """The page kept under a key."""
    if installation.settings.reports_url:
        return dg.MetadataValue.url(f"{installation.settings.reports_url}/{key}")
    return dg.MetadataValue.path(installation.steps.store.address_of(key))


def protocol_links(installation: Installation, protocols: Mapping[str, str]) -> dict[str, dg.MetadataValue[str | None]]:
    """A link per protocol, by the name of the delivered file."""
    return {f"protokoll {name}": link(installation, key) for name, key in list(protocols.items())[:SHOWN]}


def picture(installation: Installation, key: str, alternative_text: str) -> dg.MetadataValue[str | None]:
    """A kept picture, inline where the local server runs: Dagster shows Markdown inline below 1,000 characters only."""
    if installation.settings.reports_url:
        return dg.MetadataValue.md(f"![{alternative_text}]({installation.settings.reports_url}/{key})")
    return link(installation, key)
