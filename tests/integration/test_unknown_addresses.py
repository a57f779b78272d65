"""An address that nothing is at: browsers are shown the page, programs a problem document."""

import httpx
import pytest

from tests.integration.api_checks import problem_of
from tests.servers.api import StartApi

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.fixture
def client(start_api: StartApi) -> httpx.Client:
    return start_api().client


@pytest.mark.parametrize("path", ["/nothing-here", "/recordings", "/v1x", "/taxa"])
def test_a_browser_is_shown_the_page_with_status_404(client: httpx.Client, path: str) -> None:
    answer = client.get(path, headers=BROWSER)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.text == client.get("/").text
    assert answer.headers["content-security-policy"] == client.get("/").headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    head = client.head(path, headers=BROWSER)
    assert (head.status_code, head.headers["content-type"]) == (404, "text/html; charset=utf-8")


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1", "/health/nothing", "/assets/nothing.js", "/assets"])
def test_what_programs_ask_for_is_a_problem_even_to_a_browser(client: httpx.Client, path: str) -> None:
    problem_of(client.get(path, headers=BROWSER), 404, "not-found")


def test_programs_and_other_methods_are_answered_by_a_problem(client: httpx.Client) -> None:
    for accept in ("application/json", "*/*", ""):
        problem_of(client.get("/nothing-here", headers={"Accept": accept}), 404, "not-found")
    problem_of(client.post("/nothing-here", headers=BROWSER), 404, "not-found")
