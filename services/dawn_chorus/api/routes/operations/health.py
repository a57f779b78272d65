"""Liveness, readiness and metrics."""

from collections.abc import Callable

from fastapi import APIRouter, Response
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from dawn_chorus.adapters.postgres.migrate import MIGRATIONS, schema_version
from dawn_chorus.api.dependencies import Dependencies, Deps
from dawn_chorus.api.http.problems import RETRY_AFTER_S, UNAVAILABLE, Problem, documented
from dawn_chorus.api.models.responses import CheckOut, LiveOut, ReadyOut
from dawn_chorus.domain.errors import ChorusError, PermanentError

router = APIRouter(tags=["operations"])


@router.get("/health/live", summary="Liveness: the process responds")
async def live() -> LiveOut:
    return LiveOut(status="live")


@router.get("/health/ready", summary="Readiness: all that it needs is available", responses=documented(UNAVAILABLE))
def ready(deps: Deps) -> ReadyOut:
    """Respond with 200, or with 503 and `checks` that name what is down."""
    checks = {name: _run(check) for name, check in _checks(deps).items()}
    down = [f"{name}: {check.detail}" for name, check in checks.items() if not check.ok]
    if down:
        raise Problem(
            UNAVAILABLE,
            "; ".join(down),
            headers={"Retry-After": str(RETRY_AFTER_S)},
            checks={name: check.model_dump() for name, check in checks.items()},
        )
    return ReadyOut(status="ready", checks=checks)


def _checks(deps: Dependencies) -> dict[str, Callable[[], None]]:
    return {
        "database": deps.database.check,
        "migrations": lambda: _check_schema(deps.database.url),
        "store": deps.store.check,
    }


def _check_schema(url: str) -> None:
    """Raise PermanentError for an older schema; a newer one is fine: an upgrade runs old and new side by side."""
    needed = max(path.stem for path in MIGRATIONS.glob("*.sql"))
    found = schema_version(url)
    if found is None or found < needed:
        raise PermanentError(f"the schema is at {found or 'nothing'}, {needed} is required: run `chorus migrate`")


def _run(check: Callable[[], None]) -> CheckOut:
    try:
        check()
    except ChorusError as error:
        return CheckOut(ok=False, detail=str(error))
    return CheckOut(ok=True)


@router.get("/metrics", summary="Prometheus metrics of this process", response_class=Response)
def metrics() -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
