"""`chorus models install FOLDER`: a foreign folder is copied, tried and placed, or refused in one line."""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest

from dawn_chorus.cli.models.pack_installation import install_pack
from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.inference import apart, verification
from dawn_chorus.inference.packs.files import WEIGHTS_MOST_BYTES
from dawn_chorus.inference.packs.installation import staging
from dawn_chorus.inference.packs.sealing import seal_pack
from dawn_chorus.inference.self_test import write_golden
from tests.packs import TONE_RATE_HZ, write_tone_pack
from tests.unit.inference.pack_edits import add, edit_manifest, swap, turn_into_schema_2
from tests.unit.inference.test_self_test import tone

ROOT = Path(__file__).parents[4]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Write a pack of schema 2 with a self-test, outside the packs directory."""
    folder = write_tone_pack(tmp_path / "from" / "my-tones")
    edit_manifest(folder, add('golden = "golden.npz"'))
    (folder / "golden.npz").touch()
    turn_into_schema_2(folder)
    write_golden(folder, tone(), TONE_RATE_HZ)
    return folder


@pytest.fixture
def packs_dir(tmp_path: Path) -> Path:
    return tmp_path / "packs"


def refusal(source: Path, packs_dir: Path) -> str:
    """Return why the pack is not installed, and hold that nothing changed."""
    before = listing(packs_dir)
    with pytest.raises(PermanentError) as caught:
        install_pack(source, packs_dir)
    assert listing(packs_dir) == before
    return str(caught.value)


def listing(folder: Path) -> dict[str, bytes]:
    if not folder.exists():
        return {}
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def raise_version(source: Path, version: str) -> None:
    edit_manifest(source, lambda text: re.sub('version = ".*"', f'version = "{version}"', text))


def test_a_pack_is_installed_with_its_self_test_passed(source: Path, packs_dir: Path) -> None:
    told = install_pack(source, packs_dir)
    assert told.startswith(f"installed tones 1.0.0 in {packs_dir}; self-test passed: scores within")
    assert listing(packs_dir / "tones") == listing(source)
    assert install_pack(source, packs_dir) == f"tones 1.0.0 is installed already in {packs_dir}"


def test_an_older_version_is_replaced(source: Path, packs_dir: Path) -> None:
    install_pack(source, packs_dir)
    raise_version(source, "1.1.0")
    assert install_pack(source, packs_dir).startswith("installed tones 1.1.0 in place of 1.0.0 in")
    assert listing(packs_dir / "tones") == listing(source)


def test_a_changed_pack_needs_another_version(source: Path, packs_dir: Path) -> None:
    install_pack(source, packs_dir)
    edit_manifest(source, swap("onset_threshold = 0.5", "onset_threshold = 0.6"))
    assert "another tones 1.0.0 is installed in" in refusal(source, packs_dir)


def test_a_damaged_pack_is_replaced_by_a_whole_one_of_the_same_version(source: Path, packs_dir: Path) -> None:
    install_pack(source, packs_dir)
    (packs_dir / "tones" / "tones.onnx").write_bytes(b"")
    assert install_pack(source, packs_dir).startswith("installed tones 1.0.0 in ")
    assert listing(packs_dir / "tones") == listing(source)


def test_what_is_not_listed_is_left_out_and_named(source: Path, packs_dir: Path) -> None:
    (source / "notes").mkdir()
    (source / "notes" / "todo.txt").write_text("buy milk")
    (source / ".git").mkdir()
    assert install_pack(source, packs_dir).endswith("left out, as [files] does not list it: notes/todo.txt")
    assert "notes/todo.txt" not in listing(packs_dir / "tones")


def test_a_pack_of_schema_1_is_installed_with_all_its_files(tmp_path: Path, packs_dir: Path) -> None:
    source = write_tone_pack(tmp_path / "old")
    (source / "LICENSE").write_text("CC0")
    assert "the pack has no golden.npz" in install_pack(source, packs_dir)
    assert listing(packs_dir / "tones") == listing(source)


def test_a_pack_of_hard_links_is_copied(source: Path, packs_dir: Path, tmp_path: Path) -> None:
    """As some installers lay out what they unpack; what is installed shares no content with them."""
    shutil.copytree(source, tmp_path / "linked", copy_function=os.link)
    install_pack(tmp_path / "linked", packs_dir)
    assert {path.stat().st_nlink for path in (packs_dir / "tones").iterdir()} == {1}


def link(path: Path) -> None:
    path.symlink_to("/etc/hostname")


def link_inside(path: Path) -> None:
    path.symlink_to("taxa.csv")


def link_to_folder(path: Path) -> None:
    path.symlink_to("/etc")


def dangling(path: Path) -> None:
    path.symlink_to("/nowhere")


def pipe(path: Path) -> None:
    os.mkfifo(path)


def listening(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # the name of a socket is short
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind(path.name)
    os.chdir(here)


@pytest.mark.parametrize("name", ["more", "deep/more"])
@pytest.mark.parametrize("make", [link, link_inside, link_to_folder, dangling, pipe, listening])
def test_links_and_special_files_are_refused_even_where_nothing_names_them(
    source: Path, packs_dir: Path, make: Callable[[Path], None], name: str
) -> None:
    (source / name).parent.mkdir(exist_ok=True)
    make(source / name)
    assert re.match(rf"{name} is a (link|pipe|socket): put the file itself in its place", refusal(source, packs_dir))


def test_a_link_in_place_of_a_pack_file_is_refused(source: Path, packs_dir: Path, tmp_path: Path) -> None:
    (source / "pack.toml").rename(tmp_path / "elsewhere.toml")
    (source / "pack.toml").symlink_to(tmp_path / "elsewhere.toml")
    assert refusal(source, packs_dir).startswith("pack.toml is a link")


def test_a_link_to_the_folder_of_a_pack_names_that_pack(source: Path, packs_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "latest").symlink_to(source)
    assert install_pack(tmp_path / "latest", packs_dir).startswith("installed tones 1.0.0")


@pytest.mark.parametrize("name", ["new\nline", "escape\x1b[2J", "back\\slash", os.fsdecode(b"\xff")])
def test_a_name_that_is_not_for_every_system_is_refused(source: Path, packs_dir: Path, name: str) -> None:
    (source / name).write_text("x")
    told = refusal(source, packs_dir)
    assert "this name is empty, or holds a control character or backslash: rename it" in told
    assert told.isprintable()


def test_names_that_differ_by_case_only_are_refused(source: Path, packs_dir: Path) -> None:
    (source / "Taxa.CSV").write_text("x")
    assert "Taxa.CSV and taxa.csv are one file on some systems" in refusal(source, packs_dir)


def test_too_many_files_are_refused(source: Path, packs_dir: Path) -> None:
    for number in range(staging.MOST_FILES):
        (source / str(number)).touch()
    assert refusal(source, packs_dir).startswith("my-tones: has more than 1,000 files")


def test_too_large_a_pack_is_refused_before_the_disk_is_full(source: Path, packs_dir: Path) -> None:
    with (source / "weights").open("wb") as file:
        file.truncate(WEIGHTS_MOST_BYTES)
    assert "my-tones/weights: the pack is larger than" in refusal(source, packs_dir)


def test_folders_in_folders_without_end_are_refused(source: Path, packs_dir: Path) -> None:
    (source / "/".join(["deep"] * 50)).mkdir(parents=True)
    assert "this name is too long or too deep" in refusal(source, packs_dir)


@pytest.mark.parametrize("name", ["pack.zip", "pack.tar.gz"])
def test_an_archive_is_refused_with_what_to_do(tmp_path: Path, packs_dir: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"PK")
    assert "is a file: unpack it" in refusal(tmp_path / name, packs_dir)


def test_a_folder_that_is_no_pack_is_refused(tmp_path: Path, packs_dir: Path) -> None:
    assert "nor a folder with a pack.toml" in refusal(tmp_path, packs_dir)
    assert "nor a folder with a pack.toml" in refusal(tmp_path / "nowhere", packs_dir)


def write_bomb(source: Path) -> None:
    (source / "pack.toml").write_text("x = " + "[" * 20_000)


def write_wrong_golden(source: Path) -> None:
    write_golden(source, tone(), TONE_RATE_HZ)
    edit_manifest(source, swap("input = ", "temperature = 2.0\ninput = "))


def write_broken_network(source: Path) -> None:
    model = onnx.load(source / "tones.onnx")
    model.graph.node[0].op_type = "NoSuchOperator"
    onnx.save(model, source / "tones.onnx")
    seal_pack(source)


def write_changed_network(source: Path) -> None:
    (source / "tones.onnx").write_bytes((source / "tones.onnx").read_bytes()[:-10])


def write_huge_window(source: Path) -> None:
    edit_manifest(source, swap("window_s = 5.0", "window_s = 1e300"))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (write_bomb, "my-tones/pack.toml: has a line of more than 4,096 bytes"),
        (write_wrong_golden, "my-tones/golden.npz: window_scores: self-test failed on CPUExecutionProvider"),
        (write_broken_network, "my-tones/tones.onnx: "),
        (write_changed_network, "my-tones/tones.onnx: sha256 is"),
        (write_huge_window, "my-tones"),
    ],
)
def test_a_pack_that_cannot_run_is_refused(
    source: Path, packs_dir: Path, damage: Callable[[Path], None], message: str
) -> None:
    damage(source)
    assert message in refusal(source, packs_dir)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import os; os.kill(os.getpid(), 11)", "my-tones: ended the process that ran it (SIGSEGV)"),
        ("import os; os.kill(os.getpid(), 9)", "(killed, perhaps for its memory)"),
        ("import os; os._exit(3)", "(exit code 3)"),
        ("import time; time.sleep(60)", "my-tones: its self-test took longer than 1 s and was stopped"),
    ],
)
def test_a_network_that_ends_its_process_or_never_ends_is_refused(
    source: Path, packs_dir: Path, monkeypatch: pytest.MonkeyPatch, code: str, message: str
) -> None:
    monkeypatch.setattr(apart, "_COMMAND", (sys.executable, "-c", code))
    monkeypatch.setattr(verification.verify_apart, "__kwdefaults__", {"timeout_s": 1.0})
    assert message in refusal(source, packs_dir)


def test_a_pack_in_a_folder_of_another_name_is_not_installed_twice(source: Path, packs_dir: Path) -> None:
    shutil.copytree(source, packs_dir / "by-hand")
    assert "tones is installed already, in " in refusal(source, packs_dir)


def test_a_folder_that_is_no_pack_is_not_replaced(source: Path, packs_dir: Path) -> None:
    (packs_dir / "tones").mkdir(parents=True)
    (packs_dir / "tones" / "thesis.txt").write_text("years of work")
    assert "is there and is no pack: remove it first" in refusal(source, packs_dir)


def test_the_command_prints_one_line(source: Path, packs_dir: Path) -> None:
    write_bomb(source)
    for arguments in (["install", str(source)], ["verify", str(source)], ["inspect", str(source)]):
        done = subprocess.run(
            [sys.executable, "-P", "-m", "dawn_chorus.cli", "models", *arguments],
            env={**os.environ, "CHORUS_PACKS_DIR": str(packs_dir)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done.stderr
        assert done.stderr.startswith("error: ")
