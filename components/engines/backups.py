"""How an engine's control-plane data is saved from a master, and put onto new ones.

The scripts are no part of a server's boot data: `bay backup` and `bay restore` bring them along over SSH, so they work
on servers of every release, and a new release of them makes no server outdated. ``files/common/snapshots.sh`` says what
an engine's own has to bring.
"""

from dataclasses import dataclass
from importlib.resources import files

COMMON = ("common", "snapshots.sh")


@dataclass(frozen=True)
class Snapshots:
    """Of an engine. folder: of its ``snapshot.sh`` in ``files``. data: what it saves, in people's words.

    loads_everywhere: whether every master gets the snapshot, since masters without any data could outvote one that
    has it. Else the first one gets it, and the others join that one, with the key that lets masters in.
    """

    folder: str
    data: str
    loads_everywhere: bool = False

    @property
    def script(self) -> str:
        """For ``bash -s VERB [ARGUMENT]``; what the verb reads comes behind it, on the same standard input.

        bash reads its commands line by line and no further, so the last one is one line.
        """
        parts = [_text(*COMMON), _text(self.folder, "snapshot.sh")]
        return "".join(parts) + 'main "$@"; exit\n'


def _text(folder: str, name: str) -> str:
    return files("bay.components.engines").joinpath("files", folder, name).read_text(encoding="utf-8")
