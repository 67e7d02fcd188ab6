"""Proposals as RSKP and GauFuse make them: many thresholds, outer-inner contrast, suppression or fusion.

FACTS 6.6, 7.3. With the template ``nms`` fusion keeps the best of each group, which is hard suppression.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wtal_core.domain import ActivationSequence, Proposal, VideoPrediction
from wtal_core.inference.fusion import FusionRule, fuse_by
from wtal_core.inference.proposals import ranked, to_proposals
from wtal_core.inference.scoring import GAUFUSE_STRIP, Ends, inner_mean, outer_inner_contrast, stored
from wtal_core.inference.thresholds import NINETEEN_LEVELS, Scale, multi_threshold


@dataclass(frozen=True, slots=True)
class Cut:
    """How a trace becomes scored candidates.

    Attributes
    ----------
    levels, scale
        See :func:`wtal_core.inference.thresholds.threshold_values`.
    strip, ends
        See :func:`wtal_core.inference.scoring.outer_inner_contrast`; a strip is told in snippets, upsampled or not.
    upsample
        Samples a snippet, by linear interpolation between the middles of snippets; 1 or more.
    also
        Another cut, whose candidates are added.
    """

    levels: tuple[float, ...] = NINETEEN_LEVELS
    scale: Scale = "maximum"
    strip: tuple[float, float] = GAUFUSE_STRIP
    ends: Ends = "exact"
    upsample: int = 1
    also: Cut | None = None

    @property
    def fine_strip(self) -> tuple[float, float]:
        """``strip`` for lengths and widths in samples: a power of a length has a unit."""
        scale, power = self.strip
        return scale * self.upsample ** (1 - power), power


@dataclass(frozen=True, slots=True)
class Candidates:
    """Overlapping segments of one class before any is dropped.

    Attributes
    ----------
    segments
        ``(start, end)`` in snippets, float64 (N, 2).
    scores
        Outer-inner contrast, (N,).
    inner
        Mean of the trace inside, (N,).
    """

    segments: NDArray[np.float64]
    scores: NDArray[np.float64]
    inner: NDArray[np.float64]


def contrast_candidates(
    trace: NDArray[np.floating], cut: Cut, beside: NDArray[np.floating] | None = None
) -> Candidates:
    """Runs of one trace above any level, with their contrast.

    Parameters
    ----------
    trace
        What is cut, (T,).
    cut
        How.
    beside
        Another curve of the class, (T,): scores are then the root of the product of both contrasts, 0 where
        this one's is not positive; a negative contrast of the trace stays.
    """
    fine = upsampled(trace, cut.upsample)
    found = multi_threshold(fine, cut.levels, scale=cut.scale, min_length=2 * cut.upsample)
    scores = outer_inner_contrast(fine, found, strip=cut.fine_strip, ends=cut.ends)
    if beside is not None:
        other = outer_inner_contrast(upsampled(beside, cut.upsample), found, strip=cut.fine_strip, ends=cut.ends)
        scores = np.where(scores > 0, np.sqrt(np.maximum(scores, 0.0) * np.maximum(other, 0.0)), scores)
    some = Candidates(stored(found, cut.ends) / cut.upsample, scores, inner_mean(fine, found, cut.ends))
    if cut.also is None:
        return some
    more = contrast_candidates(trace, cut.also, beside)
    return Candidates(
        np.concatenate([some.segments, more.segments]),
        np.concatenate([some.scores, more.scores]),
        np.concatenate([some.inner, more.inner]),
    )


def upsampled(trace: NDArray[np.floating], factor: int) -> NDArray[np.floating]:
    """A trace (T,) at ``factor`` samples a snippet, linear between the middles of snippets and level past the last."""
    if factor == 1:
        return trace
    at = (np.arange(len(trace) * factor) + 0.5) / factor - 0.5
    return np.asarray(np.interp(at, np.arange(len(trace)), trace))


def contrast_proposals(
    traces: NDArray[np.floating],
    kept: Iterable[int],
    activation: ActivationSequence,
    *,
    cut: Cut,
    rule: FusionRule,
    class_scores: NDArray[np.floating] | None = None,
    beside: NDArray[np.floating] | None = None,
) -> list[Proposal]:
    """Cut, score and suppress or fuse the kept classes of one video.

    Parameters
    ----------
    traces
        What is thresholded, (T, C).
    kept
        Class columns to cut.
    activation
        Names and time base.
    cut, rule
        How candidates are made, and how those that overlap become one.
    class_scores
        What the proposals of each class are multiplied with, (C,); 1 by default.
    beside
        Curves whose contrast counts as much as that of the traces, (T, C); see :func:`contrast_candidates`.

    Returns
    -------
    list
        Best first.
    """
    found: list[Proposal] = []
    for index in kept:
        some = contrast_candidates(traces[:, index], cut, None if beside is None else beside[:, index])
        segments, scores = fuse_by(rule, some.segments, some.scores, some.inner)
        scores = scores if class_scores is None else scores * float(class_scores[index])
        found += to_proposals(activation.class_names[index], segments, scores, activation.grid)
    return ranked(found)


def gate_traces(prediction: VideoPrediction) -> NDArray[np.float32]:
    """How surely a class beats its threshold, (T, C), 0 to 1: the trace of a method that names no other."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * prediction.activation.margin)), np.float32)


def softmax_traces(prediction: VideoPrediction) -> NDArray[np.float32]:
    """Softmax over the classes and the background of each snippet, (T, C), 0 to 1.

    A threshold of its own for each class is an extreme of the same curve and no score of the background: there 0 is.
    """
    from scipy.special import softmax  # late: no start should wait for what few ask for

    cas, background = prediction.activation.cas, prediction.activation.threshold
    last = background[:, None] if background.ndim == 1 else np.zeros((len(cas), 1), cas.dtype)
    return np.asarray(softmax(np.concatenate([cas, last], axis=1), axis=1)[:, :-1], np.float32)


def fused_instead(
    prediction: VideoPrediction,
    own: Iterable[Proposal],
    *,
    rule: FusionRule,
    traces: NDArray[np.floating] | None = None,
    cut: Cut | None = None,
    class_power: float = 1.0,
    beside: NDArray[np.floating] | None = None,
) -> list[Proposal]:
    """Fused candidates of the classes a method would propose, in place of its own proposals.

    Parameters
    ----------
    prediction
        Of one video.
    own
        What the method's ``localize`` gave: these classes are kept.
    rule
        How candidates that overlap become one.
    traces
        What is thresholded, (T, C); :func:`gate_traces` by default.
    cut
        How candidates are made; nineteen shares of the maximum by default.
    class_power
        Power of a class's video score that its proposals are multiplied with; 0 is off.
    beside
        See :func:`contrast_proposals`.

    Returns
    -------
    list
        Best first.
    """
    activation = prediction.activation
    kept = sorted({activation.class_names.index(each.label) for each in own})
    return contrast_proposals(
        gate_traces(prediction) if traces is None else traces,
        kept,
        activation,
        cut=cut or Cut(),
        rule=rule,
        class_scores=prediction.video_scores.astype(np.float64) ** class_power,
        beside=beside,
    )
