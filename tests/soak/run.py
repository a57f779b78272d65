"""A soak from its start to its verdict."""

import random
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread, Timer
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from tests.servers.postgres import PostgresNode
from tests.servers.rabbitmq import RabbitNode
from tests.soak.drive import Drive, Happened
from tests.soak.faults.kinds import Fault, all_faults
from tests.soak.judge import Heard, judge, read_heard
from tests.soak.patience import GaveUp, PatientClient
from tests.soak.people.crowd import Crowd
from tests.soak.people.person import Person
from tests.soak.people.uploading import keep_sound
from tests.soak.promises import Promises, tell
from tests.soak.settle import clean, settle
from tests.soak.sounds import N_SOUNDS, make_sound
from tests.soak.stack import Stack, open_stack
from tests.soak.watch import Watch, stop_in_order

_ANSWER_S = 240.0
_TELL_EVERY_S = 30.0
_LAST_S = 900.0
"""After the last fault: then nobody waits any more, and a service that never recovers is told, not waited for."""
DEEDS = ("uploads in parts", "reviews", "exports fetched", "pictures and clips", "analyses begun again")
"""What people must have been able to do."""


@dataclass(frozen=True)
class Plan:
    seed: int
    seconds: float
    people: int = 5
    faults_at_once: int = 2
    at_least: int = 60
    is_short: bool = False
    in_bucket: bool = False


@dataclass
class Soaked:
    """What became of it."""

    plan: Plan
    promises: Promises
    happened: list[Happened]
    most: dict[str, tuple[int, int]]
    """Most bytes of memory and open files of a process, by name."""
    left_out: list[str] = field(default_factory=list)
    """Faults that cannot be had here."""
    phases: dict[str, float] = field(default_factory=dict)
    """When each began, in seconds."""

    @property
    def is_good(self) -> bool:
        return not self.promises.differences


def soak(
    plan: Plan, postgres: PostgresNode | None = None, rabbit: RabbitNode | None = None, *, logs: Path | None = None
) -> Soaked:
    """Run it; what differs is in the result, which is never an exception."""
    with open_stack(postgres, rabbit, keep_logs_in=logs, in_bucket=plan.in_bucket) as stack:
        promises = Promises()
        over = Event()
        clients = [
            PatientClient(stack.urls, promises, random.Random(f"{plan.seed} fault {number}"), over)
            for number in range(plan.faults_at_once)
        ]
        canaries = [Person(f"canary-{n}", stack, promises, each, each.rng) for n, each in enumerate(clients)]
        expected = _hear_undisturbed(stack, canaries[0])
        faults = [each for each in all_faults(stack, promises) if not (plan.is_short and each.is_slow)]
        drive = Drive(stack, promises, faults, canaries, seed=plan.seed, at_least=plan.at_least)
        watch = Watch(stack, promises)
        result = Soaked(plan, promises, drive.happened, {}, _left_out(stack, faults))
        _go(plan, stack, result, drive, watch, clients[0], expected)
        return result


def _go(
    plan: Plan, stack: Stack, result: Soaked, drive: Drive, watch: Watch, client: PatientClient,
    expected: dict[int, Heard],
) -> None:  # fmt: skip
    promises, phases = result.promises, result.phases
    crowd = Crowd(stack, promises, plan.seed, plan.people)
    teller = Thread(target=_tell, args=(promises, crowd.over), daemon=True)
    for each in (watch, crowd, teller):
        each.start()
    phases["faults"] = promises.now_s
    drive.run(plan.seconds)
    phases["answers"] = promises.now_s
    last = Timer(_LAST_S, client.over.set)
    last.daemon = True
    last.start()
    crowd.finish(_ANSWER_S)
    phases["settling"] = promises.now_s
    with suppress(GaveUp):  # which is a difference already
        settle(stack, promises, client)
    phases["judging"] = promises.now_s
    clean(stack)
    judge(stack, promises, expected)
    watch.stop()
    result.most = watch.judge()
    stop_in_order(stack, promises)
    watch.read_logs()
    phases["end"] = promises.now_s
    if len(drive.happened) < plan.at_least:
        promises.differ(f"only {len(drive.happened)} faults happened, {plan.at_least} are to")
    for deed in () if plan.is_short else DEEDS:
        if not promises.counts[deed]:
            promises.differ(f"nobody got anywhere: no {deed}")
    last.cancel()


def _hear_undisturbed(stack: Stack, person: Person) -> dict[int, Heard]:
    """Return what is heard of each sound before any fault."""
    sent = [keep_sound(person, make_sound(number)) for number in range(N_SOUNDS)]
    analyses: dict[int, UUID] = {}
    for recording in sent:
        assert recording is not None, person.promises.differences
        assert person.wait_finished(recording), f"{recording.id} is not analyzed though nothing is wrong"
        (analyses[recording.sound.number],) = recording.analyses
    with psycopg.connect(stack.database_url, row_factory=dict_row) as connection:
        heard = read_heard(connection)
    return {number: heard[analysis_id] for number, analysis_id in analyses.items()}


def _left_out(stack: Stack, faults: list[Fault]) -> list[str]:
    kinds = {each.kind for each in faults}
    names = [f"{name} disk full" for name in ("audio", "cache", "database")]
    return [] if stack.disks else [f"{each} (needs root, for a disk in memory)" for each in names if each not in kinds]


def _tell(promises: Promises, over: Event) -> None:
    """Print how far it is."""
    while not over.wait(_TELL_EVERY_S):
        kept, asked = promises.counts["uploads kept"], len(promises.asked)
        tell(
            f"{promises.now_s:6.0f} s  {asked} requests, {kept} recordings, {promises.counts['reviews']} reviews, "
            f"{len(promises.differences)} differences"
        )


def pick_seed() -> int:
    return time.time_ns() % 1_000_000
