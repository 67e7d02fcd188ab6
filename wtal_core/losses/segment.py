"""Losses on partially labelled snippets (Ding et al., segment-level supervision; FACTS 4.3 to 4.5)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from wtal_core.losses.masked import masked_softmax


def partial_segment_loss(localization: Tensor, labelled: Tensor, mask: Tensor) -> Tensor:
    """Labelled snippets should hold all of a class's attention over time (equation of section 3.2; FACTS 4.3).

    Parameters
    ----------
    localization
        Logits of the localization module, (B, T, C).
    labelled
        True where a person marked the class, (B, T, C); False is unknown. Padding is never labelled.
    mask
        Real snippets, (B, T).

    Returns
    -------
    Tensor
        ``-sum log softmax_t`` over labelled entries, mean over videos, shape (), in nats. With ``m`` labelled snippets
        of a class the least value is ``m log m``. Exactly 0 when nothing is labelled.
    """
    filled = localization.masked_fill(~mask[..., None], -torch.inf)
    log_attention = F.log_softmax(filled, dim=1)  # over time
    return -log_attention.masked_fill(~labelled, 0.0).sum(dim=(1, 2)).mean()


def squared_segment_loss(localization: Tensor, labelled: Tensor, mask: Tensor) -> Tensor:
    """The l2 alternative: ``sum (C_loc - u)^2`` over all snippets, unknown taken for 0 as printed; mean over videos."""
    difference = (localization - labelled.to(localization.dtype)).masked_fill(~mask[..., None], 0.0)
    return difference.square().sum(dim=(1, 2)).mean()


def psi(cosine: Tensor, m: int = 4) -> Tensor:
    """``(-1)^k cos(m theta) - 2k`` for theta in ``[k pi / m, (k + 1) pi / m]``: A-Softmax's margin (FACTS D1).

    Continuous and falling from 1 at theta = 0 to ``1 - 2 m`` at pi. ``cos(m theta)`` is the Chebyshev polynomial of the
    cosine, so no gradient passes through an arc cosine.
    """
    bounded = cosine.clamp(-1.0, 1.0)
    multiple, before = bounded, torch.ones_like(bounded)  # T_1, T_0
    for _ in range(m - 1):
        multiple, before = 2 * bounded * multiple - before, multiple
    # k = floor(m theta / pi), at most m - 1; the small step keeps theta = pi out of a piece of its own
    k = (m * torch.acos(bounded.detach()) / torch.pi).floor().clamp(max=m - 1)
    sign = 1 - 2 * (k % 2)
    return sign * multiple - 2 * k


def sphere_loss(
    embedding: Tensor, localization: Tensor, centres: Tensor, *, mask: Tensor, video_label: Tensor, m: int = 4
) -> Tensor:
    """Angular softmax of each present class's attended feature (FACTS 4.4, resolutions D1 to D5).

    Parameters
    ----------
    embedding
        ``f``, (B, T, H).
    localization
        Logits whose softmax over time is the attention, (B, T, C); values under its median are set to 0, and what
        remains is not renormalised.
    centres
        One vector a class, (C, H); used with unit length.
    mask
        Real snippets, (B, T).
    video_label
        Multi-hot, (B, C): absent classes add 0.
    m
        Angular margin, SphereFace's 4.

    Returns
    -------
    Tensor
        Mean over the videos with a class, summed over classes, shape (), in nats.
    """
    attention = masked_softmax(localization, mask)  # (B, T, C)
    real_only = attention.detach().masked_fill(~mask[..., None], torch.nan)
    median = torch.nanquantile(real_only, 0.5, dim=1, keepdim=True)  # (B, 1, C)
    kept = attention.masked_fill(attention < median, 0.0)
    pooled = torch.einsum("btc,bth->bch", kept, embedding)  # F^n of every video, (B, C, H)
    norm = pooled.square().sum(-1).add(1e-12).sqrt()  # (B, C); the square root's gradient stays finite at 0
    cosine = torch.einsum("bch,jh->bcj", pooled / norm[..., None], F.normalize(centres, dim=-1))  # (B, C, C)
    own = torch.eye(cosine.shape[1], dtype=torch.bool, device=cosine.device)
    logits = norm[..., None] * torch.where(own, psi(cosine, m), cosine)
    per_class = -F.log_softmax(logits, dim=-1).diagonal(dim1=1, dim2=2)  # (B, C)
    present = video_label > 0
    return ((per_class * present).sum(0) / present.sum(0).clamp(min=1)).sum()


def propagation_loss(embedding: Tensor, localization: Tensor, mask: Tensor) -> Tensor:
    """Snippets that look alike should score alike: ``sum_ij S_ij (c_i - c_j)^2``, ``S = f f^T``, in O(T D) (FACTS 4.5).

    For one class it equals ``2 sum_i d_i c_i^2 - 2 |f^T c|^2`` with ``d = f (f^T 1)``.

    Parameters
    ----------
    embedding
        ``f >= 0``, (B, T, H): with mixed signs the form is indefinite and the loss unbounded below.
    localization
        ``c``, (B, T, C).
    mask
        Real snippets, (B, T).

    Returns
    -------
    Tensor
        Sum over pairs, shape (B, C).
    """
    f = embedding.masked_fill(~mask[..., None], 0.0)
    c = localization.masked_fill(~mask[..., None], 0.0)
    degree = torch.einsum("bth,bh->bt", f, f.sum(1))
    pulled = torch.einsum("bth,btc->bhc", f, c)
    return 2 * torch.einsum("bt,btc->bc", degree, c.square()) - 2 * pulled.square().sum(1)
