"""Builds the HTTP API: `create_app` receives the database and the store, and opens nothing itself."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from importlib.metadata import version
from uuid import UUID

from anyio import CapacityLimiter
from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi_offline import FastAPIOffline

from dawn_chorus.adapters import metrics
from dawn_chorus.adapters.disk_cache import DiskCache
from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.adapters.postgres.analyses import get_revision
from dawn_chorus.adapters.postgres.api_keys import any_keys, find_key
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.sessions import find_session
from dawn_chorus.adapters.readiness import Readiness
from dawn_chorus.api.auth import name_caller, warn_if_open
from dawn_chorus.api.changes.database import DatabaseChanges
from dawn_chorus.api.changes.feed import ChangeFeed
from dawn_chorus.api.changes.revision_watch import RevisionWatch
from dawn_chorus.api.clips.files import ClipFiles
from dawn_chorus.api.clips.making import Clips
from dawn_chorus.api.curl_lines import add_curl_lines
from dawn_chorus.api.decoders.access import Access
from dawn_chorus.api.decoders.indexing import Indexes
from dawn_chorus.api.decoders.lending import Lending
from dawn_chorus.api.decoders.pictures import Pictures
from dawn_chorus.api.decoders.server import Decoders
from dawn_chorus.api.decoders.stored_headers import StoredHeaders
from dawn_chorus.api.dependencies import Dependencies
from dawn_chorus.api.exports.jobs.tending import tend_exports
from dawn_chorus.api.http.body_limit import BodyLimit, BodyLimits
from dawn_chorus.api.http.browsers.gate import Gate
from dawn_chorus.api.http.browsers.hosts import AllowedHosts, own_names
from dawn_chorus.api.http.documentation.docs_page import add_docs_page
from dawn_chorus.api.http.documentation.openapi import describe, problem_table
from dawn_chorus.api.http.error_handlers import install_problems
from dawn_chorus.api.http.head_requests import HeadRequests
from dawn_chorus.api.http.limits.admission import Admission, Limits
from dawn_chorus.api.http.limits.places import Pace, Places
from dawn_chorus.api.http.limits.rate_limit import RateLimit
from dawn_chorus.api.http.request_metrics import Observe, expect_answers
from dawn_chorus.api.http.tus import MethodOverride, TusProtocol
from dawn_chorus.api.key_cache import KeyCache
from dawn_chorus.api.routes.audio import clip, original, spectrogram
from dawn_chorus.api.routes.exports import count, file, jobs
from dawn_chorus.api.routes.intake import corrections, facts, recordings, sites, uploads
from dawn_chorus.api.routes.operations import health, keys, page, queue, session
from dawn_chorus.api.routes.results import (
    analyses,
    detections,
    event_stream,
    lanes,
    progress_stream,
    shortcomings,
    taxa,
    timeline,
)
from dawn_chorus.api.routes.review import listing, overview, precision, reviews, thresholds
from dawn_chorus.api.routes.review import queue as review_queue
from dawn_chorus.api.settings import ApiSettings
from dawn_chorus.api.spectrograms.drawing import Drawing
from dawn_chorus.api.spectrograms.overview import Overviews
from dawn_chorus.api.uploads.resumable.tending import tend_uploads
from dawn_chorus.api.uploads.sweep import sweep_store
from dawn_chorus.domain.errors import NotFound, TransientError
from dawn_chorus.domain.ports import AudioStore

log = get_logger(__name__)
_JOINS_AT_ONCE = 2
"""Uploads in parts whose bytes one process joins at once; each reads and writes a whole file."""
_ROUTES = (
    recordings,
    corrections,
    sites,
    uploads,
    facts,
    original,
    spectrogram,
    clip,
    analyses,
    progress_stream,
    event_stream,
    shortcomings,
    timeline,
    lanes,
    detections,
    overview,
    reviews,
    listing,
    taxa,
    precision,
    thresholds,
    review_queue,
    count,
    jobs,
    file,
    session,
    keys,
    queue,
    health,
    page,
)
_ROUTERS = tuple(module.router for module in _ROUTES)
_TAGS = [
    {"name": "recordings", "description": "Upload, list, download and remove recordings."},
    {"name": "uploads", "description": "Send a file in parts that survive a cut line, then make a recording of it."},
    {"name": "analyses", "description": "A model pack applied to a recording: progress and result."},
    {"name": "results", "description": "Who sang when: timelines and detections."},
    {"name": "reviews", "description": "What comes next, what people say of events, precision and thresholds."},
    {"name": "exports", "description": "Files of many detections, and of their sound, made in the background."},
    {"name": "taxa and packs", "description": "Which taxa can be detected, and with which model packs."},
    {"name": "sessions", "description": "For browsers, in place of a key with every request."},
    {"name": "keys", "description": "Who may use the service, and for what."},
    {"name": "operations", "description": "Health, and what waits."},
]

_FIRST_PICTURE = {"span_s": "2", "index": "0"}
_RECORDING = {
    "recording_id": "$response.body#/id",
    "analysis_id": "$response.body#/analyses/0/id",
    **_FIRST_PICTURE,
}
_LINKS = {
    ("post", "/v1/recordings"): _RECORDING,
    ("post", "/v1/uploads"): {"upload_id": "$response.body#/id"},
    ("patch", "/v1/uploads/{upload_id}"): {"upload_id": "$request.path.upload_id"},
    ("get", "/v1/recordings/{recording_id}/spectrogram"): {
        "recording_id": "$response.body#/recording_id",
        **_FIRST_PICTURE,
    },
    ("get", "/v1/recordings"): {"recording_id": "$response.body#/items/0/id"},
    ("get", "/v1/recordings/{recording_id}"): _RECORDING,
    ("patch", "/v1/recordings/{recording_id}"): _RECORDING,
    ("post", "/v1/recordings/corrections"): {"recording_id": "$response.body#/items/0/id"},
    ("post", "/v1/recordings/{recording_id}/analyses"): {"analysis_id": "$response.body#/id"},
    ("get", "/v1/analyses/{analysis_id}"): {"recording_id": "$response.body#/recording_id"},
    ("get", "/v1/taxa"): {"code": "$response.body#/items/0/code"},
    ("post", "/v1/reviews"): {"review_id": "$response.body#/id"},
    ("get", "/v1/reviews"): {"review_id": "$response.body#/items/0/id"},
    ("post", "/v1/reviews/batch"): {"review_id": "$response.body#/items/0/id"},
    ("post", "/v1/exports"): {"export_id": "$response.body#/id"},
    ("get", "/v1/exports"): {"export_id": "$response.body#/items/0/id"},
    ("post", "/v1/keys"): {"key_id": "$response.body#/id"},
}
"""Where the ids are that an answer leads on by; the document says so to whoever reads it."""

_DESCRIPTION = f"""
Post a recording, follow its analysis, read its timeline. Times are RFC 3339 with offset; positions and durations are
seconds. `HEAD` works wherever `GET` does: the same status and headers without the body, of an event stream too.

Every response carries `X-Request-ID`, and every line of the service's log about it the same as `request_id`: send it to
whoever helps. An id that comes with the request is kept if it is 1 to 64 letters, digits, `.`, `_` or `-`.

Errors are always `application/problem+json` (RFC 9457), with one stable `type` for each cause:

{problem_table()}
"""


def create_app(settings: ApiSettings, database: Database, store: AudioStore) -> FastAPI:
    """Build the API; the caller opens and closes the database and the store."""
    app: FastAPI = FastAPIOffline(
        title="Dawn Chorus",
        summary="Who sang when: from a posted recording to its timeline.",
        description=_DESCRIPTION,
        version=version("dawn-chorus"),
        openapi_tags=_TAGS,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    deps = app.state.dependencies = _wire(settings, database, store)
    metrics.api_info.labels(settings.page_url, settings.runbook_url).set(1)
    for router in _ROUTERS:
        app.include_router(router)
    add_docs_page(app)
    install_problems(app)
    page.install_unknown_addresses(app)
    describe(app, _LINKS, add_curl_lines)
    # The middleware added last is the outermost: it sees the responses of the others.
    app.add_middleware(HeadRequests)
    routes = [route for router in _ROUTERS for route in router.routes]
    limits = Limits(deps.rate, partial(name_caller, deps), deps.uploads, uploads.UPLOAD_REQUESTS, routes)
    app.add_middleware(Admission, limits=limits)
    body_limits = BodyLimits(uploads.UPLOAD_REQUESTS, settings.max_upload_bytes, settings.upload_idle_s)
    app.add_middleware(BodyLimit, limits=body_limits)
    app.add_middleware(MethodOverride)
    hosts = AllowedHosts((*settings.host_names, *own_names(socket.gethostname())))
    app.add_middleware(Gate, hosts=hosts)
    app.add_middleware(TusProtocol)
    app.add_middleware(Observe)
    expect_answers(routes)
    return app


def _wire(settings: ApiSettings, database: Database, store: AudioStore) -> Dependencies:
    def revisions(analysis_ids: Sequence[UUID]) -> Mapping[UUID, int]:
        found = {}
        for analysis_id in analysis_ids:
            with suppress(NotFound):
                found[analysis_id] = get_revision(database, analysis_id)
        return found

    decoders = Decoders(settings.probe_timeout_s, settings.uploads_at_once)
    pictures = Pictures(decoders, settings.pictures_at_once, settings.pictures_waiting)
    access = Access(store)
    lending = Lending(access, Indexes(database, decoders))
    drawing = Drawing(pictures, lending, DiskCache(settings.cache_folder / "pictures", settings.tile_cache_bytes))
    return Dependencies(
        settings=settings,
        database=database,
        store=store,
        readiness=Readiness(health.readiness_checks(database, store)),
        rate=RateLimit(settings.requests_per_s, settings.request_burst),
        keys=KeyCache(partial(find_key, database), partial(any_keys, database), settings.key_cache_s),
        sessions=KeyCache(partial(find_session, database), partial(any_keys, database), settings.key_cache_s),
        uploads=Places(settings.uploads_at_once, Pace(settings.upload_floor_bytes_per_s, settings.upload_settle_s)),
        upload_threads=CapacityLimiter(settings.upload_threads),
        joins=CapacityLimiter(_JOINS_AT_ONCE),
        decoders=decoders,
        lending=lending,
        stored_headers=StoredHeaders(access, decoders),
        pictures=pictures,
        drawing=drawing,
        overviews=Overviews(drawing),
        clips=Clips(pictures, lending, ClipFiles(settings.cache_folder, settings.clip_cache_bytes)),
        clip_exports=CapacityLimiter(1),
        table_exports=CapacityLimiter(1),
        watch=RevisionWatch(lambda analysis_ids: run_in_threadpool(revisions, analysis_ids)),
        changes=ChangeFeed(DatabaseChanges(database)),
    )


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    await run_in_threadpool(warn_if_open, app.state.dependencies)
    deps: Dependencies = app.state.dependencies
    tasks = [asyncio.create_task(sweep_store(deps)), asyncio.create_task(_warm_decoders(deps))]
    tasks += [asyncio.create_task(tend_uploads(deps)), asyncio.create_task(tend_exports(deps))]
    yield
    tasks += deps.background
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await deps.overviews.close()
    await deps.lending.close()
    deps.decoders.close()


async def _warm_decoders(deps: Dependencies) -> None:
    try:
        await deps.decoders.start()
    except TransientError as error:  # the first upload tries again
        log.warning("uploads cannot be read yet", reason=str(error))
