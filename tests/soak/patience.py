"""A client that asks again until it is answered, at any of the APIs."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event
from typing import Any

import httpx

from tests.soak.promises import Promises

_AGAIN = {429, 500, 502, 503, 504}
_WAIT_S = (0.2, 1.0)
IN_PROGRESS = "request-in-progress"


class GaveUp(Exception):
    """The time for all answers is over."""


@dataclass
class Answered:
    """An answer that needs no second question, and how often was asked for it."""

    response: httpx.Response
    sends: int
    unanswered: int
    """How often no answer came, or one of an error: the request may have been carried out."""

    @property
    def status(self) -> int:
        return self.response.status_code


@dataclass
class PatientClient:
    urls: Sequence[str]
    promises: Promises
    rng: random.Random
    over: Event
    """Set when no answer counts any more."""
    timeout_s: float = 40.0

    def __post_init__(self) -> None:
        self._http = httpx.Client(timeout=self.timeout_s)

    def once(self, kind: str, method: str, path: str, **words: Any) -> httpx.Response | None:
        """Ask once; None: no answer came."""
        try:
            response = self._http.request(method, self.rng.choice(self.urls) + path, **words)
        except (httpx.HTTPError, CutOff):
            self.promises.note(kind, "unanswered")
            return None
        self.promises.note(kind, str(response.status_code))
        if response.status_code == 500:
            self.promises.differ(f"{method} {path} answered 500: {response.text[:300]}")
        return response

    def ask(self, kind: str, method: str, path: str, **words: Any) -> Answered:
        """Ask until an answer comes that is neither an error of the service nor a plea to wait."""
        return self.insist(lambda: self.once(kind, method, path, **words), f"{method} {path}")

    def insist(self, send: Callable[[], httpx.Response | None], what: str) -> Answered:
        sends = unanswered = 0
        while not self.over.is_set():
            sends += 1
            response = send()
            if response is not None and not _waits(response):
                return Answered(response, sends, unanswered)
            unanswered += response is None or response.status_code not in (409, 429)
            time.sleep(self.rng.uniform(*_WAIT_S))
        self.promises.differ(f"{what} was never answered, after {sends} requests")
        raise GaveUp

    def close(self) -> None:
        self._http.close()


class CutOff(Exception):
    """The client itself breaks the connection."""


def _waits(response: httpx.Response) -> bool:
    return response.status_code in _AGAIN or (response.status_code == 409 and IN_PROGRESS in response.text)
