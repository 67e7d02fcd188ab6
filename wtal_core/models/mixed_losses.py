"""The losses of ``mixed``: balanced multiple-instance learning, and a grown segmentation.

All take log-probabilities (B, T, C + 1) with background last, and give nats.
"""

from __future__ import annotations

import torch
from torch import Tensor

from wtal_core.training.dataset import Batch


def balanced_mil_loss(log_p: Tensor, batch: Batch, positive_share: float, background_share: float) -> Tensor:
    """Multiple-instance learning with a share of background beside the share of action (RECIPE 2, round 0).

    Parameters
    ----------
    log_p
        (B, T, C + 1), background last.
    batch
        Classes known to occur; complete videos have nothing to gain here and contribute 0.
    positive_share, background_share
        Snippets taken for each class and for background, share of the video; at least one.

    Returns
    -------
    Tensor
        Mean over videos. What a person ruled out is never taken.
    """
    present = batch.video_label > 0
    may_happen = batch.mask[..., None] & ~batch.background  # (B, T, C)
    of_class = _largest_mean(log_p[..., :-1], may_happen, _count(batch.lengths, positive_share))  # (B, C)
    weight = present / present.sum(dim=1, keepdim=True).clamp(min=1)
    positive = -(of_class * weight).sum(dim=-1)  # (B,)
    rivals = present | ~present.any(dim=1, keepdim=True)
    best = (log_p[..., :-1] - log_p[..., -1:]).detach().masked_fill(~rivals[:, None], -torch.inf).amax(dim=-1)  # (B, T)
    may_rest = batch.mask & ~batch.action.any(dim=-1)
    order = best.masked_fill(~may_rest, torch.inf).argsort(dim=-1)
    leading = torch.arange(order.shape[1], device=order.device) < _count(batch.lengths, background_share)[:, None]
    taken = leading & may_rest.gather(1, order)
    rest = (log_p[..., -1].gather(1, order) * taken).sum(dim=-1) / taken.sum(dim=-1).clamp(min=1)
    return ((positive - rest) * ~batch.is_complete).mean()


def segmentation_loss(log_p: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy of every snippet with its target distribution.

    Parameters
    ----------
    log_p
        (B, T, C + 1), background last.
    targets
        (B, T, C + 1); rows sum to 1, or are 0 where nothing may be said and in the padding.

    Returns
    -------
    Tensor
        Mean over the snippets that have a target; 0 when none has.
    """
    return -(log_p * targets).sum() / targets.sum().clamp(min=1.0)


def top_mean(values: Tensor, mask: Tensor, share: float) -> Tensor:
    """Mean of the largest values over time of each class: (B, T, C) to (B, C)."""
    return _largest_mean(values, mask[..., None], _count(mask.sum(dim=1), share))


def _count(lengths: Tensor, share: float) -> Tensor:
    """Snippets in a share of each video, at least one, (B,)."""
    return (lengths * share).floor().clamp(min=1).long()


def _largest_mean(values: Tensor, allowed: Tensor, counts: Tensor) -> Tensor:
    """Mean of the ``counts`` (B,) largest allowed values over time: (B, T, C) to (B, C); 0 where nothing is allowed."""
    top, _ = values.masked_fill(~allowed, -torch.inf).topk(int(counts.max()), dim=1)
    taken = (torch.arange(top.shape[1], device=top.device)[:, None] < counts[:, None, None]) & torch.isfinite(top)
    return torch.where(taken, top, 0.0).sum(dim=1) / taken.sum(dim=1).clamp(min=1)
