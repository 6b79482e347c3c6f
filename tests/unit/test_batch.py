"""How many servers of a group may be away at once: what a change is asked for, and what a repair takes by itself."""

import pytest

from bay.components.batch import BATCH_PERCENT, at_once, batch


@pytest.mark.parametrize(
    ("servers", "replaced", "unasked"),
    [
        (1, 1, 1),
        (2, 1, 1),
        (3, 1, 2),
        (4, 1, 2),
        (5, 2, 2),
        (6, 2, 3),
        (7, 2, 3),
        (8, 3, 4),
        (9, 3, 4),
        (10, 4, 4),
    ],
)
def test_a_repair_rounds_the_share_down_and_the_guard_rounds_it_up(servers: int, replaced: int, unasked: int) -> None:
    assert (at_once(servers), batch(servers)) == (replaced, unasked)


@pytest.mark.parametrize("servers", range(3, 11))
def test_a_repair_never_takes_more_than_the_share_where_one_server_is_less_than_it(servers: int) -> None:
    assert 100 * at_once(servers) <= BATCH_PERCENT * servers
