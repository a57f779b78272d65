"""An HTTP client for a running service. Returns its JSON answers unchanged and raises its refusals as our errors."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from dawn_chorus.domain.errors import PermanentError, TransientError
from dawn_chorus.domain.names import displayed

Answer = dict[str, Any]


class ServiceClient:
    """A client for one service.

    Every method raises TransientError if the service cannot be reached or answers 429 or 503, and PermanentError if it
    refuses otherwise.
    """

    def __init__(self, url: str, key: str | None) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        # No limit for writing: uploading a day of audio over a slow line takes long.
        timeout = httpx.Timeout(60.0, write=None)
        self._http = httpx.Client(base_url=url.rstrip("/"), headers=headers, timeout=timeout)
        self._url = url

    def upload(self, path: Path, fields: Mapping[str, str | None]) -> Answer:
        """Upload one recording, streamed from disk; return the service's answer. Fields that are None are left out."""
        form = {name: value for name, value in fields.items() if value is not None}
        with path.open("rb") as file:
            return self._request("POST", "/v1/recordings", data=form, files={"file": (displayed(path.name), file)})

    def recordings(self, limit: int) -> list[Answer]:
        """Return the newest recordings."""
        return list(self._request("GET", "/v1/recordings", params={"limit": limit})["items"])

    def recording(self, recording_id: str) -> Answer:
        return self._request("GET", f"/v1/recordings/{recording_id}")

    def analysis(self, analysis_id: str) -> Answer:
        return self._request("GET", f"/v1/analyses/{analysis_id}")

    def timeline(self, analysis_id: str, taxa: list[str], min_score: float = 0.0) -> Answer:
        query = {"taxon": taxa, "min_score": min_score}
        return self._request("GET", f"/v1/analyses/{analysis_id}/timeline", params=query)

    def find_analysis(self, some_id: str) -> Answer:
        """Return the analysis with this id, or the latest analysis of the recording with this id."""
        response = self._send("GET", f"/v1/analyses/{some_id}")
        if response.status_code != httpx.codes.NOT_FOUND:
            return self._read(response)
        analyses: list[Answer] = self.recording(some_id)["analyses"]
        if not analyses:
            raise PermanentError(f"recording {some_id} has no analysis")
        return max(analyses, key=lambda analysis: str(analysis["created_at"]))

    def health(self) -> Answer:
        """Return the readiness report, also if the service is not ready; empty if the answer is not JSON."""
        response = self._send("GET", "/health/ready")
        return dict(response.json()) if response.headers.get("content-type", "").startswith("application/") else {}

    def _request(self, method: str, path: str, **request: Any) -> Answer:
        return self._read(self._send(method, path, **request))

    def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        with _translated_errors(self._url):
            return self._http.request(method, path, **request)

    def _read(self, response: httpx.Response) -> Answer:
        if response.is_success:
            return dict(response.json())
        raise _refusal(response)


@contextmanager
def _translated_errors(url: str) -> Iterator[None]:
    try:
        yield
    except httpx.ConnectError as error:
        raise TransientError(
            f"no service at {url}: start one with `chorus up`, or give its address with --url"
        ) from error
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise PermanentError(f"--url {url}: {error}") from error
    except httpx.HTTPError as error:
        raise TransientError(f"request to {url} failed: {error or type(error).__name__}; try again") from error


def _refusal(response: httpx.Response) -> PermanentError | TransientError:
    """Return the error for a problem document, its message in one line."""
    try:
        problem = response.json()
        detail = problem.get("detail") or problem["title"]
        fields = [f"{error.get('field')}: {error.get('detail')}" for error in problem.get("errors", [])]
    except (ValueError, KeyError, AttributeError):
        detail, fields = f"{response.status_code} {response.reason_phrase}", []
    if response.status_code == httpx.codes.UNAUTHORIZED:
        fields.append("give a key with --key or CHORUS_KEY")
    message = "; ".join([detail, *(field for field in fields if field not in detail)])
    is_transient = response.status_code in (429, 503)
    return TransientError(f"{message}; try again later") if is_transient else PermanentError(message)
