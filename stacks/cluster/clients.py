"""What a client needs to use a bay's API."""

from collections.abc import Mapping
from dataclasses import dataclass

from bay.components.engines import ENGINES
from bay.components.errors import BayError
from bay.stacks.cluster.health import first_that_answers
from bay.stacks.stack import BayStack


@dataclass(frozen=True)
class ClientFiles:
    """files: name -> content, for a folder of the client's own. addresses: of the API, ``host:port``, the first of
    which the files name. is_open: whether the API may be reached by clients at all."""

    coe: str
    files: Mapping[str, str]
    addresses: tuple[str, ...]
    is_open: bool

    def environment(self, folder: str) -> dict[str, str]:
        """Variables for the client's shell once the files are in a folder."""
        return ENGINES[self.coe].client_environment(list(self.addresses), folder)


def client_files_of(bay: BayStack) -> ClientFiles:
    """Of a bay that is complete; of several masters without an address in common, they name one that answers now."""
    spec = bay.state.spec
    if spec is None or not bay.state.is_complete:
        raise BayError(
            f"bay {bay.name} is not complete", f"'bay show {bay.name}' says why; 'bay create {bay.name}' resumes it"
        )
    outputs = bay.outputs()
    files, addresses = outputs["client_files"], outputs["api_addresses"]
    address = first_that_answers(spec, addresses, files)
    ordered = (address, *(one for one in addresses if one != address))
    return ClientFiles(spec.coe, ENGINES[spec.coe].turned_to(files, address), ordered, bool(spec.access.api))
