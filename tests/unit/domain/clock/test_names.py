"""Clocks in names: what recorders and people write, and what only looks like it."""

# ruff: noqa: DTZ001 - what a recorder's clock shows has no zone

from datetime import datetime, timedelta

import pytest

from dawn_chorus.domain.clock.names import read_name

DAWN = datetime(2024, 5, 4, 4, 30)


@pytest.mark.parametrize(
    "name",
    [
        "20240504_043000.WAV",
        "20240504_043000T.WAV",
        "24F319055FDF2902_20240504_043000.WAV",
        "SM4_20240504_043000.wav",
        "SM304472_0+1_20240504_043000.wav",
        "SITE_-_20240504$043000.wav",
        "marsh_20240504_043000_001.wav",
        "20240504_043000-0001.wav",
        "20240504_043000-0100.wav",
        "20240504-043000.flac",
        "20240504043000.mp3",
        "20240504T043000.m4a",
        "2024-05-04T04-30-00.wav",
        "2024-05-04_04-30-00 north.wav",
        "2024-05-04 04.30.00.wav",
        "2024-05-04 04:30:00.wav",
        "card/2023/20240504_043000.WAV",
        "D:\\DATA\\20240504_043000.WAV",
        "20240504_043000",
        "20240504_043000.3gp",
    ],
)
def test_a_clock_without_an_offset(name: str) -> None:
    reading = read_name(name)
    assert reading is not None
    assert (reading.local, reading.offset, reading.source, reading.certain) == (DAWN, None, "name", False)


@pytest.mark.parametrize(
    ("name", "hours"),
    [
        ("20240504T043000+1000_REC.flac", 10),
        ("20240504T043000+1000.wav", 10),
        ("20240504T043000-0330.wav", -3.5),
        ("20240504T043000+0545_marsh.wav", 5.75),
        ("marsh_20240504T043000Z.wav", 0),
        ("20240504_043000Z.wav", 0),
        ("20240504_043000+0200.wav", 2),
        ("2024-05-04T04-30-00+0200.wav", 2),
        ("2024-05-04T04-30-00-0300.wav", -3),
        ("2024-05-04T04:30:00+02:00.wav", 2),
        ("S20240504T043000+1000_E20240504T053000+1000_-27.38+152.87.flac", 10),
    ],
)
def test_a_clock_with_its_offset(name: str, hours: float) -> None:
    reading = read_name(name)
    assert reading is not None
    assert (reading.local, reading.offset, reading.certain) == (DAWN, timedelta(hours=hours), True)


@pytest.mark.parametrize("name", ["5E90A4D4.WAV", "5e90a4d4.wav", "5E90A4D4", "CARD1/5E90A4D4.WAV"])
def test_hexadecimal_seconds_are_utc(name: str) -> None:
    reading = read_name(name)
    assert reading is not None
    assert (reading.local, reading.offset) == (datetime(2020, 4, 10, 16, 54, 44), timedelta(0))


def test_fractions_of_a_second_are_kept() -> None:
    reading = read_name("20240504T043000.25+1000.flac")
    assert reading is not None
    assert reading.local == DAWN.replace(microsecond=250_000)


@pytest.mark.parametrize(
    "name",
    [
        "dawn.wav",
        "20240504.wav",
        "04052024.wav",
        "00000042.WAV",
        "5E90A4d4.wav",
        "5E90A4D4F.wav",
        "20241304_043000.wav",
        "20240504_253000.wav",
        "20240504_046000.wav",
        "120240504_043000.wav",
        "20240504_0430001.wav",
        "20240504_043000_20240504_053000.wav",
        "XC123456 - European Robin.mp3",
        "",
        ".wav",
    ],
)
def test_what_is_no_clock(name: str) -> None:
    assert read_name(name) is None
