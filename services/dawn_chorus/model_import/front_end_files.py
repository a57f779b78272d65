"""Front ends as TOML: those that come with Dawn Chorus, by name, and files of others."""

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dawn_chorus.domain.errors import InvalidPack, PermanentError
from dawn_chorus.inference.packs.mel_table import MelTable
from dawn_chorus.model_import.trial_manifest import parse_trial

SHIPPED = Path(__file__).parent / "front_ends"
MEMBER_KEYS = ("waveform_scale", "peak", "remove_mean", "layout", "channel_axis", "resampler")
"""What of [[member]] belongs to a front end."""


@dataclass(frozen=True, slots=True)
class FrontEnd:
    """How windows become a network's input."""

    name: str
    path: Path
    """The file, which may be copied and changed."""
    member: Mapping[str, Any]
    """Keys of [[member]]."""
    mel: Mapping[str, Any] | None
    """The table [member.mel] as the file has it; None: the network takes waveforms."""
    mel_table: MelTable | None


def shipped_names() -> list[str]:
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def read_front_end(wanted: str) -> FrontEnd:
    """Return a shipped front end by its name, or that of a file. Raises PermanentError, which lists the names."""
    path = SHIPPED / f"{wanted}.toml"
    if wanted not in shipped_names():
        path = Path(wanted)
        if not path.is_file():
            raise PermanentError(
                f"--front-end {wanted}: is neither a file nor one of those that come with Dawn Chorus: {named()}"
            )
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise PermanentError(f"--front-end {path}: is not TOML: {error}") from error
    return _parse(table, wanted, path)


def named(*, images: bool = False) -> str:
    """Return the names of those that come along, as messages list them; `images`: only those that make images."""
    names = shipped_names()
    return ", ".join(name for name in names if not images or read_front_end(name).mel is not None)


def _parse(table: Mapping[str, Any], name: str, path: Path) -> FrontEnd:
    member = {key: value for key, value in table.items() if key != "mel"}
    if odd := sorted(set(member) - set(MEMBER_KEYS)):
        raise PermanentError(f"--front-end {name}: {', '.join(odd)}: {_advise(odd)}")
    mel = table.get("mel")
    member_keys = {
        "input": "waveform" if mel is None else "mel",
        # Long enough for any, at the rate with the most bins; the network's own are checked when the pack is.
        "sample_rate_hz": _lowest_rate_hz(mel),
        "window_s": 3600.0,
        "hop_s": 3600.0,
        **table,
    }
    try:
        parsed = parse_trial({}, member_keys).member[0]
    except InvalidPack as error:
        reasons = "; ".join(line.removeprefix(": ").removeprefix("member[0].") for line in error.faults)
        raise PermanentError(f"--front-end {name}: {reasons}") from error
    return FrontEnd(name, path, member, mel, parsed.mel)


def _advise(odd: Sequence[str]) -> str:
    """Return what to do about keys that do not belong at the top of the file."""
    if "member" in odd:
        return "write its keys at the top of the file, without [member], and [mel] in place of [member.mel]"
    if set(odd) <= set(MelTable.model_fields):
        return "put them below a line [mel]" if len(odd) > 1 else "put it below a line [mel]"
    return f"no key of a front end: it has {', '.join(MEMBER_KEYS)} and [mel]"


def _lowest_rate_hz(mel: Any) -> int:
    f_max_hz = mel.get("f_max_hz") if isinstance(mel, Mapping) else None
    return math.ceil(2 * f_max_hz) if isinstance(f_max_hz, int | float) and 0 < f_max_hz < 1e9 else 48_000
