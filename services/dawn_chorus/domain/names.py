"""Names of files and sites: which suffixes mean audio, which characters a name may hold, how it is displayed."""

import re
import unicodedata

AUDIO_SUFFIXES = frozenset({
    ".wav", ".wave", ".bwf", ".w64", ".rf64", ".flac", ".aif", ".aiff", ".aifc", ".au", ".caf", ".wv", ".mp2", ".mp3",
    ".ogg", ".oga", ".opus", ".m4a", ".m4b", ".mp4", ".aac", ".webm", ".weba", ".mka", ".wma", ".amr",
})  # fmt: skip
"""Files with these suffixes are recordings: the command line and the workshop take them from folders."""
OTHER_AUDIO_SUFFIXES = frozenset({
    ".3ga", ".3gp", ".3gpp", ".3g2", ".aa3", ".aax", ".ac3", ".adx", ".alac", ".amb", ".ape", ".avi", ".awb", ".dff",
    ".dsf", ".dss", ".dts", ".dvf", ".eac3", ".gsm", ".kvag", ".m4p", ".m4v", ".mkv", ".mlp", ".mov", ".mp1", ".mp+",
    ".mpa", ".mpc", ".mpga", ".msv", ".nist", ".nsp", ".ofr", ".ogv", ".ogx", ".oma", ".pcm", ".qcp", ".ra", ".raw",
    ".rm", ".sd2", ".shn", ".snd", ".sph", ".spx", ".tak", ".tta", ".voc", ".vox", ".vqf", ".w4v", ".wac", ".wmv",
    ".xwma",
})  # fmt: skip
"""Files with these suffixes hold sound too, but are not taken from folders: no decoder is promised for them."""
JUNK_NAMES = frozenset({
    ".ds_store", "thumbs.db", "ehthumbs.db", "desktop.ini", ".spotlight-v100", ".trashes", ".fseventsd",
    ".temporaryitems", ".appledouble", ".documentrevisions-v100", ".volumeicon.icns", "__macosx", "@eadir", "#recycle",
    "$recycle.bin", "lost+found", ".nomedia", ".directory", "system volume information",
})  # fmt: skip
"""What macOS, Windows, Linux and network disks leave in folders, in lower case; no recording is in it."""

_SURROGATES = re.compile("[\ud800-\udfff]")
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Embeddings, overrides and isolates: they make a name look like another one."""

_MOST_BYTES = 80
"""Of a part of a name: systems take 255 in all."""


def displayed(text: object) -> str:
    """Return the text of a path or name with U+FFFD for each byte that is not UTF-8; only this may leave the process.

    Python holds such bytes of file names as lone surrogates (PEP 383), which no database and no terminal takes.
    """
    return _SURROGATES.sub("\ufffd", str(text))


def as_part_of_a_name(text: str) -> str:
    """Return the text, not too long, with dashes for what a system, a shell or a header takes for something else.

    Letters, digits and marks of any script are kept.
    """
    kept = (char if _is_kept(char) else "-" for char in unicodedata.normalize("NFC", text))
    dashed = re.sub("--+", "-", "".join(kept)).strip("-._+")
    return dashed.encode("utf-8", "ignore")[:_MOST_BYTES].decode("utf-8", "ignore").strip("-._+")


def _is_kept(char: str) -> bool:
    return char in "_.+-" or unicodedata.category(char)[0] in "LNM"


def is_junk(name: str) -> bool:
    """Return whether a file or folder of this name belongs to an operating system and holds no recording.

    macOS writes a `._name` next to every file on foreign disks: it has the file's suffix but no sound.
    """
    return name.startswith(("._", ".Trash-")) or name.lower() in JUNK_NAMES


def find_forbidden(name: str) -> str | None:
    """Return the first character that no name may hold: a control character, a bidi override, half a character."""
    return next(
        (char for char in name if is_control(char) or char in _BIDI_CONTROLS or "\ud800" <= char <= "\udfff"), None
    )


def is_control(char: str) -> bool:
    """Return whether a character is of Unicode's category Cc; NUL, line breaks and escape are."""
    return unicodedata.category(char) == "Cc"
