"""The SED model: front end + any timm backbone + head."""

import copy
from collections.abc import Sequence

import timm
import torch
from torch import Tensor, nn

from dawn_chorus.inference.packs.manifest import MelTable
from models.workshop.errors import BadInput
from models.workshop.networks.frontend import MelFrontEnd
from models.workshop.networks.heads import HEADS, SedOutput
from models.workshop.training.recipe import ModelTable, Recipe


class SedModel(nn.Module):
    """Waveforms (batch, samples) → framewise logits and clip probabilities.

    `network` is what gets exported: it starts from the mel image, which the service makes by itself.
    """

    def __init__(self, front_end: MelFrontEnd, network: "SedNetwork") -> None:
        super().__init__()
        self.front_end = front_end
        self.network = network

    def forward(self, waveforms: Tensor) -> SedOutput:
        return self.network(self.front_end(waveforms))


class SedNetwork(nn.Module):
    """Mel images (batch, channels, n_mels, n_frames) → framewise logits and clip probabilities."""

    def __init__(self, backbone: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = head

    def forward(self, images: Tensor) -> SedOutput:
        return self.head(self.backbone(images)[-1])


def make_model(recipe: Recipe, n_taxa: int, *, with_pseudo: bool = False, pretrained: bool | None = None) -> SedModel:
    """Build a recipe's network for training with or without pseudo-labels; `pretrained` overrules the recipe."""
    drop_path = recipe.pseudo.drop_path if with_pseudo else recipe.model.drop_path
    changed = {} if pretrained is None else {"pretrained": pretrained}
    return build_model(recipe.model.model_copy(update=changed), n_taxa, drop_path=drop_path)


def build_model(model: ModelTable, n_taxa: int, *, drop_path: float = 0.0) -> SedModel:
    """Build the table's network with fresh (or timm's) weights; `drop_path` is StochasticDepth's rate.

    Any timm backbone that gives feature maps will do. Raises BadInput where timm does not know it, or where it cannot
    be brought to `time_stride`.
    """
    if not timm.is_model(model.backbone):
        raise BadInput(f"model.backbone: timm knows no {model.backbone!r}; `timm.list_models()` lists what it knows")
    body = _make_backbone(model, drop_path)
    if model.time_stride is not None:
        keep_time(body, body.feature_info.reduction()[-1], model.time_stride)
    top = HEADS[model.head](body.feature_info.channels()[-1], n_taxa, hidden=model.hidden)
    return SedModel(MelFrontEnd(model.mel, model.sample_rate_hz), SedNetwork(body, top))


def _make_backbone(model: ModelTable, drop_path: float) -> nn.Module:
    options = {"drop_path_rate": drop_path} if drop_path else {}
    try:
        return timm.create_model(
            model.backbone, pretrained=model.pretrained, in_chans=model.mel.channels, features_only=True,
            out_indices=(-1,), **options,
        )  # fmt: skip
    except RuntimeError as error:
        raise BadInput(f"model.backbone: {error}") from error
    except OSError as error:
        raise BadInput(
            f"model.pretrained: the weights of {model.backbone} cannot be had ({error}); begin with another "
            "checkpoint by --init-from, or set it to false in the recipe"
        ) from error


def keep_time(backbone: nn.Module, reduction: int, time_stride: int) -> None:
    """Let the last strided convolutions stride over frequency alone, so that onsets stay sharp; weights fit as before.

    Only for backbones whose every halving is one convolution (MobileNet, EfficientNet and their kin), else BadInput.
    """
    halvings = [m for m in backbone.modules() if isinstance(m, nn.Conv2d) and m.stride == (2, 2)]
    surplus = (reduction // time_stride).bit_length() - 1
    if 2 ** len(halvings) != reduction or time_stride * 2**surplus != reduction:
        raise BadInput(
            f"time_stride: cannot bring a backbone of stride {reduction} with {len(halvings)} strided convolutions "
            f"to {time_stride}"
        )
    for conv in halvings[len(halvings) - surplus :]:
        conv.stride = (2, 1)


def keep_columns(network: SedNetwork, columns: Sequence[int]) -> SedNetwork:
    """Return a copy that outputs these columns only: a specialist may have learned more taxa than a pack has."""
    smaller = copy.deepcopy(network)
    index = torch.tensor(columns)
    for name in ("attention", "classify"):
        old: nn.Conv1d = getattr(smaller.head, name)
        new = nn.Conv1d(old.in_channels, len(columns), 1)
        new.weight = nn.Parameter(old.weight.detach()[index])
        new.bias = nn.Parameter(old.bias.detach()[index])
        setattr(smaller.head, name, new)
    return smaller


def count_frames(network: SedNetwork, mel: MelTable) -> int:
    """How many frames the network gives for one window."""
    device = next(network.parameters()).device
    was_training = network.training
    network.eval()
    with torch.inference_mode():
        output = network(torch.zeros(1, mel.channels, mel.n_mels, mel.n_frames, device=device))
    network.train(was_training)
    return int(output.frame_logits.shape[1])
