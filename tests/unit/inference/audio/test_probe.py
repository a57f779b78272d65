"""The probe is a separate process: it answers in JSON for any file, and limits its own resources."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.unit.inference.audio_files import declare_flac_samples, write_sound


def run_probe(path: Path) -> tuple[int, dict[str, object]]:
    done = subprocess.run(
        [sys.executable, "-m", "dawn_chorus.inference.audio.probe", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, json.loads(done.stdout)


def test_the_probe_prints_the_facts(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "dawn.flac", np.zeros((96_000, 2), np.float32), 32000, coding="PCM_24")
    code, facts = run_probe(path)
    assert code == 0
    assert facts == {"format": "flac/pcm_24", "duration_s": 3.0, "sample_rate_hz": 32000, "channels": 2}


def test_a_small_file_that_declares_a_month_has_the_length_of_its_samples(tmp_path: Path) -> None:
    sound = np.random.default_rng(0).normal(0, 0.1, 5 * 8000).astype(np.float32)
    path = declare_flac_samples(write_sound(tmp_path / "month.flac", sound, 8000), 30 * 86400 * 8000)
    assert run_probe(path)[1]["duration_s"] == pytest.approx(5.0)


@pytest.mark.parametrize(
    ("content", "kind"), [(b"not a sound\n" * 100, "not_audio"), (b"", "empty"), (b"RIFF....WAVEfmt ", "undecodable")]
)
def test_the_probe_refuses_with_a_reason(tmp_path: Path, content: bytes, kind: str) -> None:
    path = tmp_path / "upload.wav"
    path.write_bytes(content)
    code, refusal = run_probe(path)
    assert code == 3
    assert refusal["error"] == kind
    assert "upload.wav" in str(refusal["detail"])


def test_a_missing_file_is_a_permanent_error(tmp_path: Path) -> None:
    code, refusal = run_probe(tmp_path / "gone.wav")
    assert (code, refusal["error"]) == (3, "permanent")


def test_the_probe_limits_itself_and_does_not_load_the_heavy_libraries(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "dawn.wav", np.zeros(100, np.float32), 32000)
    script = (
        "import json, resource, sys\n"
        "from dawn_chorus.inference.audio import probe\n"
        f"sys.argv = ['probe', {str(path)!r}]\n"
        "probe.main()\n"
        "limits = {name: resource.getrlimit(getattr(resource, name))[0] for name in ('RLIMIT_AS', 'RLIMIT_CPU')}\n"
        "heavy = [name for name in ('librosa', 'numba', 'soxr', 'scipy', 'onnxruntime') if name in sys.modules]\n"
        "print(json.dumps({'limits': limits, 'heavy': heavy}))\n"
    )
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    seen = json.loads(printed.splitlines()[-1])
    assert 0 < seen["limits"]["RLIMIT_AS"] < 16 << 30
    assert seen["limits"]["RLIMIT_CPU"] == 60
    assert seen["heavy"] == []
