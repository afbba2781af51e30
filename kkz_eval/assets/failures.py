"""How an error that a user can mend looks in Dagster: a failure whose description is the sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from kkz_eval.model.errors import UserError
from kkz_eval.model.system_errors import refused_by_system
from kkz_eval.model.texts import Language


@contextmanager
def sentences(language: Language) -> Iterator[None]:
    """Turn a UserError into a failure that Dagster does not retry, with the sentence as its description."""
    try:
        yield
    except UserError as error:
        raise dg.Failure(description=error.sentence.in_language(language), allow_retries=False) from error
    except OSError as error:  # a full disk, a folder that is gone
        said = refused_by_system(error).sentence
        raise dg.Failure(description=said.in_language(language), allow_retries=False) from error
