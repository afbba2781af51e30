"""The commands `export` and `replay`: the replication package of a plan into a folder, and its headline once more from that folder alone.

Does not belong here: what is in the package (line.replication), comparing results (evaluation.replayed).
"""

from __future__ import annotations

from pathlib import Path

from kkz_eval.commands import say
from kkz_eval.commands.terminal import telling
from kkz_eval.evaluation.effects import run_effects
from kkz_eval.evaluation.panel import read_panel
from kkz_eval.evaluation.plan_file import load_plan
from kkz_eval.evaluation.replayed import replayed
from kkz_eval.evaluation.verdict.evidence import Evidence
from kkz_eval.evaluation.verdict.gather import evidence_of
from kkz_eval.line.alone import held
from kkz_eval.line.installation import open_installation
from kkz_eval.line.replication import EXPECTED, PANEL, PLAN, SUMS, package_of
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.line.study import study_of
from kkz_eval.model.errors import UserError
from kkz_eval.model.folders import files_in
from kkz_eval.model.system_errors import reason_of
from kkz_eval.settings import Settings
from kkz_eval.storage.digests import digest_of_bytes
from kkz_eval.storage.store import put_file_if_absent

SHOWN = 10
"""So many differences are printed; the rest is counted."""


def export_plan(settings: Settings, plan: str, out: Path) -> int:
    """Write the replication package of a plan into a new or empty folder. plan: a file, or the identifier of a plan of the installation.

    Returns 0. Raises UserError where the plan is not there or not valid, nothing is accepted for it, or the folder holds anything.
    """
    file = _plan_file(settings, plan)
    _require_empty(out)
    installation = open_installation(settings, [file], telling(settings))
    (read,) = installation.plans.values()
    with held(installation, "kkz-eval export", telling(settings)) as alone:
        study = study_of(current_snapshot(alone), read.id)
        if not study.has_data:
            raise UserError("export_no_data", package=say.package, plan=read.id, home=str(settings.home))
        files = package_of(study, file.read_bytes())
    try:
        for name, content in sorted(files.items(), key=lambda item: item[0] == SUMS):  # the sums last: they say "complete"
            target = out / name
            target.parent.mkdir(parents=True, exist_ok=True)
            put_file_if_absent(target.absolute(), content)
    except OSError as error:
        raise UserError("export_not_written", package=say.package, folder=str(out), reason=reason_of(error)) from error
    print(say("export.written", plan=read.id, folder=str(out), files=len(files)).in_language(settings.language))
    print(say("export.next", folder=str(out)).in_language(settings.language))
    return 0


def replay_package(settings: Settings, folder: Path) -> int:
    """Estimate the plan of a package on its panel, and compare every number with the results that lie in it; needs no home.

    Returns 0 where all are the same, 1 where any differs. Raises UserError where the folder is no package or was changed.
    """
    _require_unchanged(folder)
    plan, panel = load_plan(folder / PLAN), read_panel(folder / PANEL)
    language = settings.language
    print(say("replay.begins", plan=plan.id, outcomes=len(plan.outcomes)).in_language(language), flush=True)
    found = run_effects(panel, plan)
    expected = {path.name: path.read_bytes() for path in files_in(folder / EXPECTED, ".csv")}
    compared = replayed(expected, found)
    for outcome in plan.outcomes:
        told = evidence_of(outcome, plan, found, Evidence())  # the estimate and the range that the verdict rests on
        if told.estimate is not None:
            values = dict(zip(("estimate", "conf_low", "conf_high"), (told.estimate, *(told.interval or ())), strict=False))
            key = "replay.headline" if told.interval else "replay.headline_without_range"
            shown = {name: f"{value:.6g}" for name, value in values.items()}
            print(say(key, indicator=outcome.indicator, **shown).in_language(language))
    for one in compared.differences[:SHOWN]:
        print(say("replay.differs", **vars(one)).in_language(language))
    key = "replay.same" if not compared.differences else "replay.different"
    print(say(key, numbers=compared.n, different=len(compared.differences)).in_language(language))
    return int(bool(compared.differences))


def _plan_file(settings: Settings, plan: str) -> Path:
    """The file of a plan that is named by its path or its identifier."""
    if Path(plan).is_file():
        return Path(plan)
    folder = settings.contracts / "plans"
    known = {load_plan(file).id: file for file in files_in(folder, ".yaml")}
    if plan not in known:
        raise UserError("export_plan_unknown", package=say.package, plan=plan, known=", ".join(known) or "–")
    return known[plan]


def _require_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        return
    if folder.exists():
        raise UserError("export_not_empty", package=say.package, folder=str(folder))


def _require_unchanged(folder: Path) -> None:
    """Each listed file is there, with the content that it was written with."""
    try:
        listed = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError("replay_no_package", package=say.package, folder=str(folder), file=SUMS) from error
    for line in listed:
        digest, _, name = line.partition("  ")
        path = folder / name
        if not path.is_file():
            raise UserError("replay_missing", package=say.package, folder=str(folder), file=name)
        if digest_of_bytes(path.read_bytes()) != digest:
            raise UserError("replay_changed", package=say.package, folder=str(folder), file=name)
