"""What a request in GraphQL asks for, read with the same parser that will execute it. No network, no roles."""

from __future__ import annotations

import json
from enum import StrEnum

from graphql import GraphQLError, OperationDefinitionNode, OperationType, Visitor, parse, visit
from graphql.language.ast import DocumentNode, FieldNode

MAX_TOKENS = 20_000  # the longest query of the pages has some 3,000
_LOGS = frozenset({"capturedLogs", "capturedLogsMetadata", "logEvents"})
"""Fields whose values are what code printed, of a run, of a backfill and of what a sensor or schedule did."""


class Asks(StrEnum):
    """The most that a request may do."""

    READ = "read"
    CHANGE = "change"
    FOLLOW = "follow"


class Unreadable(ValueError):
    """What came is no request in GraphQL."""


def request_in_body(body: bytes) -> dict[str, object]:
    """The JSON object in the body of a request. Raises Unreadable for anything else."""
    try:
        request = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Unreadable from error
    if not isinstance(request, dict):
        raise Unreadable
    return request


def asked_in_request(request: object) -> Asks:
    """What a request asks for; the most of all its operations, whichever is named. Raises Unreadable for one without a query."""
    query = request.get("query") if isinstance(request, dict) else None
    if not isinstance(query, str):
        raise Unreadable
    kinds = {node.operation for node in _document(query).definitions if isinstance(node, OperationDefinitionNode)}
    if not kinds:
        raise Unreadable
    if OperationType.MUTATION in kinds:
        return Asks.CHANGE
    return Asks.FOLLOW if OperationType.SUBSCRIPTION in kinds else Asks.READ


def reads_logs(request: object) -> bool:
    """Whether a request asks for what code printed, under whatever name it wants to have it. Raises Unreadable as asked_in_request."""
    query = request.get("query") if isinstance(request, dict) else None
    if not isinstance(query, str):
        raise Unreadable
    found = _Fields()
    visit(_document(query), found)
    return not found.names.isdisjoint(_LOGS)


class _Fields(Visitor):
    """Gathers the names of all fields, those of fragments too."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_field(self, node: FieldNode, *_: object) -> None:
        """Remember its name in the schema."""
        self.names.add(node.name.value)


def _document(query: str) -> DocumentNode:
    try:
        return parse(query, no_location=True, max_tokens=MAX_TOKENS)
    except (GraphQLError, RecursionError) as error:
        raise Unreadable from error
