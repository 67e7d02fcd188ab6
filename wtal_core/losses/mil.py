"""Losses on video-level labels: top-k multiple instance learning and co-activity similarity (W-TALC; FACTS 1.1)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from wtal_core.losses.masked import normalised_labels, top_k_mean


def video_cross_entropy(video_logits: Tensor, video_label: Tensor) -> Tensor:
    """Cross-entropy of the softmax over classes against normalised multi-hot labels.

    Parameters
    ----------
    video_logits
        One logit a class, e.g. the mean of the k largest over time, (B, C).
    video_label
        Multi-hot, (B, C); a video without a class adds 0.

    Returns
    -------
    Tensor
        Mean over videos, shape (), in nats.
    """
    return -(normalised_labels(video_label) * F.log_softmax(video_logits, dim=-1)).sum(-1).mean()


def video_probabilities(video_logits: Tensor) -> Tensor:
    """How sure each class is, (B, C): a softmax over classes; one class is held against a background of logit 0."""
    return torch.softmax(video_logits, -1) if video_logits.shape[-1] > 1 else torch.sigmoid(video_logits)


def one_class_loss(cas: Tensor, mask: Tensor, video_label: Tensor, share: int = 8) -> Tensor:
    """Multiple-instance learning where there is one class: a softmax over one class is always 1 and teaches nothing.

    The class is held against a background of logit 0. The mean of the largest scores has to tell videos with the class
    from those without; the smaller half of any untrimmed video is background. Where every video holds the class there
    is still something to learn, but nothing that says which of two kinds of snippets is the action.

    Parameters
    ----------
    cas
        Class activation logits, (B, T, 1).
    mask
        Real snippets, (B, T).
    video_label
        1 where the class occurs, (B, 1).
    share
        The largest ``T / share`` scores stand for the video, at least one.

    Returns
    -------
    Tensor
        Mean over videos, shape (), in nats. A video of one snippet, which is all there is, has no smaller half.
    """
    lengths = mask.sum(1)
    top = top_k_mean(cas, mask, (lengths // share).clamp(min=1))
    rest = -top_k_mean(-cas, mask, (lengths // 2).clamp(min=1))
    told = F.binary_cross_entropy_with_logits(top, video_label, reduction="none")
    return (told + F.softplus(rest) * (lengths > 1)[:, None]).mean()


def coactivity_loss(embedding: Tensor, cas: Tensor, mask: Tensor, video_label: Tensor, margin: float = 0.5) -> Tensor:
    """:func:`coactivity_of_rows` of a padded batch: (B, T, H), (B, T, C), mask (B, T) and labels (B, C)."""
    video = torch.arange(len(mask), device=mask.device)[:, None]
    owner = torch.where(mask, video, -1).flatten()
    return coactivity_of_rows(embedding.flatten(0, 1), cas.flatten(0, 1), owner, video_label, margin)


def coactivity_of_rows(
    embedding: Tensor, cas: Tensor, owner: Tensor, video_label: Tensor, margin: float = 0.5
) -> Tensor:
    """Videos that share a class look alike where it is active, and unlike what is not (CASL).

    With ``A`` the softmax over time of the class, ``H = X^T A`` and ``L = X^T (1 - A) / (T - 1)``, every pair with a
    common class adds ``([d(H1, H2) - d(H1, L2) + margin]+ + [d(H1, H2) - d(L1, H2) + margin]+) / 2``, ``d`` the cosine
    distance. Only classes said to occur are looked at: E pairs of a video and one of its classes.

    Parameters
    ----------
    embedding
        What the class scores are computed from, one row a snippet, (N, H).
    cas
        Class activation logits, (N, C).
    owner
        Which video a row is of, (N,); -1 is padding, whose rows hold any finite value.
    video_label
        Multi-hot, (B, C).
    margin
        W-TALC: 0.5.

    Returns
    -------
    Tensor
        Mean over pairs and their common classes, shape (); exactly 0 when no two videos share a class.
    """
    video, label = (video_label > 0).nonzero().unbind(1)  # (E,)
    own = owner == video[:, None]  # (E, N)
    attention = torch.softmax(cas.T[label].masked_fill(~own, -torch.inf), dim=1)
    high, total = (torch.cat([attention, own.to(attention.dtype)]) @ embedding).chunk(2)  # (E, H)
    high, low = F.normalize(high, dim=-1), F.normalize(total - high, dim=-1)  # the length of L does not matter
    alike, unlike = 1 - high @ high.T, 1 - high @ low.T  # (E, E): d(H1, H2), d(H1, L2); the other way round d(L1, H2)
    pair = 0.5 * (F.relu(alike - unlike + margin) + F.relu(alike - unlike.T + margin))
    common = torch.triu(label == label[:, None], diagonal=1)
    return (pair * common).sum() / common.sum().clamp(min=1)
