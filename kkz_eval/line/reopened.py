"""The evaluation of a run opened again on its frozen inputs, beside the edition that was made of it: for notebooks.

Belongs here: which run is meant, what it rests on, its results computed now and as they were kept, and questions asked otherwise on the same state.
Nothing is written into the home: what is computed is kept in memory. Does not belong here: estimating, drawing, the words of reports.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from kkz_eval.evaluation.plan import Plan, plan_digest, report_folder
from kkz_eval.evaluation.replayed import Difference, replayed
from kkz_eval.evaluation.results import RESULT_TABLES
from kkz_eval.indicators.catalogue import check_origins, load_catalogue
from kkz_eval.line import say
from kkz_eval.line.editions import Numbered, numbered_editions
from kkz_eval.line.installation import open_installation
from kkz_eval.line.report import report_inputs
from kkz_eval.line.snapshot import Snapshot, open_snapshot
from kkz_eval.line.study import Study
from kkz_eval.line.validity import check_plan
from kkz_eval.model.errors import UserError
from kkz_eval.model.texts import Language
from kkz_eval.reporting.inputs import OutcomeInfo, ReportInputs
from kkz_eval.settings import Settings, load_settings
from kkz_eval.storage.digests import digest_of
from kkz_eval.storage.steps import Steps
from kkz_eval.storage.store import DraftStore, Store


@dataclass(frozen=True, eq=False)
class Reopened:
    """A plan on the snapshot of a run. edition: the newest that was made of both."""

    study: Study
    edition: Numbered

    @property
    def plan(self) -> Plan:
        """The plan, as it was when the run froze its inputs."""
        return self.study.plan

    @property
    def language(self) -> Language:
        """The language of figures and sentences."""
        return self.study.installation.settings.language

    def __str__(self) -> str:
        """What all numbers rest on, in the language of the settings; first of all, whether they are made up."""
        said = say(
            "reopened.rests_on",
            snapshot=self.study.snapshot.name,
            day=self.study.snapshot.day.isoformat(),
            plan=self.plan.id,
            digest=plan_digest(self.plan),
            number=self.edition.number,
            folder=f"{report_folder(self.plan.id)}/{self.edition.folder}",
        ).in_language(self.language)
        made_up = say("reopened.simulated").in_language(self.language)
        return f"{made_up}\n{said}" if self.study.simulated else said

    @cached_property
    def inputs(self) -> ReportInputs:
        """All that the report shows, from which its figures are drawn."""
        return report_inputs(self.study, self.study.effects)

    def outcome(self, indicator: str) -> OutcomeInfo:
        """What the report says of an outcome besides its numbers. Raises StopIteration for one that the plan does not have."""
        return next(one for one in self.inputs.outcomes if one.indicator == indicator)

    def value(self, indicator: str, unit_id: str, year: int) -> float:
        """A value that the plan compares, in the unit of its indicator. Raises UserError where there is none."""
        panel = self.study.panel
        found = panel[(panel["indicator"] == indicator) & (panel["unit_id"] == unit_id) & (panel["year"] == year)]["value"]
        if not len(found):
            known = ", ".join(dict.fromkeys(panel["indicator"]))
            raise UserError(
                "reopened_no_value",
                package=say.package,
                indicator=indicator,
                unit=unit_id,
                year=year,
                plan=self.plan.id,
                known=known,
            )
        return float(found.item())

    def kept(self, table: str) -> pd.DataFrame:
        """A table as it lies beside the kept report, by its name: estimates, audit, design_balance. Raises UserError where it is not there."""
        content = self.kept_file(f"{table}.csv")
        texts = dict.fromkeys(("unit_id", "reference_id", "parameter", "within", "adjust", "variant"), str)
        frame = pd.read_csv(BytesIO(content), dtype=texts)
        return frame.fillna({name: "" for name in texts if name in frame})

    def kept_file(self, name: str) -> bytes:
        """A file as it lies beside the kept report. Raises UserError where it is not there."""
        return self._store.get(f"{report_folder(self.plan.id)}/{self.edition.folder}/{name}")

    @cached_property
    def differences(self) -> tuple[Difference, ...]:
        """Numbers of the kept results that are others when they are computed now from the frozen inputs."""
        folder = f"{report_folder(self.plan.id)}/{self.edition.folder}"
        names = [f"{table}.csv" for table in RESULT_TABLES if self._store.exists(f"{folder}/{table}.csv")]
        return replayed({name: self._store.get(f"{folder}/{name}") for name in names}, self.study.effects).differences

    def asked_otherwise(self, plan_id: str, catalogue: str = "", **changes: Any) -> Study:
        """An exploratory variant of the plan on the same frozen inputs. changes: keys of Plan; catalogue: further indicators, as YAML.

        Raises UserError where the variant or an indicator is not valid.
        """
        snapshot = with_indicators(self.study.snapshot, catalogue) if catalogue else self.study.snapshot
        plan = replace(self.plan, id=plan_id, variant_of=self.plan.id, **changes)
        check_plan(plan, snapshot.installation.catalogue, snapshot.contracts)
        return Study(snapshot, plan)

    @property
    def _store(self) -> Store:
        return self.study.snapshot.steps.store


def reopen(plan_id: str, snapshot: str = "", settings: Settings | None = None) -> Reopened:
    """The evaluation of a plan on the frozen inputs of a run. snapshot: name of its state, or how it begins; by default that of the newest edition
    which is kept, in KKZ_STORE where one is set, else in KKZ_HOME.

    Raises UserError where there is none, or where contracts, plans or decisions are others than those of the run.
    """
    settings = settings or load_settings()
    store = Store.at(settings.store)
    kept = [
        one for one in numbered_editions(store, plan_id) if store.exists(f"{report_folder(plan_id)}/{one.folder}/estimates.csv")
    ]
    found = [one for one in kept if one.snapshot.startswith(snapshot)]
    if len({one.snapshot for one in found}) != 1 and (snapshot or not found):
        known = ", ".join(dict.fromkeys(one.snapshot for one in kept)) or "–"
        raise UserError("reopened_unknown", package=say.package, plan=plan_id, named=snapshot or "–", known=known)
    return _reopened(settings, plan_id, found[-1])


@lru_cache(
    maxsize=2
)  # cells that are run again, and notebooks that are run one after the other, share what was read and computed
def _reopened(settings: Settings, plan_id: str, edition: Numbered) -> Reopened:
    installation = open_installation(settings)
    drafted = replace(installation, steps=Steps(DraftStore.over(installation.steps.store)))
    snapshot = open_snapshot(drafted, edition.snapshot)
    return Reopened(Study(snapshot, snapshot.installation.plans[plan_id]), edition)


def with_indicators(snapshot: Snapshot, entries: str) -> Snapshot:
    """The snapshot with further entries of the catalogue, written as in data_contracts/indicators.yaml; its other indicators stay as they are.

    Raises UserError where an entry is not valid or its name is taken.
    """
    installation = snapshot.installation
    folder, own = installation.settings.contracts, _entries(entries)
    taken = sorted(set(own) & set(installation.catalogue))
    if taken:
        raise UserError("indicator_taken", package=say.package, names=", ".join(taken))
    content = yaml.safe_load((folder / "indicators.yaml").read_text(encoding="utf-8"))
    content["indicators"] |= own
    with tempfile.TemporaryDirectory() as made:
        file = Path(made) / "indicators.yaml"
        file.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
        catalogue = load_catalogue(file, folder / "breaks.yaml")
    check_origins(catalogue, {contract.dataset: contract.source for contract in installation.contracts.values()})
    name = f"{snapshot.name}+{digest_of(entries)}"
    return replace(snapshot, installation=replace(installation, catalogue=catalogue), name=name, _kept={})


def _entries(text: str) -> dict[str, Any]:
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UserError("indicators_no_yaml", package=say.package, reason=str(error)) from error
    if not isinstance(found, dict):
        raise UserError("indicators_no_yaml", package=say.package, reason=text[:80])
    return found
