"""What programs that show sound read: Raven, Audacity, BirdNET-Analyzer."""

from collections.abc import Iterable, Iterator

from dawn_chorus.domain.exports.findings import Finding, fixed_numbers
from dawn_chorus.domain.exports.tables import csv_line, tab_line
from dawn_chorus.domain.review.matching import CORRECTED, word_of

RAVEN_COLUMNS = (
    "Selection",
    "View",
    "Channel",
    "Begin Time (s)",
    "End Time (s)",
    "Low Freq (Hz)",
    "High Freq (Hz)",
    "Common Name",
    "Species Code",
    "Confidence",
    "Begin Path",
    "Begin File",
    "File Offset (s)",
    "Annotation",
    "Verdict",
    "Corrected Taxon",
    "Reviewer",
)
BIRDNET_COLUMNS = (
    "Start (s)",
    "End (s)",
    "Scientific name",
    "Common name",
    "Confidence",
    "File",
    "Verdict",
    "Reviewer",
)
_QUOTED = str.maketrans({",": ";", '"': "'", "\n": " "})


def birdnet_lines(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield the CSV of BirdNET-Analyzer, which splits lines at each comma: in cells they become semicolons.

    What a reviewer corrected is named so, and its verdict is `corrected`: there is no column for a second taxon.
    """
    yield csv_line(BIRDNET_COLUMNS)
    for finding in findings:
        fixed = fixed_numbers(finding.detection)
        row = (fixed["onset_s"], fixed["offset_s"], *_names(finding), fixed["confidence"], finding.source.file)
        verdict, corrected, reviewer = _reviewed(finding)
        yield csv_line([each.translate(_QUOTED) for each in (*row, CORRECTED if corrected else verdict, reviewer)])


def raven_lines(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield a selection table of Raven; boxes span the whole spectrum, since a detection has no frequency range.

    Raven plays the files of a table one after the other: times run on over them, `File Offset (s)` counts from the
    beginning of `Begin File`. Frequencies have a decimal: some readers refuse whole numbers. Where the mean of all
    channels was scored, `Channel` is 1: Raven knows no mean. `Annotation`, which programs take for the label, is what a
    reviewer corrected it to; `Common Name` and `Species Code` stay what was detected.
    """
    yield tab_line(RAVEN_COLUMNS)
    for selection, finding in enumerate(findings, start=1):
        detection, source = finding.detection, finding.source
        fixed, name = fixed_numbers(detection), detection.taxon.common_name or detection.taxon.scientific_name
        begin_s, end_s = (f"{source.begins_s + at_s:.3f}" for at_s in (detection.onset_s, detection.offset_s))
        box = (begin_s, end_s, "0.0", f"{source.sample_rate_hz / 2:.1f}")
        label = (name, detection.taxon.code, fixed["confidence"])
        place = (source.file, source.file.rpartition("/")[2], fixed["onset_s"])
        yield tab_line(
            (
                str(selection),
                "Spectrogram 1",
                str(detection.channel or 1),
                *box,
                *label,
                *place,
                _label(finding),
                *_reviewed(finding),
            )
        )


def audacity_lines(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield labels of Audacity: start, end, name; no header. What a reviewer corrected is named so in all labels.

    What was reviewed ends in the verdict: `European Robin [confirmed]`.
    """
    for finding in findings:
        fixed = fixed_numbers(finding.detection)
        yield tab_line((fixed["onset_s"], fixed["offset_s"], _label_with_verdict(finding)))


def audacity_lines_of_many(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield labels of Audacity that end in the name of their recording: `European Robin [confirmed] (dawn.wav)`.

    Times count from the beginning of that recording.
    """
    for finding in findings:
        fixed = fixed_numbers(finding.detection)
        yield tab_line((fixed["onset_s"], fixed["offset_s"], f"{_label_with_verdict(finding)} ({finding.source.file})"))


def audacity_birdnet_lines(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield labels of Audacity whose name is `Scientific, Common`, with the confidence as a fourth column.

    No verdict: BirdNET-Analyzer takes what follows the comma for the species, and names folders of clips after it.
    """
    for finding in findings:
        fixed = fixed_numbers(finding.detection)
        name = f"{_names(finding)[0]}, {_label(finding)}"
        yield tab_line((fixed["onset_s"], fixed["offset_s"], name, fixed["confidence"]))


def _names(finding: Finding) -> tuple[str, str]:
    """Return the scientific and the common name: the reviewer's word, always scientific, before the model's."""
    if finding.review and finding.review.corrected_taxon:
        return finding.review.corrected_taxon, finding.review.corrected_taxon
    return finding.detection.taxon.scientific_name, finding.detection.taxon.common_name


def _label(finding: Finding) -> str:
    scientific_name, common_name = _names(finding)
    return common_name or scientific_name


def _label_with_verdict(finding: Finding) -> str:
    return _label(finding) if finding.review is None else f"{_label(finding)} [{word_of(finding.review)}]"


def _reviewed(finding: Finding) -> tuple[str, str, str]:
    """Return verdict, corrected taxon and reviewer; empty: it was not reviewed."""
    review = finding.review
    return (review.verdict.value, review.corrected_taxon or "", review.reviewer) if review else ("", "", "")
