"""The commands `contracts lint`, `contracts diff` and `contracts docs`: what they print and write, and their exit codes.

Belongs here: bringing a contract's new version together with the register, files of the pages. Does not belong here: the rules of lint, the comparison,
the pages themselves (contracts/).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from kkz_eval.commands import say as say_of_commands
from kkz_eval.commands.terminal import telling
from kkz_eval.contracts import say
from kkz_eval.contracts.contract import Contract
from kkz_eval.contracts.diff import changes, demanded_version, version_numbers, would_flip
from kkz_eval.contracts.lint import lint
from kkz_eval.contracts.load import load_contract, load_contracts
from kkz_eval.deliveries.reader import Claimed, read_file
from kkz_eval.deliveries.register.accepted import Source, is_accepted, sources_of
from kkz_eval.deliveries.register.decided import judge_decided
from kkz_eval.deliveries.register.decisions import Decisions, load_decisions
from kkz_eval.deliveries.register.intake import landing_key
from kkz_eval.deliveries.register.parsed_tables import load_parsed, same_values
from kkz_eval.deliveries.register.register import read_register
from kkz_eval.model.errors import UserError
from kkz_eval.model.folders import files_in
from kkz_eval.model.system_errors import reason_of
from kkz_eval.model.verdicts import Status
from kkz_eval.reference.consistent import check_given_tables
from kkz_eval.reference.tables import units_known_to
from kkz_eval.settings import Settings
from kkz_eval.storage.store import Store, replace_file


def lint_contracts(settings: Settings, files: Sequence[Path]) -> int:
    """Print what is wrong in contracts, in all of the installation where none is named; 0 nothing, 1 something.

    Raises UserError for the first thing that is wrong in tables of territory and programme, where all is looked at.
    """
    if not files:
        check_given_tables()
    wanted = files or files_in(settings.contracts, ".odcs.yaml")
    problems = [(file, problem) for file in wanted for problem in lint(file)]
    for file, problem in problems:
        print(f"{file.name}, {problem.sentence.in_language(settings.language)}")
    if not problems:
        print(say_of_commands("cli.lint_clean", count=str(len(wanted))).in_language(settings.language))
    return 1 if problems else 0


def diff_contracts(settings: Settings, old_file: Path, new_file: Path, with_register: bool) -> int:
    """Print what changed between two versions of a contract; 0 nothing breaks, 1 something does or the version is too low.

    with_register: whether the deliveries of the home are looked at; nothing there is changed. Raises UserError where a file
    can't be read or the two are about different datasets.
    """
    old, new = load_contract(old_file), load_contract(new_file)
    if old.id != new.id:
        raise UserError("contracts_differ", package=say_of_commands.package, old=old.id, new=new.id)
    language, tell = settings.language, telling(settings)
    found = changes(old, new)
    tell(say("diff.heading", id=new.id, old=old.version, new=new.version))
    if not found:
        tell(say("diff.none"))
    for change in found:
        sign = say(f"diff.{'breaks' if change.breaks else 'keeps'}").in_language(language)
        print(f"  {sign:<12} {change.sentence.in_language(language)}")
    demanded = demanded_version(old, found)
    is_enough = version_numbers(new.version) >= version_numbers(demanded)
    if found:
        tell(say(f"diff.{'version_enough' if is_enough else 'version_short'}", new=new.version, demanded=demanded))
    if with_register:
        for line in flipped(Store.at(settings.store), new, settings):
            print(line)
    return 1 if any(change.breaks for change in found) or not is_enough else 0


def flipped(store: Store, new: Contract, settings: Settings) -> Iterator[str]:
    """Sentences about the deliveries on record that a new version would judge differently, decisions about them included. Nothing is recorded."""
    sources = sources_of(read_register(store), new)
    decisions = load_decisions(settings.contracts, {**load_contracts(settings.contracts), new.id: new}, settings.day)
    n_lines = 0
    for source in sources:
        for line in _flips_of(store, source, new, decisions, settings):
            n_lines += 1
            yield line
    if not n_lines:
        yield say("diff.flips_none", count=len(sources)).in_language(settings.language)
    yield say("diff.flips_note").in_language(settings.language)


def _flips_of(store: Store, source: Source, new: Contract, decisions: Decisions, settings: Settings) -> Iterator[str]:
    name, language = source.arrival.name, settings.language
    first = replace(source.arrival, day=source.first_day).arrived_on  # as it was read when it first came
    result = read_file(store.get(landing_key(source.arrival.sha256)), name, {new.id: new}, first)
    if not isinstance(result, Claimed):
        if source.verdict.status != Status.REJECTED:
            yield say("diff.flip_unreadable", name=name).in_language(language)
        return
    parsed = next(table for table in result.parsed if table.contract_id == new.id)
    decided = judge_decided(parsed, new, units_known_to(new.source), decisions)
    flips = would_flip(source.verdict.slices, decided.judgement)
    if (
        not flips
        and is_accepted(source)
        and not same_values(load_parsed(store, source.verdict.parsed_key, new), decided.parsed, new)
    ):
        yield say("diff.values_other", name=name, sha=source.arrival.sha256[:12]).in_language(language)
    for flip in flips:
        key = "flip_rejected" if flip.new == Status.REJECTED else "flip_accepted"
        yield say(f"diff.{key}", name=name, unit=flip.unit_id, year=flip.year, rule=flip.rule).in_language(language)


def write_docs(settings: Settings, out: Path) -> int:
    """Write the pages for municipalities, of rules, and the blank workbooks into a folder, which is made where it is missing; 0.

    Raises UserError where the folder can't be written.
    """
    from kkz_eval.contracts.pages import (  # noqa: PLC0415 (diff does without templates and workbooks)
        asked_of_offices,
        dataset_page,
        delivered_by_municipalities,
        index_page,
        page_name,
        template_name,
    )
    from kkz_eval.contracts.rule_pages import INDEX, rule_examples, rule_page, rules_index  # noqa: PLC0415 (likewise)
    from kkz_eval.contracts.template_book import template_bytes  # noqa: PLC0415 (likewise)
    from kkz_eval.line.rule_examples import finding_of  # noqa: PLC0415 (likewise)

    known = load_contracts(settings.contracts)
    contracts, asked = delivered_by_municipalities(known), asked_of_offices(known)
    files = {"index.html": index_page(contracts, asked).encode("utf-8")}
    for contract in (*contracts, *asked):
        files[page_name(contract)] = dataset_page(contract).encode("utf-8")
        files[template_name(contract)] = template_bytes(contract, settings.contact)
    examples = rule_examples(known)
    files[INDEX] = rules_index(examples).encode("utf-8")
    for example in examples:
        files[example.finding.page] = rule_page(example, finding_of(example)).encode("utf-8")
    try:
        for name, content in files.items():
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            replace_file(out / name, content)
    except OSError as error:
        raise UserError("storage_not_writable", place=str(out), reason=reason_of(error)) from error
    print(say_of_commands("cli.docs_written", count=len(contracts) + len(asked), out=str(out)).in_language(settings.language))
    return 0
