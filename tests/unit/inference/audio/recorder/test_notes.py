"""What recorders write beside the sound is found wherever it stands; what is damaged is no notes, never no sound."""

# ruff: noqa: DTZ001 - what a recorder's clock shows has no zone

import json
from datetime import datetime, timedelta
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from dawn_chorus.domain.clock.readings import Recorder, RecorderNotes, read_notes_json
from dawn_chorus.domain.clock.start import choose_start
from dawn_chorus.domain.clock.zones import parse_time_zone
from dawn_chorus.inference.audio.probe import describe_facts, probe_audio
from dawn_chorus.inference.audio.recorder.notes import read_notes
from tests.recorder_files import audiomoth_comment, bext, chunk, guano, info, real_pcm, wav

DAWN = datetime(2024, 5, 4, 4, 30)
CLOCK = "04:30:00 04/05/2024"


@pytest.fixture(scope="module")
def pcm(audio_dir: Path) -> bytes:
    return real_pcm(audio_dir, 2.0)


def notes_of(folder: Path, content: bytes, name: str = "5E90A4D4.WAV") -> RecorderNotes:
    path = folder / name
    path.write_bytes(content)
    notes = read_notes(path)
    assert notes is not None
    assert probe_audio(path).notes == notes
    return notes


def clock_of(notes: RecorderNotes) -> tuple[datetime, timedelta | None]:
    (clock,) = notes.clocks
    assert clock.source == "header"
    return clock.local, clock.offset


@pytest.mark.parametrize(
    ("zone", "hours"),
    [("", 0), ("+2", 2), ("+10", 10), ("+5:45", 5.75), ("-3:30", -3.5), ("-0:30", -0.5), ("-11", -11), ("+14", 14)],
)
def test_an_audiomoth_says_its_zone(tmp_path: Path, pcm: bytes, zone: str, hours: float) -> None:
    notes = notes_of(tmp_path, wav(pcm, before=[info(audiomoth_comment(CLOCK, zone))]))
    assert clock_of(notes) == (DAWN, timedelta(hours=hours))


def test_the_first_firmware_knew_utc_only(tmp_path: Path, pcm: bytes) -> None:
    comment = f"Recorded at {CLOCK} by AudioMoth 24F319055FDF2902 at gain setting 2 while battery state was 3.9V"
    notes = notes_of(tmp_path, wav(pcm, before=[info(comment)]))
    assert clock_of(notes) == (DAWN, timedelta(0))
    assert notes.recorder.battery_v == pytest.approx(3.9)


def test_brackets_that_name_no_offset_leave_the_zone_open(tmp_path: Path, pcm: bytes) -> None:
    comment = audiomoth_comment(CLOCK).replace("(UTC)", "(local time)")
    assert clock_of(notes_of(tmp_path, wav(pcm, before=[info(comment)]))) == (DAWN, None)


def test_an_audiomoth_says_its_serial_number_battery_and_temperature(tmp_path: Path, pcm: bytes) -> None:
    notes = notes_of(tmp_path, wav(pcm, before=[info(audiomoth_comment(CLOCK, "+2"))]))
    assert notes.recorder == Recorder("Open Acoustic Devices", "AudioMoth", "24F319055FDF2902", 11.8, 4.1)


def test_of_a_deployment_the_artist_names_the_device(tmp_path: Path, pcm: bytes) -> None:
    comment = audiomoth_comment(CLOCK).replace("by AudioMoth 24F319055FDF2902", "during deployment 6A5B4C3D2E1F0A9B")
    recorder = notes_of(tmp_path, wav(pcm, before=[info(comment)])).recorder
    assert (recorder.serial, recorder.temperature_c) == ("24F319055FDF2902", 11.8)


def test_a_firmware_that_metamoth_does_not_know_still_has_a_clock(tmp_path: Path, pcm: bytes) -> None:
    comment = "Recorded at 04:30:00.250 04/05/2024 (UTC+2) by HydroMoth 24F319055FDF2902, firmware of next year"
    notes = notes_of(tmp_path, wav(pcm, before=[info(comment)]))
    assert clock_of(notes) == (DAWN.replace(microsecond=250_000), timedelta(hours=2))
    assert (notes.recorder.model, notes.recorder.battery_v) == ("HydroMoth", None)


ODD = audiomoth_comment(CLOCK, "+5:45") + " "
if len(ODD) % 2 == 0:
    ODD += " "


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([info(ODD)], []),
        ([info(ODD, padded=False)], []),
        ([info(ODD, artist=None)], []),
        ([info(ODD.encode().ljust(384, b"\0"))], []),
        ([info(b"\0\0" + ODD.encode())], []),
        ([chunk(b"junk", b"odd"), info(ODD)], []),
        ([chunk(b"junk", b"odd", padded=False), info(ODD)], []),
        ([], [info(ODD)]),
        ([chunk(b"LIST", b"adtl" + chunk(b"note", b"x" * 7))], [chunk(b"fact", b"\0" * 4), info(ODD)]),
        ([chunk(b"LIST", b"INFO" + chunk(b"IART", b"AudioMoth") + chunk(b"ICMT", ODD.encode()))], []),
        ([chunk(b"LIST", b"INFO" + chunk(b"ISFT", b"a writer")), info(ODD)], []),
    ],
    ids=["odd", "odd, no padding", "no artist", "null bytes behind", "null bytes before", "junk", "junk, no padding",
         "behind the samples", "behind other lists", "artist first", "two lists"],
)  # fmt: skip
@pytest.mark.parametrize("rf64", [False, True], ids=["RIFF", "RF64"])
def test_the_comment_is_found_wherever_it_stands(
    tmp_path: Path, pcm: bytes, before: list[bytes], after: list[bytes], *, rf64: bool
) -> None:
    notes = notes_of(tmp_path, wav(pcm, before, after, rf64=rf64))
    assert clock_of(notes) == (DAWN, timedelta(hours=5, minutes=45))


def test_the_comment_is_found_behind_an_odd_number_of_bytes(tmp_path: Path, pcm: bytes) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav(pcm[:8001], after=[info(audiomoth_comment(CLOCK, "+2"))]))
    notes = read_notes(path)
    assert notes is not None
    assert clock_of(notes) == (DAWN, timedelta(hours=2))


@pytest.mark.parametrize("suffix", [".flac", ".ogg", ".aiff", ".mp3"])
def test_a_converted_file_keeps_the_comment_as_a_tag(tmp_path: Path, pcm: bytes, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    with soundfile.SoundFile(path, "w", 44_100, 1) as sound:
        sound.comment = audiomoth_comment(CLOCK, "-3:30")
        sound.write(np.frombuffer(pcm, np.int16))
    notes = read_notes(path)
    assert notes is not None
    assert clock_of(notes) == (DAWN, timedelta(hours=-3, minutes=-30))


def test_a_frontier_labs_recorder_says_its_start_in_a_tag(tmp_path: Path, pcm: bytes) -> None:
    path = tmp_path / "a.flac"
    with av.open(str(path), "w") as output:
        output.metadata["RecordingStart"] = "2024-05-04T04:30:00+10:00"
        stream = output.add_stream("flac", rate=44_100, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.frombuffer(pcm, np.int16)[None], format="s16", layout="mono")
        frame.sample_rate = 44_100
        output.mux([*stream.encode(frame), *stream.encode(None)])
    notes = probe_audio(path).notes
    assert notes is not None
    assert clock_of(notes) == (DAWN, timedelta(hours=10))


def test_a_real_recorder_of_bats_has_a_clock_in_its_header(audio_dir: Path) -> None:
    (path,) = (audio_dir / "bats").glob("XC821237*.wav")
    notes = probe_audio(path).notes
    assert notes is not None
    assert clock_of(notes) == (datetime(2013, 1, 18, 21, 38, 51), None)
    assert notes.recorder.model == "Avisoft-RECORDER"


@pytest.mark.parametrize(
    ("timestamp", "offset"),
    [
        ("2024-05-04T04:30:00+02:00", 2),
        ("2024-05-04 04:30:00-03:30", -3.5),
        ("2024-05-04T04:30:00Z", 0),
        ("2024-05-04T04:30:00.000+05:45", 5.75),
        ("2024-05-04T04:30:00", None),
        ("2024-05-04 04:30:00", None),
        ("20240504T043000+0200", 2),
    ],
)
@pytest.mark.parametrize("rf64", [False, True], ids=["RIFF", "RF64"])
def test_guano_says_when_and_where(
    tmp_path: Path, pcm: bytes, timestamp: str, offset: float | None, *, rf64: bool
) -> None:
    words = guano(f"Timestamp: {timestamp}", "Loc Position: 52.52 13.405", "Make: Wildlife Acoustics", "Serial: S4A1")
    notes = notes_of(tmp_path, wav(pcm, after=[words], rf64=rf64))
    assert clock_of(notes) == (DAWN, None if offset is None else timedelta(hours=offset))
    assert (notes.latitude, notes.longitude) == (52.52, 13.405)
    assert (notes.recorder.make, notes.recorder.serial) == ("Wildlife Acoustics", "S4A1")


def test_guano_says_battery_and_temperature(tmp_path: Path, pcm: bytes) -> None:
    words = guano("Timestamp: 2024-05-04T04:30:00Z", "Temperature Int: 0", "OAD|Battery Voltage: 3.9")
    recorder = notes_of(tmp_path, wav(pcm, before=[words])).recorder
    assert (recorder.temperature_c, recorder.battery_v) == (0.0, 3.9)


@pytest.mark.parametrize("position", ["0 0", "0.0 0.0", "91 0", "52.5", "north marsh", "nan 13", "52,52 13,4 1"])
def test_a_position_that_is_no_place_is_none(tmp_path: Path, pcm: bytes, position: str) -> None:
    notes = notes_of(tmp_path, wav(pcm, after=[guano("Timestamp: 2024-05-04T04:30:00Z", f"Loc Position: {position}")]))
    assert (notes.latitude, notes.longitude) == (None, None)
    assert clock_of(notes)[0] == DAWN


def test_guano_that_is_cut_or_holds_odd_lines_is_read_as_far_as_it_goes(tmp_path: Path, pcm: bytes) -> None:
    words = guano("Timestamp: 2024-05-04T04:30:00Z", "a line without a colon", "Note: café", "Loc Posi")
    assert clock_of(notes_of(tmp_path, wav(pcm, after=[words]))) == (DAWN, timedelta(0))
    latin = chunk(b"guan", "GUANO|Version: 1.0\nNote: café\nTimestamp: 2024-05-04T04:30:00Z\n\0".encode("latin-1"))
    assert clock_of(notes_of(tmp_path, wav(pcm, after=[latin]))) == (DAWN, timedelta(0))


@pytest.mark.parametrize(("date", "time"), [("2024-05-04", "04:30:00"), ("2024:05:04", "04-30-00")])
def test_a_broadcast_wave_has_a_clock_without_a_zone(tmp_path: Path, pcm: bytes, date: str, time: str) -> None:
    notes = notes_of(tmp_path, wav(pcm, before=[bext(date, time)]))
    assert clock_of(notes) == (DAWN, None)
    assert notes.recorder.model == "ZOOM F3"


def test_every_text_in_a_file_is_read(tmp_path: Path, pcm: bytes) -> None:
    words = guano("Timestamp: 2024-05-04T04:30:01+02:00", "Loc Position: 52.52 13.405", "Serial: other")
    notes = notes_of(tmp_path, wav(pcm, [info(audiomoth_comment(CLOCK, "+2"))], [words]))
    assert [clock.writer for clock in notes.clocks] == ["AudioMoth's comment", "GUANO"]
    assert (notes.latitude, notes.recorder.serial) == (52.52, "24F319055FDF2902")


@pytest.mark.parametrize(
    "words",
    [
        info("Recorded at 25:61:00 31/02/2024 (UTC) by AudioMoth 24F319055FDF2902"),
        info(audiomoth_comment(CLOCK, "+99")),
        info("a comment about a wren"),
        info(b"\xff\xfe\x00\xd8"),
        chunk(b"LIST", b"INFO"),
        chunk(b"LIST", b"IN"),
        chunk(b"guan", b"\xff\xfe:\x00"),
        chunk(b"guan", b""),
        guano("Timestamp: 2024-05-04T04:30:00+99:00"),
        guano("Timestamp: yesterday"),
        chunk(b"bext", b"short"),
        bext("0000-00-00", "00:00:00"),
        b"LIST\xff\xff\xff\x7f" + b"INFO" + b"ICMT\xff\xff\xff\xff",
        b"guan\xff\xff\xff\xff",
    ],
)
def test_what_cannot_be_read_is_no_notes_and_the_sound_is_whole(tmp_path: Path, pcm: bytes, words: bytes) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav(pcm, after=[words]))
    facts = probe_audio(path)
    assert facts.duration_s == pytest.approx(2.0, abs=0.01)
    assert facts.notes is None or not facts.notes.clocks


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_whatever_is_damaged_reading_notes_raises_nothing(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    words = [info(audiomoth_comment(CLOCK, "+2")), guano("Timestamp: 2024-05-04T04:30:00Z", "Loc Position: 52 13")]
    content = bytearray(wav(bytes(64), [*words, bext("2024-05-04", "04:30:00")], words, rf64=data.draw(st.booleans())))
    for position in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=8)):
        content[position] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "damaged.wav"
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    notes = read_notes(path)
    if notes is not None:
        assert read_notes_json(json.loads(json.dumps(notes.as_json()))) == notes
        choose_start(notes.clocks, parse_time_zone("+02:00"))


def test_a_file_without_notes_is_described_as_ever(tmp_path: Path, pcm: bytes) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav(pcm))
    assert set(describe_facts(probe_audio(path))) == {"format", "duration_s", "sample_rate_hz", "channels"}
