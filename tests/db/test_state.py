"""What the log of edits amounts to: replaying it gives the state the edits left, and an inverse takes an edit back."""

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.state import VideoState, apply, inverse, replay, within, without
from wtal_core.domain import Segment, merged

ADA, BEN, IMPORT = 1, 2, 3
SHARED = frozenset({IMPORT})
LENGTH = 12


@dataclass(frozen=True)
class Said:
    annotator_id: int
    kind: str
    payload: dict
    source: str = "human"


def spans():
    return st.tuples(st.integers(0, LENGTH - 1), st.integers(1, LENGTH)).map(
        lambda ends: {"start": ends[0], "end": max(ends[0] + 1, ends[1])}
    )


def marks():
    return st.fixed_dictionaries(
        {
            "id": st.sampled_from(["m1", "m2", "m3"]),
            "class": st.sampled_from([1, 2]),
            "level": st.just("full"),
            "first": st.integers(0, 5),
            "last": st.integers(6, LENGTH),
            "model_assisted": st.booleans(),
        }
    )


def payloads():
    classes = st.lists(st.sampled_from([1, 2]), min_size=1, unique=True)
    version = st.sampled_from([1, 2])
    judged = st.builds(lambda span, ids, v: {**span, "classes": ids, "version": v}, spans(), classes, version)
    decided = {"run": st.just(7), "proposal": st.sampled_from([0, 1])}
    return st.one_of(
        st.tuples(st.just("annotation.put"), marks()),
        st.tuples(st.just("annotation.delete"), marks().map(lambda mark: {"id": mark["id"]})),
        st.tuples(
            st.just("label.set"),
            st.fixed_dictionaries({"class": st.sampled_from([1, 2]), "present": st.sampled_from([True, False, None])}),
        ),
        st.tuples(st.sampled_from(["coverage.add", "coverage.remove"]), judged),
        st.tuples(st.just("complete.set"), st.builds(lambda j, c: {**j, "complete": c}, judged, st.booleans())),
        st.tuples(st.sampled_from(["ambiguous.add", "ambiguous.remove"]), spans()),
        st.tuples(st.just("proposal.accept"), st.fixed_dictionaries({**decided, "annotation": st.none() | marks()})),
        st.tuples(st.sampled_from(["proposal.reject", "proposal.reopen"]), st.fixed_dictionaries(decided)),
        st.tuples(st.just("level.set"), st.fixed_dictionaries({"level": st.sampled_from(["video", "full"])})),
        st.tuples(st.just("comment.set"), st.fixed_dictionaries({"text": st.sampled_from(["", "blurred"])})),
    )


def events(who=(ADA, BEN, IMPORT)):
    return st.builds(lambda annotator, said: Said(annotator, *said), st.sampled_from(who), payloads())


def visible(state, who):
    """What one annotator sees: their layer and the shared one, without whose it is."""
    layers = SHARED | {who}
    labels = {}
    for class_id in (1, 2):
        own = state.labels.get((who, class_id), "unsaid")
        labels[class_id] = state.labels.get((IMPORT, class_id)) if own == "unsaid" else own
    covered = {}
    for (layer, class_id, _), judged in state.coverage.items():
        if layer in layers:
            covered[class_id] = merged([*covered.get(class_id, ()), *judged])
    return (
        {key: (m.class_id, m.first, m.last) for key, m in state.marks.items() if m.annotator_id in layers},
        labels,
        covered,
        merged(span for layer in layers for span in state.ambiguous.get(layer, ())),
        {key: said for key, said in state.decisions.items() if key[0] == who},
        state.levels.get(who),
        state.comments.get(who),
    )


def may(state, event):
    """Whether the door lets an edit through: nobody touches another person's annotation."""
    payload = event.payload
    mark_id = payload["id"] if event.kind.startswith("annotation") else (payload.get("annotation") or {}).get("id")
    owner = state.marks[mark_id].annotator_id if mark_id in state.marks else event.annotator_id
    return owner == event.annotator_id or owner in SHARED


@settings(max_examples=150, deadline=None)
@given(st.lists(events(), max_size=25), events(who=(ADA,)))
def test_the_inverse_of_an_edit_gives_back_what_its_annotator_saw(history, edit):
    state = VideoState()
    for event in history:
        if may(state, event):
            apply(state, event, SHARED)
    if not may(state, edit):
        return
    before = visible(state, ADA)
    others = visible(state, BEN)[4:]
    back = inverse(state, ADA, edit.kind, edit.payload, SHARED)
    apply(state, edit, SHARED)
    for undo in back:
        apply(state, Said(ADA, undo["kind"], undo["payload"]), SHARED)
    assert visible(state, ADA) == before
    assert visible(state, BEN)[4:] == others


@settings(max_examples=50, deadline=None)
@given(st.lists(events(), max_size=25), st.integers(0, 25))
def test_replaying_a_log_in_two_parts_is_replaying_it_at_once(history, cut):
    state = replay(history[:cut], SHARED)
    for event in history[cut:]:
        apply(state, event, SHARED)
    assert state == replay(history, SHARED)


@given(st.lists(spans(), max_size=6), spans())
def test_a_span_is_what_is_within_and_what_is_without(parts, hole):
    spans_, cut = merged(Segment(**part) for part in parts), Segment(**hole)
    assert merged([*without(spans_, cut), *within(spans_, cut)]) == spans_
    assert all(not span.overlaps(cut) for span in without(spans_, cut))


def test_coverage_of_a_newer_class_list_takes_the_place_of_the_older():
    """Judged 0-10 under version 1, then 4-6 again under version 2: the rest stays under version 1."""
    judged = {"classes": [1], "start": 0, "end": 10, "version": 1}
    again = {"classes": [1], "start": 4, "end": 6, "version": 2}
    state = replay([Said(ADA, "coverage.add", judged), Said(ADA, "coverage.add", again)], SHARED)
    assert state.coverage == {(ADA, 1, 1): (Segment(0, 4), Segment(6, 10)), (ADA, 1, 2): (Segment(4, 6),)}


def test_a_person_takes_over_an_imported_annotation_by_changing_it():
    mark = {"id": "m", "class": 1, "level": "full", "first": 1, "last": 5, "model_assisted": False}
    state = replay([Said(IMPORT, "annotation.put", mark, "imported")], SHARED)
    assert state.marks["m"].annotator_id == IMPORT
    apply(state, Said(ADA, "annotation.put", {**mark, "last": 6}), SHARED)
    assert (state.marks["m"].annotator_id, state.marks["m"].last, state.marks["m"].source) == (ADA, 6, "human")


def test_an_event_of_an_unknown_kind_says_that_the_program_is_too_old():
    with pytest.raises(ValueError, match="upgrade the program"):
        replay([Said(ADA, "annotation.paint", {})], SHARED)
