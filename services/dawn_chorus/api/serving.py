"""How uvicorn serves the API: the same for the deployable, the embedded service and the tests."""

import math

import uvicorn
from fastapi import FastAPI

from dawn_chorus.api.http.h11_protocol import ProblemProtocol
from dawn_chorus.api.settings import ApiSettings

_BACKLOG = 512
"""Clients that wait to be accepted, while the API is busy."""


def make_config(app: FastAPI, settings: ApiSettings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=ProblemProtocol,
        ws="none",
        backlog=_BACKLOG,
        forwarded_allow_ips=settings.trusted_proxies,
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=math.ceil(settings.shutdown_s),
    )
