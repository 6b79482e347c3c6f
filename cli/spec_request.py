"""What a user asks for on the command line, and the spec that comes of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bay.components.spec import BaySpec
from bay.components.spec.merge import changed, resolve
from bay.components.spec.models import model_files, read_model
from bay.stacks.context import Session


@dataclass(frozen=True)
class Wish:
    """said: options and spec file, lowest first. addons: beside those of the model. models: folder of --models."""

    session: Session
    said: Sequence[Mapping[str, Any]]
    addons: Sequence[str] = ()
    models: Path | None = None

    def specify(self, spec: BaySpec | None) -> BaySpec:
        """The spec of a bay that exists with what was said over it; of a new one from its model.

        BayError where the login's project may make no bays of the model.
        """
        folders = self.session.model_folders(self.models)
        if spec is not None:
            return changed(spec, self.said, folders, self.addons)
        made = resolve(self.said, folders, self.addons)
        if made.model in model_files(folders):
            self._permit(made.model, folders)
        return made

    def _permit(self, name: str, folders: Sequence[Path]) -> None:
        model = read_model(name, folders)
        if model.restrictions:  # only then a login is needed so early
            from bay.components.openstack.login import project_of

            model.refuse_other_projects(*project_of(self.session.cloud()))
