"""What a request in GraphQL asks for."""

from __future__ import annotations

import json

import pytest

from kkz_eval.desk.graphql_requests import Asks, Unreadable, asked_in_request, reads_logs, request_in_body


def asked(query: object) -> Asks:
    """What a body with this query asks for."""
    return asked_in_request(request_in_body(json.dumps({"query": query}).encode()))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{ version }", Asks.READ),
        ("query A { version } fragment F on Query { version }", Asks.READ),
        ("mutation { a }", Asks.CHANGE),
        ("query A { version } mutation B { a }", Asks.CHANGE),
        ("subscription { a }", Asks.FOLLOW),
        ("# query\n mutation{a}", Asks.CHANGE),
        ("\ufeffmutation{a}", Asks.CHANGE),
    ],
)
def test_the_most_of_all_operations_counts(query: str, expected: Asks) -> None:
    assert asked(query) is expected


@pytest.mark.parametrize(
    "query", [None, 7, ["{ version }"], "", "fragment F on Query { version }", "type A { b: Int }", "{", "{a" * 9999]
)
def test_what_is_no_request_is_unreadable(query: object) -> None:
    with pytest.raises(Unreadable):
        asked(query)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"[{}]", b"\xff\xfe", '{"query": "{ a }"}'.encode("utf-16"), b'{"query":', b"[" * 99_999]
)
def test_what_is_no_json_object_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        request_in_body(body)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('{ capturedLogs(logKey: ["a"]) { stdout } }', True),
        ('{ version: capturedLogs(logKey: ["a"]) { stdout } }', True),
        ('query A { version } fragment F on Query { a { capturedLogsMetadata(logKey: ["a"]) { stdoutLocation } } }', True),
        ('subscription { capturedLogs(logKey: ["a"]) { stdout } }', True),
        ("{ tick { logEvents { events { message } } } }", True),
        ('query capturedLogs { version(of: "capturedLogs") capturedLogs: version }', False),
    ],
)
def test_what_code_printed_is_found_whatever_it_is_called(query: str, expected: bool) -> None:
    assert reads_logs(request_in_body(json.dumps({"query": query}).encode())) is expected
