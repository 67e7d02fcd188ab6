"""Reading videos: exact times, looks, a thumbnail, a frame strip, and a copy for the browser where it needs one.

A file that cannot be read is listed with its reason and harms nothing: the other files of the job go on. Trouble of
this machine (a full disk) is not the fault of the file and fails the job. Reading a file twice gives the same rows, so
that an interrupted job simply goes over its list again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from errno import EDQUOT, EIO, ENOSPC, EROFS
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.services import library
from app.task import Task
from db.errors import NotFoundError
from db.records import VideoRecord
from wtal_core.domain import MICROSECONDS

if TYPE_CHECKING:
    from wtal_core.features.video import VideoFacts

STRIP_HEIGHT = 54  # pixels
STRIP_SECONDS = 2.0  # one picture of the strip for so many seconds of video
STRIP_PICTURES = (12, 240)  # at least, at most
MACHINE_TROUBLE = {ENOSPC, EDQUOT, EROFS, EIO}

Progress = Callable[[float, str], None]


class UnusableFile(Exception):
    """Why a file cannot be used, in words for the library."""


def run(task: Task) -> Mapping[str, Any]:
    """Read every video of ``payload["videos"]``; extraction of the good ones follows.

    ``payload["extract"]`` names the extractor, or is False for none.
    """
    ids = [int(video) for video in task.payload["videos"]]
    good: list[int] = []
    failed = 0
    for i, video_id in enumerate(ids):
        video = _video(task, video_id)
        if video is None:
            continue

        def progress(share: float, words: str, done: int = i, name: str = video.name) -> None:
            task.progress((done + share) / len(ids), f"{words} {name} ({done + 1} of {len(ids)})")

        try:
            good += [video_id] if _read(task, video, progress) else []
        except UnusableFile as reason:
            library.record_failure(task.workspace, video_id, str(reason))
            failed += 1
        except NotFoundError:  # deleted from the library meanwhile
            continue
    extractor = task.payload.get("extract", True)
    if extractor and good:
        passed_on = {name: task.payload[name] for name in ("demo", "then") if name in task.payload}
        how = {"extractor": extractor} if isinstance(extractor, str) else {}
        task.follow("extract", {"videos": good, **how, **passed_on})
    return {"read": len(good), "failed": failed}


def _video(task: Task, video_id: int) -> VideoRecord | None:
    """The video, unless it was deleted meanwhile or is features only."""
    try:
        video = library.video(task.workspace, video_id)
    except NotFoundError:
        return None
    return video if video.path else None


def _read(task: Task, video: VideoRecord, progress: Progress) -> bool:
    """Read one file; False if the project has its content already."""
    progress(0.0, "reading")
    facts = _probe(video)
    progress(0.1, "making pictures of")
    recorded = library.record_probe(task.workspace, video.id, facts)
    if recorded is None:
        return False
    _make_pictures(task, video, facts)
    if not facts.browser_playable:
        _make_proxy(task, video, facts, lambda done: progress(0.2 + 0.8 * done, "copying for the browser"))
    return True


def _probe(video: VideoRecord) -> VideoFacts:
    """Facts of the file, or :class:`UnusableFile` when it is the file's fault that there are none."""
    from wtal_core.features.video import UnreadableVideo, probe

    try:
        return probe(Path(video.path))
    except UnreadableVideo as error:
        raise UnusableFile(error.reason) from error
    except OSError as error:
        if error.errno in MACHINE_TROUBLE:
            raise
        raise UnusableFile(
            f"it cannot be opened ({error.strerror or error}); check that it is there and readable"
        ) from error


def _make_pictures(task: Task, video: VideoRecord, facts: VideoFacts) -> None:
    """Thumbnail and strip; a video whose pictures cannot be made can be labelled without."""
    from wtal_core.features.video import UnreadableVideo, make_strip, make_thumbnail

    workspace, source = task.workspace, Path(video.path)
    thumbnail = workspace.pictures / f"{facts.content_hash}.jpg"
    strip = workspace.pictures / f"{facts.content_hash}-strip.jpg"
    width = max(1, round(facts.width * STRIP_HEIGHT / facts.height))
    try:
        make_thumbnail(source, thumbnail)
        times = make_strip(source, strip, _strip_length(facts, width), STRIP_HEIGHT)
    except (UnreadableVideo, LookupError, ValueError) as error:
        _note(task, video, f"no pictures for the timeline: {error}")
        return
    library.record_media(
        workspace,
        video.id,
        thumbnail=thumbnail,
        strip=strip,
        strip_times=[int(each) for each in times],
        strip_size=(width, STRIP_HEIGHT),
    )


def _strip_length(facts: VideoFacts, width: int) -> int:
    """Pictures of the strip: by duration, within bounds, and within the 65,535 pixels a JPEG can be wide."""
    least, most = STRIP_PICTURES
    wanted = round(facts.duration / MICROSECONDS / STRIP_SECONDS)
    return max(1, min(max(least, min(most, wanted)), 65_000 // (width + 1)))


def _make_proxy(task: Task, video: VideoRecord, facts: VideoFacts, progress: Callable[[float], None]) -> None:
    """A copy the browser can play, with the same times; without one the video has a timeline but no player."""
    from wtal_core.features.video import ProxyFailed, UnreadableVideo, make_proxy

    proxy = task.workspace.proxies / f"{facts.content_hash}.mp4"
    try:
        if not proxy.exists():
            make_proxy(Path(video.path), proxy, progress)
    except (ProxyFailed, UnreadableVideo) as error:
        _note(task, video, f"no copy for the browser could be made: {error}")
        return
    library.record_media(task.workspace, video.id, proxy=proxy)


def _note(task: Task, video: VideoRecord, words: str) -> None:
    """Add to what the library says is odd about a video."""
    with task.write() as unit:
        note = unit.videos.get(video.id).note
        if words not in note:
            unit.videos.change(video.id, note="; ".join(filter(None, (note, words))))
