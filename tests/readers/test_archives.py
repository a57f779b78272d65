"""frictionless reads the Camtrap package by the schemas of its standard, python-dwca-reader the Darwin Core archive."""

import csv
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import frictionless
import jsonschema
import pytest
from dwca.read import DwCAReader

from tests.readers.camtrap_dp import PROFILE, TABLES, table_schema

Rows = list[dict[str, Any]]
Saved = Callable[..., Path]
TERMS = "http://rs.tdwg.org/dwc/terms/"


def unpacked(archive: Path) -> Path:
    folder = archive.with_suffix("")
    with zipfile.ZipFile(archive) as packed:
        assert packed.testzip() is None
        packed.extractall(folder)
    return folder


def table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def validated(folder: Path) -> frictionless.Report:
    """Hold a package's tables to what the standard asks; nothing is fetched."""
    document = json.loads((folder / "datapackage.json").read_text())
    del document["profile"]  # an address
    for resource in document["resources"]:
        resource["schema"] = table_schema(resource["name"])
    return frictionless.Package(document, basepath=str(folder)).validate()


@pytest.mark.parametrize("url", ["one", "across", "absent"])
def test_the_package_is_valid_by_the_standard(saved: Saved, url: str) -> None:
    folder = unpacked(saved(url, "camtrap-dp"))
    for name, fields in TABLES.items():
        header = (folder / f"{name}.csv").read_text().partition("\n")[0].split(",")
        assert header == [field.name for field in fields]
    report = validated(folder)
    assert report.valid, report.flatten(["type", "message"])
    assert report.stats["tasks"] == len(TABLES)


@pytest.mark.parametrize(
    ("table_name", "said", "instead", "error"),
    [
        ("observations", "2026-05-03T04:30:05+02:00", "2026-05-03T04:30:05.250+02:00", "type-error"),
        ("observations", ",machine,", ",guess,", "constraint-error"),
        ("observations", ",0.9000,", ",1.5,", "constraint-error"),
        ("deployments", "pond@", "lake@", "foreign-key"),
        ("deployments", ",-33.5,", ",-93.5,", "constraint-error"),
        ("media", ",audio/wav,", ",text/plain,", "constraint-error"),
    ],
)
def test_what_breaks_the_standard_is_found(saved: Saved, table_name: str, said: str, instead: str, error: str) -> None:
    folder = unpacked(saved("across", "camtrap-dp"))
    rows = (folder / f"{table_name}.csv").read_text()
    assert said in rows
    (folder / f"{table_name}.csv").write_text(rows.replace(said, instead, 1))
    assert {kind for (kind,) in validated(folder).flatten(["type"])} == {error}


def test_the_description_has_what_the_standard_requires(saved: Saved) -> None:
    document = json.loads((unpacked(saved("across", "camtrap-dp")) / "datapackage.json").read_text())
    jsonschema.Draft4Validator(PROFILE).validate(document)
    addresses = [document["profile"], *(each["schema"] for each in document["resources"])]
    assert [each.partition("/1.0.2/")[2] for each in addresses] == [
        "camtrap-dp-profile.json",
        *(f"{name}-table-schema.json" for name in TABLES),
    ]
    assert {each["profile"] for each in document["resources"]} == {"tabular-data-resource"}


def test_the_description_fits_the_official_profile(saved: Saved, camtrap_standard: Path) -> None:
    folder = unpacked(saved("across", "camtrap-dp"))
    profile = json.loads((camtrap_standard / "camtrap-dp-profile.json").read_text())
    own = {"$defs": profile["$defs"], **profile["allOf"][1]}  # the first part is that of all data packages, elsewhere
    own["properties"]["spatial"].pop("$ref")
    jsonschema.Draft4Validator(own).validate(json.loads((folder / "datapackage.json").read_text()))


def test_the_package_holds_whole_seconds_around_the_exact_ones(saved: Saved, rows: Rows) -> None:
    folder = unpacked(saved("across", "camtrap-dp"))
    observations = table(folder, "observations")
    assert len(observations) == len([row for row in rows if row["started_at"]]) - 1
    first = next(each for each in observations if "verdict:confirmed" in each["observationTags"])
    assert (first["eventStart"], first["eventEnd"]) == ("2026-05-03T04:30:02+02:00", "2026-05-03T04:30:05+02:00")
    assert "started_at:2026-05-03T04:30:02.250+02:00" in first["observationTags"]
    assert "onset_s:2.000" in first["observationTags"]
    assert [each["fileName"] for each in table(folder, "media")] == ["c.wav", "Höhe, 1.wav", "b.wav"]
    places = [(each["locationName"], each["deploymentStart"]) for each in table(folder, "deployments")]
    assert places == [("pond", "2026-05-02T23:59:50+00:00"), ("north-marsh", "2026-05-03T04:30:00+02:00")]


def test_a_package_of_what_was_not_heard_holds_the_effort(saved: Saved) -> None:
    folder = unpacked(saved("absent", "camtrap-dp"))
    assert table(folder, "observations") == []
    assert [each["fileName"] for each in table(folder, "media")] == ["c.wav", "Höhe, 1.wav", "b.wav"]
    effort = [each["deploymentTags"] for each in table(folder, "deployments")]
    assert effort == [
        "recordings:1 | recorded_s:30.000 | analyzed_s:30.000",
        "recordings:2 | recorded_s:60.000 | analyzed_s:60.000",
    ]
    with DwCAReader(str(saved("absent", "dwca"))) as archive:
        assert list(archive) == []
        extent = archive.metadata.find("dataset/methods/sampling/studyExtent/description/para").text
    assert extent == "4 recordings (2.0 minutes analyzed)."


def test_the_package_says_who_classified(saved: Saved) -> None:
    observations = table(unpacked(saved("one", "camtrap-dp")), "observations")
    said = [(each["scientificName"], each["classificationMethod"], each["classifiedBy"]) for each in observations]
    assert said == [("Erithacus rubecula", "human", "Ada"), ("Rana temporaria", "human", "Ada")]
    assert observations[0]["observationComments"] == 'clear, "full" song'
    across = table(unpacked(saved("across", "camtrap-dp")), "observations")
    machine = [each for each in across if each["classificationMethod"] == "machine"]
    assert {(each["classifiedBy"], each["classificationProbability"]) for each in machine} == {
        ("birdnet 2.4.0", "0.9000")
    }
    assert any("verdict:uncertain" in each["observationTags"] for each in machine)


def test_archives_say_what_they_leave_out_and_whose_they_are(saved: Saved) -> None:
    text = (unpacked(saved("across", "camtrap-dp")) / "README.txt").read_text()
    for part in ("1 recording: no time", "3 detections: no time", "1 detection: rejected in review", "CC-BY-NC-SA-4.0"):
        assert part in text
    assert "Cornell and Chemnitz" in text


def test_python_dwca_reader_reads_the_archive(saved: Saved, rows: Rows) -> None:
    with DwCAReader(str(saved("across", "dwca"))) as archive:
        assert archive.descriptor.core.type == f"{TERMS}Occurrence"
        found = [each.data for each in archive]
        assert "Dawn Chorus" in archive.metadata.find("dataset/title").text
    assert len(found) == len(rows) - 1
    assert len({each[f"{TERMS}occurrenceID"] for each in found}) == len(found)
    assert {each[f"{TERMS}basisOfRecord"] for each in found} == {"MachineObservation"}
    confirmed = next(each for each in found if each[f"{TERMS}identifiedBy"] == "Ada")
    assert confirmed[f"{TERMS}eventDate"] == "2026-05-03T04:30:02.250+02:00/2026-05-03T04:30:04.250+02:00"
    assert confirmed[f"{TERMS}identificationVerificationStatus"] == "verified"
    assert (confirmed[f"{TERMS}sampleSizeValue"], confirmed[f"{TERMS}sampleSizeUnit"]) == ("30.0", "second")
    assert confirmed[f"{TERMS}samplingEffort"] == "30.000 seconds analyzed"
    assert "/clip?start_s=2.000&end_s=4.000" in confirmed[f"{TERMS}associatedMedia"]
    statuses = sorted(each[f"{TERMS}identificationVerificationStatus"] for each in found)
    assert statuses == ["uncertain", *["unverified"] * 8, "verified", "verified"]
    undated = [each for each in found if not each[f"{TERMS}eventDate"]]
    assert len(undated) == 3
    corrected = next(each for each in found if each[f"{TERMS}scientificName"] == "Rana temporaria")
    assert "detected as Erithacus rubecula" in corrected[f"{TERMS}identificationRemarks"]
    assert "http://purl.org/dc/terms/license" in corrected
