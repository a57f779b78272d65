"""Faults of a store behind HTTP."""

import random

from tests.servers.gate import Gate, Reply, Request, no_trouble
from tests.soak.stack import Stack


def away(stack: Stack, gate: Gate, rng: random.Random) -> None:
    """Have nobody listen there."""
    gate.shut()
    stack.hold(rng.uniform(2.0, 8.0))
    gate.open()


def failing(stack: Stack, gate: Gate, rng: random.Random) -> None:
    """Answer 500 or 503, always or now and then."""
    share, status = rng.choice([0.3, 1.0]), rng.choice([500, 503])

    def fail(_request: Request) -> Reply | None:
        return Reply(status, (), b"<Error><Code>InternalError</Code></Error>") if rng.random() < share else None

    gate.plan = fail
    stack.hold(rng.uniform(2.0, 8.0))
    gate.plan = no_trouble


def forgetful(stack: Stack, gate: Gate, rng: random.Random) -> None:
    """Do what is asked, and lose every other answer."""
    gate.loses_answer = lambda _request: rng.random() < 0.5
    stack.hold(rng.uniform(2.0, 8.0))
    gate.loses_answer = lambda _request: False


def cut(stack: Stack, gate: Gate, rng: random.Random) -> None:
    """Break uploads to it in the middle."""
    gate.cuts_after = lambda request: rng.randint(1, 200_000) if request.method == "PUT" else None
    stack.hold(rng.uniform(2.0, 8.0))
    gate.cuts_after = lambda _request: None
