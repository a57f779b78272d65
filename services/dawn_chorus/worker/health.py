"""What a worker needs before it can do work, each by the name that an operator will look for."""

from threading import Event

from dawn_chorus.adapters.status_server import Check
from dawn_chorus.domain.errors import TransientError


def name_checks(
    pack_is_open: Event, default_pack: str, *, database: Check, broker: Check, store: Check
) -> dict[str, Check]:
    """Name the checks as `/health/ready` shows them."""

    def check_pack() -> None:
        if not pack_is_open.is_set():
            raise TransientError(f"{default_pack} is being opened and verified on its device")

    return {"pack": check_pack, "database": database, "broker": broker, "store": store}
