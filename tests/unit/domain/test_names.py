"""What a name may hold, and how it is displayed."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dawn_chorus.domain.names import AUDIO_SUFFIXES, OTHER_AUDIO_SUFFIXES, displayed, find_forbidden, is_junk

GOOD = {
    "a Persian plural": "می\u200cخواهم",
    "a joined emoji": "👩\u200d🔬",
    "a no-break space": "site\u00a03",
    "a narrow no-break space": "5\u202fkm",
    "a soft hyphen": "Nord\u00adsee",
    "right-to-left marks": "\u200fחולה\u200e",
    "a decomposed letter": "Ho\u0308he",
    "a composed letter": "Höhe",
    "a character outside the basic plane": "𐍈",
    "a private character": "\ue000",
    "a variation selector": "❄\ufe0f",
    "a byte order mark": "\ufeffdawn",
    "a line separator": "a\u2028b",
    "a tag of a flag": "🏴\U000e0067\U000e0062\U000e007f",
    "spaces at the ends": " dawn ",
    "an ideographic space": "森\u3000林",
    "an unassigned character": "\u0378",
}


@pytest.mark.parametrize("name", GOOD.values(), ids=GOOD.keys())
def test_any_writing_is_a_name(name: str) -> None:
    assert find_forbidden(name) is None
    assert displayed(name) == name


@pytest.mark.parametrize(
    "code", [0x00, 0x09, 0x0A, 0x0D, 0x1B, 0x7F, 0x85, 0x9B, *range(0x202A, 0x202F), 0x2066, 0x2069]
)
def test_a_control_character_or_bidi_override_is_found(code: int) -> None:
    assert find_forbidden(f"dawn{chr(code)}.wav") == chr(code)


@given(st.characters(exclude_categories=["Cc", "Cs", "Cf"]))
def test_nothing_else_is_forbidden(char: str) -> None:
    assert find_forbidden(char) is None


def test_of_the_format_characters_only_bidi_controls_are_forbidden() -> None:
    formats = [chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) == "Cf"]
    assert {f"{ord(char):04X}" for char in formats if find_forbidden(char)} == {
        "202A", "202B", "202C", "202D", "202E", "2066", "2067", "2068", "2069",
    }  # fmt: skip


@given(st.binary())
def test_every_name_of_a_file_can_be_displayed(name: bytes) -> None:
    shown = displayed(name.decode("utf-8", "surrogateescape"))
    assert shown.encode().decode() == shown
    if "\ufffd" not in shown:
        assert shown.encode() == name


def test_suffixes_are_in_one_list_only() -> None:
    assert not AUDIO_SUFFIXES & OTHER_AUDIO_SUFFIXES
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in AUDIO_SUFFIXES | OTHER_AUDIO_SUFFIXES)


@pytest.mark.parametrize("name", ["dawn.wav", ".hidden.wav", "_.wav", ".wav", "thumbs.wav", "Trash"])
def test_a_recording_is_no_junk(name: str) -> None:
    assert not is_junk(name)
