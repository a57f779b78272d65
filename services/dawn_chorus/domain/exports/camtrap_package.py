"""What a Camera Trap Data Package says of itself: datapackage.json, and the notes of its README."""

import json
from typing import Any

from dawn_chorus.domain.exports.context import ExportContext
from dawn_chorus.domain.exports.occurrences import Survey, license_address

VERSION = "1.0.2"
_SCHEMAS = f"https://raw.githubusercontent.com/tdwg/camtrap-dp/{VERSION}"
NOTES = """\
A Camera Trap Data Package 1.0.2 of sound: a deployment is a site at one place, from its first recording to the end of
the last one; deploymentTags say how many seconds of that were recorded and analyzed. Media are all recordings that were
analyzed at the site and in the time of the filters, also those in which nothing was found: a recording without a row in
observations.csv was listened to, and no detection in it passed the filters. (Where only a page of detections was asked
for, with `limit`, media are the recordings of its rows.) Every row of observations.csv is one detection. The standard
knows whole seconds: spans are rounded outwards, and observationTags hold exact ones, the model, its confidence and the
verdict. Recordings without a place or a start time are left out.

Before you publish: complete contributors, project and licenses in datapackage.json. filePath needs a key of the service
that made this package (filePublic is false).
"""


def package_description(context: ExportContext, survey: Survey, identifier: str) -> str:
    """Return datapackage.json."""
    spdx = [(each.pack, each.license) for each in survey.credits_of(context.credits) if each.license]
    licenses = [{"name": name, "path": license_address(name), "scope": "data", "title": pack} for pack, name in spdx]
    licenses = [{key: value for key, value in each.items() if value} for each in licenses]
    first, last = survey.first or context.made_at, survey.last or context.made_at
    document: dict[str, Any] = {
        "resources": [_resource(name) for name in ("deployments", "media", "observations")],
        "profile": f"{_SCHEMAS}/camtrap-dp-profile.json",
        "id": identifier,
        "created": context.made_at.isoformat(timespec="seconds"),
        "title": "Detections of sound by Dawn Chorus" + (f" at {context.site}" if context.site else ""),
        "contributors": [{"title": each, "role": "contributor"} for each in sorted(survey.reviewers)]
        or [{"title": "Dawn Chorus", "role": "contributor"}],
        "version": "1.0",
        "sources": [{"title": "Dawn Chorus"}] + [{"title": each} for each in sorted(survey.packs)],
        "project": {
            "title": context.site or "Passive acoustic monitoring",
            "samplingDesign": "opportunistic",
            "captureMethod": ["timeLapse"],
            "individualAnimals": False,
            "observationLevel": ["media"],
        },
        "spatial": _spatial(survey),
        "temporal": {"start": f"{first:%Y-%m-%d}", "end": f"{last:%Y-%m-%d}"},
        "taxonomic": [_taxon(name, common) for name, common in sorted(survey.names.items())],
    }
    if licenses:
        document["licenses"] = [*licenses, {"name": "all-rights-reserved", "title": "audio: ask", "scope": "media"}]
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _resource(name: str) -> dict[str, str]:
    facts = {"profile": "tabular-data-resource", "format": "csv", "mediatype": "text/csv", "encoding": "utf-8"}
    return {"name": name, "path": f"{name}.csv", **facts, "schema": f"{_SCHEMAS}/{name}-table-schema.json"}


def _taxon(name: str, common_name: str) -> dict[str, Any]:
    return {"scientificName": name} | ({"vernacularNames": {"eng": common_name}} if common_name else {})


def _spatial(survey: Survey) -> dict[str, Any]:
    """Return the smallest box around all places."""
    if survey.south > survey.north:
        return {"type": "MultiPoint", "coordinates": []}
    west, south, east, north = survey.west, survey.south, survey.east, survey.north
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}
