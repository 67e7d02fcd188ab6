"""The words of temporal action localization, read first.

Everything here is frozen and checked in its constructor: a wrong value dies where it is made, with a message that says
what came and what to do. Times are integer microseconds of raw presentation time, half-open ``[start, end)``; what is
shown and exported counts from the first picture (:attr:`Video.origin`) and is converted at that border only.
:class:`SnippetGrid` is the only converter between times and snippets. What a person says (:class:`Annotation`) and what
a model says (:class:`Proposal`) are different types and never share a list.
"""

from wtal_core.domain.labels import (
    ActionClass,
    Annotation,
    Coverage,
    Proposal,
    Subset,
    SupervisionLevel,
    Video,
    VideoLabels,
)
from wtal_core.domain.sequences import ActivationSequence, FeatureSequence, SnippetGrid, VideoPrediction
from wtal_core.domain.times import MICROSECONDS, Segment, merged, to_microseconds, to_seconds

__all__ = [
    "MICROSECONDS",
    "ActionClass",
    "ActivationSequence",
    "Annotation",
    "Coverage",
    "FeatureSequence",
    "Proposal",
    "Segment",
    "SnippetGrid",
    "Subset",
    "SupervisionLevel",
    "Video",
    "VideoLabels",
    "VideoPrediction",
    "merged",
    "to_microseconds",
    "to_seconds",
]
