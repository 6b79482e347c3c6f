"""The benchmark of planning plans what it says."""

import gc
from pathlib import Path
from types import ModuleType

import pytest

BENCH = Path(__file__).parents[2] / "bench"


@pytest.fixture
def plan(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """bench/plan.py."""
    import importlib

    monkeypatch.syspath_prepend(str(BENCH))
    return importlib.import_module("plan")


# Pulumi's own mocks leave an event loop open in each thread that asked them something.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("model", ["swarm"])
def test_each_node_is_one_resource(model: str, plan: ModuleType) -> None:
    few, more = plan.planned(model, 2), plan.planned(model, 12)
    assert more[1] - few[1] == 10
    assert few[0] > 0
    gc.collect()  # here, not in a test that takes such warnings for its own
