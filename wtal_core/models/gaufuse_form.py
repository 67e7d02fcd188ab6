"""What GauFuse does differently over one base than over another, as data; measured in docs/results/gaufuse.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from wtal_core.inference.scoring import GAUFUSE_STRIP

Rest = Literal["silent", "background", "balanced"]
Contrast = Literal["trace", "both"]
Levels = Literal["absolute", "shares", "both"]


@dataclass(frozen=True, slots=True)
class Form:
    """What is done differently over one base than over another; each has a setting of :class:`GauFuseConfig` that wins.

    Attributes
    ----------
    label_epochs, label_steps
        Passes of each label stage and its least steps.
    label_rate, label_final
        Its learning rate as a share of the base's last, and at its end as a share of its start.
    anew
        Whether the label stages train a fresh network.
    label_weight
        Of the label loss, one for all stages or one for each.
    rest
        What labels say of the background.
    beside
        Whether the network of before the labels has a say at test and in further labels. An ensemble has one voter more
        instead, where the labels train a fresh network; until then it is the oldest that would have lost its vote, and
        labels hear it, too.
    test
        Whether proposals are fused at test, or are the base's own.
    test_levels, test_upsample, test_strip, test_contrast, class_power
        How proposals are made at test where they are fused.
    """

    label_epochs: tuple[int, ...] = (10, 10)
    label_steps: int = 60
    label_rate: tuple[float, ...] = (0.4,)
    label_final: float = 1.0
    anew: bool = False
    label_weight: tuple[float, ...] = (10.0,)
    rest: Rest = "silent"
    beside: bool = False
    test: Literal["fused", "own"] = "fused"
    test_levels: Levels = "absolute"
    test_upsample: int = 1
    test_strip: tuple[float, ...] = GAUFUSE_STRIP
    test_contrast: Contrast = "trace"
    class_power: float = 0.0


PAPER_FORM = Form()
BALANCED_FORM = Form(label_weight=(0.1,), rest="balanced", test_levels="shares", test_upsample=4, class_power=0.5)
"""Of every base but RSKP, whose scores of frames know a background of their own."""
FORMS: Mapping[str, Form] = {
    # a second network, trained as long as the first
    "rskp": replace(
        PAPER_FORM,
        label_epochs=(20,),
        label_steps=300,
        label_rate=(1.0,),
        anew=True,
        label_weight=BALANCED_FORM.label_weight,
        rest="balanced",
        beside=True,
        test="own",
        test_levels="both",
    ),
    # the same
    "ttc_loc": replace(
        BALANCED_FORM,
        label_epochs=(40,),
        label_steps=800,
        label_rate=(1.0,),
        anew=True,
        beside=True,
        test_strip=(0.5, 1.0),
        test_contrast="both",
        class_power=0.0,
    ),
    # its last voter has learned to the end of its rate, and training it on loses more than labels win
    "mixed": replace(
        BALANCED_FORM,
        label_epochs=(8,),
        label_steps=200,
        label_rate=(1.0,),
        label_final=0.02,
        anew=True,
        beside=True,
        label_weight=(1.0,),
    ),
}
"""By base; the others have ``BALANCED_FORM``. The least gain over ucf15-dev and the folds decided."""
