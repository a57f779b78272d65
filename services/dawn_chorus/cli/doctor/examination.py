"""Runs all checks at once; a server that never answers costs the time that a check may take, and no more."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from threading import Lock, Thread

from dawn_chorus.cli.doctor.checks.alerts import look_at_alerts
from dawn_chorus.cli.doctor.checks.broker import look_at_broker
from dawn_chorus.cli.doctor.checks.clock import look_at_clock
from dawn_chorus.cli.doctor.checks.database import look_at_database
from dawn_chorus.cli.doctor.checks.disk import look_at_disk
from dawn_chorus.cli.doctor.checks.packs import look_at_packs
from dawn_chorus.cli.doctor.checks.ports import look_at_ports
from dawn_chorus.cli.doctor.checks.program import look_at_program
from dawn_chorus.cli.doctor.checks.store import look_at_store
from dawn_chorus.cli.doctor.checks.work import look_at_work
from dawn_chorus.cli.doctor.findings import Finding, skipped, wrong
from dawn_chorus.cli.doctor.installation import Installation
from dawn_chorus.cli.doctor.secrets import find_secrets, hide
from dawn_chorus.domain.names import displayed, is_control

Check = Callable[[Installation], Sequence[Finding]]

CHECKS: Mapping[str, Check] = {
    "program": look_at_program,
    "packs": look_at_packs,
    "database": look_at_database,
    "work": look_at_work,
    "broker": look_at_broker,
    "store": look_at_store,
    "disk": look_at_disk,
    "clock": look_at_clock,
    "ports": look_at_ports,
    "alerts": look_at_alerts,
}
"""In the order of the report."""
_WITHIN_S = 12.0
_MOST_SHOWN = 800
_IMPORTING = Lock()


def examine(
    installation: Installation, *, checks: Mapping[str, Check] = CHECKS, within_s: float = _WITHIN_S
) -> list[Finding]:
    """Return what every check finds, in their order, after `within_s` at the latest."""
    ends_at = time.monotonic() + within_s
    begun = {name: _begin(name, check, installation) for name, check in checks.items()}
    found = [finding for name, future in begun.items() for finding in _wait(name, future, ends_at, within_s)]
    settings = installation.settings
    secrets = find_secrets((_read_database_url(installation), settings.broker_url, settings.store_url, settings.url))
    if settings.key:
        secrets |= {settings.key}
    return [replace(finding, text=_in_one_line(hide(finding.text, secrets))) for finding in found]


def _begin(name: str, check: Check, installation: Installation) -> Future[Sequence[Finding]]:
    future: Future[Sequence[Finding]] = Future()

    def run() -> None:
        try:
            future.set_result(_look(check, installation))
        except ModuleNotFoundError as error:
            future.set_result([skipped(name, f"{_name_missing(error)} is not installed here")])
        except Exception as error:  # noqa: BLE001 - the thread's outermost frame; one check must not cost the others
            future.set_result([wrong(name, f"cannot be looked at: {type(error).__name__}: {error}")])

    # Not of an executor, whose threads the interpreter waits for at its end: one may hang on a dead host.
    Thread(target=run, name=f"doctor {name}", daemon=True).start()
    return future


def _look(check: Check, installation: Installation) -> Sequence[Finding]:
    try:
        return check(installation)
    except ModuleNotFoundError:
        raise
    except ImportError:
        # Two checks imported a module at once, which cannot be for want of a library: one is told so, the other gets
        # what there is of the module. Now it is told, too.
        with _IMPORTING:
            return check(installation)


def _name_missing(error: ModuleNotFoundError) -> str:
    """Return the library that an image lacks, or the part of ours."""
    name = error.name or str(error)
    return name if name.startswith("dawn_chorus.") else name.partition(".")[0]


def _wait(name: str, future: Future[Sequence[Finding]], ends_at: float, within_s: float) -> Sequence[Finding]:
    try:
        return future.result(timeout=max(0.0, ends_at - time.monotonic()))
    except TimeoutError:
        return [wrong(name, f"no answer within {within_s:g} s: look at the network, and at the server behind it")]


def _in_one_line(text: str) -> str:
    """Return a text, part of which some server or file may have written, without what it could do to a terminal."""
    line = "".join("\ufffd" if is_control(char) else char for char in " ".join(displayed(text).split()))
    return line if len(line) <= _MOST_SHOWN else f"{line[:_MOST_SHOWN]}…"


def _read_database_url(installation: Installation) -> str | None:
    try:
        return installation.database_url
    except OSError:
        return None
