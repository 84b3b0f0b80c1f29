"""Three clients at once, a server that is killed at random moments, and everything that was acknowledged."""
import random

import kills

KILLS_OF_A_SEED = 10


def pytest_generate_tests(metafunc):
    only = metafunc.config.getoption("--seed")
    count = -(-metafunc.config.getoption("--kills") // KILLS_OF_A_SEED)
    metafunc.parametrize("seed", [only] if only is not None else range(1, count + 1))


def test_nothing_that_was_acknowledged_is_lost_and_nothing_half_done_is_there(tmp_path, seed):
    print(f"repeat it with: /usr/bin/python3 -m pytest tests/crash/test_random_kills.py --seed {seed}")
    moments = random.Random(seed)
    run = kills.Run(tmp_path, seed)
    run.start()
    for lane in run.lanes:
        lane.make_keys()
    try:
        for _ in range(KILLS_OF_A_SEED):
            run.work_until_killed(moments.choice([0.05, 0.3, 0.8]) * moments.random() * 2)
            run.restart()
            run.check(contents=2)
        run.check_all()
        assert sum(lane.calls for lane in run.lanes) > KILLS_OF_A_SEED
    finally:
        run.server.kill()
