"""Every page as a person finds it: empty, filled, and after each thing that can be done on it.

A v2 component is an unknown element here; what it does in a browser is in ``tests/browser``.
"""

import shutil
import time
from functools import cache
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

from app import catalogue, server, state
from app.components import class_editor, cost_panel, video_table
from app.components.run_form import NO_PRESET
from app.services import classes, library, runs
from app.settings import Settings
from app.workspace import Workspace
from tests.app import scenes
from wtal_core.evaluation.cost import Phi

MAIN = Path(server.__file__).parent / "main.py"
MAKERS = (scenes.empty_project, scenes.with_videos, scenes.labelled, scenes.trained)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Each scene made once; a test works on a copy."""
    homes = {}
    for make in MAKERS:
        workspace = Workspace(Settings.at(tmp_path_factory.mktemp(make.__name__), secret="test"))
        homes[make] = (workspace.home, make(workspace))
        workspace.close()
    return homes


@pytest.fixture(autouse=True)
def page_table(monkeypatch):
    """Let AppTest go through ``main.py`` on every run, as a server does; it mistakes ``pages`` for the old kind."""
    as_made = PagesManager.__init__

    def made(self, *arguments, **keywords):
        as_made(self, *arguments, **keywords)
        PagesManager.uses_pages_directory = False

    monkeypatch.setattr(PagesManager, "__init__", made)


installed_components = cache(manifest_scanner.scan_component_manifests)


@pytest.fixture(autouse=True)
def one_look_at_the_packages(monkeypatch):
    """A server reads what is installed once, when it starts; AppTest would for every page, at half of a test's time."""
    monkeypatch.setattr(manifest_scanner, "scan_component_manifests", installed_components)


@pytest.fixture
def enter(prepared, tmp_path, monkeypatch):
    """Go into a copy of a scene as annotator ada; returns the scene and its workspace."""
    monkeypatch.setattr(state, "annotator", lambda: "ada")
    monkeypatch.setenv("WTAL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("WTAL_MEDIA_ROOTS", str(tmp_path))
    monkeypatch.setenv("WTAL_SECRET", "test")

    def go(make):
        home, scene = prepared[make]
        shutil.copytree(home, tmp_path / "home")
        return scene, server.workspace()

    yield go
    server._opened.cache_clear()


def visit(page="library", **query):
    app = AppTest.from_file(str(MAIN), default_timeout=30)
    for name, value in query.items():
        app.query_params[name] = str(value)
    app.run()
    if page != "library":
        app.switch_page(f"pages/{page}.py").run()
    assert not app.exception, app.exception[0].value
    return app


def on_tab(app, name):
    app.session_state["library-tab"] = name
    app.run()
    assert not app.exception, app.exception[0].value
    return app


def texts(app):
    """All that is written on the page."""
    kinds = ("title", "markdown", "caption", "info", "warning", "error", "success")
    return "\n".join(str(element.value) for kind in kinds for element in getattr(app, kind))


def cancels(app):
    """The keys of all buttons that cancel something."""
    return [button.key for button in app.button if button.label == "Cancel"]


def press(app, label):
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception, app.exception[0].value
    return app


# ------------------------------------------------------------------------------------------------ before any page


def test_a_first_visit_asks_for_a_name_and_shows_nothing_else(enter, monkeypatch):
    enter(scenes.trained)
    monkeypatch.setattr(state, "annotator", lambda: None)
    app = visit()
    assert [title.value for title in app.title] == ["WTAL Studio"]
    assert not app.dataframe
    assert not app.sidebar.selectbox


def test_without_a_project_the_first_thing_is_to_make_one(tmp_path, monkeypatch):
    monkeypatch.setattr(state, "annotator", lambda: "ada")
    monkeypatch.setenv("WTAL_HOME", str(tmp_path / "new"))
    app = visit()
    assert app.title[0].value == "Begin with a project"
    assert app.text_input[0].proto.max_chars == library.LONGEST_NAME  # no shorter than a name may be
    app.text_input[0].set_value("Swimming")
    press(app, "Create project")
    assert app.title[0].value == "Library"
    assert app.sidebar.selectbox[0].value == 1


def test_a_project_name_that_is_taken_is_refused_in_words(enter):
    enter(scenes.empty_project)
    app = visit()
    app.sidebar.selectbox[0].set_value(0).run()
    app.sidebar.text_input[0].set_value("Jumps")
    press(app, "Create project")
    assert "there is a project 'Jumps' already" in app.error[0].value


def test_the_strip_shows_what_runs(enter):
    scene, workspace = enter(scenes.with_videos)
    with workspace.write() as unit:
        job = unit.jobs.add("train", "short", {}, at=time.time(), project_id=scene.project)
        unit.jobs.claim(job.id, "me", now=time.time(), lease=60)
        unit.jobs.beat(
            job.id, "me", now=time.time(), lease=60, progress=0.62, message="<b>run 7</b>", seconds_left=18.0
        )
    strip = next(element.proto.body for element in visit().sidebar.get("html") if "wtal-job" in element.proto.body)
    assert "62 %" in strip
    assert "18 s left" in strip
    assert "&lt;b&gt;run 7" in strip


def test_an_extraction_at_work_is_cancelled_from_any_page(enter):
    scene, workspace = enter(scenes.with_videos)
    with workspace.write() as unit:
        job = unit.jobs.add("extract", "long", {}, at=time.time(), project_id=scene.project).id
        unit.jobs.claim(job, "me", now=time.time(), lease=60)
    app = visit()
    app.button(key=f"cancel-job-{job}").click().run()
    with workspace.read() as unit:
        assert unit.jobs.get(job).cancel
    stopping = app.button(key=f"cancel-job-{job}")
    assert (stopping.label, stopping.disabled) == ("Stopping", True)


# -------------------------------------------------------------------------------------------------------- Library


def test_a_video_without_a_thumbnail_has_a_quiet_field_and_not_the_word_none(enter):
    enter(scenes.with_videos)
    pictures = visit().dataframe[0].value["picture"]
    assert len(pictures) == 11
    assert all(str(picture).startswith("data:image/svg+xml,") for picture in pictures)


def test_an_empty_library_says_what_to_do_and_offers_it(enter):
    enter(scenes.empty_project)
    app = visit()
    assert "Add a folder of videos" in app.info[0].value
    assert any(field.label == "Folder or video on this machine" for field in app.text_input)


def test_the_library_lists_videos_with_their_state(enter):
    enter(scenes.trained)
    app = visit()
    table = app.dataframe[0].value
    assert len(table) == 11
    assert table.set_index("name").loc["broken.mp4", "status"] == "✕ the file is cut off; copy it again"
    assert table.set_index("name").loc["jump_00.mp4", "run"] == "run 2"
    assert "**11** videos" in app.caption[0].value
    assert "1 import problem]" in app.caption[0].value


def test_the_library_finds_filters_and_sorts(enter):
    enter(scenes.labelled)
    app = visit()
    app.text_input(key="find").set_value("jump_03").run()
    assert list(app.dataframe[0].value["name"]) == ["jump_03.mp4"]
    app.text_input(key="find").set_value("no such").run()
    assert "No video matches" in texts(app)
    app.text_input(key="find").set_value("")
    app.session_state["show"] = "Failed"
    app.run()
    assert list(app.dataframe[0].value["name"]) == ["broken.mp4"]
    app.session_state["show"] = "All"
    app.selectbox(key="order").set_value("Newest").run()
    assert app.dataframe[0].value["name"].iloc[0] == "broken.mp4"
    app.selectbox(key="subset").set_value("validation").run()
    assert set(app.dataframe[0].value["subset"]) == {"validation"}


def mark(app, *rows):
    """Tick rows of the Library's table, as its first column does."""
    key = app.dataframe[0].key
    app.session_state[key] = {"selection": {"rows": list(rows), "columns": [], "cells": []}}
    app.run()
    assert not app.exception, app.exception[0].value
    return app


def labels(app):
    return [button.label for button in app.button]


def test_marks_stay_with_the_videos_and_never_pass_to_others(enter):
    scene, workspace = enter(scenes.with_videos)
    app = mark(visit(), 1)
    with workspace.write() as unit:
        unit.videos.change(scene.videos[0], n_annotations=7)  # another annotator labels meanwhile
    app.run()
    assert "Remove 1 from the project" in labels(app)
    app.selectbox(key="order").set_value("Newest").run()
    assert "Extract features of all without" in labels(app)
    assert "Remove 1 from the project" not in labels(app)


def test_a_filter_that_leaves_fewer_pages_shows_its_first(enter, monkeypatch):
    enter(scenes.with_videos)
    monkeypatch.setattr(video_table, "PAGE", 1)
    app = visit()
    app.session_state["library-page"] = 2
    app.run()
    assert len(app.dataframe[0].value) == 1
    app.text_input(key="find").set_value("jump_00").run()
    assert list(app.dataframe[0].value["name"]) == ["jump_00.mp4"]


def test_what_moves_up_where_a_video_was_removed_is_not_marked(enter):
    scene, workspace = enter(scenes.with_videos)
    app = mark(visit(), 1)
    library.delete_video(workspace, scene.videos[0])
    app.run()
    assert app.dataframe[0].value["name"].iloc[1] == "jump_01.mp4"
    assert "Extract features of all without" in labels(app)


def test_a_removal_names_what_leaves_as_it_is_called(enter):
    scene, workspace = enter(scenes.labelled)
    with workspace.write() as unit:
        unit.videos.change(scene.videos[0], name="<b>x</b> *a*.mp4")
    app = press(mark(visit(), 0), "Remove 1 from the project")
    assert [text.value for text in app.text] == ["<b>x</b> *a*.mp4"]  # st.text knows no Markdown
    assert "1 video with 1 annotation leaves the project. No file is deleted." in texts(app)


def test_a_removal_of_many_names_ten_and_counts_the_others(enter):
    enter(scenes.labelled)
    app = press(mark(visit(), *range(11)), "Remove 11 from the project")
    assert app.text[0].value.splitlines() == ["broken.mp4", *(f"jump_{i:02}.mp4" for i in range(9)), "and 1 more"]
    assert "11 videos with 10 annotations leave the project." in texts(app)


def test_a_folder_is_added_with_its_problems_listed(enter, tmp_path):
    scene, workspace = enter(scenes.empty_project)
    folder = tmp_path / "films"
    folder.mkdir()
    (folder / "a.mp4").write_bytes(b"not really")
    (folder / "b.mp4").write_bytes(b"")
    app = visit()
    app.text_input[0].set_value(str(folder))
    next(button for button in app.button if button.label == "Add").click().run()
    assert [video.name for video in library.all_videos(workspace, scene.project)] == ["a.mp4"]
    with workspace.read() as unit:
        assert [job.kind for job in unit.jobs.active(scene.project)] == ["probe"]
    assert "1 found · 1 being read now." in [info.value for info in app.info]
    assert any("is empty" in warning.value for warning in app.warning)
    [video] = library.all_videos(workspace, scene.project)
    library.record_failure(workspace, video.id, "this is text")
    app.run()
    assert "1 found · 1 cannot be used: see Problems." in [warning.value for warning in app.warning]
    app = on_tab(visit(), "Problems")
    assert any("is empty" in reason for reason in app.dataframe[0].value["Reason"])
    press(app, "Forget these")
    assert library.problems(workspace, scene.project) == ()


def test_a_second_add_is_taken_though_the_first_has_ended_meanwhile(enter, tmp_path):
    """The form stays where it is when the library is no longer empty."""
    scene, workspace = enter(scenes.empty_project)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.mp4").write_bytes(b"not really")
    app = visit()
    for name in ("a", "b"):
        app.text_input[0].set_value(str(tmp_path / name))
        next(button for button in app.button if button.label == "Add").click().run()
        app.run()  # a job began or ended: the page is drawn again
    assert [video.name for video in library.all_videos(workspace, scene.project)] == ["a.mp4", "b.mp4"]
    assert app.session_state["library-tab"] == "Add videos"


def test_a_path_outside_the_media_roots_is_refused_in_words(enter):
    enter(scenes.empty_project)
    app = visit()
    app.text_input[0].set_value("/etc")
    next(button for button in app.button if button.label == "Add").click().run()
    assert any("outside the media roots" in warning.value for warning in app.warning)


def test_the_counts_above_know_at_once_what_was_added_and_what_was_not(enter, tmp_path):
    enter(scenes.empty_project)
    (tmp_path / "a.mp4").write_bytes(b"not really")
    (tmp_path / "b.mp4").touch()
    app = visit()
    app.text_area[0].set_value(f"{tmp_path / 'a.mp4'}\n{tmp_path / 'b.mp4'}")
    [button for button in app.button if button.label == "Add"][1].click().run()
    assert app.caption[0].value == "**1** video · 1 being read · :orange[1 import problem]"
    assert any("is empty" in warning.value for warning in app.warning)
    assert "No videos yet" not in texts(app)


def test_features_are_asked_for_where_there_are_none(enter):
    scene, workspace = enter(scenes.with_videos)
    press(visit(), "Extract features of all without")
    with workspace.read() as unit:
        (job,) = unit.jobs.active(scene.project)
    assert (job.kind, job.lane) == ("extract", "long")
    assert job.payload["videos"] == list(scene.videos)


def test_another_extractor_or_a_network_in_a_file_can_be_chosen(enter, tmp_path):
    scene, workspace = enter(scenes.with_videos)
    app = visit()
    app.selectbox(key="extractor").set_value("deep").run()
    press(app, "Extract features of all without")
    app.selectbox(key="extractor").set_value("onnx:").run()
    app.text_input(key="extractor-file").set_value(str(tmp_path / "n.onnx")).run()
    press(app, "Extract features of all without")
    assert "there is no such file" in app.error[0].value
    (tmp_path / "n.onnx").touch()
    press(app, "Extract features of all without")
    assert "there is no n.json that says what the network wants" in app.error[0].value
    (tmp_path / "n.json").touch()
    press(app, "Extract features of all without")
    with workspace.read() as unit:
        asked = [job.payload for job in unit.jobs.active(scene.project)]
    assert [each["extractor"] for each in asked] == ["deep", f"onnx:{tmp_path / 'n.onnx'}"]
    assert all(each["videos"] == list(scene.videos) for each in asked)


def test_the_split_is_made_once(enter, tmp_path):
    scene, workspace = enter(scenes.empty_project)
    with workspace.write() as unit:
        for index in range(10):
            facts = {"status": "ready", "duration": 1_000_000, "content_hash": str(index)}
            unit.videos.add(scene.project, f"{index}.mp4", 0.0, **facts)
    app = on_tab(visit(), "Split")
    app.slider[0].set_value(30)
    press(app, "Make the split")
    assert "7 training, 3 validation" in app.success[0].value
    assert not app.slider


def test_class_edits_rename_restyle_retire_and_add(enter):
    scene, workspace = enter(scenes.empty_project)
    entries = classes.classes(workspace, scene.project)
    edits = {
        "edited_rows": {"0": {"name": "Long jump", "key": "b", "description": "from the last step to the sand"}},
        "deleted_rows": [1],
        "added_rows": [{"name": "Vault"}],
    }
    class_editor.apply_edits(scene.project, entries, edits)
    now = classes.classes(workspace, scene.project)
    assert [entry.name for entry in now] == ["Long jump", "Vault"]
    assert now[0].key == "b"
    assert now[0].description == "from the last step to the sand"


@pytest.mark.parametrize(
    ("edits", "refusal"),
    [
        ({"added_rows": [{"name": "Vault"}, {"name": "   "}]}, "new row 2: a class name is .*, got '   '"),
        ({"added_rows": [{"name": "Vault", "key": "j"}]}, "new row 1: key 'j' is a command"),
        ({"edited_rows": {"1": {"name": " "}}, "added_rows": [{"name": "Vault"}]}, "class 'Run': a class name is"),
        ({"edited_rows": {"1": {"key": "b"}, "0": {"name": "Run"}}}, "class 'Jump': class 'Run' is already"),
        ({"deleted_rows": [1], "added_rows": [{"name": "Run"}]}, "new row 1: class 'Run' was used before"),
    ],
)
def test_class_edits_are_stored_all_or_not_at_all(enter, edits, refusal):
    """What is not stored stays in the table, which starts afresh only with another class list."""
    scene, workspace = enter(scenes.empty_project)
    entries = classes.classes(workspace, scene.project)
    with pytest.raises(ValueError, match=refusal):
        class_editor.apply_edits(scene.project, entries, edits)
    assert classes.classes(workspace, scene.project) == entries
    assert len(classes.class_history(workspace, scene.project)) == len(entries)


def test_classes_are_merged_from_the_page(enter):
    scene, workspace = enter(scenes.labelled)
    app = on_tab(visit(), "Classes")
    press(app, "Merge")
    assert [entry.name for entry in classes.classes(workspace, scene.project)] == ["Run"]


@pytest.mark.parametrize(("form", "suffix"), [("activitynet", ".json"), ("csv", ".csv")])
def test_labels_are_written_for_download(enter, form, suffix):
    enter(scenes.labelled)
    app = on_tab(visit(), "Import and export")
    app.selectbox(key="export-format").set_value(form)
    press(app, "Prepare the file")
    assert "10 rows of 10 videos" in app.success[0].value
    assert any(f"labels{suffix}" in element.proto.label for element in app.get("download_button"))


def test_proposals_of_a_run_are_written_for_download(enter):
    enter(scenes.trained)
    app = on_tab(visit(), "Import and export")
    app.selectbox(key="export-run").set_value(2)
    press(app, "Prepare the file")
    assert "20 rows of 10 videos" in app.success[0].value


def test_an_import_at_work_has_one_button_to_cancel_it(enter):
    scene, workspace = enter(scenes.labelled)
    with workspace.write() as unit:
        job = unit.jobs.add("import", "short", {"name": "a.json"}, at=time.time(), project_id=scene.project).id
    app = on_tab(visit(), "Import and export")
    assert [element.proto.text for element in app.get("progress")] == ["a.json waits for a worker"]
    assert cancels(app) == [f"cancel-job-{job}"]


def test_a_job_behind_three_others_can_be_cancelled_too(enter):
    scene, workspace = enter(scenes.labelled)
    with workspace.write() as unit:
        ids = [
            unit.jobs.add("import", "short", {"name": f"{n}.json"}, at=time.time() + n, project_id=scene.project).id
            for n in range(4)
        ]
    app = visit()
    assert cancels(app) == [f"cancel-job-{job}" for job in ids]
    assert [each.label for each in app.expander if each.label.startswith("and ")] == ["and 1 more"]


# ------------------------------------------------------------------------------------------------------- Annotate


def test_annotate_without_videos_points_to_the_library(enter):
    enter(scenes.empty_project)
    assert "Add some in the Library" in visit("annotate").info[0].value


def test_annotate_without_videos_is_drawn_again_when_one_has_been_read_and_left_alone_then(enter):
    scene, workspace = enter(scenes.empty_project)
    app = visit("annotate")
    assert not app.session_state["wtal"].is_annotating
    with workspace.write() as unit:
        unit.videos.add(scene.project, "a.mp4", 0.0, status="ready", duration=1_000_000, content_hash="a")
    app.run()
    assert app.session_state["wtal"].is_annotating
    app.switch_page("pages/library.py").run()
    assert not app.session_state["wtal"].is_annotating


def test_annotate_begins_with_a_video_that_has_no_labels(enter):
    scene, workspace = enter(scenes.labelled)
    with workspace.write() as unit:
        facts = {"status": "ready", "duration": 1_000_000, "content_hash": "new"}
        new = unit.videos.add(scene.project, "zz.mp4", 0.0, **facts).id
    app = visit("annotate")
    assert app.sidebar.selectbox[1].value == new
    assert app.query_params["video"] == str(new)


def test_the_address_opens_a_video_in_its_own_project(enter):
    scene, workspace = enter(scenes.labelled)
    library.create_project(workspace, "Newer")
    app = AppTest.from_file(str(MAIN), default_timeout=30).run()
    app.switch_page("pages/annotate.py")
    app.query_params["video"] = str(scene.videos[3])
    app.run()
    assert app.sidebar.selectbox[0].value == scene.project
    assert app.sidebar.selectbox[1].value == scene.videos[3]


def test_an_unknown_video_in_the_address_is_said_and_another_opened(enter):
    scene, _ = enter(scenes.labelled)
    app = AppTest.from_file(str(MAIN), default_timeout=30).run()
    app.switch_page("pages/annotate.py")
    app.query_params["video"] = "4711"
    app.run()
    assert "There is no video 4711" in app.warning[0].value
    assert app.sidebar.selectbox[1].value in scene.videos


def test_the_address_follows_the_annotator_to_the_next_video(enter):
    scene, _ = enter(scenes.labelled)
    app = visit("annotate")
    app.session_state[f"annotator-{scene.project}"] = {"selected": None, "video": scene.videos[5]}
    app.run()
    assert app.query_params["video"] == str(scene.videos[5])
    assert app.sidebar.selectbox[1].value == scene.videos[5]


# ---------------------------------------------------------------------------------------------------------- Train


def test_train_without_labels_says_what_to_do(enter):
    enter(scenes.with_videos)
    app = visit("train")
    assert "Label some training videos first" in texts(app)
    assert "**0** training videos · 0 complete · 0 to measure on" in texts(app)
    assert "wtal worker" in texts(app)
    assert "No run yet" in texts(app)


def test_train_shows_what_it_would_learn_from(enter):
    enter(scenes.trained)
    summary = texts(visit("train"))
    assert "**8** training videos" in summary
    assert "2 to measure on" in summary


def test_a_run_is_started_with_the_options_that_were_changed(enter):
    scene, workspace = enter(scenes.trained)
    app = visit("train")
    app.number_input(key="mixed-method.hidden").set_value(64)
    app.selectbox(key="mixed-method.gate").set_value("hard")
    app.number_input(key="seed").set_value(3)
    press(app, "Train")
    started = runs.history(workspace, scene.project)[0].run
    assert (started.config, started.seed, started.annotator) == (
        {"method.hidden": 64, "method.gate": "hard"},
        3,
        "ada",
    )
    assert "Run 3" in texts(app)


@pytest.mark.parametrize("method", ["gaufuse", "rskp", "ttc_loc"])
def test_a_method_left_as_it_is_shows_its_settings_and_changes_none(enter, method):
    """GauFuse's bound on a label is infinite, and what is open in it is neither yes nor no."""
    scene, workspace = enter(scenes.trained)
    catalogue.publish(workspace, time.time())
    app = visit("train")
    app.selectbox(key="method").set_value(method).run()
    assert not app.exception
    if method == "gaufuse":
        app.selectbox(key="preset-gaufuse").set_value("thumos14").run()
        assert not app.exception
        app.selectbox(key="preset-gaufuse").set_value(NO_PRESET).run()
    press(app, "Train")
    started = runs.history(workspace, scene.project)[0].run
    assert (started.method, started.config) == (method, {})


def test_a_preset_fills_the_options_in(enter):
    scene, workspace = enter(scenes.trained)
    app = visit("train")
    app.selectbox(key="preset-mixed").set_value("small").run()
    assert app.number_input(key="mixed-small-method.hidden").value == 8
    press(app, "Train")
    started = runs.history(workspace, scene.project)[0].run
    assert (started.preset, started.config) == ("small", {})


def test_a_run_at_work_shows_progress_and_can_be_cancelled(enter):
    scene, workspace = enter(scenes.trained)
    run = runs.start(workspace, scene.project)
    job = runs.show(workspace, run).job.id
    with workspace.write() as unit:
        unit.jobs.claim(job, "me", now=time.time(), lease=60)
        unit.jobs.beat(job, "me", now=time.time(), lease=60, progress=0.25, message="epoch 2", seconds_left=100.0)
        unit.runs.change(run, status="training")
        unit.runs.log(run, step=1, n_steps=9, epoch=0, terms={"total": 1.0}, at=time.time())
    app = visit("train")
    assert "**Run 3**" in texts(app)
    assert any("25 % · epoch 2 · 2 min left" in element.proto.text for element in app.get("progress"))
    assert cancels(app) == [f"cancel-{run}"]
    assert cancels(visit("results")) == [f"cancel-job-{job}"]
    press(app, "Cancel")
    with workspace.read() as unit:
        assert unit.jobs.get(job).cancel
    stopping = app.button(key=f"cancel-{run}")
    assert (stopping.label, stopping.disabled) == ("Stopping", True)


def test_the_run_of_another_project_is_cancelled_in_the_sidebar_of_train(enter):
    scene, workspace = enter(scenes.trained)
    other = library.create_project(workspace, "Other").id
    with workspace.write() as unit:
        job = unit.jobs.add("train", "short", {}, at=time.time(), project_id=other).id
    app = visit("train", project=scene.project)
    assert cancels(app) == [f"cancel-job-{job}"]


def test_a_failed_run_says_why_and_can_go_on(enter):
    scene, workspace = enter(scenes.trained)
    run = runs.start(workspace, scene.project)
    job = runs.show(workspace, run).job.id
    with workspace.write() as unit:
        unit.jobs.change(job, status="failed")
        unit.runs.change(run, status="failed", error="the disk is full; make room, then press Go on")
    app = visit("train")
    assert "the disk is full" in app.error[0].value
    press(app, "Go on")
    assert runs.show(workspace, run).job.status == "queued"


def test_the_history_lists_runs_and_what_they_used(enter):
    enter(scenes.trained)
    app = visit("train")
    assert list(app.dataframe[0].value["Run"]) == [2, 1]
    assert list(app.dataframe[0].value["Shown"]) == ["★", ""]
    assert app.dataframe[0].proto.placeholder == "–"  # a run that was not measured says so in no English word
    assert list(app.dataframe[1].value["Used"]) == [0, 3]
    assert "a click lies past the last snippet" in texts(app)


def test_a_run_says_what_its_fold_score_stands_on_or_why_it_has_none(enter):
    scene, workspace = enter(scenes.trained)
    told = (
        {"fold_score": 0.25, "fold_note": "average mAP on 2 held-out training videos, after training on 6 others"},
        {"fold_score": None, "fold_note": "no fold score: it needs 2 [complete] videos"},
    )
    expected = (
        "Fold mAP: average mAP on 2 held-out training videos, after training on 6 others.",
        r"No fold mAP: it needs 2 \[complete\] videos.",
    )
    for metrics, words in zip(told, expected, strict=True):
        with workspace.write() as unit:
            unit.runs.change(scene.runs[1], metrics=metrics)
        assert words in texts(visit("train"))


def test_two_runs_are_compared_by_scores_and_settings(enter):
    enter(scenes.trained)
    app = visit("train")
    app.selectbox(key="compare-2").set_value(1).run()
    table = app.dataframe[-1].value.set_index("")
    assert table.loc["method.shift"].tolist() == ["2500000", "0"]
    assert float(table.loc["average mAP, %", "run 2"]) > float(table.loc["average mAP, %", "run 1"])


def test_retraining_by_itself_is_a_setting_of_the_project(enter):
    scene, workspace = enter(scenes.trained)
    visit("train").number_input(key="retrain-after").set_value(25).run()
    assert library.project(workspace, scene.project).settings["retrain_after"] == 25
    visit("train").number_input(key="retrain-after").set_value(0).run()
    assert "retrain_after" not in library.project(workspace, scene.project).settings


# -------------------------------------------------------------------------------------------------------- Results


def test_results_without_a_run_point_to_train(enter):
    enter(scenes.labelled)
    assert "Train one" in visit("results").info[0].value


def test_results_show_the_run_that_the_project_shows(enter):
    enter(scenes.trained)
    app = visit("results")
    assert app.selectbox(key="run").value == 2
    assert (app.metric[0].label, app.metric[0].value) == ("Average mAP, %", "100.0")
    assert len(app.get("plotly_chart")) == 5  # mAP, precision over recall, AP, errors, timeline


def test_results_against_another_run_show_the_difference(enter):
    enter(scenes.trained)
    app = visit("results")
    app.selectbox(key="against").set_value(1).run()
    assert app.metric[0].delta.startswith("+")


def test_a_run_without_measure_says_how_to_get_one(enter):
    _, workspace = enter(scenes.trained)
    with workspace.write() as unit:
        for record in unit.runs.evaluations(run_id=2):
            unit.runs.delete_evaluation(record.id)
    app = visit("results")
    assert "Not measured yet" in texts(app)
    press(app, "Evaluate")
    with workspace.read() as unit:
        assert [job.kind for job in unit.jobs.active()] == ["evaluate"]


def test_an_incomplete_validation_video_shows_no_model_output(enter):
    scene, workspace = enter(scenes.trained)
    hidden = [video for video in scene.videos if library.video(workspace, video).subset == "validation"]
    classes.add_class(workspace, scene.project, "Throw")  # now no video is complete any more
    offered = visit("results").selectbox(key="review-2")
    assert not any("(validation)" in option for option in offered.options)
    assert len(offered.options) == len(scene.videos) - len(hidden)


# ----------------------------------------------------------------------------------------------------------- Cost


def test_cost_without_a_measure_says_what_a_point_needs(enter):
    enter(scenes.with_videos)
    app = visit("cost")
    assert "No point yet" in app.info[0].value
    assert "Nothing was measured here yet" in texts(app)


def test_cost_shows_phi_beside_the_papers_and_a_point_per_run(enter):
    enter(scenes.trained)
    app = visit("cost")
    points, phi = (frame.value for frame in app.dataframe[:2])
    assert list(points["run"]) == ["run 1", "run 2"]
    assert not points["simulated"].any()
    full = phi.set_index("Level").loc["Full"]
    assert full["Measured"].startswith("0.47")  # 6 s of clock over 12.8 s of video
    assert full["To reckon with"] == 1.17  # fewer than ten videos: the paper's


@pytest.mark.parametrize(("n_videos", "said"), [(1, "1 video"), (2, "2 videos")])
def test_a_ratio_says_of_how_many_videos_it_is(n_videos, said):
    measured = Phi(0.5, 0.5, 0.5, 0.5, 0.5, 0.5, n_videos, active=1, duration=2)
    assert cost_panel.written(measured) == f"0.50 (0.50 to 0.50), median 0.50, {said}"


def test_an_evaluation_that_is_deleted_takes_its_point_along(enter):
    _, workspace = enter(scenes.trained)
    with workspace.write() as unit:
        unit.runs.delete_evaluation(unit.runs.evaluations(run_id=1)[0].id)
    assert list(visit("cost").dataframe[0].value["run"]) == ["run 2"]
