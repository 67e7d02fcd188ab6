"""RSKP's representatives of a video and the random walk that spreads them (FACTS 6.2), by thin products only.

The walk adds K vectors to a sequence of T, so what looks at a walked sequence (cosines, norms, weighted sums over time)
is computed from products of K and H numbers: the walked sequence itself is never made.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

EPSILON = 1e-9


@dataclass(frozen=True, slots=True)
class Embedded:
    """Embedded videos.

    Attributes
    ----------
    x
        (B, T, H), zero in the padding.
    size
        Norm of each snippet, (B, T, 1), positive.
    real
        1 where there is a snippet, 0 in the padding, (B, T, 1).
    """

    x: Tensor
    size: Tensor
    real: Tensor

    @classmethod
    def of(cls, x: Tensor, mask: Tensor) -> Embedded:
        """An embedding (B, T, H) without what is in its padding."""
        real = mask[..., None].to(x.dtype)
        x = x * real  # a tenth of the time of masked_fill, forth and back
        return cls(x, x.norm(dim=-1, keepdim=True) + EPSILON, real)


@dataclass(frozen=True, slots=True)
class Walk:
    """A sequence after the random walk, up to a factor: ``x + shares @ means``, kept apart.

    Attributes
    ----------
    shares
        Z^T, how much each snippet belongs to each of the K representatives, (B, T, K).
    means
        What a representative adds, (B, K, H).
    """

    shares: Tensor
    means: Tensor

    def size(self, embedded: Embedded) -> Tensor:
        """Norm of each walked snippet, (B, T, 1), positive."""
        mixed = (self.shares * (embedded.x @ self.means.transpose(1, 2))).sum(-1, keepdim=True)
        gram = self.means @ self.means.transpose(1, 2)  # (B, K, K)
        added = (self.shares * (self.shares @ gram)).sum(-1, keepdim=True)
        return (embedded.size.square() + 2 * mixed + added).clamp(min=EPSILON**2).sqrt() + EPSILON


def representatives(embedded: Embedded, start: Tensor, iterations: int) -> Tensor:
    """Expectation maximisation over cosine similarity, from ``start`` (K, H) to (B, K, H)."""
    assignment = _assignment(start, embedded)  # the same start for all videos: one product
    for _ in range(iterations - 1):
        assignment = _assignment(_averages(assignment) @ embedded.x, embedded)
    return _averages(assignment) @ embedded.x


def random_walk(embedded: Embedded, mu: Tensor, w: float, usable: Tensor | None = None) -> Walk:
    """``(I - w^2 Z^T Zh)^-1 (w Z^T mu + x)`` by a K x K solve (Woodbury); times 1 - w it is the paper's.

    The factor is left out: everything that looks at a walked sequence looks at directions.

    Parameters
    ----------
    embedded
        x.
    mu
        Means, (B, K, H).
    w
        0 keeps x, towards 1 the means decide.
    usable
        Means that take part, (B, K); all by default. A video with none keeps x.
    """
    z = _assignment(mu, embedded, usable)  # (B, T, K)
    averages = _averages(z)  # (B, K, T)
    overlap = averages @ z  # (B, K, K)
    small = torch.eye(z.shape[-1], device=z.device, dtype=z.dtype) - w**2 * overlap
    solved: Tensor = torch.linalg.solve(small, averages @ embedded.x + w * overlap @ mu)  # (B, K, H)
    if usable is not None:
        z = z * usable.any(1)[:, None, None]
    return Walk(z, w * mu + w**2 * solved)


def _assignment(mu: Tensor, embedded: Embedded, usable: Tensor | None = None) -> Tensor:
    """Z^T: softmax over the K means (B, K, H) or (K, H) of 5 cos(mu, x): (B, T, K), 0 in the padding."""
    logits = 5 * (embedded.x @ F.normalize(mu, dim=-1, eps=EPSILON).mT) / embedded.size
    if usable is not None:  # a video without a usable mean keeps an even, finite assignment; its walk is silent
        logits = logits.masked_fill(~usable[:, None], -1e4)
    return logits.softmax(-1) * embedded.real


def _averages(assignment: Tensor) -> Tensor:
    """Zh: the assignment (B, T, K) divided by its sums over time, (B, K, T)."""
    return (assignment / (assignment.sum(1, keepdim=True) + EPSILON)).transpose(1, 2)
