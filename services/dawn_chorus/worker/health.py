"""The worker's readiness checks, by the names that `/health/ready` shows."""

from threading import Event

from dawn_chorus.adapters.readiness import Check
from dawn_chorus.domain.errors import TransientError


def readiness_checks(
    pack_is_open: Event, default_pack: str, *, database: Check, broker: Check, store: Check
) -> dict[str, Check]:
    """Return the checks by name; the pack's fails until `pack_is_open` is set."""

    def check_pack() -> None:
        if not pack_is_open.is_set():
            raise TransientError(f"{default_pack} is being opened and verified on its device")

    return {"pack": check_pack, "database": database, "broker": broker, "store": store}
