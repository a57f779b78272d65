"""Exports as answers: the bytes while they are made, and beside them name, license, and what was left out."""

import re
from collections.abc import Iterable, Mapping
from itertools import chain
from urllib.parse import quote

from starlette.responses import Response

from dawn_chorus.adapters.exports.writing import write_export
from dawn_chorus.api.http.disposition import disposition
from dawn_chorus.api.http.streamed_response import streamed
from dawn_chorus.domain.exports.context import Credit, ExportContext, Tally
from dawn_chorus.domain.exports.findings import Finding, Source
from dawn_chorus.domain.exports.formats import FILES, ExportFormat
from dawn_chorus.domain.exports.naming import name_export

LEFT_OUT = "Chorus-Left-Out"
"""The header that tells what a format had no room for."""
_SPDX_ID = re.compile(r"(?!LicenseRef-)[A-Za-z0-9.+-]+")


def answer_export(
    export_format: ExportFormat,
    findings: Iterable[Finding],
    context: ExportContext,
    headers: Mapping[str, str],
    listened: Iterable[Source] = (),
) -> Response:
    """Return the export as an answer. Raises what `write_export` raises. Call from a thread."""
    tally = Tally()
    parts = write_export(export_format, findings, context, tally, listened)
    first = next(parts, b"")
    name = disposition(name_export(export_format, context), "attachment")
    told = {**headers, **license_links(context.credits, headers.get("Link", "")), "Content-Disposition": name}
    if left_out := tally.left_out_in_words():
        told[LEFT_OUT] = left_out
    return streamed(chain([first], parts), FILES[export_format].media_type, told)


def license_links(packs: Iterable[Credit], other_links: str = "") -> dict[str, str]:
    """Return the header with a link to the license of each pack, whose title is the attribution, after other links."""
    links = [link for link in (other_links, *map(_license_link, packs)) if link]
    return {"Link": ", ".join(links)} if links else {}


def _license_link(credit: Credit) -> str:
    """Return RFC 8288's link, to SPDX where it knows the license, else to the list of packs, which has its words."""
    if credit.license is None:
        return ""
    target = f"https://spdx.org/licenses/{credit.license}.html" if _SPDX_ID.fullmatch(credit.license) else "/v1/packs"
    title = f"{credit.pack} {credit.version or ''}".strip() + f": {credit.license}. {credit.attribution or ''}"
    return f"<{target}>; rel=\"license\"; title*=UTF-8''{quote(title.strip(), safe='')}"
