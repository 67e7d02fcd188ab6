"""The pages in a browser, with a real server and a real worker: what a person does first, and what is never lost."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from app import jobs  # noqa: F401 - the background jobs name their services, so they are loaded first
from app.routes.security import COOKIE
from app.services import annotating, exchange, feature_folder, identity, library, merging, runs, split
from app.settings import Settings
from app.workspace import Workspace
from tests.browser.conftest import page_link, serving

CLASSES = ("Jump", "Run")
PATIENCE = 60_000
"""Milliseconds a page may take on a machine that trains beside it."""


@pytest.fixture(scope="module")
def workspace(base_url: str, environment: dict[str, str]) -> Iterator[Workspace]:
    """The server's own workspace, seen from the test."""
    opened = Workspace(Settings.from_environment(environment))
    yield opened
    opened.close()


@pytest.fixture
def ada(context: BrowserContext, workspace: Workspace, base_url: str) -> Callable[[], Page]:
    """Tabs of a browser in which ada has given her name."""
    cookie = identity.sign_in(workspace, "ada")
    context.add_cookies([{"name": COOKIE, "value": cookie, "url": base_url}])

    def tab() -> Page:
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        return page

    return tab


@pytest.fixture
def project(workspace: Workspace) -> int:
    return library.create_project(workspace, f"Project {uuid.uuid4().hex[:6]}", class_names=CLASSES).id


@pytest.fixture(scope="module")
def films(media: Path) -> Path:
    """A folder with a video that can be read and one that cannot."""
    folder = media / "films"
    folder.mkdir()
    with av.open(folder / "jump.mp4", "w") as file:
        stream = file.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for index in range(50):
            picture = np.full((48, 64, 3), 5 * index, np.uint8)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        file.mux(stream.encode())
    (folder / "broken.mp4").write_text("this is no video")
    return folder


def planted(workspace: Workspace, project: int, folder: Path) -> None:
    """Ten videos known by their features: class ``c`` raises column ``c`` between snippets 8 and 14; all labelled."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    for index in range(10):
        values = rng.normal(0, 0.3, (24, 16)).astype(np.float32)
        values[8:14, index % 2] += 3.0
        np.save(folder / f"v{index}.npy", values)
    added = feature_folder.add_features(workspace, project, folder)
    assert len(added.videos) == 10, added.problems
    split.make_split(workspace, project)
    for video in added.videos:
        annotation = {
            "id": str(uuid.uuid4()),
            "label": CLASSES[int(video.name[1]) % 2],
            "level": "full",
            "clicks": [],
            "start": 8 * 640_000,
            "end": 14 * 640_000,
            "model_assisted": False,
        }
        kinds = ({"kind": "annotation.put", "annotation": annotation}, {"kind": "complete.set", "complete": True})
        edits = [{"id": str(uuid.uuid4()), "group": str(uuid.uuid4()), "client_time": 0, **kind} for kind in kinds]
        assert not annotating.apply_edits(workspace, "ada", video.id, edits).refused
        clock = {"playing": True, "visible": True, "level": "full", "assisted": False}
        ticks = [
            {"id": str(uuid.uuid4()), "kind": "heartbeat" if tick else "open", "monotonic": 1000.0 * tick, **clock}
            for tick in range(5)
        ]
        annotating.activity(workspace, "ada", {"session": str(uuid.uuid4()), "video": video.id, "events": ticks})


def test_a_first_visit_gives_a_name_and_keeps_it(page: Page, base_url: str, project: int):
    page.set_default_timeout(PATIENCE)
    page.goto("/")
    name = page.get_by_label("Your name")
    name.fill("import")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("alert")).to_contain_text("is kept for labels that no person made", timeout=PATIENCE)
    name.fill("Grace")
    name.press("Enter")
    expect(page.get_by_role("heading", name="Library").first).to_be_visible(timeout=PATIENCE)
    page.reload()
    expect(page.get_by_role("heading", name="Library").first).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_label("Your name")).to_have_count(0)


def test_every_page_has_its_own_name_as_address_and_the_root_leads_to_the_library(
    ada: Callable[[], Page], context: BrowserContext, base_url: str, project: int
):
    """No page says that it is not found, not even to a stranger, who gives a name and stays where they came to."""
    page = ada()
    for name in ("library", "train", "results", "cost", "annotate"):
        page.goto(f"/{name}?project={project}")
        expect(page.locator("[data-testid=stSidebarNavLink][aria-current=page]")).to_have_text(re.compile(name, re.I))
        expect(page.get_by_role("dialog")).to_have_count(0)
    page.goto(f"/?project={project}")
    page.wait_for_url(f"**/library?project={project}", timeout=PATIENCE)
    page.go_back()  # not into the redirect again
    page.wait_for_url("**/annotate?*", timeout=PATIENCE)
    page.goto(f"/?project={project}")
    expect(page.get_by_role("heading", name="Library").first).to_be_visible(timeout=PATIENCE)
    context.clear_cookies()
    page.goto(f"/cost?project={project}")
    page.get_by_label("Your name").fill("Hedy")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", name="Cost").first).to_be_visible(timeout=PATIENCE)


def test_a_first_visit_to_any_page_meets_the_whole_frame(
    browser: Browser, environment: dict[str, str], home: Path, workspace: Workspace
):
    """A fresh server, and /annotate before any other page: Streamlit must not run that page without `main.py`."""
    with serving(environment, home / "fresh.log") as url:
        context = browser.new_context()
        context.add_cookies([{"name": COOKIE, "value": identity.sign_in(workspace, "ada"), "url": url}])
        page = context.new_page()
        page.goto(f"{url}/annotate")
        expect(page_link(page, "Library")).to_be_visible(timeout=PATIENCE)
        context.close()


def test_a_folder_is_added_read_and_opened(
    ada: Callable[[], Page], workspace: Workspace, project: int, films: Path, worker: object
):
    page = ada()
    page.goto(f"/?project={project}")
    page.get_by_role("textbox", name="Folder or video").fill(str(films))
    page.get_by_role("button", name="Add", exact=True).click()
    summary = page.get_by_text(re.compile(r"2 videos · 1 ready · 1 failed"))
    expect(summary).to_be_visible(timeout=PATIENCE)  # by itself, when the worker has read them
    page.get_by_role("tab", name="Problems").click()
    expect(cell(page, "broken.mp4")).to_have_count(1, timeout=PATIENCE)
    ready = next(video for video in library.all_videos(workspace, project) if video.status == "ready")
    page.goto(f"/annotate?video={ready.id}")
    expect(page.get_by_text("jump.mp4").first).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".wtal")).to_be_visible(timeout=PATIENCE)


def test_a_file_is_uploaded_without_going_through_memory(
    ada: Callable[[], Page], workspace: Workspace, project: int, films: Path
):
    page = ada()
    page.goto(f"/?project={project}")
    page.get_by_role("tab", name="Upload").click()
    page.locator("input[type=file][aria-label='Video files']").set_input_files(films / "jump.mp4")
    expect(page.get_by_text("1 stored; they are being read now.").or_(page.get_by_text("1 video")).first).to_be_visible(
        timeout=PATIENCE
    )
    (video,) = library.all_videos(workspace, project)
    assert Path(video.path).read_bytes() == (films / "jump.mp4").read_bytes()
    assert Path(video.path).is_relative_to(workspace.uploads)


def test_a_label_file_is_imported_and_its_classes_join_the_list(
    ada: Callable[[], Page], workspace: Workspace, project: int, tmp_path: Path, media: Path, worker: object
):
    folder = media / f"features-{project}"
    planted(workspace, project, folder)
    exchange.export_labels(workspace, project, tmp_path / "labels.json")
    other = library.create_project(workspace, f"Copy {project}").id
    feature_folder.add_features(workspace, other, folder)
    page = ada()
    page.goto(f"/?project={other}")
    page.get_by_role("tab", name="Import and export").click()
    page.locator("input[type=file]").set_input_files(tmp_path / "labels.json")
    expect(page.get_by_text("labels.json").first).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("10 annotations of 10 videos imported.").first).to_be_visible(timeout=PATIENCE)
    assert len(merging.labels_for_training(workspace, other)) == 8


def test_a_training_survives_a_refresh_and_a_second_tab_and_ends_in_results_and_cost(
    ada: Callable[[], Page], workspace: Workspace, project: int, media: Path, worker: object
):
    planted(workspace, project, media / f"training-{project}")
    wait_for_the_catalogue(workspace)
    page = ada()
    page.goto(f"/train?project={project}")
    expect(page.get_by_text("8 training videos").first).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Train", exact=True).click()
    started = page.get_by_text(re.compile(r"Run \d+ · mixed")).first
    expect(started).to_be_visible(timeout=PATIENCE)
    page.reload()
    expect(started).to_be_visible(timeout=PATIENCE)
    second = ada()
    second.goto(f"/train?project={project}")
    expect(second.get_by_text(re.compile(r"Run \d+ · mixed")).first).to_be_visible(timeout=PATIENCE)
    second.close()
    for _ in range(240):
        (view,) = runs.history(workspace, project)
        if view.run.status not in runs.ACTIVE:
            break
        time.sleep(0.5)
    assert view.run.status == "done", view.run.error
    assert view.average_mAP is not None
    assert view.average_mAP > 0.5  # planted actions are easy
    expect(page.get_by_text("Labels used").first).to_be_visible(timeout=PATIENCE)  # by itself, without a refresh
    page_link(page, "Results").click()
    expect(page.get_by_text("Average mAP, %").first).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".js-plotly-plot")).to_have_count(5, timeout=PATIENCE)
    page_link(page, "Cost").click()
    expect(page.get_by_text("mAP bought by annotation time").first).to_be_visible(timeout=PATIENCE)
    expect(cell(page, f"run {view.run.id}")).to_have_count(1, timeout=PATIENCE)


def cell(page: Page, text: str) -> Locator:
    """A cell of a table: tables are painted, and their cells stand in the canvas for those who cannot see it."""
    return page.locator("[role=gridcell]", has_text=text)


def wait_for_the_catalogue(workspace: Workspace) -> None:
    """The worker writes the list of methods when it starts."""
    for _ in range(240):
        if runs.methods(workspace):
            return
        time.sleep(0.5)
    raise AssertionError("no worker has listed its methods within two minutes")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_follow_the_systems_light_and_dark(
    browser: Browser, workspace: Workspace, base_url: str, project: int, scheme
):
    context = browser.new_context(color_scheme=scheme, base_url=base_url)
    context.add_cookies([{"name": COOKIE, "value": identity.sign_in(workspace, "ada"), "url": base_url}])
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"/?project={project}")
    expect(page.get_by_role("heading", name="Library").first).to_be_visible(timeout=PATIENCE)
    ground = page.locator(".stApp").evaluate("element => getComputedStyle(element).backgroundColor")
    context.close()
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(17, 21, 27)"}[scheme]


def test_no_page_asks_anything_of_another_host(ada: Callable[[], Page], base_url: str, project: int):
    page = ada()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in ("/", "/annotate", "/train", "/results", "/cost"):
        page.goto(f"{path}?project={project}")
        expect(page.get_by_role("heading", level=1).first).to_be_visible(timeout=PATIENCE)
    foreign = [url for url in asked if not url.startswith((base_url, "data:", "blob:", "ws:"))]
    assert foreign == []
