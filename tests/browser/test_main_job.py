"""The main job in one go, as a new user does it: add videos, label at four levels, retrain, accept, measure, export."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from app import jobs
from app.routes.security import COOKIE
from app.services import annotating, evaluating, identity, library, runs
from app.settings import Settings
from app.workspace import Workspace
from tests.browser.test_annotator_app import App
from wtal_core.domain import to_microseconds
from wtal_core.rendering import render_demo

PATIENCE = 120_000
N_VIDEOS = 5
WITHOUT_A_MODEL = "(host) => Boolean(host.annotator?.bench?.stage.video.readyState >= 2)"


class Unmodelled(App):
    """The annotator on a video no model has seen: there are no curves to wait for."""

    def open(self) -> None:
        self.page.goto(f"{self.url}/annotate?video={self.video}")
        self.host.wait_for()
        self.until(WITHOUT_A_MODEL)
        self.host.focus()


@pytest.fixture(scope="module")
def workspace(base_url: str, environment: dict[str, str]) -> Iterator[Workspace]:
    opened = Workspace(Settings.from_environment(environment))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def films(media: Path) -> Path:
    """Five rendered videos and what happens in them."""
    folder = media / f"films-{uuid.uuid4().hex[:6]}"
    render_demo(folder, n_videos=N_VIDEOS, seed=3)
    return folder


@pytest.fixture(scope="module")
def truth(films: Path) -> dict[str, list[dict[str, Any]]]:
    """Instances of every video, by the stem of its file."""
    database = json.loads((films / "annotations.json").read_text())["database"]
    return {stem: sorted(said["annotations"], key=lambda one: one["segment"]) for stem, said in database.items()}


@pytest.fixture
def page(context: BrowserContext, workspace: Workspace, base_url: str) -> Page:
    context.add_cookies([{"name": COOKIE, "value": identity.sign_in(workspace, "ada"), "url": base_url}])
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    return page


def until(condition: Callable[[], Any], seconds: float = 240) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.25)
    return found


def test_from_a_folder_of_videos_to_proposals_a_point_on_the_cost_chart_and_an_export(
    page: Page,
    workspace: Workspace,
    base_url: str,
    films: Path,
    truth: dict[str, list[dict[str, Any]]],
    tmp_path: Path,
    worker: object,
):
    names = tuple(sorted({one["label"] for said in truth.values() for one in said}))
    project = library.create_project(workspace, f"Main job {uuid.uuid4().hex[:6]}", class_names=names).id
    add_and_extract(page, workspace, project, films)
    videos = {Path(video.name).stem: video for video in library.all_videos(workspace, project)}
    validation = [stem for stem, video in videos.items() if video.subset == "validation"]
    training = sorted(set(videos) - set(validation))
    assert len(validation) == 1

    label_at_every_level(page, workspace, base_url, {stem: videos[stem].id for stem in training}, truth)
    import_the_validation_video(page, project, films, validation, tmp_path)
    # The file speaks of the classes that occur in it; that no other class of the project does, a person must say.
    complete = {"kind": "complete.set", "complete": True, "client_time": 0}
    edits = [{"id": str(uuid.uuid4()), "group": str(uuid.uuid4()), **complete}]
    assert not annotating.apply_edits(workspace, "ada", videos[validation[0]].id, edits).refused
    run = retrain(page, workspace, project)
    accept_a_proposal(page, workspace, base_url, videos[training[0]].id, run)  # whose instances nobody has marked
    measure(page, workspace, project, run)
    take_away(page, project, truth, videos[training[-1]].name, tmp_path)


def add_and_extract(page: Page, workspace: Workspace, project: int, films: Path) -> None:
    page.goto(f"/?project={project}")
    page.get_by_role("textbox", name="Folder or video").fill(str(films))
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text(f"{N_VIDEOS} ready").first).to_be_visible(timeout=PATIENCE)
    page.get_by_role("tab", name="Split", exact=True).click()
    page.get_by_role("button", name="Make the split").click()
    expect(page.get_by_text("4 training, 1 validation").first).to_be_visible(timeout=PATIENCE)
    page.get_by_role("tab", name="Videos", exact=True).click()
    page.get_by_role("button", name="Extract features of all without").click()
    until(lambda: len(library.features(workspace, project)) == N_VIDEOS)


def label_at_every_level(
    page: Page, workspace: Workspace, url: str, videos: dict[str, int], truth: dict[str, list[dict[str, Any]]]
) -> None:
    """One video at each level, by keys alone; what the page says is saved is in the database."""
    for level, (stem, video) in enumerate(videos.items(), start=1):
        app = Unmodelled(page, url, video)
        keys = {one["name"]: one["key"] for one in annotating.open_video(workspace, video, "ada")["classes"]}
        app.press(f"Alt+{level}")
        said = truth[stem]
        if level == 1:
            app.press(*(keys[label] for label in sorted({one["label"] for one in said})))
        for one in said if level > 1 else []:
            first, last = (app.look(f"bench.player.frames.at({to_microseconds(at)})") for at in one["segment"])
            middle = (first + last) // 2
            for frame in {2: [middle], 3: [middle - 2, middle + 2], 4: [first, last]}[level]:
                app.go(frame)
                app.press(keys[one["label"]])
        app.saved()
        opened = annotating.open_video(workspace, video, "ada")
        assert {label for label, present in opened["video_labels"].items() if present} == {o["label"] for o in said}
        assert len(opened["annotations"]) == (len(said) if level > 1 else 0)
        assert {one["level"] for one in opened["annotations"]} <= {("one-segment", "two-segment", "full")[level - 2]}


def import_the_validation_video(page: Page, project: int, films: Path, stems: list[str], tmp_path: Path) -> None:
    said = json.loads((films / "annotations.json").read_text())
    said["database"] = {stem: said["database"][stem] | {"subset": "validation"} for stem in stems}
    (tmp_path / "validation.json").write_text(json.dumps(said))
    page.goto(f"/?project={project}")
    page.get_by_role("tab", name="Import and export").click()
    page.locator("input[type=file]").set_input_files(tmp_path / "validation.json")
    expect(page.get_by_text("validation.json").first).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("annotations of 1 videos imported.").first).to_be_visible(timeout=PATIENCE)


def retrain(page: Page, workspace: Workspace, project: int) -> int:
    until(lambda: runs.methods(workspace))
    page.goto(f"/train?project={project}")
    page.get_by_role("button", name="Train", exact=True).click()
    view = until(lambda: next(iter(runs.history(workspace, project)), None))
    until(lambda: runs.show(workspace, view.run.id).run.status not in runs.ACTIVE)
    done = runs.show(workspace, view.run.id)
    assert done.run.status == "done", done.run.error
    expect(page.get_by_text("Labels used").first).to_be_visible(timeout=PATIENCE)
    used = runs.usage(workspace, done.run.id).levels
    assert used["full"]["used"] and used["two-segment"]["used"] and used["one-segment"]["used"]
    assert not jobs.active(workspace, project)
    return done.run.id


def accept_a_proposal(page: Page, workspace: Workspace, url: str, video: int, run: int) -> None:
    """Hover at five times: the stored floats, to 1e-6. Then one key makes an annotation of a proposal."""
    app = App(page, url, video)
    opened = annotating.open_video(workspace, video, "ada")
    assert opened["run"] == run
    label = opened["classes"][0]["name"]
    for share in (0.08, 0.3, 0.5, 0.71, 0.94):
        moment = int(opened["origin"] + share * opened["duration"])
        box = app.look("bench.timeline.element.getBoundingClientRect().toJSON()")
        lane = app.look(f"bench.timeline.layout.lanes.find((one) => one.name === {json.dumps(label)})")
        x = box["x"] + app.look(f"bench.timeline.view.x({moment})")
        page.mouse.move(x, box["y"] + lane["y"] + lane["height"] / 2)
        stored = annotating.values(
            workspace, video, run, app.look(f"Math.round(bench.timeline.view.time({x} - {box['x']}))"), "ada"
        )
        line = page.locator(f".tooltip div[data-run='{run}'][data-snippet='{stored['snippet']}']")
        line.wait_for()
        assert float(line.get_attribute("data-cas") or "nan") == pytest.approx(stored["cas"][label], abs=1e-6)
        shown = next(word for word in line.inner_text().split("  ") if word.startswith("b "))
        assert float(shown[2:].replace("\u2212", "-")) == pytest.approx(stored["threshold"][label], abs=1e-6)
    before = len(opened["annotations"])
    app.press("Escape", "Enter")
    app.saved()
    after = annotating.open_video(workspace, video, "ada")["annotations"]
    assert len(after) == before + 1
    assert sum(one["model_assisted"] for one in after) == 1


def measure(page: Page, workspace: Workspace, project: int, run: int) -> None:
    (point,) = evaluating.cost_curve(workspace, project)
    assert point.run == run
    assert point.seconds > 0
    page.goto(f"/results?project={project}")
    expect(page.get_by_text("Average mAP, %").first).to_be_visible(timeout=PATIENCE)
    page.goto(f"/cost?project={project}")
    expect(page.locator("[role=gridcell]", has_text=f"run {run}")).to_have_count(1, timeout=PATIENCE)


def take_away(page: Page, project: int, truth: dict[str, list[dict[str, Any]]], name: str, tmp_path: Path) -> None:
    page.goto(f"/?project={project}")
    page.get_by_role("tab", name="Import and export").click()
    page.get_by_role("button", name="Prepare the file").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download labels.json").click()
    download.value.save_as(tmp_path / "labels.json")
    database = json.loads((tmp_path / "labels.json").read_text())["database"]
    assert len(database) == N_VIDEOS
    stem = Path(name).stem
    exported = database.get(stem, database.get(name))["annotations"]
    segments = [one["segment"] for one in exported if "segment" in one]
    for one in truth[stem]:
        assert any(abs(a - one["segment"][0]) < 0.05 and abs(b - one["segment"][1]) < 0.05 for a, b in segments)
