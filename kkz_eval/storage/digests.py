"""Digests: of bytes, of values, of arrow tables, of source code. The same content gives the same digest on every machine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

import pyarrow as pa


def digest_of_bytes(data: bytes) -> str:
    """SHA-256 of bytes, 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def digest_of(value: object) -> str:
    """SHA-256 of a value of text, numbers, lists and mappings, by its canonical JSON.

    Raises TypeError for values that JSON does not know, ValueError for NaN and infinity.
    """
    return digest_of_bytes(json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode())


def digest_of_table(table: pa.Table) -> str:
    """SHA-256 of the schema and the values of a table in their order, whatever its chunks, slices, and what lies beneath a null."""
    sink = pa.BufferOutputStream()
    whole = table.replace_schema_metadata(None).combine_chunks()
    whole = whole.take(pa.array(range(whole.num_rows), pa.int64()))  # a copy: no offsets of a slice, nothing beneath a null
    with pa.ipc.new_stream(sink, whole.schema, options=pa.ipc.IpcWriteOptions(use_threads=False)) as writer:
        writer.write_table(whole)
    return digest_of_bytes(sink.getvalue().to_pybytes())


@cache
def code_digest(*packages: str) -> str:
    """SHA-256 of the sources (code, texts, templates) of packages or modules such as `kkz_eval.evaluation`."""
    parts: list[tuple[str, str]] = []
    for package in sorted(packages):
        parent, _, name = package.rpartition(".")
        folder = resources.files(parent)
        module = folder.joinpath(f"{name}.py")
        root = module if module.is_file() else folder.joinpath(name)
        parts += [(f"{package}/{path}", digest_of_bytes(data)) for path, data in _sources("", root)]
    return digest_of(parts)


def _sources(prefix: str, node: Traversable) -> Iterable[tuple[str, bytes]]:
    if node.is_file():
        if not node.name.endswith(".pyc"):
            yield f"{prefix}{node.name}", node.read_bytes()
    else:
        for child in sorted(node.iterdir(), key=lambda child: child.name):
            if child.name != "__pycache__":
                yield from _sources(f"{prefix}{node.name}/", child)
