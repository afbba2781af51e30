"""Digests: of bytes, of values, of arrow tables, of source code. The same content gives the same digest on every machine."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pyarrow as pa

from kkz_eval.storage.own_tables import tables_met


def digest_of_bytes(data: bytes) -> str:
    """SHA-256 of bytes, 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def digest_of(value: object) -> str:
    """SHA-256 of a value of text, numbers, lists and mappings, by its canonical JSON.

    Raises TypeError for values that JSON does not know, ValueError for NaN and infinity.
    """
    return digest_of_bytes(_canonical(value).encode())


_canonical = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def digest_of_table(table: pa.Table) -> str:
    """SHA-256 of the schema and the values of a table in their order, whatever its chunks, slices, and what lies beneath a null."""
    sink = pa.BufferOutputStream()
    plain = table.replace_schema_metadata(None).combine_chunks()
    plain = plain.take(pa.array(range(plain.num_rows), pa.int64()))  # a copy: no offsets of a slice, nothing beneath a null
    with pa.ipc.new_stream(sink, plain.schema, options=pa.ipc.IpcWriteOptions(use_threads=False)) as writer:
        writer.write_table(plain)
    return digest_of_bytes(sink.getvalue().to_pybytes())


@cache
def code_digest(*modules: str) -> str:
    """SHA-256 of all that modules such as `kkz_eval.deliveries.reader` compute by: their sources, and the tables that an installation gives in the
    place of those in the room `reference`, where they rest on it.
    """
    tables = digest_of_tables() if any(file.startswith(f"{_PROJECT}/reference/") for file in _sources_behind(modules)) else ""
    return digest_of([source_digest(*modules), tables]) if tables else source_digest(*modules)


@cache
def digest_of_tables() -> str:
    """SHA-256 of the tables that an installation gives in the place of those of the package, as this process works with them; "" for none."""
    given = tables_met()
    return digest_of({name: digest_of_bytes(content) for name, content in given.items()}) if given else ""


@cache
def source_digest(*modules: str) -> str:
    """SHA-256 of the sources that modules rest on.

    Those are their own, of all that they import from the project, and the files beside these that are no code (texts, tables, templates).
    A package stands for all modules in it. So a result is computed anew where something that made it changed, and nowhere else.
    """
    return digest_of(sorted(_sources_behind(modules).items()))


@cache
def program_digest() -> str:
    """SHA-256 of all files of the project's package: whether two processes have the same program."""
    files = map(Path, _files_of_program())
    return digest_of(sorted((path.relative_to(_ROOT).as_posix(), _digest_of_file(path)) for path in files))


@cache
def program_met() -> str:
    """What tells the program that this process began with from any other that lay in its place on this machine, before or since. No file is read."""
    return digest_of(_MET)


def _sources_behind(modules: Iterable[str]) -> dict[str, str]:
    """Digest of each file that the modules rest on, by its path in the project."""
    known = _modules()
    waiting = [name for module in modules for name in known if name == module or name.startswith(f"{module}.")]
    found: dict[str, str] = {}
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        path = known[name]
        found[path.relative_to(_ROOT).as_posix()] = _digest_of_file(path)
        found |= _beside(path.parent)
        waiting += _imported(path, frozenset(known))
    return found


_ROOT = Path(__file__).resolve().parents[2]
_PROJECT = __name__.partition(".")[0]


@cache
def _modules() -> dict[str, Path]:
    """The file of each module and package of the project."""
    files = sorted((_ROOT / _PROJECT).rglob("*.py"))
    return {".".join(file.relative_to(_ROOT).with_suffix("").parts).removesuffix(".__init__"): file for file in files}


def _files_of_program() -> Iterator[str]:
    """The path of each file of the package; what Python keeps beside them to begin sooner, and writes meanwhile, is no part of it."""
    for base, folders, names in os.walk(_ROOT / _PROJECT):
        folders[:] = [name for name in folders if name != "__pycache__"]
        yield from (f"{base}/{name}" for name in names)


def _marks() -> dict[str, tuple[int, int, int]]:
    """What tells the files of the package from others of their names, by path."""
    return {path: _mark(path) for path in _files_of_program()}


def _mark(path: str) -> tuple[int, int, int]:
    seen = os.stat(path)
    return seen.st_ino, seen.st_size, seen.st_mtime_ns


_MET = _marks()
"""Of the program that this process began with: it computes by what it has loaded, whatever was installed since."""


@cache
def _digest_of_file(path: Path) -> str:
    """Of a file as this process met it. One that was changed since counts as neither what it was nor what it is: nobody can say which of them was
    loaded, and nothing that was made meanwhile may be taken for what the program makes that is installed now."""
    content, met = path.read_bytes(), _MET.get(str(path))
    return digest_of_bytes(content) if _mark(str(path)) == met else digest_of(["changed since", path.name, met])


@cache
def _beside(folder: Path) -> dict[str, str]:
    """The files of a package that are no code, those in folders without code too; those of the shell's own package reach no result."""
    if folder == _ROOT / _PROJECT:
        return {}
    others = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix not in (".py", ".pyc")]
    own = [path for path in others if not any((up / "__init__.py").exists() for up in path.parents if folder in up.parents)]
    return {path.relative_to(_ROOT).as_posix(): _digest_of_file(path) for path in own}


_IMPORT = re.compile(
    rf"^[ \t]*((?:from {_PROJECT}[\w.]* import (?:\((?:#.*|[^#)])*\)|[^(\n]+))|(?:import {_PROJECT}[^\n]*))", re.MULTILINE
)
"""Where a line begins to import something of the project. Parsing whole files for it would take each process a second."""


@cache
def _imported(path: Path, known: frozenset[str]) -> tuple[str, ...]:
    """The modules of the project that a file imports, wherever in it the import stands."""
    names: set[str] = set()
    for statement in _IMPORT.findall(path.read_text(encoding="utf-8")):
        for node in ast.parse(statement).body:
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module is not None:
                names.add(node.module)
                names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return tuple(sorted(names & known))
