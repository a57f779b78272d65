"""Amends the OpenAPI document: every error response is a problem and names its causes, ids lead on as links."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI

from dawn_chorus.api.http.documentation.examples import add_examples
from dawn_chorus.api.http.documentation.links import Sources, add_links
from dawn_chorus.api.http.problems import (
    CROSS_SITE,
    FORBIDDEN,
    INTERNAL,
    INVALID,
    MALFORMED,
    MISDIRECTED,
    PROBLEM_TYPES,
    TOO_MANY,
    UNAUTHENTICATED,
    UNAVAILABLE,
    ProblemDetails,
    documented,
)

_ANYWHERE = documented(MALFORMED, MISDIRECTED, INTERNAL)
_INVALID = documented(INVALID)
_BEHIND_KEYS = documented(UNAUTHENTICATED, FORBIDDEN, TOO_MANY, UNAVAILABLE)
_THAT_CHANGE = documented(FORBIDDEN, CROSS_SITE)
_UNUSED = ("HTTPValidationError", "ValidationError")


def describe(app: FastAPI, sources: Sources, add_more: Callable[[dict[str, Any]], None]) -> None:
    """Make the app serve the amended document, which is built once; `add_more` amends its paths once more."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _amended(plain(), sources)
            add_more(app.openapi_schema["paths"])
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _amended(document: dict[str, Any], sources: Sources) -> dict[str, Any]:
    schemas = document["components"]["schemas"]
    for name in _UNUSED:
        schemas.pop(name, None)
    schemas["ProblemDetails"] = ProblemDetails.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas["FieldError"] = schemas["ProblemDetails"].pop("$defs")["FieldError"]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            common = _ANYWHERE | (_BEHIND_KEYS if path.startswith("/v1/") else {})
            common |= {} if method == "get" else _THAT_CHANGE
            operation["responses"] = _responses(operation["responses"], common)
    add_links(document, sources)
    add_examples(document)
    return document


def _responses(known: dict[str, Any], common: dict[int | str, Any]) -> dict[str, Any]:
    if known.get("422", {}).get("description") == "Validation Error":
        # FastAPI's default entry, where the route documents no 422 of its own.
        common = common | _INVALID
        del known["422"]
    responses = {str(status): response for status, response in common.items()} | known
    for status, response in responses.items():
        if status >= "400":
            responses[status] = _problem(response["description"])
    return dict(sorted(responses.items()))


def _problem(description: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/ProblemDetails"}
    return {"description": description, "content": {"application/problem+json": {"schema": schema}}}


def problem_table() -> str:
    """Return the table of problem types in Markdown."""
    rows = [f"| `{kind.uri}` | {kind.status} | {kind.title} |" for kind in PROBLEM_TYPES]
    return "\n".join(["| type | status | title |", "| --- | --- | --- |", *rows])
