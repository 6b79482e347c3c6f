"""The image that a bay's servers boot: its name is resolved once, and stays what it was."""

from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult


class ImageProvider(ResourceProvider):
    """Keeps the id that a name had when the bay first used it.

    An operator who uploads a new image under the old name changes nothing in a bay that exists: nodes
    that are added later boot what the others booted. The state pins this class by module and name.
    """

    serialize_as_secret_always = False  # the reference is no secret, and a reviewer may see it

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult(id_=props["image_id"], outs=props)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        changed = _olds["name"] != _news["name"]
        return DiffResult(changes=changed, replaces=[], stables=[] if changed else ["image_id"])

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(outs=_news)


class Image(Resource, module="bay", name="Image"):
    """A Glance image by name, with the id it had when the bay first used it."""

    image_id: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        name: pulumi.Input[str],
        image_id: pulumi.Input[str],
        opts: pulumi.ResourceOptions,
    ) -> None:
        super().__init__(ImageProvider(), resource_name, {"name": name, "image_id": image_id}, opts)
