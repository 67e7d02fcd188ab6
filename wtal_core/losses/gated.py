"""A threshold that the network predicts, as TTC-Loc and LPAT train it (FACTS 2.2 and 3).

A class happens where its score ``s[t, c]`` beats the threshold ``b[t]``; :func:`gate_of` softens that comparison,
:func:`video_logits` pools what passes, and two losses train both. Equation numbers are TTC-Loc's, T-numbers resolve
what the papers leave open.
"""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from wtal_core.losses.masked import masked_mean, normalised_labels

Gate = Literal["sigmoid", "softsign", "straight_through", "straight_through_sigmoid"]
Regularizer = Literal["inner", "inner_held", "per_snippet", "l1", "l2", "l2_whole", "cosine"]
EPSILON = 1e-8
"""Keeps the divisions of (2) and (7) defined."""
SINGULAR = 1e-3
"""Least size of a single product in the form ``per_snippet``, whose gradient grows as its inverse square."""


def gate_of(margin: Tensor, kind: Gate = "sigmoid") -> Tensor:
    """Equation (1) and its alternatives of table 4c: s - b of any shape to 0..1.

    ``straight_through`` is hard forwards and the identity backwards, as the paper says; ``straight_through_sigmoid``
    keeps the sigmoid's slope instead.
    """
    if kind == "softsign":
        return (margin / (1 + margin.abs()) + 1) / 2
    soft = margin if kind == "straight_through" else torch.sigmoid(margin)
    if kind == "sigmoid":
        return soft
    return (margin > 0).to(soft.dtype) + (soft - soft.detach())


def video_logits(scores: Tensor, threshold: Tensor, gate: Tensor, mask: Tensor) -> Tensor:
    """Equations (2) and (3): the mean of what beats the threshold, and the mean threshold.

    s (B, T, C), b (B, T), g (B, T, C) and mask (B, T) to (B, C + 1), background last.
    """
    gate = gate * mask[..., None]
    pooled = (gate * scores).sum(1) / (gate.sum(1) + EPSILON)  # (B, C)
    return torch.cat([pooled, masked_mean(threshold, mask)[:, None]], dim=-1)


def classification_loss(log_p: Tensor, video_label: Tensor, background_weight_total: float) -> Tensor:
    """Equation (5): log p (B, C + 1) and labels (B, C) to a mean over videos, in nats.

    A video without any class trains the background term only (T13).
    """
    action = (normalised_labels(video_label) * log_p[:, :-1]).sum(-1)
    return -(action + background_weight_total * log_p[:, -1]).mean()


def threshold_regularizer(
    scores: Tensor,
    threshold: Tensor,
    mask: Tensor,
    video_label: Tensor,
    *,
    form: Regularizer = "inner",
    margin: float = 1.0,
) -> Tensor:
    """Equations (6) and (7) and the forms of table 4d (T10): scores of the video's classes and threshold keep apart.

    Parameters
    ----------
    scores
        s, (B, T, C).
    threshold
        b, (B, T).
    mask
        Real snippets, (B, T).
    video_label
        Multi-hot (B, C); a video without a class adds 0.
    form
        ``inner`` (7); ``inner_held`` (the same value, but its norms weigh only: nothing is gained by making s and b
        large where the video is background anyway); ``per_snippet`` (LPAT's (7) as printed: every product over its
        own size, singular at 0); ``l1``, ``l2`` (per snippet), ``l2_whole`` (one norm over the sequence) or ``cosine``.
    margin
        Distance wanted; TTC-Loc 1, LPAT 0.5.

    Returns
    -------
    Tensor
        Mean over videos, shape ().
    """
    present = video_label > 0
    union = scores.masked_fill(~present[:, None, :], -torch.inf).amax(-1)  # (6), (B, T)
    labelled = present.any(-1)
    union = torch.where(mask & labelled[:, None], union, 0.0)
    threshold = torch.where(mask, threshold, 0.0)
    if form in ("l1", "l2"):
        apart = (union - threshold).abs() if form == "l1" else (union - threshold).square()
        per_video = masked_mean(F.relu(margin - apart), mask)
    elif form == "l2_whole":
        per_video = F.relu(margin - _norm(union - threshold))
    else:
        per_video = _product(union, threshold, mask, form, margin)
    return (per_video * labelled).mean()


def _product(union: Tensor, threshold: Tensor, mask: Tensor, form: Regularizer, margin: float) -> Tensor:
    """The forms built on stil[t] b[t]: two sequences (B, T), zero in the padding, to (B,)."""
    product = union * threshold
    if form == "per_snippet":
        return (F.relu(product + margin) / (product.abs() + SINGULAR) * mask).sum(1)
    norms = _norm(union) * _norm(threshold) + EPSILON
    if form == "inner_held":
        norms = norms.detach()
    if form == "cosine":
        return 1 + product.sum(1) / norms
    return (F.relu(product + margin) * mask).sum(1) / norms


def _norm(values: Tensor) -> Tensor:
    """Euclidean norm over time with a finite gradient at zero, (B, T) to (B,)."""
    return (values.square().sum(1) + EPSILON**2).sqrt()
