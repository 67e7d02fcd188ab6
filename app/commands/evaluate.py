"""Score predictions against ground truth: mAP at tIoU thresholds, by one of the field's protocols.

GT is an annotation file, PRED an ActivityNet-style results file (or a CSV table with score). Times of both count from
the first picture. Predictions in other videos or of other classes are left out and counted on stderr.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from app.commands.annotation_files import add_format_argument, format_of, read_annotations
from app.commands.console import CommandError, say, say_notes, table

if TYPE_CHECKING:
    from wtal_core.domain import Segment
    from wtal_core.evaluation import EvaluationReport, GroundTruth, SnippetRate
    from wtal_core.formats import AnnotationSet

SUMMARY = "score predictions: mAP, average mAP, AP per class"
PROTOCOL_NAMES = ("activitynet", "thumos14", "wtalc", "wtalc-best")
"""Keys of ``wtal_core.evaluation.PROTOCOLS``; a test compares them."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("ground_truth", metavar="GT", type=Path, help="annotation file")
    parser.add_argument("predictions", metavar="PRED", type=Path, help="results file")
    parser.add_argument("--subset", help="evaluate these videos only, e.g. validation (default: all of GT)")
    parser.add_argument(
        "--tiou", default="0.3:0.7:0.1", help="thresholds 0.3,0.5,0.7 or first:last:step (default: %(default)s)"
    )
    parser.add_argument(
        "--protocol",
        choices=PROTOCOL_NAMES,
        default="activitynet",
        help="matching and AP: activitynet (default), thumos14 (TH14evaldet), wtalc (whole snippets, first match), "
        "wtalc-best (whole snippets, best match, interpolated: 3C-Net, RSKP)",
    )
    parser.add_argument("--ambiguous", metavar="FILE", type=Path, help="ambiguous time, as in Ambiguous_test.txt")
    parser.add_argument("--fps", help="frames per second of the wtalc protocols' snippets (default 25)")
    parser.add_argument("--stride", type=int, help="frames per snippet of the wtalc protocols (default 16)")
    parser.add_argument("--json", action="store_true", help="print the report as JSON; values are fractions")
    add_format_argument(parser)


def run(options: argparse.Namespace) -> int:
    """Evaluate and print."""
    from wtal_core.evaluation import evaluate, parse_thresholds, unused_predictions

    tiou = parse_thresholds(options.tiou)
    if options.protocol == "activitynet" and (options.ambiguous or options.fps or options.stride):
        raise CommandError(
            "the activitynet protocol knows no ambiguous time and no snippets: "
            "leave out --ambiguous, --fps and --stride, or choose --protocol thumos14 or wtalc"
        )
    rate = _rate(options)
    annotations = read_annotations(options.ground_truth, options.format).of_subset(options.subset)
    predictions = format_of(options.predictions, None).read_predictions(options.predictions)
    truth = _ground_truth(annotations, options.subset, _ambiguous(options.ambiguous))
    say_notes(unused_predictions(truth, predictions))
    silent = sum(not predictions.get(video) for video in truth.instances)
    if silent:
        say(f"{silent} of {len(truth.instances)} videos have no prediction; what happens in them counts as missed")
    report = evaluate(truth, predictions, protocol=options.protocol, tiou=tiou, rate=rate)
    print(json.dumps(report.to_json(), ensure_ascii=False) if options.json else _text(report))
    return 0


def _rate(options: argparse.Namespace) -> SnippetRate | None:
    from fractions import Fraction

    from wtal_core.evaluation import SnippetRate
    from wtal_core.formats.reading import number

    if options.fps is None and options.stride is None:
        return None
    try:
        fps = Fraction(25) if options.fps is None else number(options.fps, "--fps")
    except ValueError:
        raise CommandError(f"--fps is a number of frames per second, got {options.fps!r}") from None
    return SnippetRate(fps, 16 if options.stride is None else options.stride)


def _ambiguous(path: Path | None) -> dict[str, tuple[Segment, ...]]:
    from wtal_core.formats.thumos_text import read_spans

    return {} if path is None else read_spans(path)


def _ground_truth(
    annotations: AnnotationSet, subset: str | None, ambiguous: dict[str, tuple[Segment, ...]]
) -> GroundTruth:
    """The truth of the annotated videos; classes without boundaries are told and left out."""
    from dataclasses import replace

    from wtal_core.evaluation import GroundTruth
    from wtal_core.formats import subset_name

    kept, notes = [], []
    for video, labels in annotations.labels.items():
        if labels.classes is None:
            notes.append(f"video {video!r} is unlabelled and not evaluated")
            continue
        missing = labels.classes - {annotation.label for annotation in labels.annotations}
        if missing:
            notes.append(f"video {video!r}: {', '.join(sorted(missing))} has no boundaries and is not evaluated")
        kept.append(
            replace(
                labels,
                classes=labels.classes - missing,
                ambiguous=(*labels.ambiguous, *ambiguous.get(video, ())),
            )
        )
    say_notes(notes)
    return GroundTruth.from_labels(kept, subset_name(subset))


def _text(report: EvaluationReport) -> str:
    """Two tables in percent."""
    columns = [f"{level:g}" for level in report.tiou]
    rows = [("mAP", *(f"{100 * value:.2f}" for value in report.mAP), f"{100 * report.average_mAP:.2f}")]
    rows += [
        (label, *(f"{100 * value:.2f}" for value in values), f"{100 * sum(values) / len(values):.2f}")
        for label, values in report.ap.items()
    ]
    facts = f"{report.protocol}, {report.n_predictions} predictions, {report.n_ground_truth} instances"
    return f"{facts}; percent\n{table(('tIoU', *columns, 'average'), rows)}"
