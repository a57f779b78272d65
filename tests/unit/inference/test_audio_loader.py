"""Decoder processes: they give what `load_audio` gives, and may die without taking anything with them."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from dawn_chorus.domain.errors import EmptyAudio, NotAudio, PermanentError, TransientError, UndecodableAudio
from dawn_chorus.inference.audio import LoadedAudio, WaveformFormat, load_audio
from dawn_chorus.inference.audio_loader import AudioLoader, DecoderProcess
from dawn_chorus.inference.probe import measure_duration_s, probe_audio
from tests.unit.inference.audio_files import SECONDS, damage, real_sound, truncate, write_as

BIRDNET = WaveformFormat(48000, "kaiser_fast")
PERCH = WaveformFormat(32000, "soxr_hq")


@pytest.fixture(scope="module")
def loader() -> Iterator[AudioLoader]:
    with AudioLoader(processes=2) as loader:
        yield loader


@pytest.fixture(scope="module")
def song(audio_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_as("pcm_16.flac", tmp_path_factory.mktemp("song"), *real_sound(audio_dir))


def load_song(loader: AudioLoader, path: Path) -> LoadedAudio:
    return loader.load(path, -1.0, SECONDS, [BIRDNET, PERCH], duration_s=SECONDS)


def only_child(loader: AudioLoader) -> DecoderProcess:
    (child,) = loader._idle
    return child


def test_a_child_gives_what_loading_in_process_gives(loader: AudioLoader, song: Path) -> None:
    ours, theirs = load_audio(song, -1.0, SECONDS, [BIRDNET, PERCH], duration_s=SECONDS), load_song(loader, song)
    assert theirs.waveforms.keys() == ours.waveforms.keys()
    for wanted, waveform in ours.waveforms.items():
        np.testing.assert_array_equal(theirs.waveforms[wanted], waveform)
    assert (theirs.start_s, theirs.end_s, theirs.lost) == (-1.0, SECONDS, ())
    assert theirs.stage_s["decode"] > 0


def test_losses_come_back_with_their_reason(loader: AudioLoader, audio_dir: Path, tmp_path: Path) -> None:
    path = truncate(write_as("pcm_16.flac", tmp_path, *real_sound(audio_dir)), 0.5)
    expected = load_audio(path, 0.0, SECONDS, [PERCH], duration_s=SECONDS).lost
    assert loader.load(path, 0.0, SECONDS, [PERCH], duration_s=SECONDS).lost == expected != ()


def test_what_codec_libraries_chatter_does_not_stand_among_the_logs(
    audio_dir: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = damage(write_as("mp3.mp3", tmp_path, *real_sound(audio_dir)), 0.5, 3000)
    load_audio(path, 0.0, SECONDS, [PERCH], duration_s=SECONDS)
    assert "mpg123" in capfd.readouterr().err
    with AudioLoader(processes=1) as loader:
        loader.load(path, 0.0, SECONDS, [PERCH], duration_s=SECONDS)
    assert capfd.readouterr().err == ""


def test_a_file_is_measured_and_probed_by_a_child(loader: AudioLoader, song: Path) -> None:
    assert loader.probe(song) == probe_audio(song)
    assert loader.measure_duration_s(song) == measure_duration_s(song)


@pytest.mark.parametrize(
    ("content", "error"),
    [(b"a field diary\n" * 100, NotAudio), (b"", EmptyAudio), (b"RIFF....WAVEfmt ", UndecodableAudio)],
)
def test_errors_come_back_as_what_they_were(
    loader: AudioLoader, tmp_path: Path, content: bytes, error: type[Exception]
) -> None:
    path = tmp_path / "upload.wav"
    path.write_bytes(content)
    with pytest.raises(error, match=r"upload\.wav") as caught:
        load_song(loader, path)
    assert type(caught.value) is error


def test_a_missing_file_comes_back_as_a_permanent_error(loader: AudioLoader, tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match="no such file"):
        load_song(loader, tmp_path / "gone.wav")


def test_a_file_that_was_replaced_is_read_anew(loader: AudioLoader, audio_dir: Path, tmp_path: Path) -> None:
    sound, rate_hz = real_sound(audio_dir)
    path = write_as("pcm_16.wav", tmp_path, sound, rate_hz)
    before = load_song(loader, path).waveforms[PERCH]
    path.unlink()
    write_as("pcm_16.wav", tmp_path, -sound, rate_hz)
    np.testing.assert_allclose(load_song(loader, path).waveforms[PERCH], -before, atol=1e-4)


def test_many_threads_share_the_children(loader: AudioLoader, song: Path) -> None:
    whole = load_song(loader, song).waveforms[PERCH]
    with ThreadPoolExecutor(8) as pool:
        starts_s = [0.5 * number for number in range(16)]
        futures = [pool.submit(loader.load, song, at_s, at_s + 1, [PERCH], duration_s=SECONDS) for at_s in starts_s]
    for start_s, future in zip(starts_s, futures, strict=True):
        first = round((start_s + 1) * PERCH.sample_rate_hz)
        expected = whole[first : first + PERCH.sample_rate_hz]
        np.testing.assert_allclose(future.result().waveforms[PERCH], expected, atol=1e-6)


def load_while_stopped(loader: AudioLoader, path: Path, pool: ThreadPoolExecutor) -> "Future[LoadedAudio]":
    """Start a load whose child holds still, with the request in its hands."""
    child = only_child(loader)
    os.kill(child.pid, signal.SIGSTOP)
    future = pool.submit(load_song, loader, path)
    while loader._idle:
        time.sleep(0.001)
    return future


def test_a_crash_is_told_as_one_and_the_next_file_is_read(song: Path) -> None:
    with AudioLoader(processes=1) as loader, ThreadPoolExecutor() as pool:
        child = only_child(loader)
        future = load_while_stopped(loader, song, pool)
        os.kill(child.pid, signal.SIGSEGV)
        os.kill(child.pid, signal.SIGCONT)
        with pytest.raises(UndecodableAudio, match=r"the decoder crashed \(signal 11\).*pcm_16\.flac"):
            future.result()
        assert load_song(loader, song).lost == ()
        assert only_child(loader).pid != child.pid


def test_a_killed_decoder_is_worth_another_try(song: Path) -> None:
    with AudioLoader(processes=1) as loader, ThreadPoolExecutor() as pool:
        child = only_child(loader)
        future = load_while_stopped(loader, song, pool)
        os.kill(child.pid, signal.SIGKILL)
        with pytest.raises(TransientError, match="was killed"):
            future.result()
        assert load_song(loader, song).lost == ()


def test_a_child_that_died_while_idle_is_replaced_unnoticed(song: Path) -> None:
    with AudioLoader(processes=1) as loader:
        child = only_child(loader)
        child.kill()
        assert load_song(loader, song).lost == ()
        assert only_child(loader).pid != child.pid


def test_a_decoder_that_hangs_is_killed(song: Path) -> None:
    with AudioLoader(processes=1, timeout_s=0.5) as loader, ThreadPoolExecutor() as pool:
        future = load_while_stopped(loader, song, pool)
        with pytest.raises(UndecodableAudio, match=r"longer than 0\.5 s"):
            future.result()
        assert loader.probe(song).duration_s == SECONDS


def test_a_decoder_that_wants_too_much_memory_is_refused_it(song: Path) -> None:
    with AudioLoader(processes=1, memory_bytes=100 << 20) as loader:
        with pytest.raises(UndecodableAudio, match="memory"):
            loader.load(song, 0.0, 3000.0, [BIRDNET], duration_s=SECONDS)
        assert load_song(loader, song).lost == ()


def test_children_inherit_no_socket_of_their_parent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.set_inheritable(True)
        with AudioLoader(processes=2) as loader:
            for child in loader._idle:
                opened = [str(entry.readlink()) for entry in Path(f"/proc/{child.pid}/fd").iterdir()]
                assert sum("socket" in target for target in opened) == 1


def test_children_end_with_a_loader_that_is_closed(song: Path) -> None:
    with AudioLoader(processes=2) as loader:
        pids = [child.pid for child in loader._idle]
    for pid in pids:
        wait_for_end(pid)
    with pytest.raises(TransientError, match="stopped"):
        load_song(loader, song)


def test_children_end_when_their_parent_is_killed() -> None:
    script = (
        "import time\n"
        "from dawn_chorus.inference.audio_loader import AudioLoader\n"
        "with AudioLoader(processes=2) as loader:\n"
        "    print(*(child.pid for child in loader._idle), flush=True)\n"
        "    time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(pids) == 2
        parent.kill()
    for pid in pids:
        wait_for_end(pid)


def wait_for_end(pid: int) -> None:
    """Until the process is gone, or a zombie; a test that waits in vain runs into its time limit."""
    status = Path(f"/proc/{pid}/stat")
    while status.exists():
        try:
            if status.read_text().rpartition(")")[2].split()[0] == "Z":
                return
        except (FileNotFoundError, ProcessLookupError):
            return
        time.sleep(0.01)
