"""Times `bay` on a state of many bays, on a stub cloud that has them all (docs/speed.md).

One bay is created; the others are copies of it in the state and in the cloud, with names and ids of their own.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bays import BAY
from processes import Watched, watch
from scale import BUILD, HEAD, Failed, line
from stubs import NoGo, Stub, running

ORIGINAL = "original"
"""Name of the bay that is created."""


@dataclass(frozen=True)
class Bays:
    """Many bays on a stub; `folder` holds their state and passphrases."""

    stub: Stub
    folder: Path
    nodes: int

    @property
    def data(self) -> Path:
        """What bay keeps."""
        return self.folder / "data" / "bay"

    def create(self, count: int) -> None:
        """One by `bay create`, the others by copying it; Failed."""
        self.run("create", ORIGINAL, "--model", "swarm", "--nodes", str(self.nodes), "--no-wait")
        state = self.data / "state" / ".pulumi"
        text = (state / "stacks" / "bay" / f"{ORIGINAL}.json").read_text()
        shown = self.run("show", ORIGINAL, "-f", "value", "-c", "id").text.split()
        for copy in self.stub.copies(ORIGINAL, shown[-1], count - 1):
            name, changed = copy["name"], text
            for old, new in {ORIGINAL: name, **copy["ids"]}.items():
                changed = changed.replace(old, new)
            (state / "stacks" / "bay" / f"{name}.json").write_text(changed)
            runs = state / "history" / "bay"
            (runs / name).mkdir()
            for file in (runs / ORIGINAL).iterdir():
                shutil.copy(file, runs / name / file.name.replace(ORIGINAL, name))
            for folder in (self.data / "passphrases").iterdir():
                shutil.copy(folder / ORIGINAL, folder / name)

    def steps(self) -> Iterator[tuple[str, ...]]:
        """What is measured."""
        yield "list", "-c", "name", "-f", "value"
        yield "list", "-f", "json"
        yield "list", "--usage", "-f", "json"
        yield "preview", "--all", "-f", "json"
        yield "drift", "--all", "-f", "json"

    def run(self, *words: str) -> Watched:
        """One command that ends well; Failed."""
        own = {"XDG_DATA_HOME": str(self.folder / "data"), "XDG_CONFIG_HOME": str(self.folder / "config")}
        environment = {**os.environ, **own, **self.stub.environment}
        environment.pop("BAY_STATE", None)
        done = watch([BAY, *words], environment, self.folder)
        if done.code:
            raise Failed(f"bay {' '.join(words)}: exit code {done.code}\n{done.text[-2000:]}")
        return done


def main() -> int:
    """Run, print; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bays", type=int, default=200, help="how many bays (default 200)")
    parser.add_argument("--nodes", type=int, default=2, help="nodes of each, beside its master (default 2)")
    asked = parser.parse_args()
    print(HEAD)
    try:
        with tempfile.TemporaryDirectory(prefix="bay-many-") as folder, running(Path(folder), BUILD) as stub:
            bays = Bays(stub, Path(folder), asked.nodes)
            bays.create(asked.bays)
            for words in bays.steps():
                load, calls = os.getloadavg()[0], stub.calls()
                done = bays.run(*words)
                _require_no_change(words, done, asked.bays)
                title = " ".join(word for word in words if word not in ("-f", "json", "value"))
                print(f"{line(title, done, load)} {stub.calls() - calls:6d} calls", flush=True)
    except (Failed, NoGo) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _require_no_change(words: tuple[str, ...], done: Watched, count: int) -> None:
    """Failed where a bay is missing, or its copy is not what its state says: that would be another measurement."""
    if "json" not in words or words[0] == "drift":
        return
    rows, _ = json.JSONDecoder().raw_decode(done.text[done.text.index("[\n") :])
    if len(rows) != count:
        raise Failed(f"bay {' '.join(words)}: not {count} bays\n{done.text[-2000:]}")


if __name__ == "__main__":
    sys.exit(main())
