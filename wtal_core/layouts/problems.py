"""What is wrong with a published folder, and the files a layout is made of with where the field gets each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

NAMED = 5
"""Names spelled out in a sentence about many."""


class LayoutError(ValueError):
    """A folder, or a file in it, that is not what a layout says; names the place, the reason and what to do."""


@dataclass(frozen=True, slots=True)
class Need:
    """A file or folder of a layout.

    Attributes
    ----------
    what
        Its role in a few words.
    patterns
        Where it may lie, relative to the folder: glob patterns, the preferred first.
    source
        Where the field gets it.
    is_telling
        Whether finding it says that the folder is of this layout.
    is_optional
        Whether the layout can be read without it.
    """

    what: str
    patterns: tuple[str, ...]
    source: str
    is_telling: bool = False
    is_optional: bool = False

    def find(self, folder: Path) -> list[Path]:
        """Everything the first fitting pattern finds, sorted; hidden files left out."""
        for pattern in self.patterns:
            found = sorted(path for path in folder.glob(pattern) if not path.name.startswith("."))
            if found:
                return found
        return []

    def missing(self, folder: Path) -> str:
        """The sentence about its absence."""
        return f"{folder}: {self.what} not found (looked for {' or '.join(self.patterns)}); get it from {self.source}"

    def one(self, folder: Path) -> Path:
        """The one path.

        Raises
        ------
        LayoutError
            If there is none, or several.
        """
        found = self.find(folder)
        if not found:
            raise LayoutError(self.missing(folder))
        if len(found) > 1:
            names = some(str(path.relative_to(folder)) for path in found)
            raise LayoutError(f"{folder}: {self.what} is there {len(found)} times ({names}); keep one in the folder")
        return found[0]


def some(names: Iterable[str]) -> str:
    """A few names, and how many more there are."""
    listed = list(names)
    shown = ", ".join(listed[:NAMED])
    return shown if len(listed) <= NAMED else f"{shown} and {len(listed) - NAMED} more"
