"""What was probably meant by a key or a value that is not known. Not which are known (the readers)."""

from __future__ import annotations

from collections.abc import Sequence

from kkz_eval.model.edited_files.file import EditedFile
from kkz_eval.model.edited_files.places import Way


def nearest(word: object, known: Sequence[object]) -> str | None:
    """The known word that was probably meant, None where none is near."""
    import difflib  # noqa: PLC0415  only where something is wrong: the check path does without

    return next(iter(difflib.get_close_matches(str(word), [str(one) for one in known], n=1)), None)


def report_unknown_key(file: EditedFile, way: Way, key: object, known: Sequence[str]) -> None:
    """Notes that a key is not known below `way`, and what was probably meant."""
    near, at = nearest(key, known), (*way, str(key))
    if near is None:
        file.report(at, "unknown_key", {"allowed": ", ".join(known)})
    else:
        file.report(at, "unknown_key_suggest", {"suggestion": near})


def report_not_allowed(file: EditedFile, way: Way, value: object, admitted: Sequence[object]) -> None:
    """Notes that a value is none of those admitted, and what was probably meant."""
    near = nearest(value, admitted) if isinstance(value, str) else None
    parameters = {"value": file.written(way, value), "allowed": ", ".join(map(str, admitted))}
    if near is None:
        file.report(way, "not_allowed", parameters)
    else:
        file.report(way, "not_allowed_suggest", {**parameters, "suggestion": near})
