"""The README of an archive: what is in it, what is not, whose it is, and what to complete before it is published."""

from dawn_chorus.domain.exports.context import Credit, ExportContext, Tally
from dawn_chorus.domain.exports.occurrences import Survey

_VERDICTS = """\
Detections that a reviewer rejected are left out; where the reviewer named another taxon, they are here as that taxon.
Detections that nobody reviewed are the word of a model: their confidence is a score, not a probability, unless a
threshold was chosen after reviews.
"""


def readme(title: str, notes: str, context: ExportContext, survey: Survey, tally: Tally) -> str:
    """Return the text; `notes` say what is particular to the archive's standard."""
    paragraphs = [
        title,
        f"Made by Dawn Chorus on {context.made_at:%Y-%m-%d %H:%M:%S %Z}.",
        _filters(context),
        _counts(survey, tally),
        _VERDICTS.strip(),
        notes.strip(),
        "\n".join(["Models, and the licenses of their weights:", *map(_credit, survey.credits_of(context.credits))]),
    ]
    if survey.reviewers:
        paragraphs.append("Reviewed by: " + ", ".join(sorted(survey.reviewers)))
    return "\n\n".join(paragraphs) + "\n"


def _filters(context: ExportContext) -> str:
    if not context.filters:
        return "No filters were set."
    return "\n".join(["Filters:", *(f"- {name}: {value}" for name, value in context.filters.items())])


def _counts(survey: Survey, tally: Tally) -> str:
    lines = [f"{tally.written} detections of {len(survey.names)} taxa."]
    if survey.recordings:
        lines.append(f"Listened to: {survey.effort()}, with or without a detection.")
    if left_out := tally.left_out_in_words():
        lines += ["Left out:", *(f"- {part}" for part in left_out.split("; "))]
    else:
        lines.append("Nothing was left out.")
    return "\n".join(lines)


def _credit(credit: Credit) -> str:
    return f"- {credit.pack} {credit.version or ''}: {credit.license or 'license unknown'}. {credit.attribution or ''}"
