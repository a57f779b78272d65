"""sites.csv says which folder of a card is which site; a wrong one is refused with its line."""

from pathlib import Path

import pytest

from dawn_chorus.cli.place.options import PlaceOptions
from dawn_chorus.cli.place.sites import Places, plan_places, read_sites
from dawn_chorus.cli.sources import find_sources
from dawn_chorus.domain.errors import PermanentError

TABLE = """folder,site,latitude,longitude,time_zone
REC1,north marsh,52.5,13.4,Europe/Berlin
REC2,hill,,,+01:00
REC2/DATA,hill top,-1.5,36,
"""


@pytest.fixture
def card(tmp_path: Path) -> Path:
    card = tmp_path / "card"
    for name in ("REC1/a.wav", "REC1/2024/b.wav", "REC2/c.wav", "REC2/DATA/d.wav", "REC3/e.wav"):
        (card / name).parent.mkdir(parents=True, exist_ok=True)
        (card / name).touch()
    return card


def places_of(table: Path, *paths: Path, options: PlaceOptions | None = None) -> dict[str, PlaceOptions]:
    sources = find_sources(paths).sources
    places = plan_places(options or PlaceOptions(), table, paths, sources)
    return {source.path.name: places.of(source) for source in sources}


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def test_each_folder_has_its_site_and_the_innermost_counts(card: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = places_of(write(card / "sites.csv", TABLE), card)
    berlin = PlaceOptions("north marsh", 52.5, 13.4, time_zone="Europe/Berlin")
    assert found["a.wav"] == found["b.wav"] == berlin
    assert found["c.wav"] == PlaceOptions("hill", time_zone="+01:00")
    assert found["d.wav"] == PlaceOptions("hill top", -1.5, 36.0)
    assert found["e.wav"] == PlaceOptions()
    assert "in no folder of sites.csv: 1 recordings, such as" in capsys.readouterr().err


@pytest.mark.parametrize("folder", ["REC1", "REC1/", "./REC1", "card/REC1", "REC1\\"])
@pytest.mark.parametrize("beside", [True, False], ids=["on the card", "beside the card"])
def test_folders_are_looked_for_in_and_beside_what_was_given(card: Path, folder: str, *, beside: bool) -> None:
    table = write((card.parent if beside else card) / "sites.csv", f"folder,site\n{folder},marsh\n")
    assert places_of(table, card)["b.wav"].site == "marsh"


@pytest.mark.parametrize("given", ["REC1", "REC1/a.wav", "."])
def test_a_part_of_the_card_has_the_same_sites(card: Path, given: str) -> None:
    table = write(card / "sites.csv", "folder,site\nREC1,marsh\n")
    assert places_of(table, card / given)["a.wav"].site == "marsh"


def test_folders_are_found_for_a_table_that_lies_elsewhere(card: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    table = write(home / "sites.csv", f"folder,site\nREC1,marsh\n{card / 'REC3'},hill\n")
    found = places_of(table, card)
    assert (found["a.wav"].site, found["c.wav"].site, found["e.wav"].site) == ("marsh", None, "hill")


def test_a_dot_is_every_folder_without_a_row_of_its_own(card: Path) -> None:
    found = places_of(write(card / "sites.csv", "folder,site\n.,card\nREC1,marsh\n"), card)
    assert (found["a.wav"].site, found["e.wav"].site) == ("marsh", "card")


@pytest.mark.parametrize("given", [("REC1", "REC3"), ("REC1/a.wav", "REC3/e.wav")], ids=["folders", "files"])
@pytest.mark.parametrize("rows", [".,card\nREC1,marsh", "REC1,marsh\n.,card"])
def test_a_dot_leaves_the_folders_that_were_given_their_own_rows(card: Path, given: tuple[str, ...], rows: str) -> None:
    found = places_of(write(card / "sites.csv", f"folder,site\n{rows}\n"), *(card / name for name in given))
    assert (found["a.wav"].site, found["e.wav"].site) == ("marsh", "card")


def test_links_to_folders_are_the_folders(card: Path, tmp_path: Path) -> None:
    (tmp_path / "view").symlink_to(card, target_is_directory=True)
    table = write(card / "sites.csv", "folder,site\nREC1,marsh\n")
    assert places_of(table, tmp_path / "view")["a.wav"].site == "marsh"


@pytest.mark.parametrize(
    "text",
    [
        "﻿folder;site;latitude;longitude\r\nREC1;Zürich;47,37;8,54\r\n\r\n",
        "folder\tsite\tlatitude\tlongitude\nREC1\tZürich\t47.37\t8.54\n",
        ' Folder , SITE,Latitude,longitude,,\n"REC1","Zürich",47.37,8.54,,\n',
        "longitude,latitude,site,folder\n8.54,47.37,Zürich,REC1",
    ],
    ids=["semicolons and commas", "tabs", "spreadsheet", "other order"],
)
def test_tables_as_spreadsheets_write_them(card: Path, text: str) -> None:
    found = places_of(write(card / "sites.csv", text), card)
    assert found["a.wav"] == PlaceOptions("Zürich", 47.37, 8.54)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("folder,site,lat\nREC1,a,1\n", "sites.csv:1: there is no column 'lat'"),
        ("site\nmarsh\n", "sites.csv:1: the column folder must be there"),
        ("folder,site,site\nREC1,a,b\n", "sites.csv:1: .*every column once"),
        ("folder,latitude,longitude\nREC1,91,13\n", "sites.csv:2: latitude: '91'"),
        ("folder,latitude,longitude\nREC1,52,nan\n", "sites.csv:2: longitude: 'nan'"),
        ("folder,latitude,longitude\n\nREC1,52N,13\n", "sites.csv:3: latitude: '52N'"),
        ("folder,latitude,longitude\nREC1,52,\n", "sites.csv:2: latitude and longitude belong together"),
        ("folder,time_zone\nREC1,Europe/Berlino\n", "sites.csv:2: time_zone: .*did you mean Europe/Berlin"),
        ("folder,site\n,marsh\n", "sites.csv:2: names no folder"),
        ("folder,site\nREC1,a,b\n", "sites.csv:2: has 3 cells for 2 columns"),
        ("folder,site\nREC1,a\nREC2,b\nREC1/,c\n", "sites.csv:4: REC1/ is the folder of .*sites.csv:2"),
        ("folder,site\n.,a\n./,b\n", "sites.csv:3: ./ is the folder of .*sites.csv:2"),
        ("folder,site\nREC1,a\ncard/REC1,b\n", "sites.csv:3: card/REC1 is the folder of .*sites.csv:2"),
        ('folder,site\nREC1,"a\n', "sites.csv:[23]: "),
        ("folder,site\nREC1,a\x07b\n", "sites.csv:2: site holds a control character"),
        ("folder,site\n", "has no row"),
        ("", "has no row"),
    ],
)
def test_a_wrong_table_is_refused_with_its_line(card: Path, text: str, words: str) -> None:
    with pytest.raises(PermanentError, match=words):
        places_of(write(card / "sites.csv", text), card)


def test_a_table_that_cannot_be_read_is_refused(card: Path) -> None:
    with pytest.raises(PermanentError, match=r"gone.csv: No such file"):
        read_sites(card / "gone.csv")
    with pytest.raises(PermanentError, match="UTF-8"):
        read_sites(write(card / "sites.csv", "folder,site\nREC1,Zürich\n", "latin-1"))


def test_a_folder_that_is_not_there_is_reported(card: Path, capsys: pytest.CaptureFixture[str]) -> None:
    places_of(write(card / "sites.csv", "folder,site\nREC1,a\nREC9,b\n"), card)
    assert "sites.csv:3: there is no folder REC9" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (PlaceOptions(site="south marsh"), "sites.csv:2: site is north marsh here and south marsh by --site"),
        (PlaceOptions(latitude=52.0, longitude=13.4), "sites.csv:2: latitude is 52.5 here and 52.0 by --latitude"),
        (PlaceOptions(latitude=52.5, longitude=13.0), "sites.csv:2: longitude is 13.4 here and 13.0 by --longitude"),
    ],
)
def test_a_row_that_contradicts_an_option_is_refused(card: Path, options: PlaceOptions, words: str) -> None:
    with pytest.raises(PermanentError, match=words):
        places_of(write(card / "sites.csv", TABLE), card, options=options)


def test_options_fill_what_a_row_leaves_open(card: Path) -> None:
    options = PlaceOptions(site="marsh", time_zone="UTC")
    found = places_of(write(card / "sites.csv", "folder,latitude,longitude\nREC1,1,2\n"), card, options=options)
    assert found["a.wav"] == PlaceOptions("marsh", 1.0, 2.0, time_zone="UTC")
    assert found["e.wav"] == options


def test_without_a_table_the_options_are_all(card: Path) -> None:
    options = PlaceOptions(site="marsh")
    sources = find_sources([card]).sources
    assert plan_places(options, None, [card], sources) == Places(options)
    assert Places(options).of(sources[0]) == options
