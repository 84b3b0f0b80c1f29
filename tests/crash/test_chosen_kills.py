"""A short life of images, killed at a chosen call that changes a file (mortal.py)."""
import pytest

import mortal


def story(run):
    """One call after the other, each with what follows from it; then what nothing counts on is swept away."""
    lane = run.lanes[0]
    for action in (
        *(lane.start, lane.put, lane.put, lane.put, lane.complete, lane.register),
        *(lane.start, lane.put, lane.complete, lane.copy_image, lane.copy_snapshot),
        *(lane.share, lane.tag, lane.register, lane.register, lane.register, lane.deregister, lane.delete),
    ):
        action()
        lane.await_all()
    run.sweep()


@pytest.fixture(scope="module")
def empty(kill_at, tmp_path_factory):
    """A data directory with all its databases."""
    made = mortal.Mortal(tmp_path_factory.mktemp("first") / "made", kill_at, 0, "before")
    made.run.start()
    assert made.run.server.stop() == 0
    return mortal.Kept(made.run.server.data_dir, made.lane)


@pytest.mark.parametrize("how", ["before", "half"])
def test_a_kill_at_any_call_leaves_what_was_acknowledged_and_nothing_half_done(calls, empty, how):
    calls.kill_at(how, story, empty)


@pytest.mark.parametrize("how", ["before", "half"])
def test_a_kill_at_any_call_of_the_first_start_is_made_good_by_the_next(calls, how):
    calls.kill_at(how, lambda run: None)
