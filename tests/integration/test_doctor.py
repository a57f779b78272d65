"""`chorus doctor` with real servers: all well, and each thing broken on purpose."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from dawn_chorus.adapters.postgres.api_keys import create_key
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.dead_letters import PostgresDeadLetters
from dawn_chorus.adapters.postgres.ledger import PostgresLedger
from dawn_chorus.adapters.postgres.workers import PostgresPresence
from dawn_chorus.adapters.queue.rabbitmq import RabbitSource
from dawn_chorus.cli.doctor.examination import CHECKS, examine
from dawn_chorus.cli.doctor.findings import Finding, Level
from dawn_chorus.cli.doctor.installation import Machine, Space, find_installation
from dawn_chorus.cli.settings import CliSettings
from tests.end_to_end.service import wait_until
from tests.integration.made_up import PACK, wav_bytes
from tests.servers.api import StartApi
from tests.servers.chorus_up import make_service
from tests.servers.postgres import PostgresNode, PostgresServer
from tests.servers.rabbitmq import RabbitNode
from tests.servers.seaweedfs import BUCKET, LIMITED_KEY, LIMITED_SECRET, S3Server

SYNTHETIC = Path(__file__).parents[2] / "models" / "packs" / "synthetic"
ROOMY = Machine(measure_space=lambda _: Space(80 * 10**9, 100 * 10**9, 1.0))
DOCTOR = (sys.executable, "-P", "-m", "dawn_chorus.cli", "doctor")


@pytest.fixture
def packs_dir(tmp_path: Path) -> Path:
    shutil.copytree(SYNTHETIC, tmp_path / "packs" / "synthetic")
    return tmp_path / "packs"


@dataclass
class Stack:
    """What a deployment's variables say, and what the doctor says of it."""

    settings: CliSettings

    def look(self, *names: str, machine: Machine = ROOMY, **changed: Any) -> list[Finding]:
        """Return what the named checks find, or all."""
        settings = self.settings.model_copy(update=changed)
        installation = replace(find_installation(settings, of_folder=False), machine=machine)
        return examine(installation, checks={name: CHECKS[name] for name in names or CHECKS})

    def of(self, check: str, **changed: Any) -> list[tuple[Level, str]]:
        return [(each.level, each.text) for each in self.look(check, **changed)]

    def environment(self) -> dict[str, str]:
        names = ("database_url", "broker_url", "store_url", "packs_dir", "default_pack", "url", "data_dir")
        told = {f"CHORUS_{name.upper()}": str(getattr(self.settings, name)) for name in names}
        return {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **told}


@pytest.fixture
def stack(
    tmp_path: Path, packs_dir: Path, database_url: str, broker_url: str, start_api: StartApi, store_dir: Path
) -> Stack:
    """A database, a broker, a store in a folder, packs, and an API; no worker and no relay yet."""
    return Stack(
        CliSettings(
            database_url=database_url, broker_url=broker_url, store_url=store_dir.as_uri(), packs_dir=packs_dir,
            default_pack="synthetic", url=start_api().url, data_dir=tmp_path / "no-data",
            alerts_to="https://chat.example.org/hook",
        )
    )  # fmt: skip


@contextmanager
def at_work(stack: Stack, database: Database) -> Iterator[None]:
    """Have a worker and a relay take from the queues, the worker announced, and a key made."""
    create_key(database, "field", ["upload"])
    PostgresPresence(database, "worker-1", "synthetic").note()
    assert stack.settings.broker_url is not None
    worker, relay = (RabbitSource(stack.settings.broker_url, name=name) for name in ("worker", "relay"))
    threads = [
        Thread(target=worker.consume, args=(lambda _: None,), kwargs={"prefetch": 1}),
        Thread(target=relay.consume_dead, args=(lambda _: None,)),
    ]
    for thread in threads:
        thread.start()
    try:
        wait_until(lambda: not any(source._problem for source in (worker, relay)), "both take deliveries")
        yield
    finally:
        for source in (worker, relay):
            source.stop()
        for thread in threads:
            thread.join(30)


def bad(findings: list[Finding]) -> dict[str, str]:
    return {each.check: each.text for each in findings if each.level is Level.WRONG}


def test_all_is_well_and_each_thing_has_its_line_in_order(stack: Stack, database: Database) -> None:
    with at_work(stack, database):
        findings = stack.look()
    assert [each.check for each in findings if each.level is Level.OK] == [
        "program", "packs", "database", "work", "broker", "store", "disk", "clock", "clock", "ports", "alerts"
    ]  # fmt: skip
    # The pack that comes along is for trying things out, and that is all there is to say.
    assert [each.text[:60] for each in findings if each.level is not Level.OK] == [
        "the default pack is synthetic, which knows no birds; for Bir"
    ]
    lines = {each.check: each.text for each in findings}
    assert lines["database"].startswith("PostgreSQL 18.")
    assert "schema 00" in lines["database"]
    assert lines["broker"].startswith("RabbitMQ ")
    assert lines["work"] == "workers: 1; segments waiting: 0, running: 0"


def test_the_program_prints_lines_and_json_and_ends_with_0(stack: Stack) -> None:
    said = subprocess.run(DOCTOR, env=stack.environment(), capture_output=True, text=True, check=False)
    lines = said.stdout.splitlines()
    disk = [line for line in lines if "  disk " in line]
    assert disk
    assert said.returncode == any(line.startswith("WRONG") for line in disk), said.stdout
    assert all(line[:5].strip() in {"ok", "warn", "WRONG", "--"} and line[5:7] == "  " for line in lines)
    assert any(line.startswith("warn   broker    no queues chorus.segments.express") for line in lines)

    as_json = subprocess.run([*DOCTOR, "--json"], env=stack.environment(), capture_output=True, text=True, check=False)
    document = json.loads(as_json.stdout)
    assert document["well"] is (said.returncode == 0)
    assert {each["level"] for each in document["findings"]} <= {"ok", "warning", "wrong", "not looked at"}


def test_servers_that_are_away_are_wrong_each_in_its_own_line_and_no_password_is_told(stack: Stack) -> None:
    away = {
        "CHORUS_DATABASE_URL": "postgresql://chorus:hunter-two@127.0.0.1:1/chorus",
        "CHORUS_BROKER_URL": "amqp://chorus:hunter-three@127.0.0.1:1/",
        "CHORUS_STORE_URL": "s3://b/p?endpoint=http://127.0.0.1:1&access_key_id=hunter-four&secret_access_key=hunter-5",
        "CHORUS_URL": "http://127.0.0.1:1",
        "CHORUS_KEY": "hunter-six",
    }
    begun_s = time.monotonic()
    said = subprocess.run(
        DOCTOR, env=stack.environment() | away, capture_output=True, text=True, check=False, timeout=60
    )
    assert time.monotonic() - begun_s < 40
    assert said.returncode == 1
    assert "hunter" not in said.stdout + said.stderr
    assert "Traceback" not in said.stderr
    found = {line.split()[1]: line for line in said.stdout.splitlines()}
    wrong = {check for check, line in found.items() if line.startswith("WRONG")}
    assert wrong - {"disk"} == {"database", "broker", "store", "ports"}
    assert "Connection refused" in found["database"]
    assert "Connection refused" in found["broker"]
    assert found["work"] == "--     work      not looked at: the database does not answer"


def test_a_host_that_never_answers_costs_seconds_and_is_named(stack: Stack) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        begun_s = time.monotonic()
        found = bad(
            stack.look(
                database_url=f"postgresql://chorus:p@127.0.0.1:{port}/chorus",
                broker_url=f"amqp://chorus:p@127.0.0.1:{port}/",
                store_url=f"s3://b/p?endpoint=http://127.0.0.1:{port}&access_key_id=a&secret_access_key=b",
                url=f"http://127.0.0.1:{port}",
            )
        )
    assert time.monotonic() - begun_s < 20
    assert set(found) == {"database", "broker", "store", "ports"}
    assert found["broker"].startswith("RabbitMQ is unavailable: it listens, but does not answer in AMQP")


def test_a_wrong_password_of_the_database_is_told_as_that(stack: Stack) -> None:
    url = stack.settings.database_url or ""
    mistyped = url.replace(urlsplit(url).password or "", "mistyped")
    ((level, text),) = stack.of("database", database_url=mistyped)
    assert level is Level.WRONG
    assert "password authentication failed" in text
    assert "the password in CHORUS_DATABASE_URL is not the server's" in text
    assert "mistyped" not in text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("database_url", "postgres:/secret-x"),
        ("broker_url", "amqp://me:secret-x@host:port/"),
        ("store_url", "s3:/bucket?secret_access_key=secret-x"),
    ],
)
def test_what_is_no_url_is_wrong(stack: Stack, name: str, value: str) -> None:
    ((level, text), *_) = stack.of(name.removesuffix("_url"), **{name: value})
    assert level is Level.WRONG
    assert f"CHORUS_{name.upper()}" in text or "use file:///absolute/folder or s3://" in text
    assert "secret-x" not in text


def test_a_database_without_schema_and_one_that_is_behind_ask_for_migrations(
    stack: Stack, postgres_server: PostgresServer, database_url: str
) -> None:
    empty = postgres_server.make_database(empty=True)
    levels = stack.of("database", database_url=empty)
    work = stack.of("work", database_url=empty)
    postgres_server.drop_database(empty)
    assert levels[1][0] is Level.WRONG
    assert levels[1][1].startswith("the schema is at nothing, this version needs 00")
    assert "chorus migrate" in levels[1][1]
    assert work[0][0] is Level.SKIPPED
    with psycopg.connect(database_url) as connection:
        connection.execute("DELETE FROM _yoyo_migration WHERE migration_id > '0009'")
    assert "the schema is at 0008_page, this version needs" in stack.of("database")[1][1]


def test_a_newer_schema_is_no_more_than_a_warning(stack: Stack, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "UPDATE _yoyo_migration SET migration_id = '9999_later' "
            "WHERE migration_id = (SELECT max(migration_id) FROM _yoyo_migration)"
        )
    (_, newer) = stack.of("database")
    assert newer[0] is Level.WARNING
    assert "9999_later, newer than this program" in newer[1]


def test_a_database_that_takes_no_writes_is_wrong(stack: Stack, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        name = urlsplit(database_url).path.lstrip("/")
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")  # type: ignore[call-overload,unused-ignore]
    assert stack.of("database")[1][0] is Level.WRONG


def test_workers_that_went_dead_letters_and_no_keys_are_warnings(stack: Stack, database: Database) -> None:
    PostgresPresence(database, "worker-gone", "synthetic").note()
    PostgresDeadLetters(database).keep_dead_letter(b"{}", "delivery_limit", None)
    with database.transaction() as connection:
        connection.execute("UPDATE workers SET seen_at = now() - interval '12 minutes'")
    found = stack.of("work")
    assert {level for level, _ in found} == {Level.WARNING}
    nobody, silent, letters, keys = (text for _, text in found)
    assert nobody.startswith("no worker is there; nothing waits for one")
    assert silent.startswith("worker worker-gone was last heard of 12 min ago")
    assert letters.startswith("dead letters wait for somebody to look at them: 1")
    assert "chorus keys create" in keys


def test_segments_that_wait_without_a_worker_are_wrong(stack: Stack, start_api: StartApi, database: Database) -> None:
    PostgresLedger(database).register_pack(PACK)
    answer = start_api().client.post("/v1/recordings", files={"file": ("dawn.wav", wav_bytes())})
    assert answer.status_code == 202, answer.text
    assert stack.of("work")[0] == (
        Level.WRONG,
        "no worker is there (segments waiting: 1, running: 0): `docker compose ps --all worker`, then its logs",
    )


def test_queues_without_consumers_are_warnings(stack: Stack, database: Database) -> None:
    with at_work(stack, database):
        pass  # the queues are there now
    found = stack.of("broker")
    assert [level for level, _ in found] == [Level.OK, *[Level.WARNING] * 3]
    assert found[1][1].startswith("no worker takes from chorus.segments.express (0 messages)")
    assert found[3][1].startswith("no relay takes from chorus.dead (0 messages)")


def test_a_broker_that_refuses_the_password_says_so(stack: Stack) -> None:
    url = (stack.settings.broker_url or "").replace("guest:guest", "guest:mistyped")
    ((level, text),) = stack.of("broker", broker_url=url)
    assert level is Level.WRONG
    assert "ACCESS_REFUSED" in text
    assert "mistyped" not in text


def test_a_store_that_is_not_there_is_wrong_and_not_made(stack: Stack, tmp_path: Path) -> None:
    ((level, text),) = stack.of("store", store_url=(tmp_path / "unmounted").as_uri())
    assert (level, text) == (
        Level.WRONG, f"there is no folder {tmp_path}/unmounted: mount the volume, or mend CHORUS_STORE_URL"
    )  # fmt: skip
    assert not (tmp_path / "unmounted").exists()


def test_nothing_is_left_in_the_store(stack: Stack, store_dir: Path) -> None:
    assert stack.of("store") == [(Level.OK, f"{store_dir}: written, read and removed")]
    assert list(store_dir.iterdir()) == []


def test_a_bucket_is_looked_at_and_a_missing_one_or_a_wrong_key_is_wrong(stack: Stack, s3_server: S3Server) -> None:
    limited = {"access_key_id": LIMITED_KEY, "secret_access_key": LIMITED_SECRET}
    url = s3_server.make_store_url(**limited)
    assert stack.of("store", store_url=url) == [(Level.OK, f"{url.partition('?')[0]}: written, read and removed")]
    assert s3_server.list_everything(url) == []
    for broken in (
        s3_server.make_store_url(secret_access_key="mistyped-secret"),
        s3_server.make_store_url(**limited).replace(f"s3://{BUCKET}/", "s3://no-such-bucket-here/"),
    ):
        ((level, text),) = stack.of("store", store_url=broken)
        assert level is Level.WRONG, text
        assert "are bucket and keys in CHORUS_STORE_URL right?" in text
        assert "mistyped-secret" not in text


def test_a_clock_that_is_off_by_seconds_is_a_warning_and_by_minutes_wrong(stack: Stack) -> None:
    def late(seconds: float) -> Machine:
        return replace(ROOMY, now=lambda: Machine().now() - timedelta(seconds=seconds))

    found = stack.look("clock", machine=late(20))
    assert [each.level for each in found] == [Level.WARNING] * 2
    assert re.fullmatch(
        r"the database's clock is (1\d|20) s ahead of this machine's: let both follow NTP \(`timedatectl`, .*\)",
        found[0].text,
    )
    far = [each.level for each in stack.look("clock", machine=late(-300))]
    assert far == [Level.WRONG] * 2


def test_an_api_that_is_not_ready_says_what_it_misses(stack: Stack, store_dir: Path) -> None:
    shutil.rmtree(store_dir, ignore_errors=True)
    store_dir.touch()
    ((level, text),) = stack.of("ports")
    assert level is Level.WRONG
    assert "is not ready: store: audio store on disk" in text


def test_servers_of_which_nothing_was_said_are_not_looked_at(stack: Stack) -> None:
    only_database = CliSettings(database_url=stack.settings.database_url, packs_dir=Path("/nonexistent"))
    found = {each.check: each for each in Stack(only_database).look()}
    assert found["broker"].text == "not looked at: CHORUS_BROKER_URL is not set"
    assert found["store"].text == "not looked at: CHORUS_STORE_URL is not set"
    assert found["ports"].level in {Level.SKIPPED, Level.OK, Level.WRONG}
    assert found["packs"].level is Level.SKIPPED


def test_a_database_that_stops_is_noticed(stack: Stack, restartable_postgres: tuple[PostgresNode, str]) -> None:
    node, url = restartable_postgres
    assert stack.of("database", database_url=url)[0][0] is Level.OK
    node.stop()
    assert stack.of("database", database_url=url)[0][0] is Level.WRONG


def test_a_broker_that_stops_is_noticed(stack: Stack, restartable_broker: tuple[RabbitNode, str]) -> None:
    node, url = restartable_broker
    assert stack.of("broker", broker_url=url)[0][0] is Level.OK
    node.stop()
    assert stack.of("broker", broker_url=url)[0][0] is Level.WRONG


def test_the_service_of_a_data_folder_is_looked_at_while_it_runs_and_after_it_was_killed() -> None:
    with make_service() as service:
        service.start()
        running = by_check(service.chorus("doctor", "--json").stdout)
        assert running["database"] == running["work"] == running["store"] == running["ports"] == ["ok"]
        assert running["clock"] == ["ok", "ok"]
        assert running["broker"] == ["not looked at"]
        elsewhere = service.chorus("doctor", "--url", "http://127.0.0.1:1").stdout
        assert "though the service seems to run: give its address with --url" in elsewhere
        service.end(signal.SIGKILL)
        killed = service.chorus("doctor")
        assert killed.returncode == 1
        # Its PostgreSQL outlives it, until the next start.
        assert f"the service of {service.folder}/data was killed: `chorus up`" in killed.stdout
        assert "seems to run" not in killed.stdout


def by_check(document: str) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in json.loads(document)["findings"]:
        found.setdefault(each["check"], []).append(each["level"])
    return found
