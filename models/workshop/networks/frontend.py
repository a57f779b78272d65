"""The mel front end in torch, configured by the same `[member.mel]` table as the service's numpy front end.

Training and service must compute the same images, so the table, the window and the mel filters are shared; only the
arithmetic is implemented twice. A test checks that the two agree within 1e-3 dB.
"""

import torch
from torch import Tensor, nn

from dawn_chorus.inference.front_end.filters import mel_filters
from dawn_chorus.inference.packs.mel_table import MelTable
from dawn_chorus.inference.packs.member_rules import SCHEMA_1_CHOICES, SCHEMA_1_MEL
from models.workshop.errors import BadInput


class MelFrontEnd(nn.Module):
    """Waveforms (batch, samples) in [−1, 1] → images (batch, channels, n_mels, n_frames), each normalized by itself."""

    def __init__(self, mel: MelTable, sample_rate_hz: int) -> None:
        super().__init__()
        if later := _keys_of_schema_2(mel):
            raise BadInput(f"{', '.join(later)}: the service makes such images, training has the keys of schema 1 only")
        self.mel = mel
        self.register_buffer("window", torch.hann_window(mel.win_length, periodic=True), persistent=False)
        filters = torch.from_numpy(mel_filters(mel, sample_rate_hz)).float()
        self.register_buffer("filters", filters, persistent=False)

    def forward(self, waveforms: Tensor) -> Tensor:
        # On a CPU one item after another: a batch's spectra do not fit into the cache, and take three times as long.
        parts = waveforms.split(1) if waveforms.device.type == "cpu" else (waveforms,)
        with torch.autocast(waveforms.device.type, enabled=False):  # half precision loses 80 dB of range
            image = torch.cat([self.normalize(self.log(self.power(part.float()))) for part in parts])
        return image.unsqueeze(1).expand(-1, self.mel.channels, -1, -1)

    def power(self, waveforms: Tensor) -> Tensor:
        """Return mel power, cut or zero-padded in time, (batch, n_mels, n_frames)."""
        mel = self.mel
        spectrum = torch.stft(
            waveforms, mel.n_fft, mel.hop_length, mel.win_length, self.window,
            center=mel.center, pad_mode=mel.pad_mode, return_complex=True,
        )  # fmt: skip
        power = self.filters @ spectrum.abs().pow(mel.power)
        return nn.functional.pad(power, (0, mel.n_frames - power.shape[-1]))

    def log(self, power: Tensor) -> Tensor:
        """Return decibels, with a floor `top_db` below each item's own maximum, or the natural logarithm."""
        mel = self.mel
        if mel.log == "ln":
            return torch.log(power + mel.amin)
        decibels = 10 * torch.log10(power.clamp(min=mel.amin))
        if mel.top_db is None:
            return decibels
        return torch.maximum(decibels, decibels.amax(dim=(1, 2), keepdim=True) - mel.top_db)

    def normalize(self, image: Tensor) -> Tensor:
        """Return each item normalized by its own minimum and maximum, or mean and deviation, as the table says."""
        if self.mel.normalize == "minmax":
            low, high = image.amin(dim=(1, 2), keepdim=True), image.amax(dim=(1, 2), keepdim=True)
            return (image - low) / (high - low + self.mel.eps)
        if self.mel.normalize == "standard":
            mean, deviation = image.mean(dim=(1, 2), keepdim=True), image.std(dim=(1, 2), keepdim=True, correction=0)
            return (image - mean) / (deviation + self.mel.eps)
        return image


def _keys_of_schema_2(mel: MelTable) -> list[str]:
    fields = type(mel).model_fields
    # A checkpoint's recipe has every key: those that say what was always so are taken.
    later = {key for key in fields.keys() - SCHEMA_1_MEL if getattr(mel, key) != fields[key].default}
    later |= {key for key, choices in SCHEMA_1_CHOICES.items() if getattr(mel, key) not in choices}
    return sorted(later | ({"n_frames"} if mel.n_frames is None else set()))
