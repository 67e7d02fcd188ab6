"""How good a candidate segment is: its overlap with the truth, learned from the training videos' own instances.

Outer-inner contrast ranks segments by one formula. What a good segment looks like - how steep its ends are, how deep
the valleys in it, how long actions last, how far ahead of its rivals the class is - can be learned: a small network
maps a description of a candidate to the tIoU it will have. Curves of videos that a network was trained on are sharper
than those of new ones, so each training video is described by the curves of a network that has left it out.

Snippets and arrays in, scores out: nothing here knows videos, labels or the network that made the curves.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from wtal_core.inference import multi_threshold
from wtal_core.inference.contrast import Cut, contrast_candidates
from wtal_core.inference.nms import overlaps

TEMPERATURES = (1.0, 4.0)
"""The margin is squashed sharply and softly: the soft trace still tells strong from very strong."""

STRIPS = (0.25, 0.5, 0.75, 1.0)
"""Widths of the outer strips that are looked at, shares of the length of a candidate."""

N_DESCRIBED = 37
"""Numbers :func:`describe` gives of a candidate."""

TINY = 1e-6
"""Under this a deviation is none."""

Floats = NDArray[np.float64]


def squashed(margin: NDArray[np.floating], temperature: float) -> Floats:
    """``sg(d / temperature)``, without overflow."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * np.asarray(margin, np.float64) / temperature)))


def candidates(margin: NDArray[np.floating]) -> NDArray[np.int64]:
    """Distinct runs above many thresholds of either trace of one class: (T,) to (n, 2)."""
    return np.unique(np.concatenate([multi_threshold(squashed(margin, each)) for each in TEMPERATURES]), axis=0)


def by_contrast(traces: Sequence[NDArray[np.floating]], cut: Cut) -> tuple[Floats, Floats]:
    """Runs of any trace of one class with their outer-inner contrast, for want of anything learned.

    Parameters
    ----------
    traces
        Each (T,), 0 to 1.
    cut
        How they are thresholded and scored.

    Returns
    -------
    tuple
        Segments in snippets (n, 2) and scores (n,); a run of two traces comes twice.
    """
    found = [contrast_candidates(trace, cut) for trace in traces]
    return np.concatenate([each.segments for each in found]), np.concatenate([each.scores for each in found])


def best_overlap(segments: NDArray[np.int64], instances: Sequence[tuple[int, int]]) -> Floats:
    """Overlap (tIoU) of each candidate with the instance that fits it best, (n,); 0 where there is none."""
    rows = [overlaps(np.asarray(each, np.float64), segments.astype(np.float64)) for each in instances]
    return np.max(rows, axis=0) if rows else np.zeros(len(segments))


def describe(
    margin: NDArray[np.floating], label: int, video_scores: NDArray[np.floating], segments: NDArray[np.int64]
) -> Floats:
    """What can be seen of candidates of one class; the same for a video played backwards.

    Parameters
    ----------
    margin
        ``d = s - b`` of every class, (T, C).
    label
        Column of the candidates' class.
    video_scores
        (C,).
    segments
        Candidates ``(first, stop)`` inside the video, (n, 2).

    Returns
    -------
    NDArray
        (n, F), finite.
    """
    own = np.asarray(margin[:, label], np.float64)
    rivals = np.delete(np.asarray(margin, np.float64), label, axis=1)
    rival = rivals.max(axis=1) if rivals.shape[1] else np.full(len(own), -20.0)
    sharp, soft = (squashed(own, each) for each in TEMPERATURES)
    first, stop = segments.T
    length = stop - first
    inside = _means(soft, first, stop)
    height = float(np.sort(soft)[-max(3, len(soft) // 20) :].mean())
    columns = [
        np.log(length),
        length / 10,
        _means(sharp, first, stop),
        inside,
        _means(own, first, stop) / TEMPERATURES[-1],
        inside / max(height, TINY),
        _means(squashed(rival, TEMPERATURES[-1]), first, stop),
        _means(squashed(own - rival, TEMPERATURES[-1]), first, stop),
        np.array([soft[a:b].max() for a, b in segments]),
        np.array([soft[a:b].min() for a, b in segments]),
        np.full(len(segments), float(video_scores[label])),
        np.full(len(segments), height),
        np.full(len(segments), soft.mean()),
    ]
    for trace in (sharp, soft):
        for ratio in STRIPS:
            width = np.maximum(1, np.rint(ratio * length)).astype(np.int64)
            columns += _either(_means(trace, first - width, first), _means(trace, stop, stop + width))
    framed = np.pad(soft, 2)  # snippet t is at t + 2; beyond the video nothing happens
    for outer, inner in ((1, 2), (0, 2), (1, 3)):
        columns += _either(
            framed[first + inner] - framed[first + outer], framed[stop + 3 - inner] - framed[stop + 3 - outer]
        )
    columns += _either((first == 0).astype(np.float64), (stop == len(own)).astype(np.float64))  # cut by the video
    return np.column_stack(columns)


def _means(trace: Floats, first: NDArray[np.int64], stop: NDArray[np.int64]) -> Floats:
    """Means over ``[first, stop)`` cut to the video, (n,); 0 where nothing is left."""
    total = np.concatenate([[0.0], np.cumsum(trace)])
    first, stop = np.clip(first, 0, len(trace)), np.clip(stop, 0, len(trace))
    return np.asarray((total[stop] - total[first]) / np.maximum(stop - first, 1))


def _either(left: Floats, right: Floats) -> list[Floats]:
    """Two sides without saying which is which: the larger and the smaller."""
    return [np.maximum(left, right), np.minimum(left, right)]


class QualityHead(nn.Module):
    """Description of a candidate to the tIoU it will have with the truth.

    Parameters
    ----------
    n_described
        ``F``.
    width
        Hidden units of its two layers.
    """

    centre: Tensor
    spread: Tensor
    fitted: Tensor

    def __init__(self, n_described: int, width: int = 32) -> None:
        super().__init__()
        self.register_buffer("centre", torch.zeros(n_described))
        self.register_buffer("spread", torch.ones(n_described))
        self.register_buffer("fitted", torch.tensor(False))
        self.layers = nn.Sequential(
            nn.Linear(n_described, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 1)
        )

    @property
    def is_fitted(self) -> bool:
        """Whether there was anything to learn from."""
        return bool(self.fitted)

    def forget(self) -> None:
        """Begin anew, from torch's global generator."""
        self.fitted.fill_(False)
        for layer in self.layers:
            if isinstance(layer, nn.Linear):
                layer.reset_parameters()

    def forward(self, described: Tensor) -> Tensor:
        """(n, F) to logits of the tIoU, (n,)."""
        logits: Tensor = self.layers((described - self.centre) / self.spread)
        return logits.squeeze(-1)

    def expected(self, described: Floats) -> Floats:
        """Expected tIoU, (n, F) to (n,), 0 to 1."""
        with torch.no_grad():
            return np.asarray(
                torch.sigmoid(self(torch.from_numpy(described).to(self.centre))).cpu().numpy(), np.float64
            )

    def fit(self, described: Floats, overlap: Floats, steps: int) -> None:
        """Learn from candidates of training videos, drawn by torch's global generator.

        Parameters
        ----------
        described
            (n, F).
        overlap
            tIoU of each with the truth as far as it is known, (n,).
        steps
            Of AdamW with a cosine decay.
        """
        values, wanted = torch.from_numpy(described).to(self.centre), torch.from_numpy(overlap).to(self.centre)
        spread = values.std(dim=0, correction=0)
        self.centre.copy_(values.mean(dim=0))
        self.spread.copy_(torch.where(spread > TINY, spread, 1.0))  # what never varies tells nothing
        optimizer = torch.optim.AdamW(self.layers.parameters(), lr=3e-3, weight_decay=1e-2)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
        for _ in range(steps):
            drawn = torch.randint(len(values), (512,), device=values.device)
            loss = nn.functional.binary_cross_entropy_with_logits(self(values[drawn]), wanted[drawn])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
        self.fitted.fill_(True)


def parts_by_class(present: NDArray[np.bool_], n_parts: int) -> NDArray[np.int64]:
    """Divide videos so that every part holds about as many of each class.

    Parameters
    ----------
    present
        Classes that occur in each video, (V, C).
    n_parts
        At least 1.

    Returns
    -------
    NDArray
        Part of each video, (V,). Videos of rare classes are placed first, each where its classes are rarest.
    """
    count = present.sum(axis=0)
    rarest = np.where(present, count, len(present) + 1).min(axis=1, initial=len(present) + 1)
    held, size = np.zeros((n_parts, present.shape[1]), np.int64), np.zeros(n_parts, np.int64)
    parts = np.zeros(len(present), np.int64)
    for video in np.argsort(rarest, kind="stable"):
        alike = held[:, present[video]].sum(axis=1)
        parts[video] = part = int(np.lexsort((size, alike))[0])
        held[part] += present[video]
        size[part] += 1
    return parts
