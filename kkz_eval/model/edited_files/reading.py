"""The entrance: a file or its bytes, decoded, composed and read. Not what the values may be (cursor.py, schema.py and the readers)."""

from __future__ import annotations

from pathlib import Path

import yaml

from kkz_eval.model.edited_files.composing import compose, yaml_problem
from kkz_eval.model.edited_files.file import EditedFile, FileInvalid
from kkz_eval.model.edited_files.values import plain_values
from kkz_eval.model.errors import Problem
from kkz_eval.model.system_errors import reason_of

LARGEST_BYTES = 4 * 2**20  # a hundred times the longest contract


def read_edited(path: Path, invalid: type[FileInvalid] = FileInvalid) -> EditedFile:
    """What a file says. Raises `invalid` where there is no file, no UTF-8 or no YAML; keys that stand twice are noted."""
    return parse_edited(content_of(path, invalid), str(path), invalid)


def content_of(path: Path, invalid: type[FileInvalid] = FileInvalid) -> bytes:
    """The bytes of a file, as many as parse_edited needs to find it too large. Raises `invalid` where there is none or it can't be read."""
    try:
        with path.open("rb") as stream:
            return stream.read(LARGEST_BYTES + 1)
    except FileNotFoundError:
        raise invalid(str(path), [Problem("file_missing")]) from None
    except OSError as error:
        raise invalid(str(path), [Problem("file_unreadable", parameters={"reason": reason_of(error)})]) from None


def parse_edited(data: bytes, source: str, invalid: type[FileInvalid] = FileInvalid) -> EditedFile:
    """What the bytes of a file say. Raises `invalid` as `read_edited`."""
    if len(data) > LARGEST_BYTES:
        raise invalid(source, [Problem("file_too_large", parameters={"limit": LARGEST_BYTES // 2**20})])
    try:
        content = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise invalid(source, [Problem("not_utf8", line=line)]) from None
    try:
        composed = compose(content)
        value, doubled, unreadable = plain_values(composed, merges="<<" in content)
    except yaml.YAMLError as error:
        raise invalid(source, [yaml_problem(error, content)]) from None
    except RecursionError:
        raise invalid(source, [Problem("yaml_too_deep")]) from None
    if unreadable:
        raise invalid(source, [*doubled, *unreadable])
    return EditedFile(source, value, invalid, data, composed, doubled)
