"""Which kinds of rules there are: a module for each, with all that it is. No rule that is not of one of these is ever skipped."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from kkz_eval.contracts.rule_kinds.code_stands_alone import CODE_STANDS_ALONE
from kkz_eval.contracts.rule_kinds.codes_complete import CODES_COMPLETE
from kkz_eval.contracts.rule_kinds.in_code_list import IN_CODE_LIST
from kkz_eval.contracts.rule_kinds.in_codes import IN_CODES
from kkz_eval.contracts.rule_kinds.kind import Kind
from kkz_eval.contracts.rule_kinds.not_null import NOT_NULL
from kkz_eval.contracts.rule_kinds.part_not_above_total import PART_NOT_ABOVE_TOTAL
from kkz_eval.contracts.rule_kinds.part_not_above_whole import PART_NOT_ABOVE_WHOLE
from kkz_eval.contracts.rule_kinds.parts_sum_to_total import PARTS_SUM_TO_TOTAL
from kkz_eval.contracts.rule_kinds.parts_sum_to_whole import PARTS_SUM_TO_WHOLE
from kkz_eval.contracts.rule_kinds.pattern import PATTERN
from kkz_eval.contracts.rule_kinds.range import RANGE
from kkz_eval.contracts.rule_kinds.symbol_admitted import SYMBOL_ADMITTED
from kkz_eval.contracts.rule_kinds.unique_key import UNIQUE_KEY
from kkz_eval.contracts.rule_kinds.unit_known import UNIT_KNOWN

# The order is that of the rules which follow from a property, and of the sentence that names all kinds.
_ALL = (
    *(NOT_NULL, SYMBOL_ADMITTED, IN_CODES, IN_CODE_LIST, CODE_STANDS_ALONE, RANGE, PATTERN, UNIT_KNOWN, UNIQUE_KEY),
    *(PART_NOT_ABOVE_WHOLE, PARTS_SUM_TO_WHOLE, PART_NOT_ABOVE_TOTAL, PARTS_SUM_TO_TOTAL, CODES_COMPLETE),
)
KINDS: Mapping[str, Kind] = MappingProxyType({kind.name: kind for kind in _ALL})
"""The kinds of rules by name."""
