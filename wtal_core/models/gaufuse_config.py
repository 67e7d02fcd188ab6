"""GauFuse's settings and its bases; the paper's form and the public code's are in ``gaufuse_presets``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from wtal_core.domain import VideoPrediction
from wtal_core.inference.contrast import Cut, gate_traces, softmax_traces
from wtal_core.inference.fusion import FusionRule, Template
from wtal_core.inference.nms import Overlap
from wtal_core.inference.scoring import GAUFUSE_STRIP, Ends
from wtal_core.inference.thresholds import NINETEEN_LEVELS
from wtal_core.models import mixed, rskp, segment_level, topk_mil, ttc_loc
from wtal_core.models.gaufuse_form import BALANCED_FORM, FORMS, Form, Levels
from wtal_core.models.gaufuse_labels import Program
from wtal_core.models.method import MethodEntry, configured
from wtal_core.models.rskp_config import THRESHOLDS, both_levels
from wtal_core.training.config import TrainingConfig, check_number, check_whole

BASES: Mapping[str, MethodEntry] = {
    "rskp": rskp.ENTRY,
    "topk_mil": topk_mil.ENTRY,
    "ttc_loc": ttc_loc.ENTRY,
    "mixed": mixed.ENTRY,
    "segment_level": segment_level.ENTRY,
}
STAGED = ("label_rate", "label_weight", "temperature", "delta")
"""Fields with one value for each label stage, or one for all."""


def _setting(default: Any, help_text: str) -> Any:
    return field(default=default, metadata={"help": help_text})


@dataclass(frozen=True, slots=True)
class GauFuseConfig:
    """Settings; the defaults were chosen on ucf15-dev and Weizmann folds (docs/results/gaufuse.md)."""

    base: Literal["rskp", "topk_mil", "ttc_loc", "mixed", "segment_level"] = _setting(
        "rskp", "the method that gives the class activation; paper rskp"
    )
    base_preset: str = _setting("", "preset of the base; empty for its defaults")
    base_settings: tuple[str, ...] = _setting((), "settings of the base, NAME=VALUE each; training.NAME its training's")
    label_epochs: tuple[int, ...] = _setting(
        (), "passes of each label stage, labels are renewed between them; empty: by base, over rskp 20"
    )
    label_steps: int | None = _setting(None, "least steps of a label stage; none: by base, over rskp 300")
    label_rate: tuple[float, ...] = _setting(
        (), "learning rate of each label stage, shares of the base's last; empty: by base, over rskp 1"
    )
    label_final: float | None = _setting(
        None, "learning rate at the end of a label stage, share of its start, 1 is constant; none: by base, mostly 1"
    )
    label_weight: tuple[float, ...] = _setting(
        (), "weight of the label loss in each label stage; code 10 to 50; empty: by base, mostly .1"
    )
    delta: tuple[float, ...] = _setting(
        (0.0,), "of each label stage: 0 learns the label, else so many times its change; code 0, then 2 and 2.15"
    )
    anew: bool | None = _setting(None, "a fresh network for the label stages; paper false; none: by base")
    beside: bool | None = field(
        default=None,
        metadata={
            "help": "the network of before the labels has a say at test: the mean of both, or one more voter in an"
            " ensemble; paper false; none: by base",
            "later": True,
        },
    )
    fresh_optimizer: bool = field(
        default=True, metadata={"help": "forget Adam's moments before the label stages; paper false", "later": True}
    )
    template: Template = field(
        default="gaussian", metadata={"help": "how candidates become one in labels (table 3); nms keeps the best"}
    )
    temperature: tuple[float, ...] = _setting((0.1,), "tau of the fusion in labels; paper .1, code .02 to .0016")
    fusion_overlap: Overlap = field(
        default="iou", metadata={"help": "overlap that fuses: iou (paper), or lower: of the lower-scored length"}
    )
    fusion_threshold: float = _setting(0.5, "least overlap that fuses; paper unstated, code .25 of the lower-scored")
    weighed: Literal["contrast", "inner"] = _setting("contrast", "what weights come from: contrast (paper) or inner")
    label_mix: float = _setting(0.8, "rskp: share of the plain branch in the traces of labels; 0.8")
    class_threshold: float = _setting(0.16, "least video score of a class in labels that are not gated; 0.16")
    gated: bool = _setting(True, "labels only for classes the video is said to hold; code false")
    solve: bool = _setting(True, "linear programming; false: a snippet has its best instance's score")
    normalised: bool = _setting(True, "rows of means (paper); false: the code's +1 and -1")
    upper: float = _setting(math.inf, "bound on y: inf (paper) or 1 (code)")
    to_peak: bool = _setting(False, "divide each class's label by its greatest value; paper false")
    rest: Literal["auto", "silent", "background", "balanced"] = _setting(
        "auto",
        "where y is below 1: silent (paper), teach the background with what is missing, or balanced: with as much as"
        " the actions of the video have; auto: by base, balanced over all there are",
    )
    label_background: bool = field(
        default=False,
        metadata={
            "help": "rskp: the background's own column has labels, made as a class's are, where its video score reaches"
            " class_threshold; rest is silent then; code true",
            "later": True,
        },
    )
    label_propagation: float = field(
        default=1.0,
        metadata={
            "help": "rskp: weight of the imitation of the walk in the label stages, share of the base's last; code 2,"
            " .5 becomes 1",
            "later": True,
        },
    )
    empty_memory: bool = _setting(False, "rskp: forget the memory whenever labels are made; code true")
    activation: Literal["softmax", "gate"] = _setting(
        "softmax",
        "what is thresholded over other bases than rskp: softmax over classes and background, or sigmoid(s - b)",
    )
    levels: Literal["auto", "absolute", "shares", "both"] = _setting(
        "auto",
        "thresholds in labels: absolute .001 to .039 (paper), shares .05 to .95 of the maximum, or both: the absolute"
        " ones and shares to .3; auto: absolute over rskp, shares over the others",
    )
    test_levels: Literal["auto", "absolute", "shares", "both"] = _setting(
        "auto", "the same at test; auto: both over rskp, shares over the others"
    )
    strip: tuple[float, ...] = _setting(GAUFUSE_STRIP, "outer strips in labels, a * length ** b; paper .0785,.9")
    test_strip: tuple[float, ...] = _setting((), "the same at test; paper .0785,.9; empty: that, and .5,1 over ttc_loc")
    ends: Ends = field(default="exact", metadata={"help": "exact, or the public code's ends one snippet late"})
    test: Literal["auto", "fused", "own"] = _setting(
        "auto",
        "proposals by fusion (paper), or the base's own; auto: own over rskp, and where the base has learned to order"
        " them",
    )
    test_template: Template = field(default="gaussian", metadata={"help": "the same as template, at test"})
    test_temperature: float = _setting(0.03, "tau at test; paper .03, code .2")
    test_mix: float = _setting(0.85, "rskp: share of the plain branch in the traces at test; 0.85")
    test_upsample: int | None = _setting(
        None, "samples a snippet at test; paper 16 (the frame rate), code 1; none: 1 over rskp, 4 over the others"
    )
    test_contrast: Literal["auto", "trace", "both"] = _setting(
        "auto",
        "score of a candidate at test: its contrast on the trace (paper), or both: the root of that times its contrast"
        " on s - b where s > b; auto: both over ttc_loc",
    )
    class_power: float | None = _setting(
        None,
        "power of the video score a fused proposal's score is multiplied with; paper 0; none: 0 over rskp and ttc_loc,"
        " .5 over the others",
    )

    def __post_init__(self) -> None:
        check_whole(1, test_upsample=self.form.test_upsample)
        check_whole(0, label_steps=self.form.label_steps)
        for epochs in self.form.label_epochs:
            check_whole(1, label_epochs=epochs)
        for name in STAGED:
            for value in self._given(name):
                check_number(1e-9 if name in {"label_rate", "temperature"} else 0.0, open_end=False, **{name: value})
        check_number(0, 1, label_mix=self.label_mix, test_mix=self.test_mix, class_threshold=self.class_threshold)
        check_number(0, 1, open_end=True, fusion_threshold=self.fusion_threshold)
        check_number(0, 1, label_final=self.form.label_final)
        check_number(1e-9, test_temperature=self.test_temperature)
        check_number(0, class_power=self.form.class_power)
        for name, strip in (("strip", self.strip), ("test_strip", self.form.test_strip)):
            if len(strip) != 2 or min(strip) <= 0:
                raise ValueError(f"{name} is two positive numbers, got {strip}")
        if not self.upper > 0:
            raise ValueError(f"upper is positive, got {self.upper}")
        if self.delta and self.delta[0]:
            raise ValueError(f"the first labels have nothing to differ from: delta must begin with 0, got {self.delta}")
        check_number(0, label_propagation=self.label_propagation)
        if self.base != "rskp" and (self.label_background or self.label_propagation != 1):
            raise ValueError(
                f"label_background and label_propagation are about RSKP's background column and walk, which {self.base}"
                " does not have; leave them at false and 1, or set base to rskp"
            )
        if self.label_background and self.form.rest != "silent":
            raise ValueError(
                f"label_background and rest={self.form.rest} both say what the background learns; set rest to silent"
            )
        if self.beside and not self.form.anew and self._is_ensemble:
            raise ValueError(
                f"beside={self.beside} with anew=false: over {self.base} the network of the labels joins those that"
                " vote, and one that goes on from a voter takes its place; set anew to true, or leave beside out"
            )
        _ = self.base_config  # refuses a preset or setting that the base does not have

    def each(self, name: str) -> tuple[float, ...]:
        """A field of ``STAGED`` with one value for each label stage."""
        values = self._given(name)
        n_stages = len(self.form.label_epochs)
        if len(values) not in (1, n_stages):
            raise ValueError(f"{name} has {len(values)} values for {n_stages} label stages; give one, or one for each")
        return values if len(values) == n_stages else values * n_stages

    def _given(self, name: str) -> tuple[float, ...]:
        form = self.form
        values: tuple[float, ...] = getattr(form if hasattr(form, name) else self, name)
        return values

    @property
    def has_a_voter_more(self) -> bool:
        """Whether the base is an ensemble and the network of the labels joins it, where it would replace a voter."""
        return self.form.beside and self._is_ensemble

    @property
    def form(self) -> Form:
        """What the base asks for, and the settings that say otherwise."""
        told = {each.name: getattr(self, each.name) for each in fields(Form)}
        given = {name: value for name, value in told.items() if value not in (None, (), "auto")}
        form = replace(FORMS.get(self.base, BALANCED_FORM), **given)
        goes_on = not form.anew and self._is_ensemble  # from a voter, whose place it takes
        return replace(form, beside=False) if goes_on and self.beside is None else form

    @property
    def _is_ensemble(self) -> bool:
        return hasattr(BASES[self.base].config(), "voters")

    def _base(self) -> tuple[Any, TrainingConfig]:
        pairs = [text.partition("=") for text in self.base_settings if text]
        wrong = [text for text, equals, _ in pairs if not equals]
        if wrong:
            raise ValueError(f"base_settings are NAME=VALUE, got {', '.join(wrong)}")
        settings = {name.strip(): value.strip() for name, _, value in pairs}
        config, training = configured(BASES[self.base], self.base_preset or None, settings)
        if self.has_a_voter_more:
            config = replace(config, voters=config.voters + 1)
        return config, training

    @property
    def base_config(self) -> Any:
        """The base's own config."""
        return self._base()[0]

    @property
    def base_training(self) -> TrainingConfig:
        """How the base trains before there are labels."""
        return self._base()[1]

    @property
    def cut(self) -> Cut:
        """How candidates of labels are made."""
        default: Levels = "absolute" if self.base == "rskp" else "shares"
        return self._cut(default if self.levels == "auto" else self.levels, self.strip, upsample=1)

    @property
    def test_cut(self) -> Cut:
        """How candidates are made at test."""
        return self._cut(self.form.test_levels, self.form.test_strip, self.form.test_upsample)

    def _cut(self, levels: Levels, strip: tuple[float, ...], upsample: int) -> Cut:
        scale, power = strip
        if levels == "shares":
            return Cut(NINETEEN_LEVELS, "maximum", (scale, power), self.ends, upsample)
        if levels == "both":
            return both_levels((scale, power), self.ends, upsample)
        return Cut(THRESHOLDS, "absolute", (scale, power), self.ends, upsample)

    def label_rule(self, number: int) -> FusionRule:
        """How candidates are fused for the labels of stage ``number``."""
        tau = self.each("temperature")[number]
        return FusionRule(self.template, tau, self.fusion_threshold, self.fusion_overlap, self.weighed)

    @property
    def test_rule(self) -> FusionRule:
        """How candidates are fused at test."""
        return FusionRule(
            self.test_template, self.test_temperature, self.fusion_threshold, self.fusion_overlap, self.weighed
        )

    @property
    def program(self) -> Program:
        """How fused instances become a label."""
        return Program(self.normalised, self.upper, self.solve, self.to_peak)


def traces_of(
    base: Any, prediction: VideoPrediction, mix: float, activation: Literal["softmax", "gate"] = "softmax"
) -> NDArray[np.floating]:
    """What is thresholded, (T, C), 0 to 1.

    Parameters
    ----------
    base, prediction
        The base and what it says of a video.
    mix
        Share of the plain branch in RSKP's own frame scores.
    activation
        Over other bases; see :class:`GauFuseConfig`.
    """
    if "spread" in prediction.extras:
        traces: NDArray[np.floating] = base.traces(prediction, mix)
        return traces
    return gate_traces(prediction) if activation == "gate" else softmax_traces(prediction)
