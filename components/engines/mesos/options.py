"""What a spec's `options` may say for Mesos."""

from typing import Annotated, Literal

from pydantic import Field

from bay.components.engines.docker_daemon import DockerOptions

Isolator = Annotated[str, Field(pattern=r"^[a-z0-9_]+/[a-z0-9_]+$")]
Duration = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?(secs|mins|hrs)$")]
Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class MesosOptions(DockerOptions):
    """Options of Mesos; Cinder volumes for tasks (Magnum's rexray, no longer maintained) are not among them."""

    isolation: tuple[Isolator, ...] | None = Field(
        None,
        description="Isolators of the agents, for example cgroups/cpu; empty: with cgroups (version 1) where a "
        "server has them, else posix/cpu and posix/mem.",
    )
    image_providers: tuple[Literal["docker", "appc"], ...] | None = Field(
        None,
        description="Kinds of images that the Mesos containerizer runs; empty: docker, where the isolation allows it.",
    )
    work_dir: str = Field(
        "/var/lib/mesos/agent", pattern=r"^/[A-Za-z0-9._/-]+$", description="Folder of the agents for sandboxes."
    )
    executor_environment: dict[Variable, str] = Field(
        default_factory=dict, description="Environment variables of executors, and so of their tasks."
    )
    executor_registration_timeout: Duration = Field(
        "5mins", description="How long an agent waits for an executor, which may have to load an image first."
    )
    marathon: bool = Field(
        False, description="Whether the masters run Marathon (8443, HTTPS), which the image must bring."
    )
