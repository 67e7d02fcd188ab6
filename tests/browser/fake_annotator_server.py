"""The annotator's server in memory: the routes of docs/http-api.md, without Streamlit and without a database.

It serves the real front end, keeps a log of edits that survives :meth:`FakeServer.stop` and :meth:`FakeServer.start`,
and can be told to fail, so that a browser test of the component starts in a fraction of a second.
"""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np

ASSETS = Path(__file__).resolve().parents[2] / "app" / "components" / "annotator"
RUNS = ("runs", "run", "previous_run", "hide_model")
LOOKED_FOR = (*RUNS, "class_list_version", "media", "media_problem")
TYPES = {".js": "text/javascript", ".css": "text/css", ".mp4": "video/mp4", ".jpg": "image/jpeg"}
CLASSES = [
    {"name": "LongJump", "colour": "#e69f00", "key": "1", "description": "Run-up, take-off and landing in the pit"},
    {"name": "HighJump", "colour": "#56b4e9", "key": "2", "description": ""},
    {"name": "PoleVault", "colour": "#009e73", "key": "p", "description": ""},
    {"name": "Shotput", "colour": "#cc79a7", "key": "4", "description": ""},
]
PAGE = """<!doctype html><meta charset="utf-8"><title>annotator</title>
<style>body {margin: 8px 12px; COLOURS}</style><div id="component"></div><script type="module">
const root = document.getElementById("component").attachShadow({mode: "open"});
root.innerHTML = "<div class='wtal'></div>";
window.told = [];
const module = await import(`${location.origin}/assets/v1/annotator.js`);
const setStateValue = (name, value) => window.told.push([name, value]);
const component = {parentElement: root, data: {video: VIDEO}, setStateValue};
window.unmount = module.default(component);
window.rerun = (video) => module.default({...component, data: {video}});
window.annotator = root.querySelector(".wtal").annotator;
</script>"""


@dataclass
class FakeRun:
    """Stored floats of one model: CAS (T, C) and threshold (T,), with the snippet edges in microseconds."""

    cas: np.ndarray
    threshold: np.ndarray
    edges: list[int]
    proposals: list[dict[str, Any]] = field(default_factory=list)

    def curves(self, run: int, classes: list[str]) -> bytes:
        rows = np.vstack([self.cas.T, self.threshold[None]])  # (C + 1, T)
        low, high = float(rows.min()), float(rows.max())
        stored = np.round(255 * (rows - low) / (high - low)).astype(np.uint8)
        differences = np.diff(stored, axis=1, prepend=np.uint8(0))
        head = {"run": run, "n_snippets": rows.shape[1], "classes": classes, "edges": self.edges}
        return (
            json.dumps({**head, "low": low, "high": high, "rows": len(rows)}).encode() + b"\n" + differences.tobytes()
        )

    def values(self, run: int, classes: list[str], moment: int) -> dict[str, Any]:
        t = int(np.clip(np.searchsorted(self.edges, moment, side="right") - 1, 0, len(self.threshold) - 1))
        cas = {name: float(self.cas[t, i]) for i, name in enumerate(classes)}
        threshold = dict.fromkeys(classes, float(self.threshold[t]))
        gate = {name: float(cas[name] > threshold[name]) for name in classes}
        span = {"start": self.edges[t], "end": self.edges[t + 1]}
        return {"run": run, "snippet": t, **span, "cas": cas, "threshold": threshold, "gate": gate}


@dataclass
class FakeVideo:
    """One video: its file and frame times (microseconds), and what a page is told about it."""

    id: int
    frame_times: list[int]
    end: int
    path: Path | None = None
    runs: dict[int, FakeRun] = field(default_factory=dict)
    classes: list[dict[str, Any]] = field(default_factory=lambda: list(CLASSES))
    told: dict[str, Any] = field(default_factory=dict)
    strip: bytes | None = None

    def info(self, log: list[dict[str, Any]]) -> dict[str, Any]:
        origin = self.frame_times[0] if self.frame_times else 0
        newest, *older = [*sorted(self.runs, reverse=True), None, None]
        state = _replayed(log)
        return {
            **{
                "id": self.id,
                "project": 1,
                "name": f"video {self.id}.mp4",
                "origin": origin,
                "duration": self.end - origin,
            },
            **{"width": 320, "height": 180, "n_frames": len(self.frame_times), "media_problem": None},
            **{"media": f"/video/{self.id}" if self.path else None, "strip": None, "subset": "training"},
            **{"hide_model": False, "class_list_version": 1, "classes": self.classes, "annotator": "ada"},
            **{
                "video_labels": state["labels"],
                "annotations": list(state["annotations"].values()),
                "level": state["level"],
            },
            **{"coverage": state["coverage"], "ambiguous": [], "complete": False, "comment": state["comment"]},
            **{"runs": [{"id": run, "method": "mixed", "created": "", "promoted": True} for run in self.runs]},
            **{"run": newest, "previous_run": older[0], "suggestion": None, "next": None, "previous": None},
            **{"position": [self.id, 56], "undo": state["undo"], "redo": [], "keys": {}, "sequence": len(log)},
            "phi": {"active_seconds": 0.0, "ratio": 0.0, "levels": {}, "cutoff_seconds": 30},
            **self.told,
        }


def _replayed(log: list[dict[str, Any]]) -> dict[str, Any]:
    """The current state of one video from its log, and the inverse of each group."""
    state: dict[str, Any] = {"labels": {}, "annotations": {}, "level": "one-segment", "comment": "", "coverage": {}}
    undo: list[dict[str, Any]] = []
    for edit in log:
        kind, annotations = edit["kind"], state["annotations"]
        inverse: dict[str, Any] | None = None
        if kind in {"annotation.put", "proposal.accept"}:
            key = edit["annotation"]["id"]
            before = annotations.get(key)
            inverse = (
                {"kind": "annotation.put", "annotation": before}
                if before
                else {"kind": "annotation.delete", "annotation_id": key}
            )
            annotations[key] = {**edit["annotation"], "annotator": "ada"}
        elif kind == "annotation.delete":
            before = annotations.pop(edit["annotation_id"], None)
            inverse = {"kind": "annotation.put", "annotation": before}
        elif kind == "label.set":
            state["labels"].pop(edit["label"], None)
            if edit["present"] is not None:
                state["labels"][edit["label"]] = edit["present"]
        elif kind == "level.set":
            state["level"] = edit["level"]
        elif kind == "comment.set":
            state["comment"] = edit["text"]
        if "undoes" in edit:
            undo = [group for group in undo if group["group"] != edit["undoes"]]
        elif inverse:
            undo.append({"group": edit["group"], "edits": [inverse]})
    return {**state, "undo": undo}


class FakeServer:
    """Start, stop as if killed, start again: the log stays."""

    def __init__(self, videos: list[FakeVideo]) -> None:
        self.videos = {video.id: video for video in videos}
        self.log: dict[int, list[dict[str, Any]]] = {video.id: [] for video in videos}
        self.received: list[str] = []
        self.activity: list[dict[str, Any]] = []
        self.committed_at: dict[str, float] = {}
        self.refuse: dict[str, str] = {}
        self.lose_answers = False
        self.now: float | None = None
        self.compensation = 0
        self.page_style = ""
        self.lock = threading.Lock()
        self.port = 0
        self._server: ThreadingHTTPServer | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        handler = type("Handler", (_Handler,), {"fake": self})
        self._server = _Server(("127.0.0.1", self.port), handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server.cut()
            self._server = None

    def take(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Commit a batch: known ids change nothing, refused ones are not stored."""
        with self.lock:
            log = self.log[batch["video"]]
            known = {edit["id"] for edit in log}
            others = [edit for edit in log[batch["sequence"] :] if edit["session"] != batch["session"]]
            answer: dict[str, Any] = {"saved": [], "refused": [], "others": others}
            for edit in batch["edits"]:
                self.received.append(edit["id"])
                if edit["kind"] in self.refuse:
                    answer["refused"].append({"id": edit["id"], "error": self.refuse[edit["kind"]]})
                    continue
                if edit["id"] not in known:
                    log.append({**edit, "session": batch["session"]})
                    known.add(edit["id"])
                    self.committed_at[edit["id"]] = time.time()
                answer["saved"].append(edit["id"])
            return {**answer, "sequence": len(log)}

    def state(self, video: int) -> dict[str, Any]:
        """Labels as a fresh page would be told."""
        return self.videos[video].info(self.log[video])

    def annotations(self, video: int) -> list[dict[str, Any]]:
        return list(self.state(video)["annotations"])


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, handler)
        self.connections: list[socket.socket] = []

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.append(request)
        super().process_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that goes away is no error."""

    def cut(self) -> None:
        """Break every connection, as a killed process would."""
        for connection in self.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    fake: FakeServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_args: object) -> None:
        """Keep the test's output clean."""

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path == "/":
            video = query.get("video", str(next(iter(self.fake.videos))))
            self._answer(PAGE.replace("VIDEO", video).replace("COLOURS", self.fake.page_style).encode(), "text/html")
        elif url.path.startswith("/assets/v1/"):
            path = ASSETS / url.path.removeprefix("/assets/v1/")
            self._answer(path.read_bytes(), TYPES[path.suffix])
        elif found := re.fullmatch(r"/video/(\d+)", url.path):
            self._media(self.fake.videos[int(found[1])].path)
        elif found := re.fullmatch(r"/api/videos/(\d+)(?:/(\w+))?", url.path):
            self._video(int(found[1]), found[2], query)
        else:
            self._error(404, f"there is nothing at {url.path}")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/api/edits":
            answer = self.fake.take(body)
            if self.fake.lose_answers:
                self.close_connection = True
                return
            self._json(answer)
        elif self.path == "/api/activity":
            known = {"session": body["session"], "received": 1000 * (self.fake.now or time.time())}
            self.fake.activity += [{**known, **event} for event in body["events"]]
            self._json(
                {
                    "stored": len(body["events"]),
                    "phi": {"active_seconds": 0, "ratio": 0, "levels": {}, "cutoff_seconds": 30},
                }
            )
        elif self.path == "/api/annotator":
            self.fake.compensation = body["compensation"]
            self._json({"compensation": self.fake.compensation})
        elif re.fullmatch(r"/api/projects/\d+/keys", self.path):
            for video in self.fake.videos.values():
                video.told["keys"] = body["keys"]
            self._json({"keys": body["keys"]})
        else:
            self._error(404, f"nothing takes a POST at {self.path}")

    def _video(self, video_id: int, what: str | None, query: dict[str, str]) -> None:
        video = self.fake.videos.get(video_id)
        if video is None:
            self._error(404, f"there is no video {video_id}; go back to the Library")
            return
        names = [one["name"] for one in video.classes]
        if what is None:
            self._json(video.info(self.fake.log[video_id]))
        elif what == "frames":
            self._answer(np.array(video.frame_times, "<i8").tobytes(), "application/octet-stream")
        elif what == "runs":
            told = video.info(self.fake.log[video_id])
            self._json({name: told[name] for name in LOOKED_FOR})
        elif what == "strip" and video.strip:
            self._answer(video.strip, "image/jpeg")
        elif what in {"curves", "values", "proposals"} and int(query["run"]) in video.runs:
            run = int(query["run"])
            stored = video.runs[run]
            if what == "curves":
                self._answer(stored.curves(run, names), "application/octet-stream")
            elif what == "values":
                self._json(stored.values(run, names, int(query["time"])))
            else:
                self._json({"run": run, "proposals": self._decided(video_id, run, stored)})
        else:
            self._error(404, f"video {video_id} has no {what}")

    def _decided(self, video_id: int, run: int, stored: FakeRun) -> list[dict[str, Any]]:
        states = {"proposal.accept": "accepted", "proposal.reject": "rejected", "proposal.reopen": "open"}
        decided = {
            edit["proposal_id"]: states[edit["kind"]]
            for edit in self.fake.log[video_id]
            if edit["kind"] in states and edit["run"] == run
        }
        return [
            {"state": "open", **proposal, **({"state": decided[proposal["id"]]} if proposal["id"] in decided else {})}
            for proposal in stored.proposals
        ]

    def _media(self, path: Path | None) -> None:
        if path is None or not path.exists():
            self._error(404, "the file is gone")
            return
        data = path.read_bytes()
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "")) if self.headers.get("Range") else None
        if not found:
            self._answer(data, "video/mp4", {"Accept-Ranges": "bytes"})
            return
        first, last = int(found[1]), min(int(found[2] or len(data) - 1), len(data) - 1)
        span = {"Accept-Ranges": "bytes", "Content-Range": f"bytes {first}-{last}/{len(data)}"}
        self._answer(data[first : last + 1], "video/mp4", span, 206)

    def _json(self, value: Any) -> None:
        self._answer(json.dumps(value).encode(), "application/json")

    def _error(self, status: int, words: str) -> None:
        self._answer(json.dumps({"error": words}).encode(), "application/json", status=status)

    def _answer(self, body: bytes, kind: str, headers: dict[str, str] | None = None, status: int = 200) -> None:
        try:
            self.send_response(status)
            for name, value in {
                "Content-Type": kind,
                "Content-Length": str(len(body)),
                "Cache-Control": "no-store",
                **(headers or {}),
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
