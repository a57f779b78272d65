"""deploy/docker/back-up and restore, with a script in place of Docker; tests/compose runs them on the real one."""

import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SCRIPTS = ("back-up", "restore", "backup-dir", "make-secrets")
# Volumes are folders below $HOST; a dump is what stands in $HOST/database, and whole only with `END` as its last line.
DOCKER = """\
#!/bin/bash
echo "$*" >>"$HOST/calls"
case "$*" in
  *" pg_dump "*) cat "$HOST/database"; exit "$(cat "$HOST/dump-status")" ;;
  *" pg_restore --file "*) [ "$(tail -n 1)" = END ] ;;
  *" pg_restore "*) cat >"$HOST/database" ;;
  *" config --images") echo dawn-chorus/api:test ;;
  *" psql "*) cat "$HOST/recordings" ;;
  *" folders anew") ;;
  *" run "*)
    while [ "$1" != --workdir ]; do shift; done
    cd "$HOST$2" && shift 3 && entrypoint=$1 && shift 2 && exec "$entrypoint" "$@" ;;
esac
"""


class Host:
    """A checkout beside a Docker that is not there."""

    def __init__(self, folder: Path) -> None:
        self.checkout, self.backups, self._folder = folder / "checkout", folder / "backups", folder
        docker = self.checkout / "deploy" / "docker"
        docker.mkdir(parents=True)
        for name in SCRIPTS:
            shutil.copy(ROOT / "deploy" / "docker" / name, docker)
        (folder / "docker").write_text(DOCKER)
        (folder / "docker").chmod(0o755)
        self.audio, self.packs = folder / "var/lib/chorus/audio", folder / "var/lib/chorus/packs"
        for volume in (self.audio, self.packs):
            volume.mkdir(parents=True)
        self.write(database="rows\nEND\n", recordings="0\n", **{"dump-status": "0"})
        subprocess.run([docker / "make-secrets"], check=True)

    def write(self, **files: str) -> None:
        for name, text in files.items():
            (self._folder / name).write_text(text)

    def read(self, name: str) -> str:
        return (self._folder / name).read_text()

    def record(self, name: str) -> None:
        (self.audio / name).parent.mkdir(exist_ok=True)
        (self.audio / name).write_text(f"sound of {name}")

    def run(self, script: str, *arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        known = {"HOST": str(self._folder), "PATH": f"{self._folder}:{os.environ['PATH']}", "HOME": str(self._folder)}
        return subprocess.run(
            [self.checkout / "deploy" / "docker" / script, *arguments],
            env=known | {"CHORUS_BACKUP_DIR": str(self.backups)} | environment,
            check=False, capture_output=True, text=True,
        )  # fmt: skip

    def back_up(self, *arguments: str, when: str) -> Path:
        """Make a backup that has to succeed, and have it be of another day."""
        done = self.run("back-up", *arguments)
        assert done.returncode == 0, done.stderr
        made = Path(done.stdout.partition(": ")[0])
        for path in (made, *(self.backups / "audio").glob(f"{made.name}.*")):
            path.rename(path.with_name(path.name.replace(made.name, f"{when}T033000Z")))
        return self.backups / f"{when}T033000Z"

    def archived(self) -> dict[str, list[str]]:
        """Return the recordings in each archive."""
        return {
            path.stem.partition("T")[0]: sorted(path.with_suffix(".names").read_text().split())
            for path in sorted((self.backups / "audio").glob("*.tar"))
        }


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    previous = os.umask(0o022)
    yield Host(tmp_path)
    os.umask(previous)


def test_nobody_else_can_look_into_a_backup(host: Host) -> None:
    host.record("ab/dawn.flac")
    host.back_up(when="2026-05-01")
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (host.backups, *host.backups.rglob("*"))}
    assert {path for path, mode in modes.items() if mode & 0o077} == set()
    assert (host.backups / "2026-05-01T033000Z" / "secrets" / "database_password").is_file()


@pytest.mark.parametrize("inside", ["backup", "deploy/../backup", "."])
def test_a_backup_never_lies_in_the_checkout(host: Host, inside: str) -> None:
    done = host.run("back-up", CHORUS_BACKUP_DIR=str(host.checkout / inside))
    assert done.returncode == 1
    assert "set CHORUS_BACKUP_DIR to a folder outside" in done.stderr
    assert {path.name for path in host.checkout.iterdir()} == {"deploy", "secrets"}


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"dump-status": "1"}, "could not be dumped"),
        ({"database": "rows\n"}, "cannot be read again"),
    ],
    ids=["pg_dump failed", "its end is missing"],
)
def test_a_dump_that_failed_midway_leaves_nothing_that_looks_like_a_backup(
    host: Host, files: dict[str, str], why: str
) -> None:
    good = host.back_up(when="2026-05-01")
    host.write(**files)
    done = host.run("back-up")
    assert (done.returncode, done.stdout) == (1, "")
    assert why in done.stderr
    assert sorted(path.name for path in host.backups.iterdir()) == [".lock", good.name, "audio", "packs.tar"]


def test_each_recording_is_copied_once_and_no_half_ones_or_files_for_download(host: Host) -> None:
    for name in ("ab/one.flac", "ab/half.flac#1", "exports/clips.zip", "uploads/part", "check/x"):
        host.record(name)
    host.back_up(when="2026-05-01")
    host.record("cd/two.flac")
    host.back_up(when="2026-05-02")
    host.back_up(when="2026-05-03")
    assert host.archived() == {"2026-05-01": ["./ab/one.flac"], "2026-05-02": ["./cd/two.flac"]}


def test_full_begins_anew_and_forgets_what_retention_deleted(host: Host) -> None:
    host.record("ab/one.flac")
    host.back_up(when="2026-05-01")
    (host.audio / "ab/one.flac").unlink()
    host.record("cd/two.flac")
    host.back_up(when="2026-05-02")
    host.back_up("--full", when="2026-05-03")
    assert host.archived() == {"2026-05-03": ["./cd/two.flac"]}


def test_the_newest_dumps_stay(host: Host) -> None:
    for day in range(1, 6):
        (host.checkout / ".env").write_text('CHORUS_BACKUP_KEEP="3"\n')
        host.back_up(when=f"2026-05-0{day}")
    kept = sorted(path.name[:10] for path in host.backups.glob("2026-*"))
    assert kept == ["2026-05-03", "2026-05-04", "2026-05-05"]


def test_a_restore_on_another_host_brings_everything_back(host: Host, tmp_path: Path) -> None:
    (host.checkout / ".env").write_text("CHORUS_PORT=8001\n")
    host.record("ab/one.flac")
    (host.packs / "mine.toml").write_text("mine")
    host.back_up(when="2026-05-01")
    host.record("cd/two.flac")
    host.back_up(when="2026-05-02")
    (tmp_path / "another").mkdir()
    another = Host(tmp_path / "another")
    another.backups = host.backups
    another.write(database="")
    done = another.run("restore")
    assert done.returncode == 0, done.stderr
    assert another.read("database") == "rows\nEND\n"
    assert (another.audio / "ab/one.flac").read_text() == "sound of ab/one.flac"
    assert (another.audio / "cd/two.flac").is_file()
    assert (another.packs / "mine.toml").is_file()
    assert (another.checkout / ".env").read_text() == "CHORUS_PORT=8001\n"
    password = another.checkout / "secrets" / "database_password"
    assert password.read_text() == (host.checkout / "secrets" / "database_password").read_text()
    # Containers read them as other users; the folder is closed.
    assert stat.S_IMODE(password.stat().st_mode) == 0o444
    assert stat.S_IMODE(password.parent.stat().st_mode) == 0o700


def test_recordings_that_are_there_are_not_replaced_without_a_word(host: Host) -> None:
    host.back_up(when="2026-05-01")
    secret = host.checkout / "secrets" / "broker_password"
    secret.chmod(0o600)
    secret.write_text("changed since")
    host.write(database="newer\nEND\n", recordings="12\n")
    done = host.run("restore")
    assert (done.returncode, host.read("database")) == (1, "newer\nEND\n")
    assert "there are 12 recordings here" in done.stderr
    assert secret.read_text() == "changed since"
    assert host.run("restore", "--replace").returncode == 0
    assert host.read("database") == "rows\nEND\n"


def test_a_backup_that_was_damaged_touches_nothing(host: Host) -> None:
    backup = host.back_up(when="2026-05-01")
    (backup / "chorus.dump").write_text("rows\nEN")
    host.write(calls="")
    done = host.run("restore", "--replace")
    assert done.returncode == 1
    assert "take an older one" in done.stderr
    assert host.read("calls") == ""
