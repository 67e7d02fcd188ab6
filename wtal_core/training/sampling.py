"""Which videos make up each batch; every draw is the run's generator's, so a run is its seed's."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from wtal_core.training.config import Stage, TrainingConfig
from wtal_core.training.dataset import TrainingSet


def sampler_of(
    videos: TrainingSet, stage: Stage, config: TrainingConfig, rng: np.random.Generator
) -> Sampler | PairSampler:
    """What draws the batches of a stage.

    Raises
    ------
    ValueError
        If the set has no video of the kind the stage trains on.
    """
    complete = videos.is_complete.cpu().numpy()
    chosen = {"all": np.ones_like(complete), "complete": complete, "incomplete": ~complete}[stage.videos]
    indices = np.flatnonzero(chosen)
    if not indices.size:
        raise ValueError(
            f"a stage trains on {stage.videos} videos only, and there is none; "
            "annotate some, or choose another training strategy"
        )
    if config.class_pairs:
        return PairSampler(videos.video_label.cpu().numpy() > 0, config, indices, rng)
    return Sampler(videos.lengths.cpu().numpy(), complete, config, indices, rng)


class Sampler:
    """Batches without replacement in a pass.

    With ``full_per_batch``, complete videos come from a stream of their own that starts again when it is used up, and a
    pass ends when the others are. Batches of one video have no room for two streams and draw from all videos.

    Parameters
    ----------
    lengths, is_complete
        Of the whole set, (V,).
    config
        Batch size, bucket and ``full_per_batch``.
    indices
        The videos that take part.
    rng
        All that is random here.
    """

    def __init__(
        self,
        lengths: NDArray[np.int64],
        is_complete: NDArray[np.bool_],
        config: TrainingConfig,
        indices: NDArray[np.int64],
        rng: np.random.Generator,
    ) -> None:
        self._lengths, self._config, self._rng = lengths, config, rng
        full = indices[is_complete[indices]]
        mixed = config.full_per_batch > 0 and config.batch_size > 1 and 0 < full.size < indices.size
        self._full = full if mixed else indices[:0]
        self._others = indices[~is_complete[indices]] if mixed else indices
        self._n_full = min(config.full_per_batch, config.batch_size - 1, full.size) if mixed else 0
        self._n_others = config.batch_size - self._n_full
        self.steps_per_pass = -(-self._others.size // self._n_others)

    def one_pass(self) -> Iterator[list[int]]:
        """Batches of one pass, as lists of positions."""
        order = self._bucketed(self._rng.permutation(self._others))
        batches = [order[first : first + self._n_others] for first in range(0, order.size, self._n_others)]
        if self._config.bucket > 1:
            batches = [batches[index] for index in self._rng.permutation(len(batches))]
        stream = self._full[:0]
        for batch in batches:
            while stream.size < self._n_full:
                fresh = self._rng.permutation(self._full)
                again = np.isin(fresh, stream)  # still to come in this batch: a batch holds a video once
                stream = np.concatenate([stream, fresh[~again], fresh[again]])
            yield [*map(int, stream[: self._n_full]), *map(int, batch)]
            stream = stream[self._n_full :]

    def _bucketed(self, order: NDArray[np.int64]) -> NDArray[np.int64]:
        """The same videos, sorted by length within each run of ``bucket`` batches."""
        size = self._config.bucket * self._n_others
        if self._config.bucket == 1:
            return order
        chunks = [order[first : first + size] for first in range(0, order.size, size)]
        return np.concatenate([chunk[np.argsort(self._lengths[chunk], kind="stable")] for chunk in chunks])


class PairSampler:
    """Batches of pairs that share a class, filled up with any others: how W-TALC draws them (FACTS 1.1).

    Each batch draws ``class_pairs`` classes anew and two videos of each; similarity between videos is learned from such
    pairs, and where there are many classes a uniform batch seldom holds one. A class with one video gives no pair, and
    a batch holds a video once. A pass has as many batches as one without replacement, and may leave videos out.

    Parameters
    ----------
    present
        True where a video is said to hold a class, of the whole set, (V, C).
    config
        Batch size and ``class_pairs``.
    indices
        The videos that take part.
    rng
        All that is random here.
    """

    def __init__(
        self,
        present: NDArray[np.bool_],
        config: TrainingConfig,
        indices: NDArray[np.int64],
        rng: np.random.Generator,
    ) -> None:
        self._indices, self._config, self._rng = indices, config, rng
        members = [indices[column] for column in present[indices].T]
        self._members = [each for each in members if each.size > 1]
        self.steps_per_pass = -(-indices.size // config.batch_size)

    def one_pass(self) -> Iterator[list[int]]:
        """Batches of one pass, as lists of positions; the pairs come first, each side by side."""
        for _ in range(self.steps_per_pass):
            batch = self._pairs()
            others = self._rng.permutation(np.setdiff1d(self._indices, batch))
            yield [*batch, *map(int, others[: self._config.batch_size - len(batch)])]

    def _pairs(self) -> list[int]:
        """Two videos of each class that is drawn, unless others have used them up."""
        found: list[int] = []
        for class_index in self._rng.permutation(len(self._members))[: self._config.class_pairs]:
            free = np.setdiff1d(self._members[class_index], found)
            if free.size > 1:
                found += map(int, self._rng.permutation(free)[:2])
        return found
