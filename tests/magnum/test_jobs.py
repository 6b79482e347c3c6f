"""The table of jobs: wishes, leases and outcomes, also when several ask at once.

With BAY_TEST_JOBS the database is that one, whose driver SQLAlchemy has to find:
BAY_TEST_JOBS=postgresql+psycopg://user@/database pytest tests/magnum/test_jobs.py
"""

import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from bay.components.errors import BayError
from bay.magnum.jobs import METADATA, Job, Jobs, Lease, LeaseLost, NoJob, Values, read_keys

KEY = Fernet.generate_key()
LOGIN = {"auth": {"application_credential_secret": "hush"}}


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    made = Jobs(os.environ.get("BAY_TEST_JOBS", f"sqlite:///{tmp_path}/jobs.sqlite"), [KEY])
    METADATA.drop_all(made.engine)
    made.create_table()
    return made


def want(jobs: Jobs, operation: str = "update", **request: object) -> int:
    return jobs.want("c", operation, lambda _before: request, LOGIN)


def test_each_wish_has_a_number_and_the_newest_one_counts(jobs: Jobs) -> None:
    assert [want(jobs, "create", nodes=1), want(jobs, nodes=2), want(jobs, nodes=3)] == [1, 2, 3]
    job = jobs.get("c")
    assert (job.wanted, job.operation, job.request, job.login) == (3, "update", {"nodes": 3}, LOGIN)
    assert not job.is_done


def test_many_wishes_at_once_are_all_counted(jobs: Jobs) -> None:
    def ask(number: int) -> int:
        def make(before: Job | None) -> Values:
            return {"asked": [*(before.request["asked"] if before else []), number]}

        return jobs.want("c", "update", make, LOGIN)

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(ask, range(40)))
    assert sorted(numbers) == list(range(1, 41))
    assert sorted(jobs.get("c").request["asked"]) == list(range(40))


def test_a_lease_is_had_by_one_of_many(jobs: Jobs) -> None:
    want(jobs)
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda number: jobs.take("c", f"host:{number}"), range(40)))
    assert taken.count(True) == 1


def test_nobody_gets_a_lease_where_nothing_is_wanted(jobs: Jobs) -> None:
    assert not jobs.take("c", "a")
    want(jobs)
    assert jobs.take("c", "a")
    jobs.begin("c", "a")
    jobs.finish("c", "a", 1, {"ok": True})
    assert jobs.release("c", "a")
    assert not jobs.take("c", "b")


def test_a_stale_lease_is_taken_over_only_while_it_is_as_it_was_seen(jobs: Jobs) -> None:
    want(jobs)
    jobs.take("c", "a")
    seen = jobs.get("c").lease
    assert seen == Lease("a", 1)
    jobs.beat("c", "a")
    assert not jobs.take("c", "b", seen)
    assert jobs.take("c", "b", Lease("a", 2))
    for late in (
        lambda: jobs.beat("c", "a"),
        lambda: jobs.begin("c", "a"),
        lambda: jobs.finish("c", "a", 1, {"ok": True}),
    ):
        with pytest.raises(LeaseLost):
            late()
    assert jobs.get("c").done == 0


def test_a_wish_that_comes_while_one_is_carried_out_keeps_the_lease(jobs: Jobs) -> None:
    want(jobs)
    jobs.take("c", "a")
    jobs.begin("c", "a")
    want(jobs, nodes=5)
    jobs.finish("c", "a", 1, {"ok": True})
    assert not jobs.release("c", "a")
    job = jobs.begin("c", "a")
    assert job is not None
    assert (job.wanted, job.request, job.tries) == (2, {"nodes": 5}, 1)


def test_tries_of_the_same_wish_are_counted(jobs: Jobs) -> None:
    want(jobs)
    for number in (1, 2, 3):
        lease = jobs.get("c").lease
        assert jobs.take("c", f"owner {number}", lease)
        job = jobs.begin("c", f"owner {number}")
        assert job is not None
        assert job.tries == number


def test_nothing_is_wanted_of_a_cluster_that_is_being_deleted(jobs: Jobs) -> None:
    want(jobs, "create")
    assert want(jobs, "delete") == 2
    with pytest.raises(BayError, match="is being deleted"):
        want(jobs, "update")
    assert want(jobs, "delete") == 3


def test_a_login_is_kept_until_there_is_another(jobs: Jobs) -> None:
    want(jobs)
    jobs.want("c", "update", lambda _: {}, {})
    assert jobs.get("c").login == LOGIN
    jobs.set_login("c", {"new": "one"})
    assert jobs.get("c").login == {"new": "one"}
    with pytest.raises(NoJob):
        jobs.set_login("d", LOGIN)


def test_no_secret_is_readable_in_the_database(jobs: Jobs) -> None:
    if jobs.engine.dialect.name != "sqlite":
        pytest.skip("reads SQLite's file")
    want(jobs, authority={"key": "hush"})
    jobs.engine.dispose()
    text = "\n".join(sqlite3.connect(str(jobs.engine.url.database)).iterdump())
    assert "bay_jobs" in text
    assert "hush" not in text


def test_another_key_is_an_error_that_says_so(jobs: Jobs) -> None:
    want(jobs)
    url = jobs.engine.url.render_as_string(hide_password=False)
    with pytest.raises(BayError, match="a key that this conductor does not have"):
        Jobs(url, [Fernet.generate_key()]).get("c")
    assert Jobs(url, [Fernet.generate_key(), KEY]).get("c").login == LOGIN


def test_keys_are_made_once_for_their_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "new" / "keys"
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: read_keys(file), range(8)))
    assert all(keys == found[0] for keys in found)
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["", "short", "x" * 44])
def test_a_file_without_keys_is_an_error(tmp_path: Path, text: str) -> None:
    file = tmp_path / "keys"
    file.write_text(text)
    with pytest.raises(BayError, match="holds no Fernet keys"):
        read_keys(file)
