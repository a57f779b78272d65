"""Decoder processes: they return what `load_audio` returns, and a crash affects nothing else."""

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
from dawn_chorus.inference.audio.probe import measure_duration_s, probe_audio
from dawn_chorus.inference.decoders import pool
from dawn_chorus.inference.decoders.decoder_process import LESS_PRIORITY, DecoderProcess
from dawn_chorus.inference.decoders.pool import DecoderPool
from dawn_chorus.inference.waveforms.loading import LoadedAudio, WaveformFormat, load_audio
from tests.servers.caged_scripts import scripts_on_path
from tests.unit.inference.audio_files import SECONDS, damage, real_sound, truncate, write_as

BIRDNET = WaveformFormat(48000, "kaiser_fast")
PERCH = WaveformFormat(32000, "soxr_hq")


@pytest.fixture(scope="module")
def decoders() -> Iterator[DecoderPool]:
    with DecoderPool(processes=2) as decoders:
        yield decoders


@pytest.fixture(scope="module")
def song(audio_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_as("pcm_16.flac", tmp_path_factory.mktemp("song"), *real_sound(audio_dir))


def load_song(decoders: DecoderPool, path: Path) -> LoadedAudio:
    return decoders.load(path, -1.0, SECONDS, [BIRDNET, PERCH], duration_s=SECONDS)


def only_child(decoders: DecoderPool) -> DecoderProcess:
    (child,) = decoders._idle
    return child


def test_a_child_returns_what_loading_in_process_returns(decoders: DecoderPool, song: Path) -> None:
    ours, theirs = load_audio(song, -1.0, SECONDS, [BIRDNET, PERCH], duration_s=SECONDS), load_song(decoders, song)
    assert theirs.waveforms.keys() == ours.waveforms.keys()
    for wanted, waveform in ours.waveforms.items():
        # To the bit: here and in the decoder BLAS has one thread.
        np.testing.assert_array_equal(theirs.waveforms[wanted], waveform)
    assert (theirs.start_s, theirs.end_s, theirs.lost) == (-1.0, SECONDS, ())
    assert theirs.stage_s["decode"] > 0


def test_lost_audio_comes_back_with_its_reason(decoders: DecoderPool, audio_dir: Path, tmp_path: Path) -> None:
    path = truncate(write_as("pcm_16.flac", tmp_path, *real_sound(audio_dir)), 0.5)
    expected = load_audio(path, 0.0, SECONDS, [PERCH], duration_s=SECONDS).lost
    assert decoders.load(path, 0.0, SECONDS, [PERCH], duration_s=SECONDS).lost == expected != ()


def test_the_output_of_codec_libraries_is_kept_out_of_the_logs(
    audio_dir: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = damage(write_as("mp3.mp3", tmp_path, *real_sound(audio_dir)), 0.5, 3000)
    load_audio(path, 0.0, SECONDS, [PERCH], duration_s=SECONDS)
    assert "mpg123" in capfd.readouterr().err
    with DecoderPool(processes=1) as decoders:
        decoders.load(path, 0.0, SECONDS, [PERCH], duration_s=SECONDS)
    assert capfd.readouterr().err == ""


def test_a_file_is_measured_and_probed_by_a_child(decoders: DecoderPool, song: Path) -> None:
    assert decoders.probe(song) == probe_audio(song)
    assert decoders.measure_duration_s(song) == measure_duration_s(song)


@pytest.mark.parametrize(
    ("content", "error"),
    [(b"a field diary\n" * 100, NotAudio), (b"", EmptyAudio), (b"RIFF....WAVEfmt ", UndecodableAudio)],
)
def test_errors_come_back_with_their_type(
    decoders: DecoderPool, tmp_path: Path, content: bytes, error: type[Exception]
) -> None:
    path = tmp_path / "upload.wav"
    path.write_bytes(content)
    with pytest.raises(error, match=r"upload\.wav") as caught:
        load_song(decoders, path)
    assert type(caught.value) is error


def test_a_missing_file_comes_back_as_a_permanent_error(decoders: DecoderPool, tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match="no such file"):
        load_song(decoders, tmp_path / "gone.wav")


def test_a_file_that_was_replaced_is_read_again(decoders: DecoderPool, audio_dir: Path, tmp_path: Path) -> None:
    sound, rate_hz = real_sound(audio_dir)
    path = write_as("pcm_16.wav", tmp_path, sound, rate_hz)
    before = load_song(decoders, path).waveforms[PERCH]
    path.unlink()
    write_as("pcm_16.wav", tmp_path, -sound, rate_hz)
    np.testing.assert_allclose(load_song(decoders, path).waveforms[PERCH], -before, atol=1e-4)


def test_many_threads_share_the_children(decoders: DecoderPool, song: Path) -> None:
    whole = load_song(decoders, song).waveforms[PERCH]
    with ThreadPoolExecutor(8) as threads:
        starts_s = [0.5 * number for number in range(16)]
        futures = [
            threads.submit(decoders.load, song, at_s, at_s + 1, [PERCH], duration_s=SECONDS) for at_s in starts_s
        ]
    for start_s, future in zip(starts_s, futures, strict=True):
        first = round((start_s + 1) * PERCH.sample_rate_hz)
        expected = whole[first : first + PERCH.sample_rate_hz]
        np.testing.assert_allclose(future.result().waveforms[PERCH], expected, atol=1e-6)


def load_while_stopped(decoders: DecoderPool, path: Path, threads: ThreadPoolExecutor) -> "Future[LoadedAudio]":
    """Start a load whose child is stopped, and was found alive: one that dies before that is only replaced."""
    child = only_child(decoders)
    os.kill(child.pid, signal.SIGSTOP)
    future = threads.submit(load_song, decoders, path)
    while child.path != path:
        time.sleep(0.001)
    return future


def test_a_crash_is_reported_and_the_next_file_is_read(song: Path) -> None:
    with DecoderPool(processes=1) as decoders, ThreadPoolExecutor() as threads:
        child = only_child(decoders)
        future = load_while_stopped(decoders, song, threads)
        os.kill(child.pid, signal.SIGSEGV)
        os.kill(child.pid, signal.SIGCONT)
        with pytest.raises(UndecodableAudio, match=r"the decoder crashed \(signal 11\).*pcm_16\.flac"):
            future.result()
        assert load_song(decoders, song).lost == ()
        assert only_child(decoders).pid != child.pid


def test_a_killed_decoder_is_a_transient_error(song: Path) -> None:
    with DecoderPool(processes=1) as decoders, ThreadPoolExecutor() as threads:
        child = only_child(decoders)
        future = load_while_stopped(decoders, song, threads)
        os.kill(child.pid, signal.SIGKILL)
        with pytest.raises(TransientError, match="was killed"):
            future.result()
        assert load_song(decoders, song).lost == ()


def test_a_child_that_died_while_idle_is_replaced(song: Path) -> None:
    with DecoderPool(processes=1) as decoders:
        child = only_child(decoders)
        child.kill()
        assert load_song(decoders, song).lost == ()
        assert only_child(decoders).pid != child.pid


def test_a_decoder_that_hangs_is_killed(song: Path) -> None:
    with DecoderPool(processes=1, timeout_s=0.5) as decoders, ThreadPoolExecutor() as threads:
        future = load_while_stopped(decoders, song, threads)
        with pytest.raises(UndecodableAudio, match=r"longer than 0\.5 s"):
            future.result()
        assert decoders.probe(song).duration_s == SECONDS


def test_a_decoder_that_needs_too_much_memory_fails(song: Path) -> None:
    with DecoderPool(processes=1, memory_bytes=100 << 20) as decoders:
        with pytest.raises(UndecodableAudio, match="memory"):
            decoders.load(song, 0.0, 3000.0, [BIRDNET], duration_s=SECONDS)
        assert load_song(decoders, song).lost == ()


def test_children_inherit_no_socket_of_their_parent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.set_inheritable(True)
        with DecoderPool(processes=2) as decoders:
            for child in decoders._idle:
                opened = [str(entry.readlink()) for entry in Path(f"/proc/{child.pid}/fd").iterdir()]
                assert sum("socket" in target for target in opened) == 1


def test_decoders_are_caged_and_know_no_secret(monkeypatch: pytest.MonkeyPatch, song: Path) -> None:
    monkeypatch.setenv("CHORUS_DATABASE_URL", "postgresql://secret")
    with DecoderPool(processes=1) as decoders:
        load_song(decoders, song)
        assert decoders._server
        for pid in (only_child(decoders).pid, decoders._server.pid):
            assert b"secret" not in Path(f"/proc/{pid}/environ").read_bytes()
            assert "NoNewPrivs:\t1" in Path(f"/proc/{pid}/status").read_text()
        status = Path(f"/proc/{only_child(decoders).pid}/status").read_text()
        assert ("Seccomp:\t2" in status) == ("seccomp" not in decoders.lacking)


def test_decoders_are_started_again_if_their_server_was_killed(song: Path) -> None:
    with DecoderPool(processes=1) as decoders, ThreadPoolExecutor() as threads:
        assert decoders._server
        future = load_while_stopped(decoders, song, threads)
        os.kill(decoders._server.pid, signal.SIGKILL)
        with pytest.raises(TransientError, match="server of decoders ended"):
            future.result()
        assert load_song(decoders, song).lost == ()


def test_decoders_are_started_again_if_their_server_was_killed_meanwhile(song: Path) -> None:
    with DecoderPool(processes=2) as decoders:
        assert decoders._server
        os.kill(decoders._server.pid, signal.SIGKILL)
        wait_for_end(decoders._server.pid)
        for child in decoders._idle:
            wait_for_end(child.pid)
        assert load_song(decoders, song).lost == ()


@pytest.mark.parametrize("script", ["answer(lost=[])", "answer(lost=1, stage_s=2)", "connection.sendall(bytes(99))"])
def test_a_decoder_that_answers_nonsense_is_a_broken_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str
) -> None:
    monkeypatch.setattr(pool, "SERVER_MODULE", "tests.servers.taken_over")
    path = tmp_path / "hostile.flac"
    path.write_text(script + "; connection.sendall(bytes(1 << 20))")
    refused = pytest.raises(UndecodableAudio, match=r"hostile\.flac")
    with scripts_on_path(), DecoderPool(processes=1, timeout_s=5) as decoders, refused:
        decoders.load(path, 0.0, 1.0, [PERCH], duration_s=1.0)


def test_a_file_that_takes_long_keeps_its_decoder_and_no_other(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(pool, "SERVER_MODULE", "tests.servers.taken_over")
    monkeypatch.setattr(pool, "SLOW_S", 0.2)
    quick, bomb = tmp_path / "quick.flac", tmp_path / "bomb.flac"
    bomb.write_text("while True: pass")
    quick.write_text("answer(duration_s=8.0)")
    with scripts_on_path(), ThreadPoolExecutor() as threads:
        with DecoderPool(processes=2) as decoders:
            bombs = [threads.submit(decoders.measure_duration_s, bomb) for _ in range(2)]
            while decoders._idle:
                time.sleep(0.01)
            for _ in range(3):
                assert decoders.measure_duration_s(quick) == 8.0
            assert not any(future.done() for future in bombs)
            slow = [child for child in decoders._all if child.busy_since is not None]
            less = min(19, os.getpriority(os.PRIO_PROCESS, 0) + LESS_PRIORITY)
            assert [os.getpriority(os.PRIO_PROCESS, child.pid) for child in slow] == [less] * 2
            assert len(decoders._all) == 2 + decoders._spares
        assert all(future.exception() for future in bombs)


def test_no_more_decoders_than_twice_as_many_are_started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(pool, "SERVER_MODULE", "tests.servers.taken_over")
    monkeypatch.setattr(pool, "SLOW_S", 0.1)
    bomb = tmp_path / "bomb.flac"
    bomb.write_text("time.sleep(600)")
    with scripts_on_path(), ThreadPoolExecutor() as threads, DecoderPool(processes=2, timeout_s=3.0) as decoders:
        bombs = [threads.submit(decoders.measure_duration_s, bomb) for _ in range(6)]
        most = 0
        while not all(future.done() for future in bombs):
            most = max(most, len(decoders._all))
            time.sleep(0.01)
        assert most == 4
        assert all("longer than 3 s" in str(future.exception()) for future in bombs)
        assert len(decoders._all) == 2 + decoders._spares


def test_no_descriptor_is_left_behind(decoders: DecoderPool, song: Path, tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for number in range(30):
        copy = tmp_path / f"{number}.flac"
        copy.write_bytes(song.read_bytes())
        decoders.load(copy, 0.0, 1.0, [PERCH], duration_s=1.0)
    for _ in range(3):
        decoders._idle[0].kill()
        load_song(decoders, song)
    assert len(list(Path("/proc/self/fd").iterdir())) <= before


def test_children_end_when_the_pool_is_closed(song: Path) -> None:
    with DecoderPool(processes=2) as decoders:
        pids = [child.pid for child in decoders._idle]
    for pid in pids:
        wait_for_end(pid)
    with pytest.raises(TransientError, match="stopped"):
        load_song(decoders, song)


def test_children_end_when_their_parent_is_killed() -> None:
    script = (
        "import time\n"
        "from dawn_chorus.inference.decoders.pool import DecoderPool\n"
        "with DecoderPool(processes=2) as decoders:\n"
        "    print(*(child.pid for child in decoders._idle), flush=True)\n"
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
    """Wait until the process is gone or a zombie; the test's time limit ends a wait in vain."""
    status = Path(f"/proc/{pid}/stat")
    while status.exists():
        try:
            if status.read_text().rpartition(")")[2].split()[0] == "Z":
                return
        except (FileNotFoundError, ProcessLookupError):
            return
        time.sleep(0.01)


@pytest.mark.parametrize("kind", ["pcm_16.wav", "pcm_16.flac", "mp3.mp3", "vorbis.ogg", "opus.opus", "aac.m4a"])
@pytest.mark.parametrize("name", [b"r\xe9veil", b"\xff\xfe", b"a:b", b"http:", "می\u200cخواهم\u00a0".encode()])
def test_a_file_is_read_whatever_its_name(
    decoders: DecoderPool, audio_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, name: bytes
) -> None:
    sound, rate_hz = real_sound(audio_dir)
    known = write_as(kind, tmp_path, sound[: 3 * rate_hz], rate_hz)
    odd = tmp_path / os.fsdecode(name + known.suffix.encode())
    odd.write_bytes(known.read_bytes())
    assert decoders.probe(odd) == decoders.probe(known)
    monkeypatch.chdir(tmp_path)
    assert probe_audio(Path(odd.name)) == probe_audio(known), "a relative path must not be read as a URL"
    loaded = decoders.load(odd, 0.0, 3.0, [PERCH], duration_s=3.0)
    np.testing.assert_array_equal(
        loaded.waveforms[PERCH], decoders.load(known, 0.0, 3.0, [PERCH], duration_s=3.0).waveforms[PERCH]
    )


@pytest.mark.parametrize("content", [b"", b"a field diary\n" * 100, b"RIFF....WAVEfmt "])
def test_a_refusal_shows_a_name_that_is_no_utf8_with_replacement(
    decoders: DecoderPool, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / os.fsdecode(b"r\xe9veil.wav")
    path.write_bytes(content)
    with pytest.raises(UndecodableAudio, match="r\ufffdveil"):
        decoders.probe(path)


def test_no_server_is_started_again_for_a_pool_that_was_closed() -> None:
    with DecoderPool(processes=1) as decoders:
        pass
    with pytest.raises(TransientError, match="the decoders have been stopped"):
        decoders._start()
    assert decoders._server
    assert not decoders._server.is_running()


def test_a_decoder_that_sends_a_byte_now_and_then_gets_no_more_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(pool, "SERVER_MODULE", "tests.servers.taken_over")
    drip = tmp_path / "drip.flac"
    drip.write_text(
        "connection.sendall((500).to_bytes(8, 'little'))\n"
        "for _ in range(500):\n    connection.sendall(b' ')\n    time.sleep(0.1)"
    )
    with (
        scripts_on_path(),
        DecoderPool(processes=1, timeout_s=1.0) as decoders,
        pytest.raises(UndecodableAudio, match="longer than 1 s"),
    ):
        decoders.measure_duration_s(drip)
