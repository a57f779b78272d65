"""What the spectrogram on a page shows: its colors, read from a copy of the canvas."""

import re
from dataclasses import dataclass

from playwright.sync_api import Locator, Page

Color = tuple[float, float, float]
_COPY = """
  const canvas = document.querySelector('.spectrogram .frame canvas');
  if (!canvas?.width) return null;
  const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', {willReadFrequently: true});
  copy.drawImage(canvas, 0, 0);
"""
_MEAN = f"""([left, top, width, height]) => {{ {_COPY}
  const [w, h] = [canvas.width, canvas.height];
  const data = copy.getImageData(...[left * w, top * h, width * w, height * h].map(Math.round)).data;
  return [0, 1, 2].map(i => data.reduce((sum, value, j) => j % 4 === i ? sum + value : sum, 0) / (data.length / 4));
}}"""
_IS_DRAWN = f"""() => {{ {_COPY}
  if (document.querySelector('.spectrogram .frame').ariaBusy !== 'false') return false;
  return new Set(copy.getImageData(0, 0, canvas.width, canvas.height).data.filter((_, i) => i % 4 === 0)).size > 20;
}}"""


_NEXT_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done())))"
"""What is said of a picture is said at once; it is drawn with the next frame."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a spectrogram that shows `of` seconds and hertz, from 0 on."""

    seconds: tuple[float, float]
    hertz: tuple[float, float]
    of: tuple[float, float]

    @property
    def box(self) -> list[float]:
        (start_s, end_s), (low_hz, high_hz) = self.seconds, self.hertz
        return [
            start_s / self.of[0],
            1 - high_hz / self.of[1],
            (end_s - start_s) / self.of[0],
            (high_hz - low_hz) / self.of[1],
        ]


def spectrogram(page: Page) -> Locator:
    return page.get_by_role("img", name=re.compile("^Spectrogram"))


def mean_color(page: Page, part: Part) -> Color:
    red, green, blue = page.evaluate(_MEAN, part.box)
    return red, green, blue


def darkness(page: Page, part: Part) -> float:
    """Return how dark a part is: 0 is white, 255 black."""
    return 255 - sum(mean_color(page, part)) / 3


def wait_for_color(page: Page, part: Part, condition: str) -> Color:
    """Wait until the mean color of a part is as a condition of `red`, `green` and `blue` says; return it."""
    page.wait_for_function(
        f"box => {{ const [red, green, blue] = ({_MEAN})(box) ?? [NaN, NaN, NaN]; return {condition} }}", arg=part.box
    )
    return mean_color(page, part)


def wait_for_frames(page: Page) -> None:
    """Wait until what was changed is drawn, and what is done once it is drawn was done."""
    page.evaluate(_NEXT_FRAMES)


def wait_for_pictures(page: Page) -> None:
    """Wait until all that is shown is drawn."""
    wait_for_frames(page)
    page.wait_for_function(_IS_DRAWN)
    wait_for_frames(page)


def brush(page: Page) -> Locator:
    """Return the overview's brush, which says the shown stretch."""
    return page.get_by_role("slider", name="Shown stretch", exact=True)


def open_recording(page: Page, recording: str, query: str = "") -> None:
    page.goto(f"/recordings/{recording}{query}")
    wait_for_pictures(page)
