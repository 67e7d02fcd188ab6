"""How the field's published data sets lie on disk: one file per layout, one row per layout in :data:`LAYOUTS`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wtal_core.layouts import actionformer, activitynet_c3d, basnet, mmaction2, plain, wtalc
from wtal_core.layouts.dataset import Choice, FeatureDataset, Layout, StoredFeatures
from wtal_core.layouts.problems import LayoutError, Need, some

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
    share
        How much of what tells this layout from others is there, 0 to 1.
    """

    name: str
    found: tuple[str, ...]
    missing: tuple[str, ...]
    share: float


def recognise(folder: Path) -> list[Recognised]:
    """Every layout the folder shows a sign of, the most likely first."""
    seen = []
    for name, layout in LAYOUTS.items():
        there = [need for need in layout.NEEDS if need.find(folder)]
        missing = [need for need in layout.NEEDS if not need.is_optional and need not in there]
        share = sum(need.is_telling for need in there) / sum(need.is_telling for need in layout.NEEDS)
        if share > 0:
            sentences = tuple(need.missing(folder) for need in missing)
            seen.append(Recognised(name, tuple(need.what for need in there), sentences, share))
    return sorted(seen, key=_likelihood)


def _likelihood(seen: Recognised) -> tuple[bool, float, int]:
    """Whole layouts first, then those of which most is there."""
    return bool(seen.missing), -seen.share, len(seen.missing)


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
    if len(whole) == 1:
        return whole[0].name
    if whole:
        names = " and ".join(f"{each.name} ({LAYOUTS[each.name].TITLE})" for each in whole)
        raise LayoutError(f"{folder}: it looks like {names}; say which with --layout")
    if seen:
        best = min(seen, key=_likelihood)
        raise LayoutError(
            f"{folder}: this looks like {LAYOUTS[best.name].TITLE} (there: {some(best.found)}), but "
            + "; ".join(sentence.removeprefix(f"{folder}: ") for sentence in best.missing)
            + _above(folder, best.name)
        )
    wanted = "; ".join(
        f"{name}: {', '.join(need.patterns[0] for need in layout.NEEDS if need.is_telling)}"
        for name, layout in LAYOUTS.items()
    )
    raise LayoutError(
        f"{folder}: nothing of a layout this program knows is here; give the folder that holds these ({wanted})"
        + _above(folder)
    )


def _above(folder: Path, name: str | None = None) -> str:
    """The advice to take the folder above, where that is a whole data set and this one, of layout ``name`` if any, is
    no other that happens to lie in it.
    """
    folder = folder.resolve()
    for each in recognise(folder.parent):
        if not each.missing and (name in (None, each.name) or _is_part(folder, LAYOUTS[each.name])):
            title = LAYOUTS[each.name].TITLE
            return f". The folder above it, {folder.parent}, looks whole ({title}): give that"
    return ""


def _is_part(folder: Path, layout: Layout) -> bool:
    """Whether something that the layout cannot do without lies in a folder, seen from the one above."""
    needs = (need for need in layout.NEEDS if not need.is_optional)
    return any(path.is_relative_to(folder) for need in needs for path in need.find(folder.parent))


def _with_annotations(seen: Recognised) -> Recognised:
    """The same where a person has named the annotation file."""
    given = [sentence for sentence in seen.missing if "annotation" not in sentence and "ground truth" not in sentence]
    return Recognised(seen.name, seen.found, tuple(given), seen.share)
