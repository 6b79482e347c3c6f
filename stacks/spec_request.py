"""What is asked of a bay's spec, and the spec that comes of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bay.components.openstack.scope import project_of
from bay.components.spec import BaySpec
from bay.components.spec.merge import build_spec, changed_spec
from bay.components.spec.models import model_files, read_model

if TYPE_CHECKING:
    from openstack.connection import Connection


@dataclass(frozen=True)
class SpecRequest:
    """Layers over the spec that there is, or over a model: a `SpecSource`.

    layers: fields of the spec, lowest first. addons: beside those of the model. models: folders of models beside the
    built-in ones. cloud: gives the login's connection, which is only asked for where a model is not for every project.
    """

    layers: Sequence[Mapping[str, Any]]
    addons: Sequence[str]
    models: Sequence[Path]
    cloud: "Callable[[], Connection]"

    def __call__(self, spec: BaySpec | None) -> BaySpec:
        """The spec of a bay that exists with what was said over it; of a new one from its model.

        BayError where the login's project may create no bays of the model.
        """
        if spec is not None:
            return changed_spec(spec, self.layers, self.models, self.addons)
        built = build_spec(self.layers, self.models, self.addons)
        if built.model in model_files(self.models):
            model = read_model(built.model, self.models)
            if model.restrictions:  # only then a login is needed so early
                model.refuse_other_projects(*project_of(self.cloud()))
        return built
