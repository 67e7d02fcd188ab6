"""A trained method over feature sequences: curves, video scores and proposals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch import Tensor

from wtal_core.domain import ActivationSequence, FeatureSequence, Proposal, VideoPrediction
from wtal_core.inference.contrast import fused_instead
from wtal_core.inference.fusion import FusionRule
from wtal_core.models.method import Output, projected
from wtal_core.training.cells import fitted
from wtal_core.training.checkpoint import TrainedMethod

WINDOW = 64
"""Sequences looked at together when batches of similar length are made."""
BATCH_SNIPPETS = 4096
"""Most snippets, padding included, of one batch; a longer video is a batch of its own."""


def predict(
    trained: TrainedMethod,
    sequences: Iterable[FeatureSequence],
    *,
    device: torch.device | str | None = None,
    fusion: FusionRule | None = None,
) -> Iterator[tuple[VideoPrediction, list[Proposal]]]:
    """Predict each sequence, in the given order.

    Parameters
    ----------
    trained
        The method.
    sequences
        Full-length features (T, D), any T from 1 on; may be an iterator over more than fits in memory.
    device
        None: CUDA where there is one.
    fusion
        Fuse candidates cut from the method's traces, of the classes it would propose, in place of its own proposals
        (GauFuse's post-processing, FACTS 7.1, for any method); a method that says how it is fused (``fused``, GauFuse
        over each base) is fused so, by this rule. None keeps the method's own.

    Yields
    ------
    prediction, proposals
        Curves and video scores; proposals inside the video, best first.

    Raises
    ------
    ValueError
        If the features have another D than the method was trained with, or hold NaN.
    GridMismatch
        If features and duration disagree by more than 2 %.
    """
    where = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    module: Any = trained.module.to(where).eval()
    checked = (_checked(trained, sequence) for sequence in sequences)
    while window := list(islice(checked, WINDOW)):
        tensors = [projected(module, _tensor(sequence, where)) for sequence in window]
        for prediction in forward(module, window, tensors, trained.class_names):
            yield prediction, module.localize(prediction) if fusion is None else _fused(module, prediction, fusion)


def _fused(module: Any, prediction: VideoPrediction, rule: FusionRule) -> list[Proposal]:
    """Fused candidates in place of the method's own proposals, its way where it has one."""
    if hasattr(module, "fused"):
        found: list[Proposal] = module.fused(prediction, rule)
        return found
    traces = module.traces(prediction) if hasattr(module, "traces") else None
    own = module.localize(prediction)
    return fused_instead(prediction, own, rule=rule, traces=traces, cut=getattr(module, "cut", None))


def forward(
    module: Any, sequences: Sequence[FeatureSequence], features: Sequence[Tensor], class_names: tuple[str, ...]
) -> list[VideoPrediction]:
    """Predictions of already projected sequences, in their order, batched by similar length.

    Parameters
    ----------
    module
        The method, in evaluation mode.
    sequences
        Names and grids.
    features
        What ``project`` gave for each, (T, D').
    class_names
        Columns of the CAS.
    """
    order = np.argsort([len(each) for each in features], kind="stable")
    found: dict[int, VideoPrediction] = {}
    with torch.no_grad():
        for indices in _batches(order.tolist(), [len(each) for each in features]):
            padded = torch.nn.utils.rnn.pad_sequence([features[index] for index in indices], batch_first=True)
            lengths = torch.tensor([len(features[index]) for index in indices], device=padded.device)
            output: Output = module(padded, torch.arange(padded.shape[1], device=padded.device) < lengths[:, None])
            for row, index in enumerate(indices):
                found[index] = _prediction(output, row, sequences[index], class_names)
    return [found[index] for index in range(len(sequences))]


def predictor(
    module: Any, class_names: tuple[str, ...], features: Callable[[int], Tensor], position: Callable[[str], int]
) -> Callable[[Sequence[Any]], list[VideoPrediction]]:
    """What ``after_epoch`` is given: predictions of training videos from features that are already projected."""

    def run(videos: Sequence[Any]) -> list[VideoPrediction]:
        was_training = module.training
        module.eval()
        sequences = [video.features for video in videos]
        predictions = forward(module, sequences, [features(position(v.video_id)) for v in videos], class_names)
        module.train(was_training)
        return predictions

    return run


def _batches(order: list[int], lengths: list[int]) -> Iterator[list[int]]:
    """Ascending lengths cut so that a padded batch stays under the limit."""
    batch: list[int] = []
    for index in order:
        if batch and (len(batch) + 1) * lengths[index] > BATCH_SNIPPETS:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def _checked(trained: TrainedMethod, sequence: FeatureSequence) -> FeatureSequence:
    """The sequence on a grid that agrees with its video, if the method can read it."""
    if sequence.values.shape[1] != trained.n_features:
        raise ValueError(
            f"{sequence.video_id} has {sequence.values.shape[1]} features a snippet, the method was trained with "
            f"{trained.n_features}; extract the video with the run's own extractor"
        )
    return fitted(sequence)[0]


def _tensor(sequence: FeatureSequence, device: torch.device) -> Tensor:
    values = torch.from_numpy(np.array(sequence.values, np.float32)).to(device)
    if not bool(torch.isfinite(values).all()):
        raise ValueError(f"{sequence.video_id}: the features hold NaN or infinite numbers; extract the video again")
    return values


def _prediction(output: Output, row: int, sequence: FeatureSequence, class_names: tuple[str, ...]) -> VideoPrediction:
    """One row of a padded batch, cut to its video."""
    n_snippets = sequence.grid.n_snippets

    def cut(tensor: Tensor) -> np.ndarray[Any, np.dtype[Any]]:
        return tensor[row, :n_snippets].float().cpu().numpy().copy()

    extras = {
        name: cut(tensor) for name, tensor in output.extras.items() if tensor.shape[:2] == output.background.shape[:2]
    }
    activation = ActivationSequence(
        sequence.video_id, class_names, cut(output.cas), cut(output.background), sequence.grid
    )
    return VideoPrediction(activation, output.video_scores[row].float().cpu().numpy().copy(), extras)
