"""BaS-Net, WUM, CoLA and LACP: ``features/{train,test}/{rgb,flow}/<video>.npy``, two split lists, ``gt.json``.

Facts (FACTS 10.2): each file is (T, 1024), I3D of one stream, 16 frames at 25 fps without overlap; 200 training and 210
test videos (270, 1292 and 1496 are absent); the numbers of a segment in ``gt.json`` are text; no durations, so a video
lasts as long as its snippets. LACP adds one click per instance in frames and the frame rates they count in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wtal_core.domain import VideoLabels
from wtal_core.features.folder import FolderMeta
from wtal_core.formats import AnnotationSet, activitynet, point_files, thumos_text
from wtal_core.formats import reading as checked
from wtal_core.layouts.arrays import header_of
from wtal_core.layouts.assembly import Parts, assembled
from wtal_core.layouts.dataset import Choice, FeatureDataset, StoredFeatures
from wtal_core.layouts.problems import LayoutError, Need, some

TITLE = "BaS-Net, CoLA and LACP folders"
REPOSITORY = "https://github.com/Pilhyeon/BaSNet-pytorch"
LACP = "https://github.com/Pilhyeon/Learning-Action-Completeness-from-Points"
STREAMS = ("rgb", "flow")
SIDES = {"training": "train", "test": "test"}
FEATURES = {
    (side, stream): Need(
        f"the {stream} features of the {side} videos",
        (f"features/{word}/{stream}", f"{word}/{stream}"),
        f"the feature link in the README of {REPOSITORY}",
        is_telling=True,
    )
    for side, word in SIDES.items()
    for stream in STREAMS
}
SPLITS = {
    side: Need(
        f"the list of {side} videos (split_{word}.txt)",
        (f"split_{word}.txt", f"*/split_{word}.txt"),
        REPOSITORY,
        is_telling=True,
    )
    for side, word in SIDES.items()
}
TRUTH = Need("the ground truth (gt.json)", ("gt.json", "*/gt.json"), f"{REPOSITORY} (or LACP: {LACP})")
POINTS = Need(
    "LACP's clicks (point_labels.csv)",
    ("point_gaussian/point_labels.csv", "point_labels.csv", "*/point_labels.csv"),
    LACP,
    is_optional=True,
)
RATES = Need(
    "the frame rates LACP's clicks count in (fps_dict.json)",
    ("fps_dict.json", "*/fps_dict.json"),
    LACP,
    is_optional=True,
)
AMBIGUOUS = Need(
    "the ambiguous time of THUMOS'14 (Ambiguous_test.txt)",
    ("Ambiguous_test.txt", "*/Ambiguous_test.txt"),
    "the THUMOS'14 test annotations, or the annotation folder of https://github.com/sujoyp/wtalc-pytorch",
    is_optional=True,
)
NEEDS: tuple[Need, ...] = (*FEATURES.values(), *SPLITS.values(), TRUTH, POINTS, RATES, AMBIGUOUS)
META = FolderMeta(Fraction(25), 16, 16, {"rgb": (0, 1024), "flow": (1024, 2048)})


def read(folder: Path, choice: Choice) -> FeatureDataset:
    """The data set in a folder.

    Raises
    ------
    LayoutError, FormatError, FeatureFolderError
        If a file is missing, damaged, or disagrees with another; the message names it.
    """
    truth = choice.annotations or TRUTH.one(folder)
    annotations = activitynet.read(truth)
    splits = {side: _split(need.one(folder)) for side, need in SPLITS.items()}
    notes: list[str] = []
    annotations = _split_up(annotations, splits, truth, notes)
    spans = AMBIGUOUS.find(folder)
    if spans:
        annotations = with_ambiguous(annotations, thumos_text.read_spans(spans[0]))
    stored = {}
    for side, videos in splits.items():
        folders = {stream: FEATURES[side, stream].one(folder) for stream in STREAMS}
        for video in videos:
            files = {stream: place / f"{video}.npy" for stream, place in folders.items()}
            if any(file.is_file() for file in files.values()):
                stored[video] = _both(video, files)
    clicks = _clicks(folder, annotations, notes)
    return assembled(Parts("basnet", "i3d", folder, annotations, stored, META, clicks=clicks, notes=tuple(notes)))


def _split(path: Path) -> list[str]:
    names = [line.strip() for line in checked.read_text(path).splitlines() if line.strip()]
    twice = len(names) - len(set(names))
    if twice:
        raise LayoutError(f"{path}: {twice} videos are listed twice")
    return [checked.video_id(name, str(path)) for name in names]


def _split_up(
    annotations: AnnotationSet, splits: Mapping[str, list[str]], truth: Path, notes: list[str]
) -> AnnotationSet:
    """The listed videos in the order of the lists, each on the side of its list."""
    both = set(splits["training"]) & set(splits["test"])
    if both:
        raise LayoutError(f"{truth.parent}: {len(both)} videos are in both split lists: {some(sorted(both))}")
    videos = {}
    for side, names in splits.items():
        absent = [name for name in names if name not in annotations.videos]
        if absent:
            raise LayoutError(
                f"{truth}: {len(absent)} videos of split_{SIDES[side]}.txt are not in it: {some(absent)}; the files "
                "are of different versions"
            )
        for name in names:
            entry = annotations.videos[name]
            if entry.subset not in (side, None):
                raise LayoutError(f"{truth}: {name} is {entry.subset} there and in split_{SIDES[side]}.txt here")
            videos[name] = replace(entry, subset=side)
    unlisted = [name for name in annotations.videos if name not in videos]
    if unlisted:
        notes.append(f"{len(unlisted)} annotated videos are in no split list, and are not used: {some(unlisted)}")
    return replace(annotations, videos=videos)


def with_ambiguous(annotations: AnnotationSet, spans: Mapping[str, tuple[Any, ...]]) -> AnnotationSet:
    """The same with the ambiguous time of a THUMOS'14 list."""
    return replace(
        annotations,
        videos={
            name: replace(
                entry, labels=replace(entry.labels, ambiguous=(*entry.labels.ambiguous, *spans.get(name, ())))
            )
            for name, entry in annotations.videos.items()
        },
    )


def _both(video: str, files: Mapping[str, Path]) -> StoredFeatures:
    """RGB and flow of one video, side by side."""
    shapes = {stream: header_of(file).shape for stream, file in files.items()}
    if shapes["rgb"][0] != shapes["flow"][0]:
        raise LayoutError(
            f"{files['flow']}: {shapes['flow'][0]} snippets of flow and {shapes['rgb'][0]} of rgb; a stream of "
            f"{video} was cut off, get it again"
        )
    width = shapes["rgb"][1] + shapes["flow"][1]

    def load() -> NDArray[Any]:
        return np.concatenate([header_of(files[stream]) for stream in STREAMS], axis=1)

    return StoredFeatures(f"{files['rgb'].parent.parent}/*/{video}.npy", (shapes["rgb"][0], width), load)


def _clicks(folder: Path, annotations: AnnotationSet, notes: list[str]) -> dict[str, VideoLabels]:
    """LACP's clicks, if they are there and their frames can be turned into times."""
    found = POINTS.find(folder)
    if not found:
        return {}
    rates = RATES.find(folder)
    if not rates:
        notes.append(f"{RATES.missing(folder)}; without it the clicks of {found[0].name} are not used")
        return {}
    clicks = point_files.read_lacp(found[0], point_files.read_rates(rates[0]))
    foreign = {each.label for said in clicks.values() for each in said.annotations} - set(annotations.classes)
    if foreign:
        raise LayoutError(f"{found[0]}: classes that gt.json does not know: {some(sorted(foreign))}")
    return clicks
