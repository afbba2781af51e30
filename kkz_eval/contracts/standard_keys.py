"""The keys that ODCS 3.2 has at each place of a contract that loading reads, so that a misspelt one is heard of without the JSON schema.

A test compares them with the schema. Does not belong here: what customProperties may say, which is the project's own (load.py).
"""

from __future__ import annotations

CONTRACT = frozenset(
    [
        "apiVersion",
        "authoritativeDefinitions",
        "context",
        "contractCreatedTs",
        "customProperties",
        "dataProduct",
        "description",
        "domain",
        "id",
        "kind",
        "name",
        "price",
        "roles",
        "schema",
        "servers",
        "slaDefaultElement",
        "slaProperties",
        "status",
        "support",
        "tags",
        "team",
        "tenant",
        "version",
    ]
)
DESCRIPTION = frozenset(["authoritativeDefinitions", "customProperties", "limitations", "purpose", "usage"])
"""The standard admits others here; a misspelt `limitations` would be missing on every page all the same."""

_ELEMENT = frozenset(
    [
        "authoritativeDefinitions",
        "businessName",
        "customProperties",
        "deprecated",
        "description",
        "id",
        "name",
        "physicalType",
        "synonyms",
        "tags",
    ]
)
TABLE = _ELEMENT | frozenset(
    ["context", "dataGranularityDescription", "logicalType", "physicalName", "properties", "quality", "relationships"]
)
COLUMN = _ELEMENT | frozenset(
    [
        "classification",
        "criticalDataElement",
        "encryptedName",
        "enum",
        "examples",
        "logicalType",
        "logicalTypeOptions",
        "partitionKeyPosition",
        "partitioned",
        "physicalName",
        "primaryKey",
        "primaryKeyPosition",
        "quality",
        "relationships",
        "required",
        "semanticType",
        "transformDescription",
        "transformLogic",
        "transformSourceObjects",
        "unique",
    ]
)
CODE = frozenset(["authoritativeDefinitions", "customProperties", "description", "id", "label", "tags", "value"])
SYNONYM = frozenset(["customProperties", "description", "id", "locale", "source", "status", "synonym"])
CUSTOM_PROPERTY = frozenset(["description", "id", "property", "value", "vendor"])
QUALITY = frozenset(
    [
        "authoritativeDefinitions",
        "businessImpact",
        "customProperties",
        "description",
        "dimension",
        "engine",
        "id",
        "implementation",
        "method",
        "name",
        "schedule",
        "scheduler",
        "severity",
        "tags",
        "type",
        "unit",
    ]
)
"""Of an item of type text or custom; others are refused."""
