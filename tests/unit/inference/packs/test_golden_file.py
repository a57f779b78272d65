"""A self-test is an archive from anyone: nothing of it is unpacked that is no array of the promised size."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from dawn_chorus.domain.errors import InvalidPack
from dawn_chorus.inference.packs.golden_file import MOST_UNPACKED_BYTES, read_golden

GOOD = {
    "waveform": np.zeros(100, np.float32),
    "sample_rate_hz": np.array(16000),
    "window_scores": np.zeros((3, 4), np.float32),
}


def archive(**arrays: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=True, **GOOD | arrays)
    return file.getvalue()


def with_header(header: bytes, payload: bytes = b"") -> bytes:
    """Return an archive whose waveform has this npy header."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as written:
        for name, array in GOOD.items():
            if name != "waveform":
                with written.open(f"{name}.npy", "w") as member:
                    np.lib.format.write_array(member, array)
        start = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little")
        written.writestr("waveform.npy", start + header + payload)
    return file.getvalue()


def message_of(content: bytes) -> str:
    with pytest.raises(InvalidPack) as caught:
        read_golden(content, "tones/golden.npz")
    return str(caught.value)


def test_an_archive_of_arrays_is_read() -> None:
    golden = read_golden(archive(frame_scores=np.ones((6, 4))), "tones/golden.npz")
    assert set(golden) == {*GOOD, "frame_scores"}
    assert golden["frame_scores"].sum() == 24


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"zip", "is not an npz file of arrays"),
        (b"", "is not an npz file of arrays"),
        (archive()[:-30], "is not an npz file of arrays"),
        (archive(waveform=np.array([{}], object)), "is no array of numbers"),
        (archive(waveform=np.array(["a"])), "is no array of numbers"),
        (archive(waveform=np.zeros(3, np.complex64)), "is no array of numbers"),
        (archive(waveform=np.zeros((2, 3))), "waveform: is missing or does not have 1 axes"),
        (archive(waveform=np.zeros(0)), "waveform: is empty"),
        (archive(sample_rate_hz=np.array(0)), "sample_rate_hz: is not between"),
        (archive(sample_rate_hz=np.array(np.nan)), "sample_rate_hz: is not between"),
        (archive(sample_rate_hz=np.array(2**40)), "sample_rate_hz: is not between"),
        (archive(window_scores=np.zeros(3)), "window_scores: is missing or does not have 2 axes"),
        (
            with_header(b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,), }\n"),
            "longer than its file",
        ),
        (with_header(b"{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }\n"), "is no array of numbers"),
        (with_header(b"(" * 9000), "is not an npz file of arrays"),
        (with_header(b"[" * 60000), "is not an npz file of arrays"),
        (with_header(b"import os"), "is not an npz file of arrays"),
    ],
)
def test_anything_else_is_one_line(content: bytes, message: str) -> None:
    told = message_of(content)
    assert message in told
    assert told.startswith("tones/golden.npz: ")


def test_a_zip_bomb_is_not_unpacked() -> None:
    content = archive(extra=np.zeros(MOST_UNPACKED_BYTES, np.uint8))
    assert len(content) < MOST_UNPACKED_BYTES // 100
    assert "it unpacks to" in message_of(content)


def test_a_single_array_in_place_of_an_archive_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "golden.npy", GOOD["waveform"])
    assert "is not an npz file of arrays" in message_of((tmp_path / "golden.npy").read_bytes())
