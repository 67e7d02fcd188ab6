"""Parts that several networks are made of. Padding never reaches a result."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from wtal_core.domain import FeatureSequence


def linear(n_in: int, n_out: int) -> nn.Linear:
    """A linear layer with Xavier-uniform weights and zero bias (W-TALC's initialisation, FACTS 1.1)."""
    layer = nn.Linear(n_in, n_out)
    nn.init.xavier_uniform_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


class Dropout(nn.Dropout):
    """torch's dropout with 16 random bits a unit: on a CPU a fifth of the time of drawing a float for each.

    The share that is kept is met to 1/65536.
    """

    def forward(self, hidden: Tensor) -> Tensor:
        """Any shape to the same."""
        if not self.training or self.p == 0 or hidden.device.type != "cpu":
            return super().forward(hidden)
        n_kept = round((1 - self.p) * 2**16)  # of the 65536 values of 16 bits
        bits = torch.empty(-(-hidden.numel() // 4), dtype=torch.int64).random_(-(2**63), None).view(torch.int16)
        kept = torch.empty_like(hidden, requires_grad=False)
        torch.lt(bits[: hidden.numel()].view_as(hidden), n_kept - 2**15, out=kept)
        return hidden * kept.mul_(2**16 / n_kept)


def feature_scale(sequences: Sequence[FeatureSequence]) -> tuple[Tensor, Tensor]:
    """What brings features to a mean of 0 and one common deviation of 1.

    One number for all columns: dividing each column by its own deviation raises noise to the size of signal (RECIPE
    3.5).

    Parameters
    ----------
    sequences
        Features to estimate from; without any, nothing is to be changed.

    Returns
    -------
    centre, scale
        Shapes (D,) (or (1,) without sequences) and ().
    """
    if not sequences:
        return torch.zeros(1), torch.ones(())
    count = sum(len(each.values) for each in sequences)
    total = np.sum([np.sum(each.values, axis=0, dtype=np.float64) for each in sequences], axis=0)
    square = sum(float(np.sum(np.square(each.values, dtype=np.float64))) for each in sequences)
    centre = total / count
    variance = square / (count * centre.size) - float(np.mean(centre**2))
    deviation = np.sqrt(max(variance, 0.0))
    return torch.from_numpy(centre).float(), torch.tensor(deviation if deviation > 0 else 1.0, dtype=torch.float32)


class ResidualConv(nn.Module):
    """``h + ReLU(conv(h))``: context of neighbouring snippets as a residual (FACTS 2.1).

    Parameters
    ----------
    width
        Channels H.
    kernel
        Odd number of snippets.
    dilation
        Distance between the snippets it looks at.
    dropout
        Share of the branch's input dropped while training.
    """

    def __init__(self, width: int, kernel: int = 3, dilation: int = 1, dropout: float = 0.0) -> None:
        super().__init__()
        if kernel % 2 == 0:
            raise ValueError(f"a centred convolution needs an odd kernel, got {kernel}")
        self.conv = nn.Conv1d(width, width, kernel, padding=dilation * (kernel // 2), dilation=dilation)
        nn.init.xavier_uniform_(self.conv.weight)
        nn.init.zeros_(self.conv.bias)  # type: ignore[arg-type]
        self.dropout = nn.Dropout(dropout)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """Hidden (B, T, H) and mask (B, T) to (B, T, H); what is in the padding of ``hidden`` does not matter."""
        branch = self.dropout(hidden).masked_fill(~mask[..., None], 0.0)  # as the zeros past the end of a lone video
        return hidden + F.relu(self.conv(branch.transpose(1, 2)).transpose(1, 2))
