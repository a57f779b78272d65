"""A specialist joins the others' mean of its taxa, or replaces them there."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from dawn_chorus.inference.ensemble import SessionOptions, open_ensemble
from models.workshop.data.manifest import Dataset
from models.workshop.evaluation.pack_scores import score_clips
from models.workshop.networks.architecture import build_model, keep_columns
from models.workshop.packing.pack import PackIdentity, PackRules, Trained, export_pack
from models.workshop.recipe import Recipe

FROGS_AND_INSECTS = ("ticfro", "crofro", "buzcri", "chicri")


@pytest.fixture
def members(tiny_recipe: Recipe, tiny_world: Dataset) -> list[Trained]:
    torch.manual_seed(5)
    kinds = [tuple(tiny_world.codes), tuple(tiny_world.codes), FROGS_AND_INSECTS]
    return [Trained(tiny_recipe, codes, build_model(tiny_recipe.model, len(codes)).network.eval()) for codes in kinds]


def scores(members: list[Trained], folder: Path, dataset: Dataset, rules: PackRules) -> np.ndarray:
    known = {code for member in members for code in member.codes}
    taxa = [taxon for taxon in dataset.taxa if taxon.code in known]
    ensemble = open_ensemble(export_pack(members, folder, taxa, PackIdentity("trial"), rules), SessionOptions())
    (scored,) = score_clips(ensemble, dataset.folder, dataset.choose(kind="soundscape")[:1])
    return scored.windows


def test_a_specialist_joins_or_replaces(members: list[Trained], tiny_world: Dataset, tmp_path: Path) -> None:
    apart = [scores([member], tmp_path / f"{n}", tiny_world, PackRules()) for n, member in enumerate(members)]
    joined = scores(members, tmp_path / "joined", tiny_world, PackRules())
    replaced = scores(members, tmp_path / "replaced", tiny_world, PackRules(specialists="replace"))
    columns = [tiny_world.codes.index(code) for code in FROGS_AND_INSECTS]
    # Windows are the highest mean of frames, so means of windows bound the members' mean only.
    np.testing.assert_allclose(replaced[:, columns], apart[2], atol=1e-5)
    others = [column for column in range(12) if column not in columns]
    np.testing.assert_array_equal(replaced[:, others], joined[:, others])
    assert np.abs(joined[:, columns] - replaced[:, columns]).max() > 1e-3


def test_of_a_network_that_knows_more_taxa_the_packs_are_scored(
    members: list[Trained], tiny_world: Dataset, tmp_path: Path
) -> None:
    specialist = members[2]
    known = scores([specialist], tmp_path / "all", tiny_world, PackRules())
    without_the_first = replace(tiny_world, taxa=[t for t in tiny_world.taxa if t.code != FROGS_AND_INSECTS[0]])
    some = scores([specialist], tmp_path / "some", without_the_first, PackRules())
    np.testing.assert_allclose(some, known[:, 1:], atol=1e-5)


def test_where_all_networks_know_all_taxa_there_is_nobody_to_replace(
    members: list[Trained], tiny_world: Dataset, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="specialists: none can replace others"):
        scores(members[:2], tmp_path, tiny_world, PackRules(specialists="replace"))


def test_a_network_of_all_taxa_in_another_order_is_no_specialist(
    members: list[Trained], tiny_world: Dataset, tmp_path: Path
) -> None:
    network = members[1].network
    backwards = replace(members[1], codes=members[1].codes[::-1], network=keep_columns(network, range(11, -1, -1)))
    rules = PackRules(specialists="replace")
    expected = scores(members, tmp_path / "same", tiny_world, rules)
    found = scores([members[0], backwards, members[2]], tmp_path / "backwards", tiny_world, rules)
    np.testing.assert_allclose(found, expected, atol=1e-5)
