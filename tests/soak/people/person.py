"""A client that does one thing after the other, each until it is answered."""

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Event
from typing import Any
from uuid import UUID, uuid4

from tests.soak.patience import PatientClient
from tests.soak.promises import Promised, Promises
from tests.soak.stack import Stack


@dataclass
class Person:
    name: str
    stack: Stack
    promises: Promises
    client: PatientClient
    rng: random.Random
    own: list[Promised] = field(default_factory=list)
    kept_exports: int = 0
    _sites: int = 0

    @property
    def over(self) -> Event:
        return self.client.over

    def new_site(self) -> str:
        """Return a site of this person's that no recording has."""
        self._sites += 1
        return f"{self.name}-{self._sites}"

    def key(self, share: float = 0.7) -> Mapping[str, str]:
        """Return the header of a request that is to happen once; mostly, some clients send none."""
        return {"Idempotency-Key": str(uuid4())} if self.rng.random() < share else {}

    def pick(self) -> Promised | None:
        """Choose a recording that is there with its audio."""
        kept = [each for each in self.own[-40:] if not each.is_deleted and each.has_audio]
        return self.rng.choice(kept) if kept else None

    def finished(self, recording: Promised) -> dict[str, Any] | None:
        """Return the recording as the API tells it, if nothing of it is under way and it was heard."""
        answer = self.client.ask("read", "GET", f"/v1/recordings/{recording.id}")
        if answer.status != 200:
            self.promises.differ(f"recording {recording.id} is there, and is answered {answer.status}")
            return None
        document: dict[str, Any] = answer.response.json()
        analyses = document["analyses"]
        is_done = all(each["state"] == "finished" for each in analyses)
        return document if is_done and any(each["result"] == "succeeded" for each in analyses) else None

    def wait_finished(self, recording: Promised, within_s: float = 60.0) -> bool:
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline and not self.over.is_set():
            if self.finished(recording):
                return True
            time.sleep(0.5)
        return False


def heard(document: dict[str, Any]) -> UUID:
    """Return the newest analysis that succeeded."""
    done = [UUID(each["id"]) for each in document["analyses"] if each["result"] == "succeeded"]
    return max(done)
