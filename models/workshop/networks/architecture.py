"""The SED model: front end + any timm backbone + head."""

import copy
from collections.abc import Sequence

import timm
import torch
from torch import Tensor, nn

from dawn_chorus.inference.packs.mel_table import MelTable
from models.workshop.errors import BadInput
from models.workshop.networks.frontend import MelFrontEnd
from models.workshop.networks.heads import GemAttentionHead, SedOutput
from models.workshop.recipe import ModelTable, Recipe

SCORED_S = 5.0
"""What the service scores at a time."""


class SedModel(nn.Module):
    """Waveforms (batch, samples) → framewise logits and clip probabilities.

    Only `network` is exported: it starts from the mel image, which the service computes itself.
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
    """Build a recipe's network for training with or without pseudo-labels; `pretrained` overrides the recipe."""
    drop_path = recipe.pseudo.drop_path if with_pseudo else recipe.model.drop_path
    changed = {} if pretrained is None else {"pretrained": pretrained}
    return build_model(recipe.model.model_copy(update=changed), n_taxa, drop_path=drop_path)


def build_model(model: ModelTable, n_taxa: int, *, drop_path: float = 0.0) -> SedModel:
    """Build the table's network with random or timm's weights; `drop_path` is StochasticDepth's rate.

    Any timm backbone that returns feature maps works. Raises BadInput if timm does not know it, or if it cannot have
    the `time_stride`.
    """
    if not timm.is_model(model.backbone):
        raise BadInput(f"model.backbone: timm knows no {model.backbone!r}; `timm.list_models()` lists what it knows")
    backbone = _make_backbone(model, drop_path)
    if model.time_stride is not None:
        limit_time_stride(backbone, backbone.feature_info.reduction()[-1], model.time_stride)
    head = GemAttentionHead(backbone.feature_info.channels()[-1], n_taxa, hidden=model.hidden)
    return SedModel(MelFrontEnd(model.mel, model.sample_rate_hz), SedNetwork(backbone, head))


def _make_backbone(model: ModelTable, drop_path: float) -> nn.Module:
    options = {"drop_path_rate": drop_path} if drop_path else {}
    try:
        return timm.create_model(
            model.backbone, pretrained=model.pretrained, in_chans=model.mel.channels, features_only=True,
            out_indices=(-1,), **options,
        )  # fmt: skip
    except RuntimeError as error:
        raise BadInput(f"model.backbone: {error}") from error
    except TypeError as error:
        if "drop_path_rate" not in str(error):
            raise
        raise BadInput(f"drop_path: {model.backbone} has no StochasticDepth; set drop_path to 0") from error
    except OSError as error:
        raise BadInput(
            f"model.pretrained: cannot download the weights of {model.backbone} ({error}); start from a "
            "checkpoint with --init-from, or set pretrained to false in the recipe"
        ) from error


def limit_time_stride(backbone: nn.Module, reduction: int, time_stride: int) -> None:
    """Make the last strided convolutions stride over frequency only, so that onsets stay sharp; weights still fit.

    Works for backbones that halve the size with single convolutions (MobileNet, EfficientNet and similar); raises
    BadInput for others.
    """
    if time_stride == reduction:
        return
    halvings = [m for m in backbone.modules() if isinstance(m, nn.Conv2d) and m.stride == (2, 2)]
    surplus = (reduction // time_stride).bit_length() - 1
    if 2 ** len(halvings) != reduction or time_stride * 2**surplus != reduction:
        raise BadInput(
            f"time_stride: a backbone of stride {reduction} with {len(halvings)} strided convolutions "
            f"cannot have a time stride of {time_stride}"
        )
    for conv in halvings[len(halvings) - surplus :]:
        conv.stride = (2, 1)


def keep_columns(network: SedNetwork, columns: Sequence[int]) -> SedNetwork:
    """Return a copy that outputs these columns only; a specialist may be trained on more taxa than the pack has."""
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
    """Return the number of frames that the network outputs for one window."""
    device = next(network.parameters()).device
    was_training = network.training
    network.eval()
    with torch.inference_mode():
        output = network(torch.zeros(1, mel.channels, mel.n_mels, mel.n_frames, device=device))
    network.train(was_training)
    return int(output.frame_logits.shape[1])


def check_hop(model: ModelTable, n_frames: int) -> None:
    """Raise BadInput if the service could not lay the frames of overlapping windows on each other."""
    step_s = model.window_s / n_frames
    steps = model.hop_s / step_s
    if model.rule == "frame_max" and abs(steps - max(1, round(steps))) > 1e-6 * max(1.0, steps):
        raise BadInput(
            f"model.hop_s: {model.hop_s:g} s are {steps:.4g} of the network's frames of {step_s:.4g} s; set it to a "
            f"whole number of them"
        )
    if model.rule == "frame_max" and model.hop_s > max(model.window_s, SCORED_S):
        raise BadInput(f"model.hop_s: windows of {model.window_s:g} s every {model.hop_s:g} s leave gaps between them")
