"""Replaces what a network computes on every pass by constants before export: standardized weights and padding.

Norm-free networks standardize their weights on every pass; the legacy exporter turns that into BatchNormalization in
training mode, which ONNX Runtime's CUDA provider refuses. TensorFlow's SAME padding and timm's views in channel
attention are computed from the input's shape; in a graph they become dozens of shape nodes, which ONNX Runtime runs on
the CPU.
"""

import copy

import torch
from timm.layers import Conv2dSame, EcaModule, ScaledStdConv2d, ScaledStdConv2dSame
from timm.layers.padding import get_same_padding
from torch import Tensor, nn


@torch.no_grad()
def make_exportable(network: nn.Module, images: Tensor) -> nn.Module:
    """Return a copy for inference with plain convolutions and the same outputs; `images` have the size of the input."""
    exportable = copy.deepcopy(network).eval().cpu()
    sizes = _input_sizes(exportable, images)
    for name, module in list(exportable.named_modules()):
        if name in sizes:
            exportable.set_submodule(name, _plain(module, sizes[name]))
        elif isinstance(module, EcaModule):
            exportable.set_submodule(name, _Attention(module))
    return exportable


class _Attention(nn.Module):
    """Efficient channel attention (Wang et al., 2020) as in timm, without views that depend on the input's shape."""

    def __init__(self, eca: EcaModule) -> None:
        super().__init__()
        if eca.conv2 is not None:
            raise ValueError("efficient channel attention: timm's experimental MLP mode cannot be exported")
        self.conv, self.gate = eca.conv, eca.gate

    def forward(self, features: Tensor) -> Tensor:
        means = features.mean((2, 3)).unsqueeze(1)
        weights: Tensor = self.gate(self.conv(means)).squeeze(1)
        return features * weights[:, :, None, None]


def _input_sizes(network: nn.Module, images: Tensor) -> dict[str, tuple[int, int]]:
    """Run once; return height and width of the input of each convolution to be replaced, by name."""
    sizes: dict[str, tuple[int, int]] = {}

    def note(name: str) -> torch.utils.hooks.RemovableHandle:
        def hook(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            sizes[name] = (int(inputs[0].shape[2]), int(inputs[0].shape[3]))

        return network.get_submodule(name).register_forward_pre_hook(hook)

    replaced = Conv2dSame | ScaledStdConv2d | ScaledStdConv2dSame
    hooks = [note(name) for name, module in network.named_modules() if isinstance(module, replaced)]
    network(images)
    for hook in hooks:
        hook.remove()
    return sizes


def _plain(conv: nn.Conv2d, size: tuple[int, int]) -> nn.Module:
    plain = nn.Conv2d(
        conv.in_channels, conv.out_channels, conv.kernel_size, conv.stride,
        padding=0 if _is_same(conv) else conv.padding, dilation=conv.dilation, groups=conv.groups,
        bias=conv.bias is not None,
    )  # fmt: skip
    plain.weight = nn.Parameter(_standardized(conv) if isinstance(conv, ScaledStdConv2d) else conv.weight.detach())
    if conv.bias is not None:
        plain.bias = nn.Parameter(conv.bias.detach())
    if not _is_same(conv):
        return plain
    rules = zip(size, conv.kernel_size, conv.stride, conv.dilation, strict=True)
    height, width = (get_same_padding(*rule) for rule in rules)
    return nn.Sequential(nn.ZeroPad2d((width // 2, width - width // 2, height // 2, height - height // 2)), plain)


def _is_same(conv: nn.Conv2d) -> bool:
    return isinstance(conv, Conv2dSame) or getattr(conv, "same_pad", False)


def _standardized(conv: ScaledStdConv2d) -> Tensor:
    """Return the weight that the convolution uses, by timm's own arithmetic."""
    flat = conv.weight.reshape(1, conv.out_channels, -1)
    gain = (conv.gain * conv.scale).view(-1)
    weight = nn.functional.batch_norm(flat, None, None, weight=gain, training=True, momentum=0.0, eps=conv.eps)
    return weight.reshape_as(conv.weight).detach()
