"""Several people at once, each in a thread; what each does next is drawn by the seed."""

import random
import time
from collections.abc import Callable
from threading import Event, Thread

from tests.soak.patience import GaveUp, PatientClient
from tests.soak.people.analyzing import analyze_again
from tests.soak.people.person import Person
from tests.soak.people.reading import export, listen
from tests.soak.people.removing import delete, retain
from tests.soak.people.reviewing import review
from tests.soak.people.uploading import send_again, send_rubbish, upload, upload_in_parts
from tests.soak.promises import Promises
from tests.soak.stack import Stack

Deed = Callable[[Person], object]
_DEEDS: tuple[tuple[Deed, int], ...] = (
    (upload, 30), (upload_in_parts, 18), (send_again, 6), (send_rubbish, 5), (review, 25), (listen, 14), (export, 7),
    (analyze_again, 8), (delete, 7), (retain, 3),
)  # fmt: skip
_PAUSE_S = (0.05, 0.6)


class Crowd:
    def __init__(self, stack: Stack, promises: Promises, seed: int, size: int) -> None:
        self.stop, self.over = Event(), Event()
        self._promises = promises
        self._people = [self._make(stack, promises, seed, number) for number in range(size)]
        self._threads = [Thread(target=self._live, args=(each,), name=each.name, daemon=True) for each in self._people]

    def _make(self, stack: Stack, promises: Promises, seed: int, number: int) -> Person:
        name = f"person-{number}"
        rng = random.Random(f"{seed} {name}")
        client = PatientClient(stack.urls, promises, rng, self.over)
        return Person(name, stack, promises, client, rng)

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def finish(self, within_s: float) -> None:
        """Let each end what they are at, and be answered."""
        self.stop.set()
        deadline = time.monotonic() + within_s
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self.over.set()
        for thread in self._threads:
            thread.join(60)
            if thread.is_alive():
                self._promises.differ(f"{thread.name} still waits for an answer")

    def _live(self, person: Person) -> None:
        deeds, weights = zip(*_DEEDS, strict=True)
        while not self.stop.is_set():
            deed = person.rng.choices(deeds, weights)[0]
            try:
                deed(person)
            except GaveUp:
                return
            except Exception as error:  # noqa: BLE001 - whatever breaks a client is a difference, not the end of the soak
                self._promises.differ(f"{person.name}, {deed.__name__}: {type(error).__name__}: {error}")
            time.sleep(person.rng.uniform(*_PAUSE_S))
