"""The file of those who may use the desk: bytes to people, every fault a sentence with its line. Who is not in it may do nothing.

Belongs here: what the file may say, and that it is read again when it changes. Does not belong here: who sends a request (senders), passwords
(the proxy's).

    people:
      pruefung: {roles: [steward]}
      freigabe: {roles: [approver]}
      koordination-05513000:               # sees all of its municipality
        roles: [clerk]
        units: ['05513000']
      jugendamt-05513000:                  # hands in and sees its own
        roles: [clerk]
        units: ['05513000']
        datasets: [hilfen_zur_erziehung]
"""

from __future__ import annotations

import re
import stat
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kkz_eval.desk.people import Person, Role
from kkz_eval.model.edited_files.cursor import Node, root_of
from kkz_eval.model.edited_files.file import FileInvalid
from kkz_eval.model.edited_files.reading import parse_edited, read_edited
from kkz_eval.model.errors import Problem
from kkz_eval.model.system_errors import reason_of

PACKAGE = "kkz_eval.desk"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")  # what passes through a proxy as it is
_UNIT = re.compile(r"[0-9]{5}|[0-9]{8}|JH[0-9]{8}")
_OF_UNITS = frozenset({Role.CLERK, Role.APPROVER})
_WRITTEN_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


class PeopleInvalid(FileInvalid):
    """The file of those who may use the desk can't be used."""

    HEADING, PACKAGE = "people_invalid", PACKAGE


def read_people(data: bytes, source: str, datasets: Collection[str]) -> dict[str, Person]:
    """Those who may use the desk, by name. datasets: those that there are. Raises PeopleInvalid with everything that is wrong."""
    root = root_of(parse_edited(data, source, PeopleInvalid))
    root.mapping(["people"])
    named = root.child("people")
    people = [_person(name, named.below(name, value), datasets) for name, value in named.mapping().items()]
    root.settle()
    return {person.name: person for person in people}


def _person(name: str, node: Node, datasets: Collection[str]) -> Person:
    node.mapping(["roles", "units", "datasets"])
    if not _NAME.fullmatch(name):
        node.report("user_name")
    roles = node.child("roles")
    held = frozenset(Role(item.one_of([role.value for role in Role])) for item in roles.items())
    if not held:
        roles.report("no_role")
    units, own = node.child("units") if Role.CLERK in held else node.optional("units"), node.optional("datasets")
    if not held & _OF_UNITS:
        for needless in (units, own):
            if needless is not None:
                needless.report("only_of_clerks")
    elif units is None and own is not None:
        own.report("only_with_units")
    for listed in (units, own):
        if listed is not None and listed.value == []:
            listed.report("none_named")
    return Person(
        name,
        held,
        frozenset() if units is None else frozenset(_unit(item) for item in units.items()),
        None if own is None else frozenset(item.one_of(sorted(datasets)) for item in own.items()),
    )


def _unit(node: Node) -> str:
    key = node.text()
    if key and not _UNIT.fullmatch(key):
        node.report("unit_key", value=node.written)
    return key


@dataclass
class PeopleFile:
    """A file that is read again when it has changed. datasets: those that there are."""

    path: Path
    datasets: Collection[str]
    _state: tuple[int, ...] = ()
    _people: Mapping[str, Person] = field(default_factory=dict)

    def __call__(self) -> Mapping[str, Person]:
        """Those whom the file names now. Raises PeopleInvalid, as long as anything is wrong with it: what it said before may be what was mended."""
        try:
            now = self.path.stat()
        except FileNotFoundError:
            raise PeopleInvalid(str(self.path), [Problem("file_missing")]) from None
        except OSError as error:  # nobody can say who may write it
            raise PeopleInvalid(str(self.path), [Problem("file_unreadable", parameters={"reason": reason_of(error)})]) from None
        state = (now.st_mtime_ns, now.st_ctime_ns, now.st_size, now.st_ino, now.st_mode)
        if state != self._state:
            self._state = ()
            if now.st_mode & _WRITTEN_BY_OTHERS:
                raise PeopleInvalid(str(self.path), [Problem("written_by_others", package=PACKAGE)])
            content = read_edited(self.path, PeopleInvalid).content
            self._people = read_people(content, str(self.path), self.datasets)
            self._state = state
        return self._people
