"""What the log of edits amounts to: pure functions from events to the current labels of one video.

Each annotator has a layer of their own. Layers of annotators who are no persons (imports, simulations) are *shared*:
everybody sees them, and a person's edit may take from them. Applying the log of a video from its first event gives the
very state that the tables hold; :func:`inverse` says beforehand how to take an edit back.

Payloads name classes by number, so that renaming a class changes nothing here:

| kind | payload |
|---|---|
| ``annotation.put`` | ``id, class, level, first, last, model_assisted``, perhaps ``pressed, compensation`` |
| ``annotation.delete`` | ``id`` |
| ``label.set`` | ``class, present`` (true, false or null) |
| ``coverage.add`` | ``classes, start, end, version`` (of the class list) |
| ``coverage.remove`` | ``classes, start, end`` |
| ``complete.set`` | as ``coverage.add``, and ``complete`` |
| ``ambiguous.add``, ``ambiguous.remove`` | ``start, end`` |
| ``proposal.accept`` | ``run, proposal, annotation`` (a put payload, or null when a decision alone is redone) |
| ``proposal.reject``, ``proposal.reopen`` | ``run, proposal`` |
| ``level.set`` | ``level`` |
| ``comment.set`` | ``text`` |
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Protocol

from wtal_core.domain import Segment, merged

Payload = Mapping[str, Any]
Spans = tuple[Segment, ...]


class Event(Protocol):
    """What the state needs to know of a log entry."""

    @property
    def annotator_id(self) -> int:
        """Whose layer it changes."""
        ...

    @property
    def kind(self) -> str:
        """Which kind of edit."""
        ...

    @property
    def payload(self) -> Payload:
        """Its fields."""
        ...

    @property
    def source(self) -> str:
        """``human``, ``simulated`` or ``imported``."""
        ...


@dataclass(frozen=True, slots=True)
class Mark:
    """An annotation as stored: ``first`` and ``last`` are the clicks, or start and exclusive end of a segment.

    ``pressed`` holds, for each of its times, that of the frame on the screen at the key press (None where there was
    none), and ``compensation`` the reaction time taken off it, both in microseconds.
    """

    annotator_id: int
    class_id: int
    level: str
    first: int
    last: int
    model_assisted: bool
    source: str
    pressed: tuple[int | None, ...] = ()
    compensation: int = 0

    def payload(self, mark_id: str) -> dict[str, Any]:
        """The fields that put it."""
        raw = {"pressed": list(self.pressed), "compensation": self.compensation} if self.pressed else {}
        return {
            "id": mark_id,
            "class": self.class_id,
            "level": self.level,
            "first": self.first,
            "last": self.last,
            "model_assisted": self.model_assisted,
            **raw,
        }


@dataclass(frozen=True, slots=True)
class Tally:
    """How many annotations of one class and level an annotator has in a video."""

    annotator_id: int
    class_id: int
    level: str
    count: int


@dataclass(slots=True)
class VideoState:
    """Labels of one video, all layers.

    Attributes
    ----------
    marks
        Annotations by id.
    labels
        (annotator, class) to true, false, or None for a statement taken back.
    coverage
        (annotator, class, class-list version) to judged spans, disjoint, ascending, never empty.
    ambiguous
        Annotator to spans.
    decisions
        (annotator, run, proposal) to ``accepted`` or ``rejected``.
    levels, comments
        Annotator to the level asked for, and to a comment.
    """

    marks: dict[str, Mark] = field(default_factory=dict)
    labels: dict[tuple[int, int], bool | None] = field(default_factory=dict)
    coverage: dict[tuple[int, int, int], Spans] = field(default_factory=dict)
    ambiguous: dict[int, Spans] = field(default_factory=dict)
    decisions: dict[tuple[int, int, int], str] = field(default_factory=dict)
    levels: dict[int, str] = field(default_factory=dict)
    comments: dict[int, str] = field(default_factory=dict)

    def copy(self) -> VideoState:
        """A state that can change without changing this one."""
        return VideoState(*(dict(getattr(self, item.name)) for item in fields(self)))

    def layer(self, who: int) -> VideoState:
        """The labels of one annotator alone."""
        return VideoState(
            {key: mark for key, mark in self.marks.items() if mark.annotator_id == who},
            {key: present for key, present in self.labels.items() if key[0] == who},
            {key: spans for key, spans in self.coverage.items() if key[0] == who},
            {key: spans for key, spans in self.ambiguous.items() if key == who},
        )

    @property
    def tallies(self) -> tuple[Tally, ...]:
        """The annotations, counted."""
        counts = Counter((mark.annotator_id, mark.class_id, mark.level) for mark in self.marks.values())
        return tuple(Tally(*key, count) for key, count in counts.items())

    @property
    def annotators(self) -> frozenset[int]:
        """Everybody whose layer says something about the labels."""
        said = {mark.annotator_id for mark in self.marks.values()} | set(self.ambiguous)
        return frozenset(said | {who for who, _ in self.labels} | {who for who, _, _ in self.coverage})


def without(spans: Iterable[Segment], hole: Segment) -> Spans:
    """What is left of ``spans`` outside ``hole``."""
    left: list[Segment] = []
    for span in spans:
        if not span.overlaps(hole):
            left.append(span)
            continue
        if span.start < hole.start:
            left.append(Segment(span.start, hole.start))
        if span.end > hole.end:
            left.append(Segment(hole.end, span.end))
    return tuple(left)


def within(spans: Iterable[Segment], bounds: Segment) -> Spans:
    """The parts of ``spans`` inside ``bounds``."""
    return tuple(part for span in spans if (part := span.clipped(bounds)) is not None)


def replay(events: Iterable[Event], shared: frozenset[int]) -> VideoState:
    """The state a log of one video amounts to, oldest event first."""
    state = VideoState()
    for event in events:
        apply(state, event, shared)
    return state


def apply(state: VideoState, event: Event, shared: frozenset[int]) -> None:
    """Change ``state`` by one event.

    Parameters
    ----------
    shared
        Annotators whose layers everybody sees and may take from.
    """
    who, payload = event.annotator_id, event.payload
    match event.kind:
        case "annotation.put":
            _put(state, who, payload, event.source)
        case "annotation.delete":
            state.marks.pop(payload["id"], None)
        case "label.set":
            state.labels[who, payload["class"]] = payload["present"]
        case "coverage.add":
            _cover(state, who, payload)
        case "coverage.remove":
            _uncover(state, shared | {who}, payload)
        case "complete.set" if payload["complete"]:
            _cover(state, who, payload)
        case "complete.set":
            _uncover(state, shared | {who}, payload)
        case "ambiguous.add":
            state.ambiguous[who] = merged([*state.ambiguous.get(who, ()), _segment(payload)])
        case "ambiguous.remove":
            for layer in shared | {who}:
                _keep(state.ambiguous, layer, without(state.ambiguous.get(layer, ()), _segment(payload)))
        case "proposal.accept":
            if payload["annotation"] is not None:
                _put(state, who, payload["annotation"], event.source)
            state.decisions[who, payload["run"], payload["proposal"]] = "accepted"
        case "proposal.reject":
            state.decisions[who, payload["run"], payload["proposal"]] = "rejected"
        case "proposal.reopen":
            state.decisions.pop((who, payload["run"], payload["proposal"]), None)
        case "level.set":
            _keep(state.levels, who, payload["level"])
        case "comment.set":
            _keep(state.comments, who, payload["text"])
        case _:
            raise ValueError(f"the edit log holds an event of unknown kind {event.kind!r}; upgrade the program")


def inverse(state: VideoState, who: int, kind: str, payload: Payload, shared: frozenset[int]) -> list[dict[str, Any]]:
    """Edits, ``{"kind", "payload"}``, that take back an edit about to be applied to ``state``.

    They restore what the annotator sees; something taken from a shared layer comes back in their own.
    """
    match kind:
        case "annotation.put" | "annotation.delete":
            return _restore_mark(state, payload["id"])
        case "label.set":
            return [_edit("label.set", {"class": payload["class"], "present": _seen(state, who, payload, shared)})]
        case "coverage.add" | "coverage.remove" | "complete.set":
            return _restore_coverage(state, who, payload, shared)
        case "ambiguous.add" | "ambiguous.remove":
            seen = (span for layer in shared | {who} for span in state.ambiguous.get(layer, ()))
            parts = merged(within(seen, _segment(payload)))
            return [
                _edit("ambiguous.remove", _span(_segment(payload))),
                *(_edit("ambiguous.add", _span(p)) for p in parts),
            ]
        case "proposal.accept" | "proposal.reject" | "proposal.reopen":
            return _restore_decision(state, who, payload)
        case "level.set":
            return [_edit("level.set", {"level": state.levels.get(who)})]
        case "comment.set":
            return [_edit("comment.set", {"text": state.comments.get(who, "")})]
        case _:
            raise ValueError(f"there is no kind of edit {kind!r}")


def _put(state: VideoState, who: int, payload: Payload, source: str) -> None:
    state.marks[payload["id"]] = Mark(
        who,
        payload["class"],
        payload["level"],
        payload["first"],
        payload["last"],
        payload["model_assisted"],
        source,
        tuple(payload.get("pressed", ())),
        payload.get("compensation", 0),
    )


def _cover(state: VideoState, who: int, payload: Payload) -> None:
    """Judge a span under a version of the class list; what older versions said of it in this layer gives way."""
    span = _segment(payload)
    wanted = set(payload["classes"])
    for key in [key for key in state.coverage if key[0] == who and key[1] in wanted]:
        _keep(state.coverage, key, without(state.coverage[key], span))
    for class_id in wanted:
        key = (who, class_id, payload["version"])
        state.coverage[key] = merged([*state.coverage.get(key, ()), span])


def _uncover(state: VideoState, layers: frozenset[int], payload: Payload) -> None:
    span, wanted = _segment(payload), set(payload["classes"])
    for key in [key for key in state.coverage if key[0] in layers and key[1] in wanted]:
        _keep(state.coverage, key, without(state.coverage[key], span))


def _restore_mark(state: VideoState, mark_id: str) -> list[dict[str, Any]]:
    mark = state.marks.get(mark_id)
    if mark is None:
        return [_edit("annotation.delete", {"id": mark_id})]
    return [_edit("annotation.put", mark.payload(mark_id))]


def _restore_coverage(state: VideoState, who: int, payload: Payload, shared: frozenset[int]) -> list[dict[str, Any]]:
    """Take the span away, then give back every part of it that was judged, at the version it was judged under."""
    span, wanted = _segment(payload), set(payload["classes"])
    parts: dict[tuple[int, Segment], list[int]] = {}
    for (layer, class_id, version), spans in sorted(state.coverage.items()):
        if class_id in wanted and (layer == who or layer in shared):
            for part in within(spans, span):
                parts.setdefault((version, part), []).append(class_id)
    edits = [_edit("coverage.remove", {"classes": sorted(wanted), **_span(span)})]
    for (version, part), classes in sorted(parts.items()):
        edits.append(_edit("coverage.add", {"classes": sorted(set(classes)), **_span(part), "version": version}))
    return edits


def _restore_decision(state: VideoState, who: int, payload: Payload) -> list[dict[str, Any]]:
    decided = {"run": payload["run"], "proposal": payload["proposal"]}
    before = state.decisions.get((who, payload["run"], payload["proposal"]))
    edits = _restore_mark(state, payload["annotation"]["id"]) if payload.get("annotation") else []
    if before == "accepted":
        return [*edits, _edit("proposal.accept", {**decided, "annotation": None})]
    return [*edits, _edit("proposal.reject" if before == "rejected" else "proposal.reopen", decided)]


def _seen(state: VideoState, who: int, payload: Payload, shared: frozenset[int]) -> bool | None:
    """What an annotator sees of a video label: their own word, else that of the shared layers."""
    class_id = payload["class"]
    if (who, class_id) in state.labels:
        return state.labels[who, class_id]
    said = [state.labels.get((layer, class_id)) for layer in shared]
    return True if True in said else False if False in said else None


def _keep(table: dict[Any, Any], key: Any, value: Any) -> None:
    """Store a value, or forget the key where nothing is left."""
    if value:
        table[key] = value
    else:
        table.pop(key, None)


def _segment(payload: Payload) -> Segment:
    return Segment(payload["start"], payload["end"])


def _span(segment: Segment) -> dict[str, int]:
    return {"start": segment.start, "end": segment.end}


def _edit(kind: str, payload: dict[str, Any]) -> dict[str, Any]:
    return {"kind": kind, "payload": payload}
