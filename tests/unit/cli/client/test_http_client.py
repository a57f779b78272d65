"""How the service's refusals are shown on the command line."""

from pathlib import Path

import httpx
import pytest

from dawn_chorus.cli.client.http_client import ServiceClient
from dawn_chorus.domain.errors import ChorusError, PermanentError, TransientError


def answering(response: httpx.Response | httpx.HTTPError, monkeypatch: pytest.MonkeyPatch) -> ServiceClient:
    def answer(_client: httpx.Client, method: str, path: str, **_request: object) -> httpx.Response:
        if isinstance(response, httpx.HTTPError):
            raise response
        response.request = httpx.Request(method, f"http://birds{path}")
        return response

    monkeypatch.setattr(httpx.Client, "request", answer)
    return ServiceClient("http://birds", None)


def refusal(response: httpx.Response | httpx.HTTPError, monkeypatch: pytest.MonkeyPatch) -> ChorusError:
    with pytest.raises(ChorusError) as caught:
        answering(response, monkeypatch).recording("1")
    return caught.value


def test_a_problem_is_shown_as_its_detail_and_its_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = {
        "title": "A field is wrong",
        "status": 422,
        "detail": "check the fields",
        "errors": [{"field": "latitude", "detail": "more than 90"}],
    }
    error = refusal(httpx.Response(422, json=problem), monkeypatch)
    assert str(error) == "check the fields; latitude: more than 90"
    assert isinstance(error, PermanentError)


def test_a_field_that_the_detail_already_contains_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = {"detail": "pack: no such pack", "errors": [{"field": "pack", "detail": "no such pack"}]}
    assert str(refusal(httpx.Response(422, json=problem), monkeypatch)) == "pack: no such pack"


def test_an_invalid_address_is_a_permanent_error(monkeypatch: pytest.MonkeyPatch) -> None:
    error = refusal(httpx.UnsupportedProtocol("missing an 'http://' or 'https://' protocol"), monkeypatch)
    assert isinstance(error, PermanentError)
    assert "--url" in str(error)


@pytest.mark.parametrize("status", [429, 503])
def test_an_overloaded_or_unavailable_service_is_a_transient_error(
    status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = refusal(httpx.Response(status, json={"title": "Not now"}), monkeypatch)
    assert isinstance(error, TransientError)
    assert "try again later" in str(error)


def test_the_error_for_a_missing_key_says_how_to_give_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "--key or CHORUS_KEY" in str(refusal(httpx.Response(401, json={"detail": "no key"}), monkeypatch))


def test_an_answer_that_is_not_json_is_shown_by_its_status(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "502" in str(refusal(httpx.Response(502, text="<html>Bad Gateway</html>"), monkeypatch))


def test_without_a_service_the_error_says_how_to_start_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "chorus up" in str(refusal(httpx.ConnectError("refused"), monkeypatch))


def test_a_broken_connection_is_a_transient_error(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(refusal(httpx.ReadTimeout("slow"), monkeypatch), TransientError)


@pytest.mark.parametrize("name", ["a\nb.wav", "a\x1b[31m.wav", "dawn\u202evaw.exe"])
def test_a_name_that_no_service_takes_is_refused_before_it_is_sent(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(PermanentError, match=r"its name contains U\+[0-9A-F]{4}"):
        ServiceClient("http://127.0.0.1:1", None).upload(tmp_path / name, {})
