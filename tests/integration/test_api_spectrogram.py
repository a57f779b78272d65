"""Pictures of a recording's sound over HTTP, drawn by children in cages."""

import io
from pathlib import Path
from typing import Any

import av
import httpx
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from tests.integration.made_up import upload
from tests.servers.api import StartApi


@pytest.fixture
def client(start_api: StartApi, tmp_path: Path) -> httpx.Client:
    return start_api(cache_dir=tmp_path / "cache").client


def pixels(webp: bytes) -> NDArray[np.uint8]:
    """Return (n_rows, n_columns, 4): red, green, blue and alpha."""
    frame = next(av.open(io.BytesIO(webp), "r").decode(video=0))
    return frame.reformat(format="rgba").to_ndarray()  # type: ignore[return-value]


def tone(hz: float, duration_s: float, rate_hz: int = 8000) -> NDArray[np.float32]:
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(round(duration_s * rate_hz)) / rate_hz)).astype(np.float32)


def wav(samples: NDArray[np.float32], rate_hz: int = 8000) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate_hz, format="WAV", subtype="PCM_16")
    return file.getvalue()


def spectrogram_of(recording: dict[str, Any]) -> str:
    return f"/v1/recordings/{recording['id']}/spectrogram"


def test_a_recording_lists_its_pictures_and_they_show_its_sound(client: httpx.Client) -> None:
    url = spectrogram_of(upload(client, wav(tone(1000, 5.0))))
    answer = client.get(url).json()
    assert (answer["width_px"], answer["height_px"], answer["min_hz"], answer["max_hz"]) == (512, 256, 0, 4000)
    assert [(level["span_s"], level["pictures"]) for level in answer["levels"]][:3] == [(2, 3), (4, 2), (8, 1)]
    assert answer["contrast"]["low_db"] < answer["contrast"]["high_db"] <= 0
    response = client.get(answer["links"]["tile"].replace("{span_s}", "4").replace("{index}", "1"))
    assert (response.status_code, response.headers["content-type"]) == (200, "image/webp")
    assert "immutable" in response.headers["cache-control"]
    picture = pixels(response.content)
    assert picture.shape == (256, 512, 4)
    row = 255 - 1000 * 256 // 4000
    assert abs(int(picture[:, 60, 0].argmax()) - row) <= 1
    assert np.array_equal(picture[0, :, 3] > 0, np.arange(512) < 128), "the sound ends after a second"
