"""An HTTP client for a running service. Returns its JSON answers unchanged and raises its refusals as our errors."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx

from dawn_chorus.cli.client.address import check_key, find_proxy, read_address
from dawn_chorus.cli.client.failures import CHANGED, NoService, RequestCut, ServiceAway, answer_error, away_error
from dawn_chorus.cli.client.sent_file import TIMEOUT_S, CountedFile, sendable_name, storing_timeout
from dawn_chorus.domain.errors import PermanentError

Answer = dict[str, Any]

_PARTS_A_PAGE = 200
_ORDERING_S = 600.0
"""Some tables are put in order before their first byte."""


class ServiceClient:
    """A client for one service; may be used from many threads.

    Every method raises ServiceAway if the service cannot be reached or answers 429, 502, 503 or 504, RequestCut if the
    request may pass when it is sent again, NoService if neither this nor another can pass, and Refused if this one
    cannot.
    """

    def __init__(self, url: str, key: str | None) -> None:
        """Raise PermanentError for an address, key or proxy that cannot be used."""
        base_url = read_address(url)
        headers = {} if key is None else {"Authorization": f"Bearer {check_key(key)}"}
        if key is not None and base_url.userinfo:
            raise PermanentError("the address holds a user name, and a key is given: leave one of them out")
        self._proxy = find_proxy(base_url)
        # `trust_env` off: httpx would open every proxy that the environment names, also those that are not used here.
        self._http = httpx.Client(
            base_url=base_url,
            headers=headers,
            timeout=TIMEOUT_S,
            proxy=self._proxy,
            trust_env=False,
            verify=httpx.create_ssl_context(trust_env=True),
            limits=httpx.Limits(max_connections=None),
        )
        self.url = str(base_url.copy_with(userinfo=b""))
        self._reached = False
        """Whether the service has answered."""

    def upload(
        self, path: Path, fields: Mapping[str, str | None], *, on_bytes: Callable[[int], None] | None = None
    ) -> Answer:
        """Upload one recording, streamed from disk; return the service's answer. Fields that are None are left out.

        `on_bytes` receives the number of bytes of each piece that is sent; what it raises ends the upload.
        """
        filename = sendable_name(path)
        form = {name: value for name, value in fields.items() if value is not None}
        timeout = storing_timeout(path.stat().st_size)
        with path.open("rb") as file:
            part = (filename, file if on_bytes is None else CountedFile(file, on_bytes))
            return self._request(
                "POST", "/v1/recordings", is_upload=True, data=form, files={"file": part}, timeout=timeout
            )

    def recordings(self, limit: int) -> list[Answer]:
        """Return the newest recordings."""
        return list(self._request("GET", "/v1/recordings", params={"limit": limit})["items"])

    def recordings_of(self, sha256: str) -> list[Answer]:
        """Return the recordings that have these bytes."""
        return list(self._request("GET", "/v1/recordings", params={"sha256": sha256, "limit": 500})["items"])

    def packs(self) -> list[Answer]:
        """Return the packs that workers have registered."""
        return list(self._request("GET", "/v1/packs")["items"])

    def analyze_again(self, recording_id: str, body: Mapping[str, Any], key: str) -> Answer:
        """Begin another analysis of a recording; with the same `key` it is begun once, however often this is sent."""
        path = f"/v1/recordings/{recording_id}/analyses"
        return self._request("POST", path, json=dict(body), headers={"Idempotency-Key": key})

    def recording(self, recording_id: str) -> Answer:
        return self._request("GET", f"/v1/recordings/{recording_id}")

    def analysis(self, analysis_id: str) -> Answer:
        return self._request("GET", f"/v1/analyses/{analysis_id}")

    def parts(self, analysis: Answer, name: str) -> Iterator[Answer]:
        """Yield all `failures` or `warnings` of an analysis; those that its status has are not asked for again."""
        known = analysis[name]
        yield from known
        # A service of before has no more than these, and its total is missing.
        if analysis.get(f"{name}_total", 0) <= len(known):
            return
        path, query = f"/v1/analyses/{analysis['id']}/{name}", {"limit": str(_PARTS_A_PAGE)}
        seen = 0
        while True:
            page = self._request("GET", path, params=query)
            yield from page["items"][max(0, len(known) - seen) :]
            seen += len(page["items"])
            if page["next"] is None:
                return
            query["cursor"] = page["next"]

    def timeline(self, analysis_id: str, taxa: list[str], min_score: float = 0.0) -> Answer:
        query = {"taxon": taxa, "min_score": min_score}
        return self._request("GET", f"/v1/analyses/{analysis_id}/timeline", params=query)

    def find_analysis(self, some_id: str) -> Answer:
        """Return the analysis with this id, or the latest analysis of the recording with this id."""
        response = self.send("GET", f"/v1/analyses/{some_id}")
        if response.status_code != httpx.codes.NOT_FOUND:
            return self.read(response)
        analyses: list[Answer] = self.recording(some_id)["analyses"]
        if not analyses:
            raise PermanentError(f"recording {some_id} has no analysis")
        return max(analyses, key=lambda analysis: str(analysis["created_at"]))

    def ask_for_export(self, body: Mapping[str, Any], key: str) -> Answer:
        """Have a file made in the background; with the same `key` once, however often this is sent."""
        return self._request("POST", "/v1/exports", json=dict(body), headers={"Idempotency-Key": key})

    def export(self, export_id: str) -> Answer:
        return self._request("GET", f"/v1/exports/{export_id}")

    @contextmanager
    def stream(self, path: str, **request: Any) -> Iterator[httpx.Response]:
        """Yield the answer to a GET, whose bytes are read in the block; raises RequestCut if they end too early."""
        request = {"timeout": httpx.Timeout(TIMEOUT_S, read=_ORDERING_S)} | request
        with self._translated_errors(is_upload=True), self._http.stream("GET", path, **request) as response:
            if not response.is_success:
                response.read()
            self.check(response)
            self._reached = True
            yield response

    def health(self) -> Answer:
        """Return the readiness report, also if the service is not ready; empty if the answer is not JSON."""
        response = self.send("GET", "/health/ready")
        return dict(response.json()) if response.headers.get("content-type", "").startswith("application/") else {}

    def _request(self, method: str, path: str, *, is_upload: bool = False, **request: Any) -> Answer:
        return self.read(self.send(method, path, is_upload=is_upload, **request))

    def send(self, method: str, path: str, *, is_upload: bool = False, **request: Any) -> httpx.Response:
        """Return the response, whatever its status."""
        with self._translated_errors(is_upload=is_upload):
            return self._http.request(method, path, **request)

    def read(self, response: httpx.Response) -> Answer:
        """Return the JSON of an answer; raises what its status means, if it is no success."""
        self.check(response)
        try:
            answer = dict(response.json())
        except (ValueError, TypeError) as error:
            raise self.foreign("its answer is not JSON") from error
        self._reached = True
        return answer

    def check(self, response: httpx.Response) -> None:
        """Raise what the status means, if it is no success."""
        if not response.is_success:
            error = answer_error(response, self.url, reached=self._reached)
            self._reached = self._reached or not isinstance(error, NoService | ServiceAway)
            raise error

    def foreign(self, why: str) -> Exception:
        """Return the error for an answer that our service does not give.

        The sign-in page of a hotel's network answers 200 to everything.
        """
        message = f"{self.url} is not the address of a Dawn Chorus service ({why}): check --url"
        return RequestCut(message) if self._reached else NoService(message)

    @contextmanager
    def _translated_errors(self, *, is_upload: bool) -> Iterator[None]:
        try:
            yield
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise PermanentError(f"the address {self.url} (--url or CHORUS_URL) cannot be used: {error}") from error
        except httpx.LocalProtocolError as error:
            raise PermanentError(CHANGED) from error
        except httpx.HTTPError as error:
            translated = away_error(error, self.url, self._proxy, reached=self._reached)
            is_cut = is_upload and not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
            if is_cut and isinstance(translated, ServiceAway):
                translated = RequestCut(f"the connection broke: {error or type(error).__name__}")
            raise translated from error


def licenses(response: httpx.Response) -> list[str]:
    """Return the license of each pack whose detections an answer may hold, with whom to credit."""
    found = re.findall(r"rel=\"license\"; title\*=UTF-8''([^,;]*)", response.headers.get("link", ""))
    return [unquote(title) for title in found]


def file_name(response: httpx.Response) -> str:
    """Return the name that an answer gives its file, without any folder; empty: it gives none."""
    found = re.search(r"filename\*=UTF-8''([^;]+)", response.headers.get("content-disposition", ""))
    return "" if found is None else unquote(found[1]).replace("\\", "/").rpartition("/")[2]
