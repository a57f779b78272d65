"""What every route depends on: settings, the database, the audio store, and the state of this process."""

import asyncio
from dataclasses import dataclass, field
from typing import Annotated

from anyio import CapacityLimiter, Lock
from fastapi import Depends, Request

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.readiness import Readiness
from dawn_chorus.api.changes.feed import ChangeFeed
from dawn_chorus.api.changes.revision_watch import RevisionWatch
from dawn_chorus.api.clips.making import Clips
from dawn_chorus.api.decoders.lending import Lending
from dawn_chorus.api.decoders.pictures import Pictures
from dawn_chorus.api.decoders.server import Decoders
from dawn_chorus.api.decoders.stored_headers import StoredHeaders
from dawn_chorus.api.http.limits.arrivals import Arrivals
from dawn_chorus.api.http.limits.places import Places
from dawn_chorus.api.http.limits.rate_limit import RateLimit
from dawn_chorus.api.key_cache import KeyCache
from dawn_chorus.api.settings import ApiSettings
from dawn_chorus.api.spectrograms.drawing import Drawing
from dawn_chorus.api.spectrograms.overview import Overviews
from dawn_chorus.domain.ports import AudioStore


@dataclass(frozen=True)
class Dependencies:
    """Wired once, in `app.py`."""

    settings: ApiSettings
    database: Database
    store: AudioStore
    readiness: Readiness
    rate: RateLimit
    keys: KeyCache
    sessions: KeyCache
    """The keys of sessions, by the ids of these."""
    uploads: Places
    upload_threads: CapacityLimiter
    """Threads that uploads share: however many wait for the database or the store, reads have their own."""
    joins: CapacityLimiter
    """Uploads whose parts are joined at once."""
    clip_exports: CapacityLimiter
    """Exports of sound that are made at once; those of rows need not wait for them."""
    table_exports: CapacityLimiter
    watch: RevisionWatch
    changes: ChangeFeed
    decoders: Decoders
    lending: Lending
    stored_headers: StoredHeaders
    pictures: Pictures
    drawing: Drawing
    overviews: Overviews
    clips: Clips
    running_keys: set[str] = field(default_factory=set)
    """Idempotency keys of requests that are running in this process."""
    arrivals: Arrivals = field(default_factory=Arrivals)
    """Bytes of uploads in parts, by upload."""
    deletions: Lock = field(default_factory=Lock)
    """Orphaned audio is deleted by one task at a time."""
    background: set[asyncio.Task[None]] = field(default_factory=set)
    """Work that goes on after its request was answered; ended with the service."""


async def get_dependencies(request: Request) -> Dependencies:
    deps: Dependencies = request.app.state.dependencies
    return deps


Deps = Annotated[Dependencies, Depends(get_dependencies)]
