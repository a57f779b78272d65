"""Camtrap package and Darwin Core archive: which findings are in them, and how."""

import csv
import io
import json
import zipfile
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from dawn_chorus.domain.exports.camtrap import OBSERVATION_COLUMNS
from dawn_chorus.domain.exports.context import ExportContext
from dawn_chorus.domain.exports.darwin_core import COLUMNS
from dawn_chorus.domain.exports.findings import Finding, Source
from dawn_chorus.domain.exports.formats import ExportFormat
from dawn_chorus.domain.review.verdicts import Verdict
from dawn_chorus.domain.taxonomy import Taxon
from tests.unit.adapters.exports.made_up import CONTEXT, DAWN, ENGINE, WREN, finding, review, source, written

BOTH = [ExportFormat.CAMTRAP_DP, ExportFormat.DWCA]
CORRECTED = review(Verdict.REJECTED, corrected_taxon="Parus major", note="two\nnotes | a pipe")


def members(export_format: ExportFormat, *findings: Finding) -> dict[str, str]:
    content, _ = written(export_format, findings)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def observations(*findings: Finding) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(members(ExportFormat.CAMTRAP_DP, *findings)["observations.csv"])))


def occurrences(*findings: Finding) -> list[dict[str, str]]:
    text = members(ExportFormat.DWCA, *findings)["occurrence.txt"]
    head, *lines = (line.split("\t") for line in text.splitlines())
    return [dict(zip(head, line, strict=True)) for line in lines]


def ids(export_format: ExportFormat, *sources: Source, context: ExportContext = CONTEXT) -> list[str]:
    content, _ = written(export_format, map(finding, sources), context)
    table, delimiter = (
        ("observations.csv", ",") if export_format is ExportFormat.CAMTRAP_DP else ("occurrence.txt", "\t")
    )
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        rows = csv.reader(io.StringIO(archive.read(table).decode()), delimiter=delimiter)
    return [row[0] for row in rows][1:]


def tags(row: dict[str, str]) -> dict[str, str]:
    return dict(tag.split(":", 1) for tag in row["observationTags"].split(" | "))


def test_seconds_are_rounded_outwards_and_kept_exactly_beside() -> None:
    (row,) = observations(finding(source(0), 1.0, 2.75))
    assert (row["eventStart"], row["eventEnd"]) == ("2026-05-01T04:30:01+02:00", "2026-05-01T04:30:03+02:00")
    exact = tags(row)
    assert (exact["onset_s"], exact["offset_s"]) == ("1.000", "2.750")
    assert (exact["started_at"], exact["ended_at"]) == (
        "2026-05-01T04:30:01.250+02:00",
        "2026-05-01T04:30:03.000+02:00",
    )


def test_recordings_without_place_or_time_are_left_out_of_the_package_and_counted() -> None:
    undated, nowhere = source(1, recorded_at=None), source(2, latitude=None, longitude=None)
    findings = [finding(undated), finding(undated, 3.0, 4.0), finding(nowhere), finding(source(0))]
    content, tally = written(ExportFormat.CAMTRAP_DP, findings)
    assert tally.written == 1
    assert tally.left_out_in_words() == (
        "1 recording: no place; 1 recording: no time; 1 detection: no place; 2 detections: no time"
    )
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert "2 detections: no time" in archive.read("README.txt").decode()
        assert archive.read("media.csv").decode().count("\n") == 2


def test_the_darwin_core_archive_holds_them_without_what_is_not_known() -> None:
    (row,) = occurrences(finding(source(1, recorded_at=None, latitude=None, longitude=None)))
    assert {row[name] for name in ("eventDate", "decimalLatitude", "decimalLongitude", "geodeticDatum")} == {""}


@pytest.mark.parametrize("export_format", BOTH)
def test_what_a_reviewer_rejected_and_noises_are_no_occurrences(export_format: ExportFormat) -> None:
    rejected, noise = finding(source(0), said=review(Verdict.REJECTED)), finding(source(0), 5.0, 6.0, ENGINE)
    _, tally = written(export_format, [rejected, noise, finding(source(0), 8.0, 9.0)])
    assert tally.left_out_in_words() == "1 detection: not of an organism; 1 detection: rejected in review"
    assert tally.written == 1


def test_a_corrected_taxon_is_the_reviewers() -> None:
    (row,) = observations(finding(source(0), said=CORRECTED))
    assert (row["scientificName"], row["classificationMethod"], row["classifiedBy"]) == ("Parus major", "human", "Ada")
    assert row["classificationProbability"] == ""
    assert row["classificationTimestamp"] == "2026-05-03T12:00:00+00:00"
    assert tags(row)["detected"] == "Troglodytes troglodytes"
    (row,) = occurrences(finding(source(0), said=CORRECTED))
    assert (row["scientificName"], row["class"], row["identifiedBy"]) == ("Parus major", "", "Ada")
    assert row["identificationRemarks"].endswith("corrected by Ada; two notes | a pipe")


@pytest.mark.parametrize(("said", "status"), [(None, "unverified"), (review(Verdict.UNCERTAIN), "uncertain")])
def test_what_no_human_decided_is_the_models(said: None, status: str) -> None:
    (row,) = observations(finding(source(0), said=said))
    assert (row["classificationMethod"], row["classifiedBy"]) == ("machine", "birdnet 2.4.0")
    assert row["classificationProbability"] == "0.7500"
    (row,) = occurrences(finding(source(0), said=said))
    assert (row["identifiedBy"], row["identificationVerificationStatus"]) == ("birdnet 2.4.0", status)


def test_voices_of_people_are_human_observations() -> None:
    voice = Taxon("human-vocal", "Human vocal", "Human vocal", "Mammalia")
    (row,) = observations(finding(source(0), taxon=voice))
    assert (row["observationType"], row["scientificName"]) == ("human", "Homo sapiens")
    (row,) = occurrences(finding(source(0), taxon=voice))
    assert (row["scientificName"], row["vernacularName"]) == ("Homo sapiens", "Human vocal")


@pytest.mark.parametrize("export_format", BOTH)
def test_an_event_keeps_its_id_when_its_recording_is_analyzed_anew(export_format: ExportFormat) -> None:
    first, again, other = (ids(export_format, source(0, **made)) for made in ({}, {"analysis_id": "b"}, {"pack": "x"}))
    assert first == again != other


@pytest.mark.parametrize("export_format", BOTH)
def test_an_event_of_each_analysis_has_its_own_id_where_all_of_them_count(export_format: ExportFormat) -> None:
    both = ids(export_format, source(0), source(0, analysis_id="b"), context=replace(CONTEXT, by_analysis=True))
    assert len(set(both)) == 2


def test_a_deployment_is_a_site_at_a_place_from_its_first_to_its_last_recording() -> None:
    elsewhere = source(3, latitude=10.0)
    text = members(ExportFormat.CAMTRAP_DP, *(finding(each) for each in (source(2), elsewhere, source(0))))
    rows = list(csv.DictReader(io.StringIO(text["deployments.csv"])))
    assert [(row["deploymentID"], row["deploymentStart"], row["deploymentEnd"]) for row in rows] == [
        ("marsh@52.5,-0.25", "2026-05-01T04:30:00+02:00", "2026-05-01T04:33:01+02:00"),
        ("marsh@10.0,-0.25", "2026-05-01T04:33:00+02:00", "2026-05-01T04:34:01+02:00"),
    ]


def test_the_packages_description_has_what_its_profile_asks_for() -> None:
    document = json.loads(members(ExportFormat.CAMTRAP_DP, finding(source(0), said=CORRECTED))["datapackage.json"])
    assert {each["name"] for each in document["resources"]} == {"deployments", "media", "observations"}
    assert document["temporal"] == {"start": "2026-05-01", "end": "2026-05-01"}
    assert document["taxonomic"] == [{"scientificName": "Parus major"}]
    assert document["contributors"] == [{"title": "Ada", "role": "contributor"}]
    assert [each["scope"] for each in document["licenses"]] == ["data", "media"]


def test_the_sound_of_a_long_event_is_a_clip_that_the_service_makes() -> None:
    (row,) = occurrences(finding(source(0, duration_s=3600.0), 10.0, 2000.0))
    assert row["associatedMedia"].endswith("/clip?start_s=10.000&end_s=310.000")


def test_what_goes_on_after_midnight_is_of_both_days() -> None:
    late = source(0, recorded_at=DAWN.replace(hour=23, minute=59, second=50))
    document = json.loads(members(ExportFormat.CAMTRAP_DP, finding(late, 20.0, 21.0))["datapackage.json"])
    assert document["temporal"] == {"start": "2026-05-01", "end": "2026-05-02"}


def test_a_common_name_is_told_however_the_taxon_was_found_first() -> None:
    corrected = review(Verdict.REJECTED, corrected_taxon=WREN.scientific_name)
    tit = Taxon("gretit", "Parus major", "Great Tit", "Aves")
    findings = finding(source(0), taxon=tit, said=corrected), finding(source(1))
    document = json.loads(members(ExportFormat.CAMTRAP_DP, *findings)["datapackage.json"])
    assert document["taxonomic"] == [
        {"scientificName": WREN.scientific_name, "vernacularNames": {"eng": WREN.common_name}}
    ]


def test_all_who_reviewed_made_the_archive() -> None:
    said = [review(Verdict.CONFIRMED, reviewer=name) for name in ("Zoe", "Ada & Co")]
    eml = members(
        ExportFormat.DWCA, *(finding(source(0), number, number + 1.0, said=each) for number, each in enumerate(said))
    )
    creators = ET.fromstring(eml["eml.xml"]).iter("creator")  # noqa: S314
    assert [each.findtext("individualName/surName") for each in creators] == ["Ada & Co", "Zoe"]


@pytest.mark.parametrize("export_format", BOTH)
def test_an_archive_of_nothing_is_whole(export_format: ExportFormat) -> None:
    files = members(export_format)
    assert "0 detections of 0 taxa." in files["README.txt"]
    table = files["observations.csv" if export_format is ExportFormat.CAMTRAP_DP else "occurrence.txt"]
    assert len(table.splitlines()) == 1


def test_the_archives_description_numbers_all_columns() -> None:
    files = members(ExportFormat.DWCA, finding(source(0)))
    fields = ET.fromstring(files["meta.xml"]).iter("{http://rs.tdwg.org/dwc/text/}field")  # noqa: S314
    found = [(int(field.attrib["index"]), field.attrib["term"].rpartition("/")[2]) for field in fields]
    assert found == list(enumerate(COLUMNS))
    assert ET.fromstring(files["eml.xml"]).findtext("dataset/title") is not None  # noqa: S314


def test_names_that_try_to_break_an_archive_stay_in_their_cells() -> None:
    odd = Taxon("x", "<Larus> & \t'sp.", 'Gull, "the" one|two', "Aves")
    of = source(0, site='A "site" & <more>, 1', file="a\tb,c.wav")
    (row,) = observations(finding(of, taxon=odd))
    assert (row["scientificName"], len(row)) == ("<Larus> & \t'sp.", len(OBSERVATION_COLUMNS))
    (row,) = occurrences(finding(of, taxon=odd))
    assert (row["locality"], row["scientificName"]) == ('A "site" & <more>, 1', "<Larus> &  'sp.")
    context = replace(CONTEXT, site='A "site" & <more>, 1')
    content, _ = written(ExportFormat.DWCA, [finding(of, taxon=odd)], context)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        eml = ET.fromstring(archive.read("eml.xml"))  # noqa: S314
    assert 'A "site" & <more>, 1' in (eml.findtext("dataset/title") or "")
