import asyncio
import os
import sys
from pathlib import Path

import pytest

from dawn_chorus.api.http.problems import NOT_AUDIO, UNDECODABLE, Problem
from dawn_chorus.api.uploads.probe import probe_file
from dawn_chorus.domain.recording import AudioFacts

FACTS = '{"format": "flac/pcm_16", "duration_s": 12.3456789, "sample_rate_hz": 48000, "channels": 2}'


def probe_with(script: str, timeout_s: float = 20) -> AudioFacts:
    return asyncio.run(probe_file(Path("/store/0193.flac"), "dawn.flac", timeout_s, (sys.executable, "-c", script)))


def refusal_with(script: str, timeout_s: float = 20) -> Problem:
    with pytest.raises(Problem) as caught:
        probe_with(script, timeout_s)
    return caught.value


def test_the_facts_printed_by_the_child_are_returned() -> None:
    assert probe_with(f"print('{FACTS}')") == AudioFacts("flac/pcm_16", 12.345679, 48000, 2)


def test_lines_before_the_facts_are_ignored() -> None:
    assert probe_with(f"print('junk at the beginning'); print('{FACTS}')").channels == 2


@pytest.mark.parametrize(("error", "kind"), [("not_audio", NOT_AUDIO), ("empty", UNDECODABLE), ("new", UNDECODABLE)])
def test_a_refusal_keeps_its_reason(error: str, kind: object) -> None:
    problem = refusal_with(f"""print('{{"error": "{error}", "detail": "0193.flac is a zip archive"}}')""")
    assert (problem.kind, problem.detail) == (kind, "dawn.flac is a zip archive")


@pytest.mark.parametrize(
    ("script", "detail"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "signal 11"),
        ("raise SystemExit(3)", "exit code 3"),
        ("print('no JSON')", "crashed"),
        ("""print('{"format": "x", "duration_s": 0, "sample_rate_hz": 1, "channels": 1}')""", "crashed"),
    ],
    ids=["segfault", "exit", "garbage", "no duration"],
)
def test_a_file_that_crashes_the_probe_is_undecodable(script: str, detail: str) -> None:
    problem = refusal_with(script)
    assert problem.kind is UNDECODABLE
    assert detail in problem.detail


def test_a_probe_that_hangs_is_killed(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    problem = refusal_with(
        f"import os, time; open({str(pid_file)!r}, 'w').write(str(os.getpid())); time.sleep(600)", timeout_s=2
    )
    assert "within 2 s" in problem.detail
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)
