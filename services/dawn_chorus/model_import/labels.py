"""Labels → taxa: a list of names, one a line, a table with a header, or a config.json."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dawn_chorus.birdnet.labels import code_of
from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.domain.names import find_forbidden
from dawn_chorus.inference.packs.files import TABLE_MOST_BYTES
from dawn_chorus.inference.packs.names import shown
from dawn_chorus.inference.packs.tables import TAXON_COLUMNS
from dawn_chorus.model_import.label_json import is_json, read_names
from dawn_chorus.model_import.label_tables import find_columns, read_rows


@dataclass(frozen=True, slots=True)
class Labels:
    """The taxa of a network's output columns, in their order."""

    source: str
    """Name of the file, for messages."""
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    """The cells of taxa.csv."""
    read_as: str
    """What the file was taken for, with an example, for whoever wants to see that it was read well."""
    notes: tuple[str, ...]
    first_line: str

    def __len__(self) -> int:
        return len(self.rows)


def read_labels(path: Path) -> Labels:
    """Return the taxa. Raises PermanentError, one line that names the file and the line."""
    text, name = _read_text(path), shown(path.name)
    is_config = is_json(text)
    lines = read_names(text, name) if is_config else _split(text)
    _check_lines(lines, name)
    columns = None if is_config else find_columns(lines[0], name)
    if columns is None and (tab := next((number for number, line in enumerate(lines, 1) if "\t" in line), None)):
        raise PermanentError(
            f"{name}: line {tab}: holds a tab: a list has one name a line, a table commas and a header"
        )
    if columns is not None:
        extra, cells = read_rows(text, columns, name)
        names = [(row[0] or code_of(row[1] or row[2]), row[1] or row[2] or row[0], *row[2:]) for row in cells]
        read_as = "a table with a header"
    else:
        extra, kind, names = (), *_read_names(lines)
        read_as = f"id2label of a config.json, {kind}" if is_config else kind
    if not names:
        raise PermanentError(f"{name}: has a header and no names")
    codes, notes = _make_unique([row[0] for row in names])
    rows = tuple((code, *row[1:]) for code, row in zip(codes, names, strict=True))
    example = " | ".join(cell for cell in rows[0] if cell)
    return Labels(name, (*TAXON_COLUMNS, *extra), rows, f"{read_as}; the first: {shown(example)}", notes, lines[0])


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(TABLE_MOST_BYTES + 1)
        if len(content) > TABLE_MOST_BYTES:
            raise PermanentError(
                f"--labels {path}: is longer than {TABLE_MOST_BYTES:,} bytes: this is no list of names"
            )
        return content.decode("utf-8-sig")
    except OSError as error:
        raise PermanentError(f"--labels {path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise PermanentError(f"--labels {path}: line {line}: is not encoded in UTF-8: save it as UTF-8") from error


def _split(text: str) -> list[str]:
    lines = [line.strip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _check_lines(lines: Sequence[str], name: str) -> None:
    if not lines:
        raise PermanentError(f"{name}: is empty: it needs one name a line, in the order of the network's columns")
    for number, line in enumerate(lines, start=1):
        if not line:
            raise PermanentError(
                f"{name}: line {number}: is empty, and there are names after it: each column needs one"
            )
        if find_forbidden(line.replace("\t", " ")):
            raise PermanentError(f"{name}: line {number}: {shown(line)}: holds a control character")


def _read_names(lines: Iterable[str]) -> tuple[str, list[tuple[str, ...]]]:
    """Return what the lines are, and code, scientific name, common name and class of each."""
    names = [_unquoted(line) for line in lines]
    if any(map(_is_pair, names)):
        pairs = [name.partition("_") for name in names]
        return "Scientific name_Common name", [(code_of(first), first, second, "") for first, _, second in pairs]
    if all(" " not in name for name in names):
        return "codes", [(name, name, "", "") for name in names]
    return "names", [(code_of(name) if " " in name else name, name, "", "") for name in names]


def _is_pair(name: str) -> bool:
    """Return whether this is `Turdus merula_Eurasian Blackbird` or `Engine_Engine`, not a code such as `song_a`."""
    first, _, second = name.partition("_")
    return bool(first.strip() and second.strip()) and (" " in first or (first[0].isupper() and second[0].isupper()))


def _unquoted(line: str) -> str:
    quoted = len(line) > 1 and line[0] == line[-1] == '"'
    return (line[1:-1].replace('""', '"') if quoted else line).strip()


def _make_unique(wanted: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """Return a code for each taxon, and notes on those that are not the wanted one; a code's first owner keeps it."""
    natural, used = set(wanted), set[str]()
    codes, again, without = [], 0, 0
    for number, code in enumerate(wanted, start=1):
        if not code:
            without += 1
        base = code or f"taxon-{number}"
        chosen, copy = base, 1
        while chosen in used or (chosen in natural and chosen != code):
            copy += 1
            chosen = f"{base}-{copy}"
        again += bool(code) and chosen != code
        used.add(chosen)
        codes.append(chosen)
    notes = []
    if again:
        notes.append(
            f"{again:,} {'code is' if again == 1 else 'codes are'} another taxon's already: -2, -3, … was added"
        )
    if without:
        notes.append(
            f"{without:,} {'name has' if without == 1 else 'names have'} no Latin letter: codes are taxon-NUMBER"
        )
    return codes, tuple(notes)
