"""The command line: the same job without the UI, the steward's check of one file, the model world, the engine alone.

Belongs here: which command takes what, and handing it to one function of `commands`, which prints and gives the exit code.
Every command imports only what it needs, so that the check of one file starts quickly.
"""

from __future__ import annotations

import argparse
import signal
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from kkz_eval import __version__
from kkz_eval.commands import say
from kkz_eval.commands.terminal import give_up_unwritten, prepare_streams
from kkz_eval.model.errors import UserError
from kkz_eval.model.system_errors import refused_by_system
from kkz_eval.model.texts import LANGUAGES, Language
from kkz_eval.settings import load_settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; errors that a user can mend are one sentence on standard error."""
    language: Language = "de"
    try:
        language = load_settings().language
        options = _parser(language).parse_args(arguments)
        code = int(options.command(options))
        sys.stdout.flush()
    except UserError as error:
        print(error.sentence.in_language(language), file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # whoever does not want to wait for its end either
        print(say("cli.interrupted").in_language(language), file=sys.stderr)
        return 130  # as a shell says of a command that was stopped
    except BrokenPipeError:
        sys.stderr.close()
        return 1  # nobody read to the end, so nobody was told that all is well
    except OSError as error:
        print(refused_by_system(error).sentence.in_language(language), file=sys.stderr)
        return 2
    else:
        return code


def entry() -> None:
    """The console script."""
    prepare_streams()
    code = main()
    give_up_unwritten()
    sys.exit(code)


def _parser(language: Language) -> argparse.ArgumentParser:
    def words(key: str) -> str:
        return say(f"cli.{key}").in_language(language).replace("%", "%%")

    parser = argparse.ArgumentParser(prog="kkz-eval", description=words("description"))
    parser.add_argument("--version", action="version", version=f"kkz-eval {__version__}")
    commands = parser.add_subparsers(title=words("commands"), required=True, metavar="BEFEHL" if language == "de" else "COMMAND")

    run = commands.add_parser("run", help=words("run"), description=words("run_long"))
    run.add_argument("--inbox", type=Path, help=words("inbox"))
    run.add_argument("--home", type=Path, help=words("home"))
    run.add_argument("--plan", type=Path, help=words("plan"))
    run.add_argument("--years", help=words("years"))
    run.set_defaults(command=_run)

    check = commands.add_parser("check", help=words("check"), description=words("check_long"))
    check.add_argument("files", type=Path, nargs="+", metavar="FILE", help=words("files"))
    check.add_argument("--contract", help=words("contract"))
    check.add_argument("--protocol", type=Path, metavar="OUT.xlsx", help=words("protocol"))
    check.add_argument("--json", action="store_true", help=words("json"))
    check.set_defaults(command=_check)

    _add_lint_text(commands, words)

    simulate = commands.add_parser("simulate", help=words("simulate"), description=words("simulate_long"))
    simulate.add_argument("--out", type=Path, required=True, help=words("out"))
    simulate.add_argument("--seed", type=int, default=1, help=words("seed"))
    simulate.add_argument("--effects", type=Path, help=words("effects_file"))
    simulate.add_argument("--faults", type=int, default=0, help=words("faults"))
    simulate.set_defaults(command=_simulate)

    effects = commands.add_parser("effects", help=words("effects"), description=words("effects_long"))
    effects.add_argument("--panel", type=Path, required=True, help=words("panel"))
    effects.add_argument("--plan", type=Path, required=True, help=words("plan"))
    effects.add_argument("--out", type=Path, default=Path("effects"), help=words("out"))
    effects.set_defaults(command=_effects)

    _add_replication(commands, words)

    ui = commands.add_parser("ui", help=words("ui"), description=words("ui_long"))
    ui.add_argument("--home", type=Path, help=words("home"))
    ui.add_argument("--inbox", type=Path, help=words("inbox"))
    ui.add_argument("--port", type=int, default=3000, help=words("port"))
    ui.set_defaults(command=_ui)

    fetch = commands.add_parser("fetch", help=words("fetch"), description=words("fetch_long"))
    fetch.add_argument("table", metavar="TABLE", help=words("fetch_table"))
    fetch.add_argument("--source", help=words("fetch_source"))
    fetch.add_argument("--years", help=words("fetch_years"))
    fetch.add_argument("--regions", help=words("fetch_regions"))
    fetch.add_argument("--job", action="store_const", const="job", default="dialogue", help=words("fetch_job"))
    fetch.add_argument("--into", type=Path, metavar="DIR", help=words("fetch_into"))
    fetch.set_defaults(command=_fetch)

    _report_commands(commands.add_parser("report", help=words("report_command")), words)

    _contract_commands(commands.add_parser("contracts", help=words("contracts")), words)

    _plan_parser(commands.add_parser("plan", help=words("plan_command")), words)

    _add_deliveries(commands, words)
    _add_keeping(commands, words)
    return parser


def _add_replication(commands: Any, words: Callable[[str], str]) -> None:
    """The package for outsiders, and computing it anew. commands: the subparsers of the main one."""
    export = commands.add_parser("export", help=words("export"), description=words("export_long"))
    export.add_argument("plan", metavar="PLAN", help=words("export_plan"))
    export.add_argument("--out", type=Path, required=True, help=words("export_out"))
    export.add_argument("--home", type=Path, help=words("home"))
    export.set_defaults(command=_export)

    replay = commands.add_parser("replay", help=words("replay"), description=words("replay_long"))
    replay.add_argument("folder", type=Path, metavar="DIR", help=words("replay_folder"))
    replay.set_defaults(command=_replay)

    trace = commands.add_parser("trace", help=words("trace"), description=words("trace_long"))
    trace.add_argument("report", metavar="REPORT", help=words("report"))
    trace.add_argument("number", metavar="NUMBER_ID", help=words("trace_number"))
    trace.add_argument("--cells", type=Path, metavar="OUT.csv", help=words("trace_cells"))
    trace.add_argument("--plan", type=Path, help=words("report_plan"))
    trace.add_argument("--home", type=Path, help=words("home"))
    trace.add_argument("--json", action="store_true", help=words("json"))
    trace.set_defaults(command=_trace)

    verify = commands.add_parser("verify", help=words("verify"), description=words("verify_long"))
    verify.add_argument("report", metavar="REPORT", help=words("report"))
    verify.add_argument("--plan", type=Path, help=words("report_plan"))
    verify.add_argument("--home", type=Path, help=words("home"))
    verify.set_defaults(command=_verify)


def _add_deliveries(commands: Any, words: Callable[[str], str]) -> None:
    """The commands of the steward's desk. commands: the subparsers of the main one."""
    deliveries = commands.add_parser("deliveries", help=words("deliveries")).add_subparsers(required=True, metavar="list")
    listing = deliveries.add_parser("list", help=words("deliveries_list"))
    listing.add_argument("--home", type=Path, help=words("home"))
    listing.add_argument("--history", action="store_true", help=words("history"))
    listing.add_argument("--json", action="store_true", help=words("json"))
    listing.set_defaults(command=_deliveries_list)
    compared = deliveries.add_parser("diff", help=words("deliveries_diff"))
    compared.add_argument("first", metavar="A", help=words("deliveries_diff_side"))
    compared.add_argument("second", metavar="B", help=words("deliveries_diff_side"))
    compared.add_argument("--home", type=Path, help=words("home"))
    compared.add_argument("--json", action="store_true", help=words("json"))
    compared.set_defaults(command=_deliveries_diff)
    decisions = deliveries.add_parser("decisions", help=words("deliveries_decisions"))
    decisions.add_argument("--home", type=Path, help=words("home"))
    decisions.add_argument("--json", action="store_true", help=words("json"))
    decisions.set_defaults(command=_deliveries_decisions)
    approve = deliveries.add_parser("approve", help=words("deliveries_approve"))
    approve.add_argument("request", metavar="ID", help=words("request_id"))
    approve.add_argument("--role", required=True, help=words("role"))
    approve.add_argument("--expires", metavar="YYYY-MM-DD", help=words("expires"))
    approve.add_argument("--home", type=Path, help=words("home"))
    approve.set_defaults(command=_deliveries_approve)

    returned = deliveries.add_parser("return", help=words("deliveries_return"), description=words("deliveries_return_long"))
    returned.add_argument("unit", metavar="AGS", help=words("return_unit"))
    returned.add_argument("--out", type=Path, required=True, help=words("return_out"))
    returned.add_argument("--home", type=Path, help=words("home"))
    returned.set_defaults(command=_deliveries_return)
    judge = deliveries.add_parser("judge", help=words("deliveries_judge"), description=words("deliveries_judge_long"))
    judge.add_argument("sha256", metavar="SHA256", help=words("sha256"))
    judge.add_argument("--home", type=Path, help=words("home"))
    judge.set_defaults(command=_deliveries_judge)


def _add_keeping(commands: Any, words: Callable[[str], str]) -> None:
    """The commands about what is kept: whether it is whole, its backups, its removal. commands: the subparsers of the main one."""
    fsck = commands.add_parser("fsck", help=words("fsck"), description=words("fsck_long"))
    fsck.add_argument("--repair", action="store_true", help=words("fsck_repair"))
    fsck.add_argument("--home", type=Path, help=words("home"))
    fsck.add_argument("--json", action="store_true", help=words("json"))
    fsck.set_defaults(command=_fsck)

    backup = commands.add_parser("backup", help=words("backup"), description=words("backup_long"))
    backup.add_argument("place", nargs="?", metavar="PLACE", help=words("backup_place"))
    what = backup.add_mutually_exclusive_group()
    what.add_argument("--keep", type=int, metavar="N", help=words("backup_keep"))
    what.add_argument("--verify", action="store_true", help=words("backup_verify"))
    backup.add_argument("--home", type=Path, help=words("home"))
    backup.set_defaults(command=_backup)

    tidy = commands.add_parser("tidy", help=words("tidy"), description=words("tidy_long"))
    tidy.add_argument("--home", type=Path, help=words("home"))
    tidy.set_defaults(command=_tidy)

    restore = commands.add_parser("restore", help=words("restore"), description=words("restore_long"))
    restore.add_argument("place", nargs="?", metavar="PLACE", help=words("backup_place"))
    restore.add_argument("--number", type=int, metavar="N", help=words("restore_number"))
    restore.add_argument("--home", type=Path, required=True, help=words("home"))
    restore.add_argument("--contracts", type=Path, help=words("restore_contracts"))
    restore.set_defaults(command=_restore)

    purge = commands.add_parser("purge", help=words("purge"), description=words("purge_long"))
    purge.add_argument("sha256", metavar="SHA256", help=words("sha256"))
    purge.add_argument("--reason", required=True, help=words("reason"))
    purge.add_argument("--home", type=Path, help=words("home"))
    purge.add_argument("--inbox", type=Path, help=words("inbox"))
    purge.set_defaults(command=_purge)


def _plan_parser(parser: argparse.ArgumentParser, words: Callable[[str], str]) -> None:
    """Arguments of the commands about plans."""
    plan = parser.add_subparsers(required=True, metavar="check | power | lock | show")
    plan_check = plan.add_parser("check", help=words("plan_check"), description=words("plan_check_long"))
    plan_check.add_argument("file", type=Path, metavar="FILE")
    plan_check.add_argument("--inbox", type=Path, help=words("plan_check_inbox"))
    plan_check.add_argument("--home", type=Path, help=words("home"))
    plan_check.set_defaults(command=_plan_check)
    plan_power = plan.add_parser("power", help=words("plan_power"), description=words("plan_power_long"))
    plan_power.add_argument("file", type=Path, metavar="FILE")
    plan_power.add_argument("--inbox", type=Path, help=words("plan_check_inbox"))
    plan_power.add_argument("--home", type=Path, help=words("home"))
    plan_power.set_defaults(command=_plan_power)
    plan_lock = plan.add_parser("lock", help=words("plan_lock"), description=words("plan_lock_long"))
    plan_lock.add_argument("file", type=Path, metavar="FILE")
    plan_lock.add_argument("--inbox", type=Path, help=words("inbox"))
    plan_lock.add_argument("--home", type=Path, help=words("home"))
    plan_lock.set_defaults(command=_plan_lock)
    plan_show = plan.add_parser("show", help=words("plan_show"))
    plan_show.add_argument("file", type=Path, metavar="FILE")
    plan_show.add_argument("--home", type=Path, help=words("home"))
    plan_show.set_defaults(command=_plan_show)


def _add_lint_text(commands: Any, words: Callable[[str], str]) -> None:
    """The check of a text. commands: the subparsers of the main one."""
    lint_text = commands.add_parser("lint-text", help=words("lint_text"), description=words("lint_text_long"))
    lint_text.add_argument("files", type=Path, nargs="+", metavar="FILE", help=words("lint_text_files"))
    lint_text.add_argument("--language", choices=LANGUAGES, help=words("lint_text_language"))
    lint_text.add_argument("--json", action="store_true", help=words("json"))
    lint_text.set_defaults(command=_lint_text)


def _report_commands(parser: argparse.ArgumentParser, words: Callable[[str], str]) -> None:
    """Arguments of the commands about finished reports."""
    report = parser.add_subparsers(required=True, metavar="picture | release | withdraw")
    picture = report.add_parser("picture", help=words("picture"), description=words("picture_long"))
    picture.add_argument("file", type=Path, metavar="FILE.svg", help=words("picture_file"))
    picture.add_argument("--out", type=Path, metavar="FILE.png", help=words("picture_out"))
    picture.add_argument("--width", type=int, default=1600, help=words("picture_width"))
    picture.set_defaults(command=_picture)
    release = report.add_parser("release", help=words("release"), description=words("release_long"))
    release.add_argument("report", metavar="PLAN", help=words("release_report"))
    release.add_argument("edition", type=int, nargs="?", metavar="EDITION", help=words("release_edition"))
    release.add_argument("--role", required=True, help=words("release_role"))
    release.add_argument("--home", type=Path, help=words("home"))
    release.set_defaults(command=_release)
    withdraw = report.add_parser("withdraw", help=words("withdraw"), description=words("withdraw_long"))
    withdraw.add_argument("report", metavar="PLAN", help=words("release_report"))
    withdraw.add_argument("edition", type=int, metavar="EDITION", help=words("withdraw_edition"))
    withdraw.add_argument("--role", required=True, help=words("release_role"))
    withdraw.add_argument("--reason", required=True, help=words("withdraw_reason"))
    withdraw.add_argument("--home", type=Path, help=words("home"))
    withdraw.set_defaults(command=_withdraw)


def _contract_commands(parser: argparse.ArgumentParser, words: Callable[[str], str]) -> None:
    contracts = parser.add_subparsers(required=True, metavar="lint | diff | docs")
    lint = contracts.add_parser("lint", help=words("lint"))
    lint.add_argument("files", type=Path, nargs="*", metavar="FILE", help=words("lint_files"))
    lint.set_defaults(command=_lint)

    diff = contracts.add_parser("diff", help=words("diff"))
    diff.add_argument("old", type=Path, metavar="OLD")
    diff.add_argument("new", type=Path, metavar="NEW")
    diff.add_argument("--home", type=Path, help=words("diff_home"))
    diff.set_defaults(command=_diff)
    docs = contracts.add_parser("docs", help=words("docs"))
    docs.add_argument("--out", type=Path, default=Path("vertragsseiten"), help=words("docs_out"))
    docs.set_defaults(command=_docs)


def _expect_a_beta() -> None:
    """Say nothing of the betas of Dagster that are used on purpose."""
    warnings.filterwarnings("ignore", message=r"Parameter .backfill_policy.")
    warnings.filterwarnings("ignore", message=r"Parameter .include_sources.")


def _run(options: argparse.Namespace) -> int:
    _expect_a_beta()
    from kkz_eval.commands.run import run_line

    return run_line(load_settings(home=options.home, inbox=options.inbox), options.plan, options.years)


def _check(options: argparse.Namespace) -> int:
    from kkz_eval.commands.check import check

    form = "json" if options.json else "table"
    return check(load_settings(), options.files, options.contract, form, options.protocol)


def _lint_text(options: argparse.Namespace) -> int:
    from kkz_eval.commands.lint_text import lint_texts

    return lint_texts(load_settings(), options.files, options.language, "json" if options.json else "table")


def _picture(options: argparse.Namespace) -> int:
    from kkz_eval.commands.picture import write_picture

    return write_picture(load_settings(), options.file, options.out, options.width)


def _release(options: argparse.Namespace) -> int:
    from kkz_eval.commands.release import release_edition

    return release_edition(load_settings(home=options.home), options.report, options.edition, options.role)


def _withdraw(options: argparse.Namespace) -> int:
    from kkz_eval.commands.release import withdraw_release

    return withdraw_release(load_settings(home=options.home), options.report, options.edition, options.role, options.reason)


def _simulate(options: argparse.Namespace) -> int:
    from kkz_eval.commands.simulate import simulate_world

    return simulate_world(load_settings(), options.out, options.seed, options.effects, options.faults)


def _effects(options: argparse.Namespace) -> int:
    from kkz_eval.commands.effects import estimate

    return estimate(options.panel, options.plan, options.out)


def _export(options: argparse.Namespace) -> int:
    from kkz_eval.commands.export import export_plan

    return export_plan(load_settings(home=options.home), options.plan, options.out)


def _replay(options: argparse.Namespace) -> int:
    from kkz_eval.commands.export import replay_package

    return replay_package(load_settings(), options.folder)


def _trace(options: argparse.Namespace) -> int:
    from kkz_eval.commands.trace import trace_number

    form = "json" if options.json else "text"
    return trace_number(load_settings(home=options.home), options.report, options.number, options.cells, form, options.plan)


def _verify(options: argparse.Namespace) -> int:
    from kkz_eval.commands.verify import verify_report

    return verify_report(load_settings(home=options.home), options.report, options.plan)


def _fetch(options: argparse.Namespace) -> int:
    from kkz_eval.commands.fetch import fetch_as_asked

    wanted = (options.table, options.years, options.regions, options.job)
    return fetch_as_asked(load_settings(), options.source, wanted, options.into)


def _lint(options: argparse.Namespace) -> int:
    from kkz_eval.commands.contracts import lint_contracts

    return lint_contracts(load_settings(), options.files)


def _diff(options: argparse.Namespace) -> int:
    from kkz_eval.commands.contracts import diff_contracts

    return diff_contracts(load_settings(home=options.home), options.old, options.new, options.home is not None)


def _docs(options: argparse.Namespace) -> int:
    from kkz_eval.commands.contracts import write_docs

    return write_docs(load_settings(), options.out)


def _plan_check(options: argparse.Namespace) -> int:
    from kkz_eval.commands.plan import check_plan_file

    return check_plan_file(load_settings(home=options.home, inbox=options.inbox), options.file, inbox=options.inbox)


def _plan_power(options: argparse.Namespace) -> int:
    from kkz_eval.commands.power import plan_power

    return plan_power(load_settings(home=options.home, inbox=options.inbox), options.file, inbox=options.inbox)


def _plan_lock(options: argparse.Namespace) -> int:
    from kkz_eval.commands.plan import lock_plan

    return lock_plan(load_settings(home=options.home, inbox=options.inbox), options.file)


def _plan_show(options: argparse.Namespace) -> int:
    from kkz_eval.commands.plan import show_plan

    return show_plan(load_settings(home=options.home), options.file)


def _ui(options: argparse.Namespace) -> int:
    _expect_a_beta()
    from kkz_eval.commands.ui import serve

    return serve(load_settings(home=options.home, inbox=options.inbox), options.port)


def _deliveries_list(options: argparse.Namespace) -> int:
    from kkz_eval.commands.deliveries import list_arrivals, list_arrivals_json, list_histories

    listing = list_arrivals_json if options.json else list_histories if options.history else list_arrivals
    return listing(load_settings(home=options.home))


def _deliveries_diff(options: argparse.Namespace) -> int:
    from kkz_eval.commands.deliveries import compare

    return compare(load_settings(home=options.home), options.first, options.second, "json" if options.json else "table")


def _deliveries_decisions(options: argparse.Namespace) -> int:
    from kkz_eval.commands.deliveries import list_requests

    return list_requests(load_settings(home=options.home), "json" if options.json else "table")


def _deliveries_approve(options: argparse.Namespace) -> int:
    from kkz_eval.commands.deliveries import approve_request

    return approve_request(load_settings(home=options.home), options.request, options.role, options.expires)


def _deliveries_return(options: argparse.Namespace) -> int:
    from kkz_eval.commands.returns import write_return

    return write_return(load_settings(home=options.home), options.unit, options.out)


def _deliveries_judge(options: argparse.Namespace) -> int:
    from kkz_eval.commands.fsck import judge_content

    return judge_content(load_settings(home=options.home), options.sha256)


def _backup(options: argparse.Namespace) -> int:
    from kkz_eval.commands.backup import back_up, look_over, place_of

    settings = load_settings(home=options.home)
    place = place_of(settings, options.place)
    if options.verify:
        return look_over(settings, place)
    return back_up(settings, place, settings.keep.backups if options.keep is None else options.keep)


def _tidy(options: argparse.Namespace) -> int:
    from kkz_eval.commands.tidy import tidy

    return tidy(load_settings(home=options.home))


def _restore(options: argparse.Namespace) -> int:
    from kkz_eval.commands.backup import place_of, restore

    settings = load_settings(home=options.home)
    contracts = options.contracts or settings.home.parent / "data_contracts"
    return restore(settings, place_of(settings, options.place), options.number, contracts)


def _fsck(options: argparse.Namespace) -> int:
    from kkz_eval.commands.fsck import check_home, repair_home

    look = repair_home if options.repair else check_home
    return look(load_settings(home=options.home), "json" if options.json else "table")


def _purge(options: argparse.Namespace) -> int:
    from kkz_eval.commands.deliveries import purge_content

    return purge_content(load_settings(home=options.home, inbox=options.inbox), options.sha256, options.reason)
