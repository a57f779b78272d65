"""Timestamps become samples exactly, as fractions of Python would."""

import random
from fractions import Fraction

import pytest

from dawn_chorus.inference.audio.ffmpeg_reader import round_product


@pytest.mark.parametrize("denominators", [(1, 2, 4, 8), (147, 160, 441), (10**6, 90_000, 14_112_000)])
def test_a_product_is_rounded_as_python_rounds_it(denominators: tuple[int, ...]) -> None:
    chance = random.Random(1)
    for _ in range(20_000):
        number = chance.randint(-(10 ** chance.randint(0, 12)), 10 ** chance.randint(0, 12))
        ratio = Fraction(chance.randint(0, 10 ** chance.randint(0, 6)), chance.choice(denominators))
        assert round_product(number, ratio) == round(number * ratio)
