"""Small ground truths and predictions to evaluate, and the plainest possible evaluator to compare with."""

from collections.abc import Sequence

from hypothesis import strategies as st

from wtal_core.domain import Proposal, Segment
from wtal_core.evaluation import ActionInstance, GroundTruth


def seconds(start: float, end: float) -> Segment:
    return Segment.from_seconds(start, end)


def truth(*segments: tuple[float, float], label: str = "jump", video: str = "v") -> GroundTruth:
    return GroundTruth({video: tuple(ActionInstance(label, seconds(*segment)) for segment in segments)})


def proposals(*rows: tuple[float, float, float], label: str = "jump", video: str = "v") -> dict[str, list[Proposal]]:
    return {video: [Proposal(label, seconds(start, end), score) for start, end, score in rows]}


@st.composite
def detections(draw: st.DrawFn) -> tuple[GroundTruth, dict[str, list[Proposal]]]:
    """A few videos and classes on a coarse grid, so that ties of score and of tIoU are common."""
    segment = st.tuples(st.integers(0, 12), st.integers(1, 8)).map(lambda pair: Segment(pair[0], sum(pair)))
    label, videos = st.sampled_from(["jump", "run", "wave"]), ["a", "b", "c"]
    instance = st.builds(ActionInstance, label, segment)
    instances = draw(st.fixed_dictionaries({video: st.lists(instance, max_size=5) for video in videos}))
    if not any(instances.values()):
        instances["a"] = [draw(instance)]
    score = st.sampled_from([0.1, 0.2, 0.3, 0.5])
    found = st.lists(st.builds(Proposal, label, segment, score), max_size=8)
    return (
        GroundTruth({video: tuple(rows) for video, rows in instances.items()}),
        draw(st.fixed_dictionaries(dict.fromkeys(videos, found))),
    )


def plain_ap(ground_truth: GroundTruth, predictions: dict[str, list[Proposal]], label: str, tiou: float) -> float:
    """ActivityNet's algorithm for one class and threshold as a loop (FACTS 9.1), with our order of ties."""
    ranked = sorted(
        ((video, found) for video, rows in predictions.items() for found in rows if found.label == label),
        key=lambda row: (-row[1].score, row[0], row[1].segment),
    )
    wanted = {
        video: [each.segment for each in rows if each.label == label] for video, rows in ground_truth.instances.items()
    }
    n_positives = sum(len(rows) for rows in wanted.values())
    claimed: set[tuple[str, int]] = set()
    hits = []
    for video, found in ranked:
        segments = wanted.get(video, [])
        near_first = sorted(
            range(len(segments)),
            key=lambda index: (
                -found.segment.tiou(segments[index]),
                -abs(found.segment.start + found.segment.end - segments[index].start - segments[index].end),
                -segments[index].start,
            ),
        )
        free = [
            index
            for index in near_first
            if found.segment.tiou(segments[index]) >= tiou and (video, index) not in claimed
        ]
        hits.append(bool(free))
        if free:
            claimed.add((video, free[0]))
    return area(hits, n_positives)


def area(hits: Sequence[bool], n_positives: int) -> float:
    """Area under the precision envelope, point by point."""
    precisions = [sum(hits[: index + 1]) / (index + 1) for index in range(len(hits))]
    return sum(max(precisions[index:]) for index, hit in enumerate(hits) if hit) / n_positives
