"""Import and export on the Library page, with names as files hold them."""

import json

from app import jobs
from app.commands import import_labels
from app.components import exchange_panel
from app.components.plain import plain
from app.services import exchange
from tests.app import scenes
from tests.app.test_pages import (  # noqa: F401  fixtures
    enter,
    on_tab,
    one_look_at_the_packages,
    page_table,
    prepared,
    visit,
)

NAME = "*star* $x^2$ [l](http://e.com) :red[hi] `c`"


def imported(workspace, scene, content, name="hostile.json"):
    """The Library page after an import by a worker."""
    job = exchange.request_import(workspace, scene.project, content, name, "activitynet", by="ada")
    jobs.run(workspace, job, "w")
    return on_tab(visit(), "Import and export")


def said_of_a_video(label, segment=(1, 2)):
    entry = {"duration": 10, "annotations": [{"label": label, "segment": segment}]}
    return json.dumps({"database": {"jump_00": entry}}).encode()


def test_names_from_a_file_are_shown_as_they_were_typed(enter):  # noqa: F811
    scene, workspace = enter(scenes.labelled)
    app = imported(workspace, scene, said_of_a_video(NAME))
    assert f"New classes: {plain(NAME)}" in [each.value for each in app.info]
    app = imported(workspace, scene, said_of_a_video(NAME, segment=(3, 3)))
    notes = [each.value for each in app.caption if "has no length" in each.value]
    assert len(notes) == 1
    assert plain(NAME) in notes[0]


def test_an_import_that_fails_names_its_file_once(enter):  # noqa: F811
    scene, workspace = enter(scenes.labelled)
    app = imported(workspace, scene, b'{"database": NaN}')
    assert [each.value for each in app.error] == [
        "hostile.json: NaN is not a number JSON knows; every time and score must be finite"
    ]
    app = imported(workspace, scene, b'{"database": {"elsewhere": {"duration": 10, "annotations": []}}}')
    assert app.error[0].value.startswith("hostile.json: no video of the file is in the project")


def test_the_form_asks_in_the_words_of_the_command_whether_the_file_is_complete(enter):  # noqa: F811
    enter(scenes.labelled)
    box = on_tab(visit(), "Import and export").checkbox(key="import-complete")
    assert (box.label.lower(), box.value) == (import_labels.COMPLETE, False)
    assert box.label == exchange_panel.COMPLETE
