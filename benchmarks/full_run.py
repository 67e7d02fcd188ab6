"""A whole run, labels to trained network, beside a loop written by hand the way public codes are written.

OMP_NUM_THREADS=1 python benchmarks/full_run.py [--methods topk_mil mixed@quick] [--dataset ucf15-dev]

The loops take the same number of steps with the same layers, losses, optimiser and rates, and every video for itself:
one after the other through losses and predictions (W-TALC: through its layers in padded batches, as in its own code).
Dropout is torch's, nothing is sorted by length. What happens between the rounds of ``mixed`` is its own code in both.
Bar: ratio >= 2. The average mAP stands beside it: ``mixed`` reads more by hand, as it does with ``training.bucket=1``.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from wtal_core.domain import VideoPrediction
from wtal_core.models import METHODS
from wtal_core.models.method import Setup, configured
from wtal_core.models.mixed_losses import balanced_mil_loss
from wtal_core.predict import forward
from wtal_core.training.checkpoint import TrainedMethod
from wtal_core.training.config import Stage, TrainingConfig
from wtal_core.training.dataset import TrainingSet, TrainingVideo
from wtal_core.training.trainer import train


def coactivity(hidden: list[Tensor], scores: list[Tensor], labels: Tensor, margin: float) -> Tensor:
    """CASL, pair by pair: (T, H) and (T, C) of each video and labels (B, C)."""
    losses, active, idle = [], [], []
    for x, cas in zip(hidden, scores, strict=True):
        attention = torch.softmax(cas, dim=0)
        active.append(x.T @ attention)  # (H, C)
        idle.append(x.T @ ((1 - attention) / max(len(x) - 1, 1)))
    for i in range(len(hidden)):
        for j in range(i + 1, len(hidden)):
            for c in torch.nonzero(labels[i] * labels[j])[:, 0].tolist():
                alike = 1 - F.cosine_similarity(active[i][:, c], active[j][:, c], dim=0)
                left = 1 - F.cosine_similarity(active[i][:, c], idle[j][:, c], dim=0)
                right = 1 - F.cosine_similarity(idle[i][:, c], active[j][:, c], dim=0)
                losses.append(0.5 * (F.relu(alike - left + margin) + F.relu(alike - right + margin)))
    return torch.stack(losses).mean() if losses else scores[0].sum() * 0


def steps_of(stage: Stage, training: TrainingConfig, n_videos: int, rng: np.random.Generator) -> Iterator[Any]:
    """The videos of each step of a stage, and its rate."""
    n_steps, step = stage.n_steps(-(-n_videos // training.batch_size)), 0
    while step < n_steps:
        order = rng.permutation(n_videos)
        for first in range(0, n_videos, training.batch_size):
            if step < n_steps:
                yield order[first : first + training.batch_size].tolist(), stage.rate(step, n_steps)
                step += 1


def descend(adam: torch.optim.Optimizer, loss: Tensor, rate: float) -> None:
    """One step of the optimiser."""
    for group in adam.param_groups:
        group["lr"] = rate
    adam.zero_grad()
    loss.backward()
    adam.step()


def topk_mil_by_hand(module: Any, training: TrainingConfig, videos: Sequence[TrainingVideo]) -> None:
    """W-TALC: one padded array a step, and loops over its videos and pairs."""
    config, rng = module.config, np.random.default_rng(0)
    adam = torch.optim.Adam(module.parameters(), weight_decay=training.weight_decay)
    for indices, rate in steps_of(training.stages[0], training, len(videos), rng):
        chosen = [videos[index] for index in indices]
        lengths = [len(video.features.values) for video in chosen]
        padded = np.zeros((len(chosen), max(lengths), chosen[0].features.values.shape[1]), np.float32)
        for row, video in enumerate(chosen):
            padded[row, : lengths[row]] = video.features.values
        labels = torch.from_numpy(np.stack([video.video_label for video in chosen]))
        hidden = F.dropout(F.relu(module.hidden(torch.from_numpy(padded))), config.dropout)
        cas = module.head(hidden)
        scores = [cas[row, :length] for row, length in enumerate(lengths)]
        pooled = [each.topk(math.ceil(len(each) / config.share), dim=0).values.mean(0) for each in scores]
        mil = -(labels / labels.sum(1, keepdim=True) * F.log_softmax(torch.stack(pooled), 1)).sum(1).mean()
        alike = coactivity([hidden[row, :n] for row, n in enumerate(lengths)], scores, labels, config.margin)
        descend(adam, (1 - config.similarity) * mil + config.similarity * alike, rate)


def mixed_by_hand(module: Any, training: TrainingConfig, videos: Sequence[TrainingVideo]) -> None:
    """``mixed`` on video labels: each video alone through its network and its loss."""
    whole, rng = TrainingSet(videos, project=module.project), np.random.default_rng(0)
    names = module.class_names

    def predict(asked: Sequence[TrainingVideo]) -> list[VideoPrediction]:
        module.eval()
        position = {video.video_id: index for index, video in enumerate(whole.videos)}
        found = [
            forward(module, [each.features], [whole.features_of(position[each.video_id])], names)[0] for each in asked
        ]
        module.train()
        return found

    for network in module.networks:
        network._dropped = lambda x, share: F.dropout(x, share, module.training)
    for number, stage in enumerate(training.stages):
        if stage.restart:
            module.restart()
        adam = torch.optim.AdamW(module.parameters(), weight_decay=training.weight_decay, betas=training.betas)
        for indices, rate in steps_of(stage, training, len(videos), rng):
            losses, weights = [], []
            for index in indices:
                batch = whole.batch([index])
                output = module(batch.features, batch.mask)
                log_p = torch.log_softmax(torch.cat([output.cas, output.background[..., None]], -1), -1)
                if module._targets:
                    target = module._batch_targets(batch)
                    losses.append(-(log_p * target).sum())
                    weights.append(target.sum())
                else:
                    shares = module.positive_share, module.config.background_share
                    losses.append(balanced_mil_loss(log_p, batch, *shares))
                    weights.append(torch.ones(()))
            descend(adam, torch.stack(losses).sum() / torch.stack(weights).sum().clamp(min=1), rate)
        if number + 1 < len(training.stages):
            module.after_stage(number, predict, whole.videos)
    module.finish(predict, whole.videos)


BY_HAND = {"topk_mil": topk_mil_by_hand, "mixed": mixed_by_hand}


def run_by_hand(
    name: str, config: Any, training: TrainingConfig, videos: Sequence[TrainingVideo], class_names: tuple[str, ...]
) -> TrainedMethod:
    """What :func:`train` does, by hand."""
    torch.manual_seed(0)
    n_features = videos[0].features.values.shape[1]
    module = METHODS[name].build(config, Setup(n_features, class_names, {}, videos)).train()
    BY_HAND[name](module, training, videos)
    return TrainedMethod(name, config, class_names, {}, n_features, training, module.eval(), 0, ())


def main() -> None:
    """Print both runs' CPU seconds, their ratio and what each has learned."""
    from data import read

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--methods", nargs="+", default=["topk_mil", "mixed@quick"])
    parser.add_argument("--dataset", default="ucf15-dev")
    options = parser.parse_args()
    torch.set_num_threads(1)
    yardstick = read(options.dataset)
    videos, names = yardstick.labelled("video", 0), yardstick.class_names
    for spelled in options.methods:
        name, _, preset = spelled.partition("@")
        config, training = configured(METHODS[name], preset or None)
        times = [time.process_time()]
        ours = train(name, videos, names, config=config, training=training, device="cpu")
        times.append(time.process_time())
        plain = run_by_hand(name, config, training, videos, names)
        times.append(time.process_time())
        fast, slow = np.diff(times)
        print(
            f"{spelled} on {options.dataset}: {fast:.1f} CPU s, by hand {slow:.1f}, ratio {slow / fast:.2f}", flush=True
        )
        reached = [100 * yardstick.score(trained).average_mAP for trained in (ours, plain)]
        print(f"  average mAP {reached[0]:.1f}, by hand {reached[1]:.1f}", flush=True)


if __name__ == "__main__":
    main()
