"""What every layout is read into: annotations of a published data set, and the features of its videos in time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from wtal_core.domain import FeatureSequence, SnippetGrid, VideoLabels
from wtal_core.evaluation import GroundTruth
from wtal_core.evaluation.ground_truth import ActionInstance
from wtal_core.features.folder import FolderMeta, check_finite
from wtal_core.formats import AnnotationSet
from wtal_core.layouts.problems import LayoutError, Need

EVALUATED = ("test", "validation")


@dataclass(frozen=True, eq=False)
class StoredFeatures:
    """Features of one video where they lie.

    Attributes
    ----------
    place
        File (and entry in it), for messages.
    shape
        (T, D).
    load
        Reads the values, any float type.
    """

    place: str
    shape: tuple[int, int]
    load: Callable[[], NDArray[Any]]

    def values(self) -> NDArray[np.floating[Any]]:
        """The features, (T, D), float16 or float32, every value finite and not every value zero.

        Raises
        ------
        LayoutError, FeatureFolderError
            With the place named.
        """
        found = self.load()
        if found.shape != self.shape:
            raise LayoutError(f"{self.place}: {found.shape} where {self.shape} was announced; copy the file again")
        if found.dtype.kind != "f":
            raise LayoutError(f"{self.place}: expected numbers with a fraction, got {found.dtype}")
        check_finite(found, self.place)
        if not found.any():
            raise LayoutError(f"{self.place}: every value is 0; the extraction of this video failed, get it again")
        return found if found.dtype in (np.float16, np.float32) else found.astype(np.float32)


@dataclass(frozen=True, eq=False)
class FeatureDataset:
    """A published data set: annotations, splits and features.

    Attributes
    ----------
    layout
        Name in ``LAYOUTS``.
    kind
        What made the features: ``i3d``, ``unt``, ``c3d``, ``tsn``; empty where the folder does not say.
    annotations
        Every annotated video that has features, in file order, with boundaries, ambiguous time, duration and side:
        ``training`` and the evaluated one, ``test`` (THUMOS'14) or ``validation`` (ActivityNet).
    stored
        Features by video.
    grids
        Time base by video.
    meta
        Rate, window and stride of the snippets; ``video_fps`` where the rate differs between videos.
    video_labels
        Official video-level labels where the layout has them beside the boundaries.
    clicks
        One click for each instance, as people gave them, of the videos that have such labels.
    missing
        Annotated videos without features.
    notes
        What is odd, one sentence each.
    """

    layout: str
    kind: str
    annotations: AnnotationSet
    stored: Mapping[str, StoredFeatures]
    grids: Mapping[str, SnippetGrid]
    meta: FolderMeta
    video_labels: Mapping[str, frozenset[str]] = field(default_factory=dict)
    clicks: Mapping[str, VideoLabels] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def class_names(self) -> tuple[str, ...]:
        """The action classes in column order."""
        return self.annotations.classes

    @property
    def evaluated(self) -> str:
        """The side results are reported on."""
        return next((side for side in EVALUATED if side in self.annotations.subsets), "")

    @property
    def n_features(self) -> int:
        """``D``."""
        return next(iter(self.stored.values())).shape[1]

    def of_side(self, side: str) -> list[str]:
        """Videos of a side, in file order."""
        return [video for video, entry in self.annotations.videos.items() if entry.subset == side]

    def sequence(self, video: str) -> FeatureSequence:
        """The features of one video, read now.

        Raises
        ------
        LayoutError, FeatureFolderError
            If the file is damaged, or a value is not a finite number.
        """
        values = self.stored[video].values()
        return FeatureSequence(video, values, self.grids[video], self.meta.streams)

    def sequences(self, videos: Iterable[str]) -> Iterator[FeatureSequence]:
        """The features of several videos, one after the other."""
        return (self.sequence(video) for video in videos)

    def ground_truth(self, side: str) -> GroundTruth:
        """Instances and ambiguous time of a side. Classes said to occur without boundaries are not in it."""
        instances, ambiguous = {}, {}
        for video in self.of_side(side):
            said = self.annotations.videos[video].labels
            instances[video] = tuple(
                ActionInstance(each.label, each.segment) for each in said.annotations if each.segment is not None
            )
            ambiguous[video] = said.ambiguous
        return GroundTruth(instances, ambiguous, side)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person says about a folder that it does not say itself.

    Attributes
    ----------
    features
        Which features where a folder holds several: ``i3d`` or ``unt``.
    annotations
        The annotation file where it does not lie in the folder.
    stride, window
        Frames from one snippet to the next and of a snippet, where they are not the layout's usual ones.
    """

    features: str | None = None
    annotations: Path | None = None
    stride: int | None = None
    window: int | None = None


class Layout(Protocol):
    """How a published data set lies on disk: a module with these members, one file each."""

    TITLE: str
    NEEDS: tuple[Need, ...]

    def read(self, folder: Path, choice: Choice) -> FeatureDataset:
        """The data set in a folder.

        Raises
        ------
        LayoutError, FormatError, FeatureFolderError
            If it is not there, or not all there.
        """
        ...
