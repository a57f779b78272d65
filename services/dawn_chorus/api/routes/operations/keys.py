"""Keys: made and revoked by those who may do all. `chorus keys` does the same on the service's own machine."""

from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.concurrency import run_in_threadpool

from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.adapters.postgres.api_keys import LockedOut, create_key, list_keys, revoke_key
from dawn_chorus.api.auth import Admin
from dawn_chorus.api.dependencies import Deps
from dawn_chorus.api.http.problems import CONFLICT, INVALID, MALFORMED, NOT_FOUND, TOO_LARGE, documented, invalid_field
from dawn_chorus.api.models.keys import KeyFields, KeyOut, KeysOut, NewKeyOut, key_out, new_key_out

log = get_logger(__name__)
router = APIRouter(tags=["keys"])


@router.get("/v1/keys", summary="List keys")
def get_keys(response: Response, deps: Deps, caller: Admin) -> KeysOut:
    """Return all keys, oldest first, revoked ones too. The keys themselves are stored nowhere."""
    response.headers["Cache-Control"] = "no-store"
    found = list_keys(deps.database)
    return KeysOut(
        items=[key_out(key, caller.key_id) for key in found],
        asked_for=caller.key_id is not None,
        can_be_asked_for=deps.settings.auth == "on",
    )


@router.post("/v1/keys", summary="Make a key", status_code=201, responses=documented(MALFORMED, TOO_LARGE, INVALID))
async def make_key(response: Response, deps: Deps, caller: Admin, fields: KeyFields) -> NewKeyOut:
    """Make a key and return it, this once. From the first key on every request needs one.

    The first key must have the scope `admin`, so that its owner can make the others. Other processes of the API ask
    for keys within seconds of the first one.
    """
    try:
        key, secret = await run_in_threadpool(
            create_key, deps.database, fields.name, fields.scopes, first_is_admin=True
        )
    except LockedOut as error:
        raise invalid_field("scopes", str(error)) from error
    deps.keys.expect_keys()
    deps.sessions.expect_keys()
    log.info("key created", key_id=str(key.id), name=key.name, scopes=sorted(key.scopes), by=caller.name)
    response.headers["Cache-Control"] = "no-store"
    return new_key_out(key, secret)


@router.delete("/v1/keys/{key_id}", summary="Revoke a key", responses=documented(NOT_FOUND, CONFLICT, INVALID))
async def revoke(deps: Deps, caller: Admin, key_id: UUID) -> KeyOut:
    """Revoke a key for good, and end its sessions in browsers; revoking it again changes nothing.

    Other processes of the API may take it for some seconds more. The last key with the scope `admin` is refused (409).
    """
    key = await run_in_threadpool(revoke_key, deps.database, key_id, keeps_admin=True)
    deps.keys.forget_id(key_id)
    deps.sessions.forget_id(key_id)
    log.info("key revoked", key_id=str(key.id), name=key.name, by=caller.name)
    return key_out(key, caller.key_id)
