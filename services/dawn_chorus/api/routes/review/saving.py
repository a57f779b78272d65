"""Saves reviews that came as one body, as many, or as a table; errors are told by the names of their fields."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from dawn_chorus.adapters.postgres.reviewing import BeyondEnd, UnknownRecordings, save_and_list, save_reviews
from dawn_chorus.api.auth import Caller
from dawn_chorus.api.dependencies import Dependencies
from dawn_chorus.api.http.problems import INVALID, NOT_FOUND, FieldError, refused_fields
from dawn_chorus.api.models.review.reviews import ReviewFields, SavedReviewOut, saved_review_out
from dawn_chorus.api.routes.review.table_rows import NumberedRow
from dawn_chorus.api.taxon_names import spell_taxa
from dawn_chorus.domain.review.replacing import Saved

_UNNAMED = "say who reviews: no key is asked for here that would"


def save_fields(
    deps: Dependencies, caller: Caller, sent: Sequence[ReviewFields], prefixes: Sequence[str]
) -> list[SavedReviewOut]:
    """Save all or, raising a Problem, none; a prefix begins the names of the fields of each in its `errors`."""
    reviewers = _reviewers(caller, sent, prefixes)
    spelled = spell_taxa(deps.database, _taxa(sent, prefixes, "taxon"))
    new = [
        each.review(reviewer, spelled[f"{prefix}taxon"], spelled.get(f"{prefix}corrected_taxon"))
        for each, prefix, reviewer in zip(sent, prefixes, reviewers, strict=True)
    ]
    with _told(prefixes):
        return [saved_review_out(listed, saved) for saved, listed in save_and_list(deps.database, new)]


def _reviewers(caller: Caller, sent: Sequence[ReviewFields], prefixes: Sequence[str]) -> list[str]:
    """Return who reviewed each: the name of the key, or the one that was sent where no key is asked for."""
    errors, found = [], []
    for each, prefix in zip(sent, prefixes, strict=True):
        name = caller.key_name or each.reviewer
        if name is None:
            errors.append(FieldError(field=f"{prefix}reviewer", detail=_UNNAMED))
        elif each.reviewer not in (None, name):
            detail = f"with this key it is {name}, the key's name: leave it out, or use a key of {each.reviewer}'s own"
            errors.append(FieldError(field=f"{prefix}reviewer", detail=detail))
        found.append(name or "")
    if errors:
        raise refused_fields(errors)
    return found


def save_rows(deps: Dependencies, caller: Caller, rows: Sequence[NumberedRow]) -> tuple[Saved, ...]:
    """Save the rows of a table, all or none.

    Who may do all brings in the reviews of others, with their times; a newer review of the same reviewer stays. Others
    bring in what they sign themselves, now.
    """
    keeps = "admin" in caller.scopes
    prefixes, sent = [row.prefix for row in rows], [row.fields for row in rows]
    reviewers = _signers(caller, rows) if keeps else _own_name(caller, rows)
    spelled = spell_taxa(deps.database, _taxa(sent, prefixes, "scientific_name"))
    new = [
        row.fields.dated_review(
            reviewer,
            spelled[f"{row.prefix}scientific_name"],
            spelled.get(f"{row.prefix}corrected_taxon"),
            keeps_time=keeps,
        )
        for row, reviewer in zip(rows, reviewers, strict=True)
    ]
    with _told(prefixes):
        return save_reviews(deps.database, new, keep_newer=keeps)


def _signers(caller: Caller, rows: Sequence[NumberedRow]) -> list[str]:
    names = [row.fields.reviewer or caller.key_name or "" for row in rows]
    errors = [
        FieldError(field=f"{row.prefix}reviewer", detail=_UNNAMED)
        for row, name in zip(rows, names, strict=True)
        if not name
    ]
    if errors:
        raise refused_fields(errors)
    return names


def _own_name(caller: Caller, rows: Sequence[NumberedRow]) -> list[str]:
    name = caller.key_name or ""  # without keys everybody may do all
    errors = [
        FieldError(
            field=f"{row.prefix}reviewer",
            detail=f"is {row.fields.reviewer}, and your key's name is {name}: only a key with the scope admin brings "
            "in the reviews of others; leave the cell empty to sign the row yourself",
        )
        for row in rows
        if row.fields.reviewer not in (None, name)
    ]
    if errors:
        raise refused_fields(errors)
    return [name] * len(rows)


def _taxa(sent: Sequence[ReviewFields], prefixes: Sequence[str], name: str) -> dict[str, str]:
    wanted = {f"{prefix}{name}": each.taxon for each, prefix in zip(sent, prefixes, strict=True)}
    return wanted | {
        f"{prefix}corrected_taxon": each.corrected_taxon
        for each, prefix in zip(sent, prefixes, strict=True)
        if each.corrected_taxon is not None
    }


@contextmanager
def _told(prefixes: Sequence[str]) -> Iterator[None]:
    """Raise a Problem that names the reviews that cannot be saved, for what the database refuses."""
    try:
        yield
    except UnknownRecordings as error:
        raise refused_fields(_errors(error.sentences, prefixes, "recording_id"), NOT_FOUND) from error
    except BeyondEnd as error:
        raise refused_fields(_errors(error.sentences, prefixes, "offset_s"), INVALID) from error


def _errors(sentences: Mapping[int, str], prefixes: Sequence[str], name: str) -> list[FieldError]:
    return [FieldError(field=f"{prefixes[place]}{name}", detail=detail) for place, detail in sentences.items()]
