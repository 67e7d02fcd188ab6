"""Sums over the real snippets of padded batches, and what labels become in them. Padding never reaches a result."""

from __future__ import annotations

import torch
from torch import Tensor


def masked_mean(values: Tensor, mask: Tensor) -> Tensor:
    """Mean over real snippets, (B, T) or (B, T, C) with mask (B, T) to (B,) or (B, C)."""
    where = mask if values.dim() == 2 else mask[..., None]
    return values.masked_fill(~where, 0.0).sum(1) / where.sum(1).clamp(min=1)


def masked_softmax(values: Tensor, mask: Tensor) -> Tensor:
    """Softmax over the real snippets of (B, T, C); exactly 0 in the padding."""
    return torch.softmax(values.masked_fill(~mask[..., None], -torch.inf), dim=1)


def top_k_mean(values: Tensor, mask: Tensor, k: Tensor) -> Tensor:
    """Mean of the ``k`` largest real values of each column.

    Parameters
    ----------
    values
        Shape (B, T, C).
    mask
        Real snippets, (B, T).
    k
        How many for each video, at least 1 and at most its length, (B,) int64.

    Returns
    -------
    Tensor
        Shape (B, C).
    """
    largest = values.masked_fill(~mask[..., None], -torch.inf).topk(int(k.max()), dim=1).values  # (B, max k, C)
    rank = torch.arange(largest.shape[1], device=values.device)
    kept = (rank < k[:, None])[..., None]
    return largest.masked_fill(~kept, 0.0).sum(1) / k[:, None]


def mid_range(values: Tensor, mask: Tensor) -> Tensor:
    """Half way between least and greatest real value of each column: the manual threshold (FACTS 1.2, T12).

    (B, T, C) and (B, T) to (B, 1, C).
    """
    padding = ~mask[..., None]
    greatest = values.masked_fill(padding, -torch.inf).amax(1, keepdim=True)
    least = values.masked_fill(padding, torch.inf).amin(1, keepdim=True)
    return (greatest + least) / 2


def normalised_labels(video_label: Tensor) -> Tensor:
    """Multi-hot (B, C) divided by its sum: ybar (FACTS T7); zero for a video without a class."""
    return video_label / video_label.sum(-1, keepdim=True).clamp(min=1.0)
