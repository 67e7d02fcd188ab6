"""The ablation of ``mixed``: each row takes one part away. It has no printed numbers."""

from __future__ import annotations

from .table import PaperTable

PARTS = {
    "class_power": ("+class_power=0", "class score in the product"),
    "quality": (
        "+parts=0+contrast=coarse+outer_ratio=0.75",
        "left-out videos and the learned quality of segments; contrast scores instead",
    ),
    "votes": ("+voters=1", "votes: the last network alone"),
    "noise": ("+noise=0+input_dropout=0", "noise and dropout of the input"),
    "erosion": ("+learned_share=0.55", "a share of the peak of its own for networks that know ends"),
    "share": ("+positive_share=0.166667", "as many snippets of a class in round 0 as make up .42 of a video, for 1/6"),
    "teacher": ("+teacher_share=0", "the last network's probabilities in the targets"),
}
"""What is taken away, and what it is."""
EVERYWHERE = ("class_power", "quality", "votes", "noise")
BY_SUPERVISION = {
    "video": (*EVERYWHERE, "teacher", "share"),
    "one": (*EVERYWHERE, "erosion", "share"),
    "full": EVERYWHERE,
}
"""Clicks are what is grown to a share of its peak, video labels are what a teacher speaks for; complete videos have no
round 0 that would take a share of them.
"""


def ablation(supervision: str) -> PaperTable:
    """One column of the ablation."""
    whole = f"mixed:{supervision}"
    without = [whole + PARTS[name][0] for name in BY_SUPERVISION[supervision]]
    recipe = f"{whole}@recipe"
    parts = "; ".join(PARTS[name][1] for name in BY_SUPERVISION[supervision])
    return PaperTable(
        f"what each part is worth, {supervision}: without {parts}",
        dict.fromkeys((whole, *without, recipe)),
        tuple((cell, whole) for cell in (*without, recipe)),
        "no paper's table",
    )


TABLES = {f"ablation {name}": ablation(name) for name in BY_SUPERVISION}
