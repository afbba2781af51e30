"""What is accepted of each dataset, as a digest that is another as soon as any value that holds could be another. No table is read for it.

Belongs here: that, and which datasets the stations read. Does not belong here: the values (snapshot), who follows them (assets.automation).
"""

from __future__ import annotations

from collections.abc import Iterable

from kkz_eval.contracts.contract import Contract
from kkz_eval.contracts.load import load_contracts
from kkz_eval.deliveries.register.accepted import is_accepted, sources_of
from kkz_eval.deliveries.register.register import Register
from kkz_eval.indicators.pseudo_cohorts import counts_of, datasets_of
from kkz_eval.line.installation import Installation
from kkz_eval.model.verdicts import Status
from kkz_eval.storage.digests import digest_of


def what_holds(register: Register, contracts: Iterable[Contract]) -> dict[str, str]:
    """The digest of what is accepted, by dataset. The same content once more under another name gives the same."""
    return {contract.dataset: _digest(register, contract) for contract in contracts}


def what_holds_now(installation: Installation) -> dict[str, str]:
    """As what_holds, of the register and of contracts as their files are now: a process that lives longer than a run would else tell by others
    than the run does, and each would take the other's word for news.

    Raises UserError where a contract is not valid, and while a removal is not at its end.
    """
    return what_holds(installation.register(), load_contracts(installation.settings.contracts).values())


def datasets_of_stations(installation: Installation) -> tuple[str, ...]:
    """The datasets that the stations of the years of birth read, by name."""
    known = {contract.dataset for contract in installation.contracts.values()}
    return tuple(name for name in datasets_of(counts_of(installation.stations)) if name in known)


def _digest(register: Register, contract: Contract) -> str:
    """Of the contents in their order, which ones came together, and of each what was read of it and the units and years that are accepted."""
    parts: list[object] = [contract.digest]
    batch = 0
    for source in (source for source in sources_of(register, contract) if is_accepted(source)):
        accepted = sorted([part.unit_id, part.year] for part in source.verdict.slices if part.status != Status.REJECTED)
        of_file = [source.arrival.sha256, source.first_day, source.verdict.parsed_key, source.arrival.batch == batch]
        parts.append([*of_file, accepted])
        batch = source.arrival.batch
    return digest_of(parts)
