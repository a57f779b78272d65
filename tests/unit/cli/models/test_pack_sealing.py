"""`chorus models seal FOLDER`: after an edit a pack is whole again, or is left as it was."""

import hashlib
import os
import re
import stat
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from dawn_chorus.cli.models import pack_sealing
from dawn_chorus.cli.models.pack_installation import install_pack
from dawn_chorus.cli.models.pack_sealing import seal_folder
from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.inference import apart, verification
from dawn_chorus.inference.packs.sealing import seal_pack
from dawn_chorus.inference.self_test import verify_pack, write_golden
from dawn_chorus.inference.session import SessionOptions
from dawn_chorus.inference.verification import verify_apart
from tests.packs import TONE_RATE_HZ, write_tone_pack
from tests.unit.cli.models.test_pack_installation import link, listing, pipe
from tests.unit.inference.head_packs import write_head_pack
from tests.unit.inference.pack_edits import edit_manifest, swap, turn_into_schema_2
from tests.unit.inference.test_self_test import tone

Edit = Callable[[Path], None]


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """Write a sealed pack with a self-test of 12 s with a tone."""
    folder = write_tone_pack(tmp_path / "my-tones")
    turn_into_schema_2(folder)
    write_golden(folder, tone(), TONE_RATE_HZ)
    return folder


def lower_threshold(pack: Path) -> None:
    edit_manifest(pack, swap("onset_threshold = 0.5", "onset_threshold = 0.4"))


def change_temperature(pack: Path) -> None:
    edit_manifest(pack, swap("input = ", "temperature = 2.0\ninput = "))


def rename_taxon(pack: Path) -> None:
    (pack / "taxa.csv").write_text((pack / "taxa.csv").read_text().replace("1000 Hz tone", "a kilohertz"))


def add_card(pack: Path) -> None:
    (pack / "docs").mkdir()
    (pack / "docs" / "card.md").write_text("# Tones")


def remove_golden(pack: Path) -> None:
    (pack / "golden.npz").unlink()


def unname_golden(pack: Path) -> None:
    remove_golden(pack)
    edit_manifest(pack, swap('golden = "golden.npz"\n', ""))


def keep_sound_only(pack: Path) -> None:
    np.savez(pack / "golden.npz", waveform=tone(), sample_rate_hz=np.array(TONE_RATE_HZ))


def comment_table(pack: Path) -> None:
    edit_manifest(pack, swap("[files]", "  [ files ]   # by hand\n# more to come"))


def move_table(pack: Path) -> None:
    """Put [files] before other tables."""
    text = (pack / "pack.toml").read_text()
    files = text[text.index("[files]") :]
    (pack / "pack.toml").write_text(text.replace(files, "").replace("[score]", f"{files}\n[score]"))


def remove_table(pack: Path) -> None:
    text = (pack / "pack.toml").read_text()
    (pack / "pack.toml").write_text(text[: text.index("[files]")])


@pytest.mark.parametrize(
    ("edit", "changes"),
    [
        (lambda _: None, ()),
        (lower_threshold, ()),
        (change_temperature, ("golden.npz: the scores of the sound that it had", "[files]: golden.npz")),
        (rename_taxon, ("[files]: taxa.csv",)),
        (add_card, ("[files]: docs/card.md",)),
        (keep_sound_only, ("golden.npz: the scores of the sound that it had",)),
        (remove_golden, ("golden.npz: the scores of a synthetic dawn chorus", "[files]: golden.npz")),
        (
            unname_golden,
            (
                "golden.npz: the scores of a synthetic dawn chorus",
                "pack.toml: the key golden",
                "[files]: golden.npz",
            ),
        ),
        (comment_table, ("[files]: its place",)),
        (move_table, ("[files]: its place",)),
        (remove_table, ("[files]: golden.npz, taxa.csv, tones.onnx",)),
    ],
)
def test_an_edited_pack_is_whole_again(pack: Path, edit: Edit, changes: tuple[str, ...]) -> None:
    edit(pack)
    before = tomllib.loads((pack / "pack.toml").read_text())
    assert seal_folder(pack).changes == changes
    after = tomllib.loads((pack / "pack.toml").read_text())
    assert after | {"files": 0} == {"golden": "golden.npz"} | before | {"files": 0}
    contents = {name: content for name, content in listing(pack).items() if name != "pack.toml"}
    assert after["files"] == {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    assert verify_pack(pack, SessionOptions()).worst_difference == 0.0


def test_a_network_that_no_member_names_is_told(pack: Path) -> None:
    assert seal_folder(pack).unused == ()
    (pack / "specialist.onnx").write_bytes((pack / "tones.onnx").read_bytes())
    assert seal_folder(pack).unused == ("specialist.onnx",)
    done = run("seal", str(pack))
    assert "warning: tones: specialist.onnx is in the folder, but no [[member]] names it" in done.stderr


def test_the_scores_are_those_of_the_edited_pack(pack: Path) -> None:
    with np.load(pack / "golden.npz") as before:
        change_temperature(pack)
        seal_folder(pack)
        with np.load(pack / "golden.npz") as after:
            np.testing.assert_array_equal(after["waveform"], before["waveform"])
            assert np.abs(after["window_scores"] - before["window_scores"]).max() > 0.01
    assert verify_apart(pack).result.startswith("self-test passed")


def test_a_sealed_pack_is_installed_under_another_version(pack: Path, tmp_path: Path) -> None:
    install_pack(pack, tmp_path / "packs")
    rename_taxon(pack)
    seal_folder(pack)
    with pytest.raises(PermanentError, match="give the changed pack a new version"):
        install_pack(pack, tmp_path / "packs")
    edit_manifest(pack, swap('version = "1.0.0"', 'version = "1.1.0"'))
    assert install_pack(pack, tmp_path / "packs").startswith("installed tones 1.1.0 in place of 1.0.0")
    assert seal_folder(pack).changes == ()


def test_a_synthetic_sound_is_at_the_rate_of_the_first_member(pack: Path) -> None:
    unname_golden(pack)
    seal_folder(pack)
    with np.load(pack / "golden.npz") as golden:
        assert golden["sample_rate_hz"] == TONE_RATE_HZ
        assert golden["waveform"].shape == (12 * TONE_RATE_HZ,)
        assert golden["window_scores"].shape == (3, 4)


def test_a_pack_of_schema_1_gets_a_self_test(tmp_path: Path) -> None:
    pack = write_tone_pack(tmp_path / "old")
    before = tomllib.loads((pack / "pack.toml").read_text())
    assert seal_folder(pack).changes == (
        "golden.npz: the scores of a synthetic dawn chorus",
        "pack.toml: the key golden",
    )
    assert tomllib.loads((pack / "pack.toml").read_text()) == before | {"golden": "golden.npz"}
    assert verify_apart(pack).result.startswith("self-test passed")


def test_a_text_that_looks_like_a_table_stays_a_text(pack: Path) -> None:
    unname_golden(pack)
    edit_manifest(pack, swap('attribution = "nobody"', 'attribution = """\n[score]\nof nobody"""'))
    seal_folder(pack)
    assert tomllib.loads((pack / "pack.toml").read_text())["attribution"] == "[score]\nof nobody"


def test_files_keep_their_rights_and_hidden_ones_their_place(pack: Path) -> None:
    (pack / ".git").mkdir()
    (pack / ".git" / "HEAD").write_text("main")
    (pack / "pack.toml").chmod(0o640)
    change_temperature(pack)
    seal_folder(pack)
    assert stat.S_IMODE((pack / "pack.toml").stat().st_mode) == 0o640
    assert sorted(path.name for path in pack.iterdir()) == [".git", "golden.npz", "pack.toml", "taxa.csv", "tones.onnx"]
    assert ".git/HEAD" not in tomllib.loads((pack / "pack.toml").read_text())["files"]


def test_long_networks_are_not_copied(pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack_sealing, "_LINKED_BYTES", 0)
    before = (pack / "tones.onnx").stat()
    change_temperature(pack)
    seal_folder(pack)
    after = (pack / "tones.onnx").stat()
    assert (after.st_ino, after.st_nlink, after.st_mtime_ns) == (before.st_ino, 1, before.st_mtime_ns)
    assert verify_apart(pack).result.startswith("self-test passed")


def refusal(pack: Path) -> str:
    """Return why the pack is not sealed, and hold that nothing in its folder changed."""
    before = listing(pack)
    with pytest.raises(PermanentError) as caught:
        seal_folder(pack)
    assert listing(pack) == before
    assert not list(pack.rglob(".*"))
    return str(caught.value)


def break_toml(pack: Path) -> None:
    edit_manifest(pack, swap("[score]", "[score"))


def misspell(pack: Path) -> None:
    edit_manifest(pack, swap("hop_s", "hop_seconds"))


def drop_taxon(pack: Path) -> None:
    lines = (pack / "taxa.csv").read_text().splitlines()
    (pack / "taxa.csv").write_text("\n".join(lines[:-1]))


def damage_golden(pack: Path) -> None:
    (pack / "golden.npz").write_bytes(b"zip")


def escape(pack: Path) -> None:
    edit_manifest(pack, swap('golden = "golden.npz"', 'golden = "../golden.npz"'))


def overwrite_manifest(pack: Path) -> None:
    edit_manifest(pack, swap('golden = "golden.npz"', 'golden = "pack.toml"'))


def inline_files(pack: Path) -> None:
    remove_table(pack)
    edit_manifest(pack, swap("schema = 2", 'schema = 2\nfiles = { "taxa.csv" = "0" }'))


def damage_network(pack: Path) -> None:
    (pack / "tones.onnx").write_bytes(b"onnx")


def not_text(pack: Path) -> None:
    (pack / "pack.toml").write_bytes(b"\xff")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (break_toml, r"my-tones/pack.toml: .*\(at line"),
        (misspell, "my-tones/pack.toml: .*hop_seconds: unknown key"),
        (drop_taxon, r"my-tones/tones.onnx: .*columns, but the taxa table has 3 taxa"),
        (damage_golden, "my-tones/golden.npz: is not an npz file"),
        (escape, r"my-tones/pack.toml: golden: ../golden.npz is no name of a file: set"),
        (overwrite_manifest, "my-tones/pack.toml: is not an npz file"),
        (inline_files, "my-tones/pack.toml: "),
        (damage_network, "my-tones/tones.onnx: "),
        (not_text, "my-tones/pack.toml: is not UTF-8"),
        (lambda pack: link(pack / "more"), "more is a link: put the file itself in its place"),
        (lambda pack: pipe(pack / "more"), "more is a pipe"),
    ],
)
def test_a_broken_pack_is_left_as_it_was(pack: Path, damage: Edit, message: str) -> None:
    damage(pack)
    assert re.match(message, refusal(pack).replace("\n", " "))


READ = "import json, sys; folder = json.load(sys.stdin)['folder']; "


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import os; open(f'{folder}/pack.toml', 'w'); os.kill(os.getpid(), 11)", "(SIGSEGV): do not use it"),
        ("import os; os.unlink(f'{folder}/golden.npz'); os._exit(3)", "(exit code 3): do not use it"),
        ("import time; time.sleep(60)", "took longer than 1 s and was stopped"),
    ],
)
def test_a_network_that_ends_its_process_changes_nothing(
    pack: Path, monkeypatch: pytest.MonkeyPatch, code: str, message: str
) -> None:
    monkeypatch.setattr(apart, "_COMMAND", (sys.executable, "-c", READ + code))
    monkeypatch.setattr(verification.seal_apart, "__kwdefaults__", {"timeout_s": 1.0})
    assert message in refusal(pack)


def test_a_network_that_takes_all_memory_changes_nothing(tmp_path: Path) -> None:
    pack = write_head_pack(tmp_path / "heads")
    model = onnx.load(pack / "network.onnx")
    model.graph.initializer.append(numpy_helper.from_array(np.array([10**6, 10**9]), "petabytes"))
    model.graph.node.insert(0, helper.make_node("ConstantOfShape", ["petabytes"], ["zeros"]))
    model.graph.node.insert(1, helper.make_node("ReduceMax", ["zeros"], ["zero"], keepdims=0))
    [last] = [node for node in model.graph.node if "clip_logits" in node.output]
    last.output[0] = "logits"
    model.graph.node.append(helper.make_node("Add", ["logits", "zero"], ["clip_logits"]))
    onnx.save(model, pack / "network.onnx")
    assert re.search("heads/network.onnx: .*Failed to allocate memory", refusal(pack))


def test_a_file_that_cannot_be_replaced_takes_the_other_one_back(pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def replace(path: Path, target: Path, really: Callable[[Path, Path], Path] = Path.replace) -> Path:
        if target == pack / "pack.toml":
            raise PermissionError(1, "Operation not permitted", str(target))
        return really(path, target)

    change_temperature(pack)
    monkeypatch.setattr(Path, "replace", replace)
    assert re.search(r"my-tones: cannot be sealed: .*Operation not permitted.*pack\.toml", refusal(pack))


def test_what_a_killed_sealing_left_is_cleared(pack: Path) -> None:
    (pack / ".sealing-left").mkdir()
    (pack / ".sealing-left" / "pack.toml").write_text("half")
    seal_folder(pack)
    assert not (pack / ".sealing-left").exists()


def test_a_folder_that_is_no_pack_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match=r"is no folder with a pack\.toml in it"):
        seal_folder(tmp_path)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "dawn_chorus.cli", "models", *arguments],
        env={**os.environ},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_says_what_it_did_and_speaks_of_the_version(pack: Path) -> None:
    change_temperature(pack)
    done = run("seal", str(pack))
    sealed, version = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (0, "")
    assert sealed.startswith(
        f"sealed tones 1.0.0 in {pack}: golden.npz: the scores of the sound that it had; [files]: golden.npz; self-test"
    )
    assert version == "if another 1.0.0 was installed or given away, raise version in pack.toml before you install"


def test_the_command_warns_of_a_doubtful_head(tmp_path: Path) -> None:
    pack = write_head_pack(tmp_path / "heads", ["Sigmoid"])
    done = run("seal", str(pack))
    assert done.returncode == 0
    assert done.stderr.startswith("warning: heads: network.onnx: clip_logits: the outputs look like probabilities")


def test_the_command_prints_a_line_for_each_fault(pack: Path) -> None:
    misspell(pack)
    drop_taxon(pack)
    seal_pack(pack)
    done = run("seal", str(pack))
    assert (done.returncode, done.stdout) == (1, "")
    assert all(line.startswith("error: my-tones/") for line in done.stderr.splitlines())
