"""Anchors, regression networks and the coherence loss of ACN (seed paper 004; FACTS 5.2 to 5.5).

A proposal reaches from snippet ``start`` to snippet ``end``, both included, which is why lengths carry a ``+ 1``; both
are real numbers once they are regressed. Sums over such ranges are differences of a running sum that is linear within a
snippet: exact at whole numbers, and with the gradient that AutoLoc derives by hand everywhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

EPSILON = 1e-12
"""Keeps the cosine with an area without features, and its gradient, at 0."""
CHUNK = 2**24
"""Most numbers of a gathered block of feature sums, so that 100,000 snippets fit into memory."""


class RunningSum:
    """Sums of snippet values over any ranges, differentiable in where the ranges end.

    Parameters
    ----------
    values
        Shape (B, T, K); held fixed.
    mask
        Real snippets, (B, T); outside of the video all values are 0.
    """

    def __init__(self, values: Tensor, mask: Tensor) -> None:
        self.values = values.detach().masked_fill(~mask[..., None], 0.0)
        # Sums of 100,000 float32 keep too few digits for differences over a few snippets.
        self.total = F.pad(self.values.double().cumsum(1), (0, 0, 1, 0))[:, :-1]  # before each snippet, (B, T, K)

    def between(self, start: Tensor, end: Tensor) -> Tensor:
        """Sum from snippet ``start`` to ``end``, both included: (B, N) and (B, N) to (B, N, K)."""
        return (self._before(end + 1) - self._before(start)).to(self.values.dtype)

    def _before(self, place: Tensor) -> Tensor:
        """Sum of all that lies before a place, (B, N) to (B, N, K)."""
        n_videos, n_snippets, n_columns = self.values.shape
        snippet = place.detach().floor().clamp(0, n_snippets - 1).long()  # (B, N)
        share = (place - snippet).clamp(0, 1)[..., None]
        offset = n_snippets * torch.arange(n_videos, device=place.device)[:, None]
        rows, shape = (snippet + offset).flatten(), (*place.shape, n_columns)  # whole rows copy faster than a gather
        before = self.total.flatten(0, 1).index_select(0, rows).reshape(shape)
        return before + share * self.values.flatten(0, 1).index_select(0, rows).reshape(shape)


class Proposals(NamedTuple):
    """Proposals of every anchor size around every snippet, regressed.

    Attributes
    ----------
    start, end
        First and last snippet, (B, T, P), real numbers, never outside of [-1, length].
    outer_start, outer_end
        The same, inflated by a quarter of the anchor and at least a snippet on either side.
    valid
        Anchors that lie in the video, (B, T, P); a video of T <= P snippets has none of that size.
    """

    start: Tensor
    end: Tensor
    outer_start: Tensor
    outer_end: Tensor
    valid: Tensor

    def flat(self) -> Proposals:
        """The same with one axis for snippets and sizes, (B, T P)."""
        return Proposals(*(each.flatten(1) for each in self))


class AnchorNetwork(nn.Module):
    """Three convolutions whose receptive field is the anchor: (B, T, D) to what to add to both boundaries, (B, T, 2).

    Parameters
    ----------
    n_features
        D of its stream.
    width
        Filters; paper 256.
    anchor
        P, snippets. The dilation is P / 4, at least 1, so that the field is 4 P / 4 + 1 snippets.
    """

    def __init__(self, n_features: int, width: int, anchor: int) -> None:
        super().__init__()
        dilation = max(1, anchor // 4)
        self.first = nn.Conv1d(n_features, width, 3, padding=dilation, dilation=dilation)
        self.second = nn.Conv1d(width, width, 3, padding=dilation, dilation=dilation)
        self.outlet = nn.Conv1d(width, 2, 1)

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """What is in the padding of ``features`` does not matter."""
        real = mask[:, None]
        hidden = F.relu(self.first(features.transpose(1, 2) * real)) * real  # (B, H, T)
        shift: Tensor = self.outlet(F.relu(self.second(hidden)))
        return shift.transpose(1, 2)


def regressed(shifts: Tensor, anchors: Sequence[int], mask: Tensor, read_at: str = "boundary") -> Proposals:
    """Anchors and how the networks move them (equation 6): each boundary by up to half an anchor.

    Parameters
    ----------
    shifts
        What the network of each size says, (B, T, P, 2); 0 moves nothing.
    anchors
        The P sizes, snippets. The anchor of size P around snippet t is ``[t - P // 2, t - P // 2 + P]``.
    mask
        Real snippets, (B, T).
    read_at
        ``boundary``: the shift of a boundary is read where that boundary is (as printed); ``centre``: at t (AutoLoc).
    """
    n_snippets, lengths = mask.shape[1], mask.sum(1)[:, None, None]
    size = torch.tensor(anchors, device=mask.device)
    position = torch.arange(n_snippets, device=mask.device)[:, None]
    first = position - torch.div(size, 2, rounding_mode="floor")  # (T, P)
    last = first + size
    valid = (first >= 0) & (last < lengths)
    ends = []
    for side, place in enumerate((first, last)):
        shift = shifts[..., side]
        if read_at == "boundary":
            shift = shift.gather(1, place.clamp(0, n_snippets - 1).expand_as(shift))
        ends.append(place + size * (torch.sigmoid(shift) - 0.5))
    start, end = (torch.minimum(each.clamp(min=-1.0), lengths.to(each.dtype)) for each in ends)
    strip = (size / 4).clamp(min=1)
    outer_end = torch.minimum(end + strip, lengths + 1.0)
    return Proposals(start, end, (start - strip).clamp(min=-2.0), outer_end, valid)


def outer_inner(proposals: Proposals, scores: Tensor, mask: Tensor) -> Tensor:
    """L_OIC: mean score beside a proposal minus the mean inside, -1 (all inside) to 1.

    Parameters
    ----------
    proposals
        Of any leading shape (B, ..., P).
    scores
        Snippet class prediction, (B, T, K).
    mask
        Real snippets, (B, T).

    Returns
    -------
    Tensor
        Shape (B, ..., P, K).
    """
    flat = proposals.flat()
    total = RunningSum(scores, mask)
    inner, whole = total.between(flat.start, flat.end), total.between(flat.outer_start, flat.outer_end)
    n_inner, n_whole = flat.end - flat.start + 1, flat.outer_end - flat.outer_start + 1
    loss = (whole - inner) / (n_whole - n_inner)[..., None] - inner / n_inner[..., None]  # (B, N, K)
    return loss.reshape(*proposals.start.shape, -1)


def coherence(proposals: Proposals, features: Tensor, mask: Tensor) -> Tensor:
    """L_c: how much what begins and what ends a proposal looks like the proposal (equation 2).

    Mean cosine of the start area and of the end area with the action area; boundary snippets belong to both. An area
    without any feature is like nothing: 0.

    Parameters
    ----------
    proposals
        Of any leading shape (B, ..., P).
    features
        Of one stream, (B, T, D).
    mask
        Real snippets, (B, T).

    Returns
    -------
    Tensor
        Shape (B, ..., P), -1 to 1.
    """
    flat, total = proposals.flat(), RunningSum(features, mask)
    size = max(1, CHUNK // max(1, features.shape[0] * features.shape[2]))
    found = []
    for each in zip(*(torch.split(ends, size, dim=1) for ends in flat), strict=True):
        part = Proposals(*each)
        inside = total.between(part.start, part.end)  # the lengths divide out of a cosine
        size_inside = torch.linalg.vecdot(inside, inside)
        cosines = []
        for area in (total.between(part.outer_start, part.start), total.between(part.end, part.outer_end)):
            sizes = (torch.linalg.vecdot(area, area) * size_inside + EPSILON).sqrt()
            cosines.append(torch.linalg.vecdot(area, inside) / sizes)
        found.append((cosines[0] + cosines[1]) / 2)
    return torch.cat(found, dim=1).reshape(proposals.start.shape)


def best_sizes(loss: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
    """Of the proposals around a snippet the one with the least loss (5.5).

    Parameters
    ----------
    loss
        (B, T, P, K).
    valid
        (B, T, P).

    Returns
    -------
    loss, size
        (B, T, K), infinite where no anchor fits; index of the size, (B, T, K).
    """
    least = loss.masked_fill(~valid[..., None], torch.inf).min(dim=2)
    return least.values, least.indices
