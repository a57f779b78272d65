"""Xeno-canto's API, version 3: searches, page after page, and sounds."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from pydantic import BaseModel, Field, ValidationError

from dawn_chorus.domain.errors import PermanentError, TransientError
from models.workshop.data.xeno_canto.rate_limit import BUSY, PoliteTransport
from models.workshop.data.xeno_canto.recording import XenoCantoRecording, parse_recording

PER_PAGE = 500
"""The most that the API gives at once; the rest is on further pages."""
DOWNLOAD_ATTEMPTS = 3
_TAGS = re.compile(r'\s*(?:\w+:(?:"[^"]+"|[^\s"]+)\s*)+')


class BrokenDownload(TransientError):
    """A sound did not arrive whole, again and again; the next run tries it anew."""


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a search's answer."""

    number: int
    n_pages: int
    recordings: tuple[XenoCantoRecording, ...]


class _Answer(BaseModel):
    n_pages: int = Field(alias="numPages")
    recordings: list[dict[str, Any]]


class XenoCanto:
    """The archive, as a context manager.

    Raises PermanentError for what asking again will not change, TransientError where it may.
    """

    def __init__(self, transport: PoliteTransport) -> None:
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
        """Return all pages of a search; it must be made of tags: `sp:"larus fuscus" q:A`."""
        if not _TAGS.fullmatch(query):
            raise PermanentError(
                f'{query!r}: Xeno-canto searches by tags alone, like sp:"larus fuscus", gen:larus or grp:frogs'
            )
        number = n_pages = 1
        while number <= n_pages:
            answer = self._ask({"query": query, "per_page": PER_PAGE, "page": number})
            n_pages = answer.n_pages
            yield Page(number, n_pages, tuple(parse_recording(row, str(self._api_url)) for row in answer.recordings))
            number += 1

    def download(self, url: str, path: Path) -> None:
        """Fetch a sound; until it is whole, it is called `….part`."""
        partial = path.with_name(path.name + ".part")
        for attempt in range(1, DOWNLOAD_ATTEMPTS + 1):
            try:
                self._stream(url, partial)
            except httpx.TransportError as error:
                if attempt == DOWNLOAD_ATTEMPTS:
                    raise BrokenDownload(f"{url} broke off {attempt} times ({error}): run the command again") from error
            else:
                partial.replace(path)
                return

    def _ask(self, parameters: dict[str, str | int]) -> _Answer:
        try:
            response = self._client.get(self._api_url, params=parameters)
        except httpx.TransportError as error:
            raise TransientError(f"Xeno-canto cannot be reached ({error}): check the network, run again") from error
        if response.status_code in {401, 403}:
            said = f"{response.status_code}: {self._message_of(response)}"
            raise PermanentError(f"Xeno-canto refuses the key ({said}): set XENO_CANTO_KEY to that of your account")
        self._check(response)
        try:
            return _Answer.model_validate_json(response.content)
        except ValidationError as error:
            raise PermanentError(f"{self._api_url} does not answer as version 3 of the API does: {error}") from error

    def _stream(self, url: str, partial: Path) -> None:
        with self._client.stream("GET", url) as response:
            self._check(response)
            if response.headers.get("content-type", "").startswith("text/"):
                raise PermanentError(f"{url} gives a page instead of a sound")
            with partial.open("wb") as file:
                for block in response.iter_bytes():
                    file.write(block)

    def _check(self, response: httpx.Response) -> None:
        if response.is_success:
            return
        said = f"{response.status_code}: {self._message_of(response)}"
        if response.status_code in BUSY:
            wait = response.headers.get("retry-after", "some time")
            raise TransientError(f"Xeno-canto is busy ({said}; wait: {wait}): run again later, what is there stays")
        where = response.request.url.copy_with(query=None)
        kind = TransientError if response.is_server_error else PermanentError
        raise kind(f"Xeno-canto refuses {where} ({said})")

    def _message_of(self, response: httpx.Response) -> str:
        """Return the server's words without the key, should it repeat it."""
        response.read()
        try:
            message = str(response.json()["message"])
        except (ValueError, KeyError, TypeError):
            message = response.reason_phrase
        return message.replace(self._key, "…")
