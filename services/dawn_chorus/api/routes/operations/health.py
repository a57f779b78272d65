"""Liveness and readiness. Metrics are on the port of the status server, never here."""

import asyncio
from collections.abc import Mapping

from fastapi import APIRouter

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.migrate import newest_migration, schema_version
from dawn_chorus.adapters.readiness import Check
from dawn_chorus.api.dependencies import Deps
from dawn_chorus.api.http.problems import RETRY_AFTER_S, UNAVAILABLE, Problem, documented
from dawn_chorus.api.models.responses import CheckOut, LiveOut, ReadyOut
from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.domain.ports import AudioStore

router = APIRouter(tags=["operations"])


def readiness_checks(database: Database, store: AudioStore) -> Mapping[str, Check]:
    """Return the checks of an API by the names that `/health/ready` shows."""
    return {"database": database.check, "migrations": lambda: _check_schema(database.url), "store": store.check}


@router.get("/health/live", summary="Liveness: the process responds")
async def live() -> LiveOut:
    return LiveOut(status="live")


@router.get("/health/ready", summary="Readiness: all that it needs is available", responses=documented(UNAVAILABLE))
async def ready(deps: Deps) -> ReadyOut:
    """Respond with 200, or with 503 and `checks` that name what is down, as it was found in the last few seconds."""
    findings = await asyncio.wrap_future(deps.readiness.ask())
    checks = {name: CheckOut(ok=wrong is None, detail=wrong) for name, wrong in findings.items()}
    down = [f"{name}: {wrong}" for name, wrong in findings.items() if wrong is not None]
    if down:
        raise Problem(
            UNAVAILABLE,
            "; ".join(down),
            headers={"Retry-After": str(RETRY_AFTER_S)},
            checks={name: check.model_dump() for name, check in checks.items()},
        )
    return ReadyOut(status="ready", checks=checks)


def _check_schema(url: str) -> None:
    """Raise PermanentError for an older schema; a newer one is fine: an upgrade runs old and new side by side."""
    needed = newest_migration()
    found = schema_version(url)
    if found is None or found < needed:
        raise PermanentError(f"the schema is at {found or 'nothing'}, {needed} is required: run `chorus migrate`")
