"""A tiny data set with the names and habits of THUMOS'14 (or ActivityNet), written in each of the field's layouts.

Four training and three test videos of two classes; the features of an instance's snippets are loud in the columns of
its class, so that a method can learn it in seconds. What is special about a layout (text for numbers, bytes for names,
one file per stream, overlapping windows) is written as the field writes it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

CLASSES = ("Billiards", "HighJump")
SNIPPET = 0.64
WIDTH = 2048


@dataclass(frozen=True)
class Film:
    """A video: seconds, and its instances as (class, start, end)."""

    seconds: float
    instances: tuple[tuple[str, float, float], ...]


FILMS: Mapping[str, Film] = {
    "video_validation_0000051": Film(25.6, (("Billiards", 3.2, 9.6), ("Billiards", 16.0, 19.2))),
    "video_validation_0000052": Film(19.2, (("HighJump", 6.4, 12.8),)),
    "video_validation_0000153": Film(32.0, (("HighJump", 1.92, 8.32), ("HighJump", 19.2, 25.6))),
    "video_validation_0000154": Film(22.4, (("Billiards", 9.6, 16.0),)),
    "video_test_0000004": Film(25.6, (("Billiards", 6.4, 12.8),)),
    "video_test_0000006": Film(19.2, (("HighJump", 3.2, 9.6), ("HighJump", 12.8, 16.0))),
    "video_test_0000278": Film(25.6, (("Billiards", 12.8, 19.2),)),
}
AMBIGUOUS = ("video_test_0000278", 0.0, 1.4)
TRAINING = [name for name in FILMS if "validation" in name]
TEST = [name for name in FILMS if "test" in name]


def features(name: str, *, step: float = SNIPPET, lead: float = 0.0, width: int = WIDTH, n: int | None = None):
    """(T, width) float32: noise, and the class of an instance in columns of its own in both streams."""
    film = FILMS[name]
    count = n if n is not None else round((film.seconds - 2 * lead) / step)
    rng = np.random.default_rng(sum(map(ord, name)))
    values = (0.3 * rng.random((count, width))).astype(np.float32)
    centres = np.round(lead + (np.arange(count) + 0.5) * step, 6)
    for label, start, end in film.instances:
        inside = (centres >= start) & (centres < end)
        first = 64 * CLASSES.index(label)
        for stream in (0, width // 2):
            values[inside, stream + first : stream + first + 64] += 1.5
    return values


def objects(rows) -> np.ndarray:
    """An object array of one row each, as the field's npy files hold them."""
    array = np.empty(len(rows), object)
    for index, row in enumerate(rows):
        array[index] = row
    return array


def ambiguous_text() -> str:
    return "{}  {} {}\n".format(*AMBIGUOUS)


def wtalc(folder: Path, kind: str = "I3D") -> Path:
    """W-TALC: object arrays with bytes for names; the split is called validation and test."""
    home = folder / "Thumos14reduced-Annotations"
    home.mkdir(parents=True)
    step = {"I3D": 0.64, "UNT": 0.4}[kind]
    names = list(FILMS)
    np.save(home / "videoname.npy", np.array(names, "S24"))
    np.save(home / "classlist.npy", np.array(CLASSES, "S17"))
    np.save(home / "subset.npy", np.array(["validation" if n in TRAINING else "test" for n in names], "S10"))
    np.save(home / "duration.npy", np.array([[FILMS[n].seconds] for n in names]))
    np.save(home / "extracted_fps.npy", np.full(len(names), 10))
    np.save(home / "labels.npy", objects([[i[0].encode() for i in FILMS[n].instances] for n in names]))
    np.save(home / "labels_all.npy", objects([sorted({i[0].encode() for i in FILMS[n].instances}) for n in names]))
    np.save(home / "segments.npy", objects([[[i[1], i[2]] for i in FILMS[n].instances] for n in names]))
    (home / "Ambiguous_test.txt").write_text(ambiguous_text())
    arrays = objects([features(n, step=step) for n in names])
    np.save(folder / f"Thumos14reduced-{kind}-JOINTFeatures.npy", arrays)
    return folder


def basnet(folder: Path, *, points: bool = True) -> Path:
    """BaS-Net, CoLA, LACP: a file per stream, numbers of segments as text, no durations."""
    for word, names in (("train", TRAINING), ("test", TEST)):
        for name in names:
            both = features(name)
            for stream, part in (("rgb", both[:, :1024]), ("flow", both[:, 1024:])):
                place = folder / "features" / word / stream
                place.mkdir(parents=True, exist_ok=True)
                np.save(place / f"{name}.npy", part)
        (folder / f"split_{word}.txt").write_text("\n".join(names) + "\n")
    database = {
        name: {
            "subset": "train" if name in TRAINING else "test",
            "annotations": [
                {"segment": [str(start), str(end)], "label": label} for label, start, end in film.instances
            ],
        }
        for name, film in FILMS.items()
    }
    (folder / "gt.json").write_text(json.dumps({"database": database}))
    (folder / "Ambiguous_test.txt").write_text(ambiguous_text())
    if points:
        rows = ["class,class_index,start_frame,stop_frame,video_id,point"]
        for name in TRAINING:
            for label, start, end in FILMS[name].instances:
                middle = round(30 * (start + end) / 2)
                rows.append(f"{label},{CLASSES.index(label)},{round(30 * start)},{round(30 * end)},{name},{middle}")
        (folder / "point_gaussian").mkdir()
        (folder / "point_gaussian" / "point_labels.csv").write_text("\n".join(rows) + "\n")
        (folder / "fps_dict.json").write_text(json.dumps(dict.fromkeys(FILMS, 30.0)))
    return folder


def actionformer(folder: Path, fps: float = 30.0) -> Path:
    """ActionFormer: windows of 16 frames every 4 at the rate of the video; the split is called Validation and Test."""
    (folder / "i3d_features").mkdir(parents=True)
    (folder / "annotations").mkdir()
    for name in FILMS:
        np.save(folder / "i3d_features" / f"{name}.npy", features(name, step=4 / fps, lead=6 / fps))
    database = {
        name: {
            "subset": "Validation" if name in TRAINING else "Test",
            "duration": film.seconds,
            "fps": fps,
            "annotations": [
                {"label": label, "segment": [start, end], "label_id": CLASSES.index(label)}
                for label, start, end in film.instances
            ]
            + [{"label": "Ambiguous", "segment": list(AMBIGUOUS[1:]), "label_id": 20}] * (name == AMBIGUOUS[0]),
        }
        for name, film in FILMS.items()
    }
    (folder / "annotations" / "thumos14.json").write_text(json.dumps({"version": "v", "database": database}))
    return folder


def activitynet_json(path: Path) -> Path:
    """ActivityNet's own json: training and validation, and a testing video whose labels are withheld."""
    database = {
        name: {
            "subset": "training" if name in TRAINING else "validation",
            "duration": film.seconds,
            "annotations": [{"label": label, "segment": [start, end]} for label, start, end in film.instances],
        }
        for name, film in FILMS.items()
    }
    database["withheld"] = {"subset": "testing", "duration": 9.0, "annotations": []}
    path.write_text(json.dumps({"database": database, "taxonomy": [], "version": "VERSION 1.3"}))
    return path


def c3d(folder: Path) -> Path:
    """ActivityNet C3D: hdf5, windows of 16 frames every 8 at a rate nobody states (25 here)."""
    import h5py

    folder.mkdir(parents=True, exist_ok=True)
    with h5py.File(folder / "sub_activitynet_v1-3.c3d.hdf5", "w") as file:
        for name, film in FILMS.items():
            count = (round(25 * film.seconds) - 16) // 8 + 1
            file[f"v_{name}/c3d_features"] = features(name, step=8 / 25, lead=4 / 25, width=500, n=count)
    activitynet_json(folder / "activity_net.v1-3.min.json")
    return folder


def mmaction2(folder: Path) -> Path:
    """MMAction2: 100 x 400 csv per video, a json per side."""
    (folder / "csv_mean_100").mkdir(parents=True)
    sides: dict[str, dict[str, object]] = {"train": {}, "val": {}}
    for name, film in FILMS.items():
        frames = round(30 * film.seconds)
        sides["train" if name in TRAINING else "val"][f"v_{name}"] = {
            "duration_second": film.seconds,
            "duration_frame": frames,
            "feature_frame": frames,
            "fps": 30.0,
            "rfps": 30.0,
            "annotations": [{"segment": [start, end], "label": label} for label, start, end in film.instances],
        }
        values = features(name, step=film.seconds / 100, width=400, n=100)
        header = ",".join(f"f{i}" for i in range(400))
        np.savetxt(folder / "csv_mean_100" / f"v_{name}.csv", values, "%.4f", ",", header=header, comments="")
    for word, database in sides.items():
        (folder / f"anet_anno_{word}.json").write_text(json.dumps(database))
    return folder


WRITERS = {
    "wtalc": wtalc,
    "basnet": basnet,
    "actionformer": actionformer,
    "c3d": c3d,
    "mmaction2": mmaction2,
}
