"""What every route finds in the house: settings, the database, the audio store, and what is counted in this process."""

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.api.limits import RateLimit, Slots
from dawn_chorus.api.settings import ApiSettings
from dawn_chorus.api.watch import RevisionWatch
from dawn_chorus.domain.ports import AudioStore


@dataclass(frozen=True)
class House:
    """Wired once, in `app.py`."""

    settings: ApiSettings
    database: Database
    store: AudioStore
    rate: RateLimit
    uploads: Slots
    watch: RevisionWatch
    running_keys: set[str] = field(default_factory=set)
    """Idempotency keys of requests that run in this process now."""


def get_house(request: Request) -> House:
    house: House = request.app.state.house
    return house


HouseDep = Annotated[House, Depends(get_house)]
