"""A client of Xeno-canto's API, version 3: paged searches and audio downloads."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from pydantic import BaseModel, Field, ValidationError

from dawn_chorus.domain.errors import PermanentError, TransientError
from models.workshop.data.xeno_canto.rate_limit import BUSY, RateLimitedTransport
from models.workshop.data.xeno_canto.recording import XenoCantoRecording, parse_recording

PER_PAGE = 500
"""The API's largest page; more recordings are on further pages."""
DOWNLOAD_ATTEMPTS = 3
_TAGS = re.compile(r'\s*(?:\w+:(?:"[^"]+"|[^\s"]+)\s*)+')


class BrokenDownload(TransientError):
    """A download was interrupted at every attempt; the next run tries it again."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a search's results."""

    number: int
    n_pages: int
    recordings: tuple[XenoCantoRecording, ...]


class _SearchResponse(BaseModel):
    n_pages: int = Field(alias="numPages")
    recordings: list[dict[str, Any]]


class XenoCanto:
    """The Xeno-canto archive, as a context manager.

    Raises TransientError if a later attempt may succeed, PermanentError if not.
    """

    def __init__(self, transport: RateLimitedTransport) -> None:
        self._api_url = transport.api_url
        self._key = transport.key
        self._client = httpx.Client(transport=transport, follow_redirects=True, timeout=60.0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def search(self, query: str) -> Iterator[Page]:
        """Yield all pages of a search; the query must consist of tags, such as `sp:"larus fuscus" q:A`."""
        if not _TAGS.fullmatch(query):
            raise PermanentError(
                f'{query!r}: Xeno-canto only searches by tags, such as sp:"larus fuscus", gen:larus or grp:frogs'
            )
        number = n_pages = 1
        while number <= n_pages:
            answer = self._get_page({"query": query, "per_page": PER_PAGE, "page": number})
            n_pages = answer.n_pages
            yield Page(number, n_pages, tuple(parse_recording(row, str(self._api_url)) for row in answer.recordings))
            number += 1

    def download(self, url: str, path: Path) -> None:
        """Download an audio file; it is named `….part` until it is complete."""
        partial = path.with_name(path.name + ".part")
        for attempt in range(1, DOWNLOAD_ATTEMPTS + 1):
            try:
                self._stream(url, partial)
            except httpx.TransportError as error:
                if attempt == DOWNLOAD_ATTEMPTS:
                    raise BrokenDownload(f"{url}: interrupted {attempt} times ({error}): run again later") from error
            else:
                partial.replace(path)
                return

    def _get_page(self, parameters: dict[str, str | int]) -> _SearchResponse:
        try:
            response = self._client.get(self._api_url, params=parameters)
        except httpx.TransportError as error:
            raise TransientError(f"Xeno-canto is unreachable ({error}): check the network, run again") from error
        if response.status_code in {401, 403}:
            reason = f"{response.status_code}: {self._message_of(response)}"
            raise PermanentError(f"Xeno-canto refuses the key ({reason}): set XENO_CANTO_KEY to that of your account")
        self._check(response)
        try:
            return _SearchResponse.model_validate_json(response.content)
        except ValidationError as error:
            raise PermanentError(f"{self._api_url}: not a response of the API's version 3: {error}") from error

    def _stream(self, url: str, partial: Path) -> None:
        with self._client.stream("GET", url) as response:
            self._check(response)
            if response.headers.get("content-type", "").startswith("text/"):
                raise PermanentError(f"{url} returned text instead of audio")
            with partial.open("wb") as file:
                for block in response.iter_bytes():
                    file.write(block)

    def _check(self, response: httpx.Response) -> None:
        if response.is_success:
            return
        reason = f"{response.status_code}: {self._message_of(response)}"
        if response.status_code in BUSY:
            wait = response.headers.get("retry-after", "some time")
            raise TransientError(f"Xeno-canto is busy ({reason}; wait: {wait}): run again later, downloads are kept")
        where = response.request.url.copy_with(query=None)
        kind = TransientError if response.is_server_error else PermanentError
        raise kind(f"Xeno-canto refuses {where} ({reason})")

    def _message_of(self, response: httpx.Response) -> str:
        """Return the server's error message; the key is masked in case the server repeats it."""
        response.read()
        try:
            message = str(response.json()["message"])
        except (ValueError, KeyError, TypeError):
            message = response.reason_phrase
        return message.replace(self._key, "…")
