"""Examples of bodies, put together from those that stand at the fields of their schemas."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from dawn_chorus.api.http.problems import PROBLEM_TYPES

JSON_TYPES = ("application/json", "application/merge-patch+json")
_BY_FORMAT = {"uuid": "0193d0c8-5a3e-7c21-9d6b-1f2e3d4c5b6a", "date-time": "2026-05-03T04:30:00+02:00"}
_BY_TYPE: dict[str, Any] = {"boolean": False, "null": None}


class NoExample(Exception):
    """A field has no example, and needs one."""


def add_examples(document: dict[str, Any]) -> None:
    """Give each JSON body of requests and of successful responses an example, and each problem one by its name."""
    document["components"]["examples"] = {
        kind.name: {
            "summary": kind.title,
            "value": {"type": kind.uri, "title": kind.title, "status": kind.status, "detail": f"{kind.title}: …"},
        }
        for kind in PROBLEM_TYPES
    }
    for content, status in _contents(document):
        for media_type, entry in content.items():
            if media_type == "application/problem+json":
                entry["examples"] = _problems(status)
            elif media_type in JSON_TYPES and "example" not in entry:
                with suppress(NoExample):  # a test says which field is missing one
                    entry["example"] = example_of(entry["schema"], document)


def example_of(schema: dict[str, Any], document: dict[str, Any]) -> Any:
    """Return what a value of this schema may be. Raises NoExample, naming the field."""
    if "$ref" in schema:
        named = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        schema = named | {name: each for name, each in schema.items() if name != "$ref"}
    if "examples" in schema:
        return schema["examples"][0]
    if choices := schema.get("anyOf", schema.get("oneOf")):
        return example_of(choices[0], document)
    if "properties" in schema:
        return {name: _field(name, each, document) for name, each in schema["properties"].items()}
    if schema.get("type") == "array":
        return [example_of(schema["items"], document)]
    return _value(schema)


def _value(schema: dict[str, Any]) -> Any:
    if "enum" in schema or "const" in schema:
        return schema.get("enum", [schema.get("const")])[0]
    for keyword, values in (("format", _BY_FORMAT), ("type", _BY_TYPE)):
        if schema.get(keyword) in values:
            return values[schema[keyword]]
    raise NoExample(f"{schema.get('title', schema)} has no example")


def _field(name: str, schema: dict[str, Any], document: dict[str, Any]) -> Any:
    try:
        return example_of(schema, document)
    except NoExample as error:
        raise NoExample(f"{name}: {error}") from error


def _contents(document: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield the contents of all requests and responses, these with the names of their problems."""
    for operations in document["paths"].values():
        for operation in operations.values():
            yield operation.get("requestBody", {}).get("content", {}), ""
            for response in operation["responses"].values():
                yield response.get("content", {}), response["description"]


def _problems(description: str) -> dict[str, Any]:
    names = [kind.name for kind in PROBLEM_TYPES if f"`{kind.uri}`" in description]
    return {name: {"$ref": f"#/components/examples/{name}"} for name in names}
