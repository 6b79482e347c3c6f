"""The wait at the end of a program, and what it keeps to itself until then."""

import asyncio
import inspect

import pytest
from pulumi import log
from pulumi.runtime import resource
from pulumi.runtime.proto.engine_pb2 import LogRequest
from pulumi.runtime.settings import SETTINGS

from bay.stacks.program.runtime import run_and_await

SECONDS = 60


@pytest.fixture(autouse=True)
def no_outputs() -> None:
    """Nothing left over of another test's program."""
    SETTINGS.outputs.clear()


def run(*works: float | Exception) -> list[bool]:
    """Open outputs that take so many seconds, or fail at once; whether each was done when the wait ended."""

    async def work(one: float | Exception) -> None:
        if isinstance(one, Exception):
            raise one
        await asyncio.sleep(one)

    async def whole() -> list[bool]:
        tasks: list[asyncio.Task[None]] = []

        def program() -> None:
            tasks.extend(asyncio.ensure_future(work(one)) for one in works)
            SETTINGS.outputs.update(tasks)

        await asyncio.wait_for(run_and_await(program)(), SECONDS)
        done = [task.done() for task in tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        SETTINGS.outputs.clear()
        return done

    return asyncio.run(whole())


def test_a_program_ends_when_all_its_outputs_are_there() -> None:
    assert run(0.01, 0.05, 0.02) == [True, True, True]


def test_a_program_ends_with_the_first_that_fails_and_leaves_it_to_pulumi() -> None:
    assert run(10 * SECONDS, ValueError("no such image")) == [False, True]


def test_debug_messages_stay_in_the_program_and_only_there(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    class Engine:
        def Log(self, request: LogRequest) -> None:
            told.append(request.message)

    def program() -> None:
        log.debug("of a program, for pulumi --debug")
        log.info("of a program, for a person")

    monkeypatch.setattr(log, "get_engine", Engine)
    asyncio.run(run_and_await(program)())
    log.debug("after it")
    assert told == ["of a program, for a person", "after it"]


def test_no_stack_trace_and_no_folder_of_this_machine_goes_to_pulumi() -> None:
    """They would stay in the state. Fails, too, where the SDK collects them by another function some day."""
    run()
    for sends in (resource.register_resource, resource.read_resource):
        source = inspect.getsource(sends)
        assert "stack_trace = _get_stack_trace()" in source
        assert "source_position = _get_source_position(stack_trace)" in source
    assert not resource._get_stack_trace().frames
    assert resource._get_source_position(resource._get_stack_trace()) is None
