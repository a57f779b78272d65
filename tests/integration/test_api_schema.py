import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped] # it ships no types

from tests.integration.api_checks import problem_of


@pytest.fixture
def document(client: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").json()
    return found


def test_the_docs_load_nothing_from_elsewhere(client: httpx.Client) -> None:
    page = client.get("/docs").text
    sources = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert sources
    for source in sources:
        assert source.startswith("/"), f"{source} needs the internet"
        assert client.get(source).status_code == 200


def test_every_operation_documents_its_purpose_and_its_errors(document: dict[str, Any]) -> None:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], f"{method} {path}"
            assert operation["tags"], f"{method} {path}"
            for status, response in operation["responses"].items():
                is_error = status >= "400"
                assert (list(response.get("content", {})) == ["application/problem+json"]) == is_error
                assert "urn:dawn-chorus:problem:" in response["description"] or not is_error


def contents(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield where it is, media type and entry of each body of a request or of a successful response."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            bodies = {"request": operation.get("requestBody", {})}
            bodies |= {status: each for status, each in operation["responses"].items() if status < "400"}
            for name, body in bodies.items():
                for media_type, entry in body.get("content", {}).items():
                    yield f"{method} {path} {name}", media_type, entry


def test_every_body_has_an_example_that_its_schema_allows(document: dict[str, Any]) -> None:
    """What is bytes has none."""
    checked = 0
    for where, media_type, entry in contents(document):
        if entry.get("schema", {}).get("format") == "binary":
            continue
        assert "example" in entry, f"{where} {media_type}: a field of it has no example"
        if "json" in media_type and "ndjson" not in media_type:
            schema = {**entry["schema"], "components": document["components"]}
            Draft202012Validator(schema).validate(entry["example"])
            checked += 1
    assert checked > 25


def test_every_problem_has_an_example(document: dict[str, Any]) -> None:
    known = document["components"]["examples"]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for status, response in operation["responses"].items():
                if status < "400":
                    continue
                named = response["content"]["application/problem+json"]["examples"]
                assert named, f"{method} {path} {status}"
                assert {known[name]["value"]["status"] for name in named} == {int(status)}


def test_headers_of_requests_and_responses_have_examples(document: dict[str, Any]) -> None:
    """Those that somebody has to write by hand: the ones of the tus protocol."""
    for path in ("/v1/uploads", "/v1/uploads/{upload_id}"):
        for method, operation in document["paths"][path].items():
            sent = [each for each in operation.get("parameters", []) if each["in"] == "header"]
            assert sent or method == "options"
            assert all(each["example"] and each["description"] for each in sent)


def test_the_upload_form_is_described(document: dict[str, Any]) -> None:
    body = document["paths"]["/v1/recordings"]["post"]["requestBody"]["content"]["multipart/form-data"]
    assert body["schema"]["oneOf"] == [{"required": ["file"]}, {"required": ["upload"]}]
    assert {"file", "recorded_at", "start", "time_zone", "site", "latitude", "longitude", "pack", "priority"} <= set(
        body["schema"]["properties"]
    )
    start = body["schema"]["properties"]["start"]
    assert (start["default"], start["enum"]) == ("none", ["file", "none"])
    assert "recorder's clock" in start["description"]


@pytest.mark.parametrize(
    ("method", "path", "status", "name"),
    [
        ("GET", "/v1/nothing", 404, "not-found"),
        ("GET", "/nothing", 404, "not-found"),
        ("PUT", "/v1/recordings", 405, "method-not-allowed"),
        ("DELETE", "/v1/packs", 405, "method-not-allowed"),
    ],
)
def test_errors_of_the_framework_are_problems_too(
    client: httpx.Client, method: str, path: str, status: int, name: str
) -> None:
    problem = problem_of(client.request(method, path), status, name)
    assert problem["instance"] == path


def test_links_lead_to_every_operation_that_takes_an_id(document: dict[str, Any]) -> None:
    operations = {
        operation["operationId"]: path for path, each in document["paths"].items() for operation in each.values()
    }
    led_to = set()
    for each in document["paths"].values():
        for operation in each.values():
            for response in operation["responses"].values():
                for link in response.get("links", {}).values():
                    assert all(f"{{{name}}}" in operations[link["operationId"]] for name in link["parameters"])
                    assert link["operationId"] != operation["operationId"]
                    led_to.add(link["operationId"])
    assert led_to == {name for name, path in operations.items() if "{" in path}
