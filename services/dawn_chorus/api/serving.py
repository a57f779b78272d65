"""How uvicorn serves the API: the same for the deployable, the embedded service and the tests."""

import math

import uvicorn
from fastapi import FastAPI

from dawn_chorus.api.http.limits.early_refusal import Door, DoorProtocol
from dawn_chorus.api.http.limits.proxies import TrustedProxies
from dawn_chorus.api.routes.intake.uploads import UPLOAD_REQUESTS
from dawn_chorus.api.settings import ApiSettings

_BACKLOG = 512
"""Clients that wait to be accepted, while the API is busy."""


def make_config(app: FastAPI, settings: ApiSettings) -> uvicorn.Config:
    """Return the configuration; uvicorn makes a `Connection` for each client."""

    class Connection(DoorProtocol):
        header_timeout_s = settings.header_timeout_s
        door = Door(app.state.dependencies.uploads, UPLOAD_REQUESTS)

    return uvicorn.Config(
        TrustedProxies(app, settings.trusted_proxies),
        host=settings.host,
        port=settings.port,
        http=Connection,
        ws="none",
        backlog=_BACKLOG,
        limit_concurrency=settings.connections_at_once,
        proxy_headers=False,  # TrustedProxies reads them
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=math.ceil(settings.shutdown_s),
    )
