"""The carrier brings ids in order on every kind of queue, and nothing but ids."""

import time

import pytest

from app.carrier import Carrier


@pytest.fixture
def lane(request) -> str:
    """A lane of the test's own: the Redis and PostgreSQL servers are shared."""
    return f"lane-{abs(hash(request.node.nodeid))}"


def test_ids_come_out_in_the_order_they_went_in(queue_url, lane):
    carrier = Carrier(queue_url, lane)
    for job_id in (3, 12_345_678_901, 5):
        carrier.send(job_id)
    assert carrier.waiting() == 3
    assert [carrier.receive(1) for _ in range(3)] == [3, 12_345_678_901, 5]
    assert carrier.waiting() == 0
    carrier.close()


def test_lanes_do_not_see_each_others_jobs(queue_url, lane):
    long, short = Carrier(queue_url, f"{lane}-long"), Carrier(queue_url, f"{lane}-short")
    long.send(1)
    assert short.receive(0) is None
    assert long.receive(1) == 1


def test_an_empty_queue_is_waited_for_and_then_nothing_comes(queue_url, lane):
    carrier = Carrier(queue_url, lane)
    start = time.monotonic()
    assert carrier.receive(0.3) is None
    assert time.monotonic() - start < 2.5


def test_what_is_no_job_id_is_dropped(tmp_path, lane, caplog):
    carrier = Carrier(f"sqlite:///{tmp_path / 'queue'}", lane)
    carrier._storage.enqueue(b"cos\nsystem\n(S'true'\ntR.")  # a pickle that runs a command
    carrier.send(7)
    assert [carrier.receive(0), carrier.receive(0)] == [None, 7]
    assert "no job id" in caplog.text


def test_an_unknown_kind_of_queue_is_refused_with_the_kinds_there_are():
    with pytest.raises(ValueError, match=r"'amqp'; it must be sqlite:///FILE, redis"):
        Carrier("amqp://host", "long")
