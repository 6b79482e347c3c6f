"""The launcher makes the databases, and forks the services: none of them may be open in it then."""

import subprocess
import sys
from pathlib import Path

import pytest

BEGIN = """
import functools, gc, os, sqlite3, sys
from pathlib import Path
from bay.sandbox.services.sandbox_services import databases, process
from bay.sandbox.services.sandbox_services.plan import Plan

gc.disable()  # what is open only until the collector comes is open for as long as that takes
links = []

def look():
    links.extend(os.readlink(f"/proc/self/fd/{number}") for number in os.listdir("/proc/self/fd")
                 if os.path.exists(f"/proc/self/fd/{number}"))

os.register_at_fork(before=look)
folder = Path(sys.argv[1])

def plan(name):
    values = dict.fromkeys(Plan.__dataclass_fields__)
    made = Plan(**values | {"state": folder / name, "template": folder / "template"})
    (made.state / "log").mkdir(parents=True, exist_ok=True)
    return made

def make(path):
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("CREATE TABLE cell_mappings (database_connection TEXT)")
    database.execute("INSERT INTO cell_mappings VALUES (?)", (f"sqlite:///{path}",))
    database.commit()

def run(plan, work):
    assert os.waitpid(process.fork(work, plan.state / "log" / "child.log"), 0)[1] == 0
"""
FIRST_START = """
first = plan("first")
databases.prepare(first)
for name in ("nova_api", "neutron", "octavia"):
    run(first, functools.partial(make, first.database / f"{name}.sqlite"))
databases.finish(first)
run(first, lambda: None)
"""
LATER_START = """
second = plan("second")
assert databases.copy_template(second)
run(second, lambda: None)
"""
FORK_ALL_THE_SAME = """
database = sqlite3.connect(folder / "left.sqlite")
database.execute("PRAGMA journal_mode=WAL")
database.execute("CREATE TABLE one (number INTEGER)")
run(plan("any"), lambda: None)
"""


def launcher(folder: Path, *steps: str) -> subprocess.CompletedProcess[str]:
    """Do steps as the launcher does them; prints the SQLite files that were open when it forked."""
    end = "print(sorted({os.path.basename(link) for link in links if '.sqlite' in link}))"
    code = "\n".join([BEGIN, *steps, end])
    return subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("steps", [[FIRST_START], [FIRST_START, LATER_START]], ids=["made", "copied"])
def test_no_database_is_open_in_the_launcher_when_it_forks(tmp_path: Path, steps: list[str]) -> None:
    """SQLite's locks are not inherited, its belief to have them is: what such a child writes may be lost."""
    done = launcher(tmp_path, *steps)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_a_fork_with_an_open_database_is_refused_by_its_name(tmp_path: Path) -> None:
    done = launcher(tmp_path, FORK_ALL_THE_SAME)
    assert done.returncode
    assert "cannot fork while databases are open in this process: left" in done.stderr.splitlines()[-1]
    assert not (tmp_path / "any" / "log" / "child.log").exists()
