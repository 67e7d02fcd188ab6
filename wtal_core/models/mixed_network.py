"""The network of ``mixed``, a small temporal convolution net with one background output, and what it sees."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from wtal_core.training.dataset import TrainingVideo


class MixedNetwork(nn.Module):
    """Frame classifier over projected features (RECIPE 2).

    Parameters
    ----------
    n_inputs, n_classes
        Width of the projected features, ``C``.
    has_surroundings
        Whether each snippet comes with the mean of its surroundings behind it: what tells it from them is then an input
        of its own.
    width
        Hidden channels.
    dilations
        One residual convolution of kernel 3 for each.
    noise
        Deviation of the Gaussian noise on the inputs in training.
    input_dropout, block_dropout, head_dropout
        Shares dropped in training: of the inputs, of the channels before each convolution, before the last layer.
    """

    def __init__(
        self,
        n_inputs: int,
        n_classes: int,
        *,
        has_surroundings: bool,
        width: int,
        dilations: Sequence[int],
        noise: float,
        input_dropout: float,
        block_dropout: float,
        head_dropout: float,
    ) -> None:
        super().__init__()
        self.dilations, self.noise = tuple(dilations), noise
        self.input_dropout, self.block_dropout, self.head_dropout = input_dropout, block_dropout, head_dropout
        self.inlet = nn.Linear(n_inputs, width)
        self.against = nn.Linear(n_inputs, width) if has_surroundings else None
        self.blocks = nn.ModuleList(nn.Linear(3 * width, width) for _ in self.dilations)
        self.outlet = nn.Linear(width, n_classes + 1)
        self.restart()

    def restart(self) -> None:
        """Xavier-uniform weights, zero biases, from torch's global generator."""
        for layer in self.modules():
            if isinstance(layer, nn.Linear):
                nn.init.xavier_uniform_(layer.weight)
                nn.init.zeros_(layer.bias)

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """Class and background logits.

        Parameters
        ----------
        features
            Projected features, (B, T, D'), or with the mean of the surroundings behind them, (B, T, 2D').
        mask
            True where there is a snippet, (B, T).

        Returns
        -------
        Tensor
            (B, T, C + 1), background last.
        """
        real = mask[..., None].to(features.dtype)
        x, around = features[..., : self.inlet.in_features], features[..., self.inlet.in_features :]
        if self.training and self.noise > 0:
            x = x + self.noise * torch.randn_like(x)
        h = self.inlet(self._dropped(x, self.input_dropout))  # (B, T, H)
        if self.against is not None:
            h = h + self.against(self._dropped(x - around, self.input_dropout))
        h = torch.relu(h) * real
        for dilation, block in zip(self.dilations, self.blocks, strict=True):
            # The mask comes after every layer: a bias would make padding speak to the last snippets of a video.
            h = (h + torch.relu(block(_taps(self._dropped(h, self.block_dropout), dilation)))) * real
        logits: Tensor = self.outlet(self._dropped(h, self.head_dropout))
        return logits

    def _dropped(self, x: Tensor, share: float) -> Tensor:
        """Dropout in training.

        One draw of 64 bits decides eight units, in steps of 1/256: drawing them one by one took a quarter of a step.
        """
        n_dropped = round(256 * share)
        if not self.training or n_dropped == 0:
            return x
        n_units = math.prod(x.shape)
        draws = torch.empty(-(-n_units // 8), dtype=torch.int64, device=x.device).random_(-(2**63), None)
        kept = draws.view(torch.uint8)[:n_units].reshape(x.shape) >= n_dropped
        return x * (kept.to(x.dtype) * (256 / (256 - n_dropped)))


def _taps(h: Tensor, dilation: int) -> Tensor:
    """Each snippet beside its neighbours at ``dilation``, zero outside the video: (B, T, H) to (B, T, 3H)."""
    n_snippets = h.shape[1]
    padded = nn.functional.pad(h, (0, 0, dilation, dilation))
    return torch.cat([padded[:, shift : shift + n_snippets] for shift in (0, dilation, 2 * dilation)], dim=-1)


def surroundings(x: Tensor, reach: int) -> Tensor:
    """Mean of each snippet and its neighbours up to ``reach`` away, as far as the video goes: (T, D') to (T, D')."""
    total = torch.cat([torch.zeros_like(x[:1], dtype=torch.float64), x.double().cumsum(dim=0)])
    snippet = torch.arange(len(x), device=x.device)
    first, stop = (snippet - reach).clamp(min=0), (snippet + reach + 1).clamp(max=len(x))
    return ((total[stop] - total[first]) / (stop - first)[:, None]).to(x)


def leading_components(videos: Sequence[TrainingVideo], n_features: int, n_kept: int) -> tuple[Tensor, Tensor]:
    """Mean (D,) and rotation (D, D') onto the leading principal components, divided by one number.

    Components keep their own deviations: whitening or standardising costs 10 to 40 points (RECIPE 0.6). The one number
    makes their root mean square 1, so that noise and initialisation mean the same for any features.
    """
    if not videos:
        return torch.zeros(n_features), torch.zeros(n_features, n_kept)
    count, total, square = 0, np.zeros(n_features), np.zeros((n_features, n_features))
    for video in videos:
        values = video.features.values.astype(np.float64)
        count, total, square = count + len(values), total + values.sum(axis=0), square + values.T @ values
    mean = total / count
    variances, axes = np.linalg.eigh(square / count - np.outer(mean, mean))
    axes, variances = axes[:, ::-1][:, :n_kept], np.maximum(variances[::-1][:n_kept], 0.0)
    signs = np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(n_kept)])  # an axis has no sign of its own: fix one
    scale = float(np.sqrt(variances.mean())) or 1.0
    return torch.from_numpy(mean).float(), torch.from_numpy(axes * signs / scale).float()
