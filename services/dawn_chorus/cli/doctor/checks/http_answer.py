"""Asks a URL with nothing but the standard library: images for operations have no HTTP client."""

import json
import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

_MOST_BYTES = 8 * 2**20


class Silent(Exception):
    """Nobody answers HTTP there; `is_refused`: nobody listens at all."""

    def __init__(self, message: str, *, is_refused: bool = False) -> None:
        super().__init__(message)
        self.is_refused = is_refused


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered, whatever the status."""

    status: int
    headers: Message
    document: dict[str, Any]
    """Empty if it is no JSON object."""

    @property
    def is_live(self) -> bool:
        """Return whether Dawn Chorus answers `/health/live` like this."""
        return self.document.get("status") == "live"

    @property
    def is_ours(self) -> bool:
        return self.is_live or str(self.document.get("type", "")).startswith("urn:dawn-chorus:")

    @property
    def date(self) -> datetime | None:
        """Return the server's time, in whole seconds."""
        try:
            date = parsedate_to_datetime(self.headers.get("Date", ""))
        except ValueError:
            return None
        return date if date.tzinfo else date.replace(tzinfo=UTC)


def ask(url: str, path: str, *, wait_s: float) -> Answer:
    """Return what a GET is answered. Raises Silent."""
    host = urlsplit(url).hostname or ""
    # No proxy leads to this machine, nor to the neighbors in a network of containers.
    opener = build_opener(ProxyHandler({})) if "." not in host or host.startswith("127.") else build_opener()
    try:
        with opener.open(f"{url.rstrip('/')}{path}", timeout=wait_s) as answer:
            return Answer(answer.status, answer.headers, _read_json(answer.read(_MOST_BYTES)))
    except HTTPError as error:
        with error:
            return Answer(error.code, error.headers, _read_json(error.read(_MOST_BYTES)))
    except URLError as error:
        raise _silence(error.reason) from error
    except (HTTPException, OSError, ValueError) as error:
        raise _silence(error) from error


def _silence(reason: BaseException | str) -> Silent:
    if isinstance(reason, ConnectionRefusedError):
        return Silent("nobody listens there", is_refused=True)
    if isinstance(reason, TimeoutError):
        return Silent("no answer in time")
    if isinstance(reason, socket.gaierror):
        return Silent("there is no host of that name", is_refused=True)
    if isinstance(reason, HTTPException | ConnectionError):
        return Silent("it does not speak HTTP")
    return Silent(str(reason))


def _read_json(content: bytes) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
