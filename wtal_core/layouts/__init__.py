"""How the field's published data sets lie on disk: one file per layout, one row per layout in :data:`LAYOUTS`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wtal_core.layouts import actionformer, activitynet_c3d, basnet, mmaction2, plain, wtalc
from wtal_core.layouts.dataset import Choice, FeatureDataset, Layout, StoredFeatures
from wtal_core.layouts.problems import LayoutError, Need

__all__ = [
    "LAYOUTS",
    "Choice",
    "FeatureDataset",
    "Layout",
    "LayoutError",
    "Need",
    "Recognised",
    "StoredFeatures",
    "read_layout",
    "recognise",
]

LAYOUTS: Mapping[str, Layout] = {
    "wtalc": wtalc,
    "basnet": basnet,
    "actionformer": actionformer,
    "c3d": activitynet_c3d,
    "mmaction2": mmaction2,
    "plain": plain,
}


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a folder looks like.

    Attributes
    ----------
    name
        Key in :data:`LAYOUTS`.
    found
        What of the layout is there, in words.
    missing
        One sentence for each file that the layout cannot do without and that is not there.
    n_telling
        How many of the signs that tell this layout from others are there.
    """

    name: str
    found: tuple[str, ...]
    missing: tuple[str, ...]
    n_telling: int


def recognise(folder: Path) -> list[Recognised]:
    """Every layout the folder shows a sign of, the most likely first."""
    seen = []
    for name, layout in LAYOUTS.items():
        there = [need for need in layout.NEEDS if need.find(folder)]
        missing = [need for need in layout.NEEDS if not need.is_optional and need not in there]
        n_telling = sum(need.is_telling for need in there)
        if n_telling:
            sentences = tuple(need.missing(folder) for need in missing)
            seen.append(Recognised(name, tuple(need.what for need in there), sentences, n_telling))
    return sorted(seen, key=lambda each: (len(each.missing), -each.n_telling))


def read_layout(folder: Path, name: str = "auto", choice: Choice | None = None) -> FeatureDataset:
    """The data set in a folder.

    Parameters
    ----------
    folder
        Where it lies.
    name
        Key in :data:`LAYOUTS`, or ``auto``: the one layout whose files are all there.
    choice
        What the folder does not say itself.

    Raises
    ------
    LayoutError
        If there is no such layout or folder, no layout or several fit, a file is missing (it says where the field gets
        it), damaged, or disagrees with another.
    FormatError, FeatureFolderError
        If an annotation or feature file is damaged; names the file.
    """
    folder = Path(folder)
    chosen = choice or Choice()
    if name not in (*LAYOUTS, "auto"):
        raise LayoutError(f"there is no layout {name!r}; there are auto, {', '.join(LAYOUTS)}")
    if not folder.is_dir():
        what = "this is a file; give the folder it lies in" if folder.exists() else "there is no such folder"
        raise LayoutError(f"{folder}: {what}")
    if chosen.annotations is not None and not chosen.annotations.is_file():
        raise LayoutError(f"{chosen.annotations}: there is no such annotation file")
    return LAYOUTS[_automatic(folder, chosen) if name == "auto" else name].read(folder, chosen)


def _automatic(folder: Path, choice: Choice) -> str:
    """The one layout that fits."""
    seen = recognise(folder)
    if choice.annotations is not None:
        seen = [_with_annotations(each) for each in seen]
    whole = [each for each in seen if not each.missing]
    if len(whole) == 1 or (whole and whole[0].n_telling > whole[1].n_telling):
        return whole[0].name
    if whole:
        names = " and ".join(f"{each.name} ({LAYOUTS[each.name].TITLE})" for each in whole)
        raise LayoutError(f"{folder}: it looks like {names}; say which with --layout")
    if seen:
        best = min(seen, key=lambda each: (len(each.missing), -each.n_telling))
        raise LayoutError(
            f"{folder}: this looks like {LAYOUTS[best.name].TITLE} (there: {', '.join(best.found)}), but "
            + "; ".join(sentence.removeprefix(f"{folder}: ") for sentence in best.missing)
        )
    wanted = "; ".join(
        f"{name}: {', '.join(need.patterns[0] for need in layout.NEEDS if need.is_telling)}"
        for name, layout in LAYOUTS.items()
    )
    raise LayoutError(
        f"{folder}: nothing of a layout this program knows is here; give the folder that holds these ({wanted})"
    )


def _with_annotations(seen: Recognised) -> Recognised:
    """The same where a person has named the annotation file."""
    given = [sentence for sentence in seen.missing if "annotation" not in sentence and "ground truth" not in sentence]
    return Recognised(seen.name, seen.found, tuple(given), seen.n_telling)
