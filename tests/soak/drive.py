"""Lets faults happen, two at a time, and measures how long the service takes to be well again."""

import random
import time
from collections import Counter
from dataclasses import dataclass
from threading import Lock, Thread

import httpx

from tests.soak.faults.kinds import Fault
from tests.soak.patience import GaveUp
from tests.soak.people.person import Person
from tests.soak.people.uploading import upload
from tests.soak.promises import Promises, tell
from tests.soak.stack import Stack

_PAUSE_S = (0.5, 4.0)
_WELL_S = 150.0


@dataclass(frozen=True)
class Happened:
    kind: str
    target: str
    began_s: float
    ended_s: float
    well_after_s: float | None
    """Until both APIs were ready and a new recording was analyzed; None: not before all was over."""
    is_alone: bool
    """Whether no other fault went on meanwhile."""


class Drive:
    """Deals faults as cards: each kind once before any comes again.

    By the seed alone: the order of each deck, and how long and how hard each is the first, second, … time. A kind whose
    target is not left alone at that moment comes a little later.
    """

    def __init__(
        self, stack: Stack, promises: Promises, faults: list[Fault], canaries: list[Person], *, seed: int, at_least: int
    ) -> None:
        self._stack, self._promises, self._faults = stack, promises, faults
        self._canaries, self._seed, self._at_least = canaries, seed, at_least
        self._deck: list[str] = []
        self._decks = 0
        self._times: Counter[str] = Counter()
        self._busy: set[str] = set()
        self._lock = Lock()
        self.happened: list[Happened] = []

    def run(self, seconds: float) -> None:
        """Have faults for so long, then wait until all are undone."""
        deadline = time.monotonic() + seconds
        threads = [
            Thread(target=self._go_on, args=(deadline, each), name=each.name, daemon=True) for each in self._canaries
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(seconds + 2 * _WELL_S)
            if thread.is_alive():
                self._promises.differ(f"the faults of {thread.name} do not end")
        self._stack.faults_over.set()

    def _go_on(self, deadline: float, canary: Person) -> None:
        while time.monotonic() < deadline or len(self.happened) < self._at_least:
            if time.monotonic() > deadline + _WELL_S:
                return
            drawn = self._draw()
            if drawn is None:
                time.sleep(0.2)
                continue
            fault, rng = drawn
            try:
                self._have(fault, rng, canary)
            except Exception as error:  # noqa: BLE001 - told, and no end of the faults that are still to come
                self._promises.differ(f"after {fault.kind} of {fault.target}: {type(error).__name__}: {error}")
            finally:
                with self._lock:
                    self._busy.discard(fault.target)
            time.sleep(canary.rng.uniform(*_PAUSE_S))

    def _draw(self) -> tuple[Fault, random.Random] | None:
        """Take the next kind whose target is left alone now, and what it is drawn by."""
        with self._lock:
            if not self._deck:
                self._deck = sorted({each.kind for each in self._faults})
                random.Random(f"{self._seed} deck {self._decks}").shuffle(self._deck)
                self._decks += 1
            for kind in self._deck:
                free = [each for each in self._faults if each.kind == kind and each.target not in self._busy]
                if free:
                    self._times[kind] += 1
                    rng = random.Random(f"{self._seed} {kind} {self._times[kind]}")
                    fault = rng.choice(free)
                    self._deck.remove(kind)
                    self._busy.add(fault.target)
                    return fault, rng
            return None

    def _have(self, fault: Fault, rng: random.Random, canary: Person) -> None:
        began_s = self._promises.now_s
        others = len(self._busy)
        try:
            fault.happen(rng)
        except Exception as error:  # noqa: BLE001 - a fault that does not come off is told, and undone at the end
            self._promises.differ(f"{fault.kind} of {fault.target}: {type(error).__name__}: {str(error)[-600:]}")
        ended_s = self._promises.now_s
        well = self._wait_well(canary)
        alone = others == 1 and len(self._busy) == 1
        known = Happened(fault.kind, fault.target, began_s, ended_s, well and well - ended_s, alone)
        with self._lock:
            self.happened.append(known)
            number = len(self.happened)
        took = "not well again" if known.well_after_s is None else f"well after {known.well_after_s:.1f} s"
        tell(f"{ended_s:6.0f} s  fault {number}: {fault.kind} ({fault.target}), {ended_s - began_s:.1f} s; {took}")

    def _wait_well(self, canary: Person) -> float | None:
        deadline = time.monotonic() + _WELL_S
        while time.monotonic() < deadline:
            if all(_is_ready(url) for url in self._stack.urls):
                break
            time.sleep(0.1)
        try:
            recording = upload(canary)
        except GaveUp:
            return None
        if recording is None:
            return None
        while time.monotonic() < deadline and not canary.over.is_set():
            answer = canary.client.ask("read", "GET", f"/v1/recordings/{recording.id}").response.json()
            if all(each["state"] == "finished" for each in answer.get("analyses", [{"state": "unknown"}])):
                return self._promises.now_s
            time.sleep(0.1)
        return None


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/ready", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False
