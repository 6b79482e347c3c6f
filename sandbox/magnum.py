"""Magnum in the sandbox: API and conductor with bay's driver, in an environment of their own, and public templates."""

import hashlib
import importlib.util
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bay.components.private_files import make_folder, write_private
from bay.sandbox import catalog, install, launch, plan, seeds
from bay.sandbox.config import Settings, render
from bay.sandbox.config.magnum import magnum, magnum_paste
from bay.sandbox.errors import SandboxError
from bay.sandbox.layout import Layout

if TYPE_CHECKING:
    from openstack.connection import Connection

REQUIREMENTS = Path(__file__).parent / "requirements-magnum.txt"
PACKAGES = ("components", "magnum", "stacks")
"""Of bay, that the driver in Magnum's process imports; its jobs run in bay's own environment."""
ENTRY_POINTS = "[magnum.drivers]\nbay = bay.magnum.driver:Driver\n"
METADATA = "Metadata-Version: 2.1\nName: bay-magnum-driver\nVersion: 1\n"
ROLES = ("admin", "service")
MEMORY = 120  # MiB, of its process when it has started
TEMPLATES: dict[str, dict[str, Any]] = {
    name: {"coe": coe, "image": f"debian-12-{image}", "ha": ha, "flavor": flavor}
    for name, coe, image, ha, flavor in (
        ("kubernetes", "kubernetes", "kubernetes", False, "m1.small"),
        ("kubernetes-ha", "kubernetes", "kubernetes", True, "m1.medium"),
        ("swarm", "swarm", "docker", False, "m1.small"),
        ("swarm-ha", "swarm", "docker", True, "m1.small"),
        ("mesos", "mesos", "mesos", False, "m1.small"),
        ("mesos-ha", "mesos", "mesos", True, "m1.small"),
    )
}
"""Public cluster templates, called as the models that they mean."""


@dataclass(frozen=True)
class Magnum:
    """settings: of the sandbox, with a port for Magnum. cache: of the sandbox; Pulumi is in the folder above it."""

    settings: Settings
    layout: Layout
    cache: Path

    def start(self, say: Callable[[str], None]) -> None:
        """Install it, once, register and start it; return when it answers and has its templates."""
        environment = install.ensure(self.cache, say, REQUIREMENTS)
        settings = replace(self.settings, environment=environment)
        self._write(settings)
        self._register()
        launch.launch(settings, self.layout, [catalog.MAGNUM.name], say, self._plan_file, self._code)
        self._make_templates()
        say(f"magnum takes about {MEMORY} MiB of memory, and each cluster that is being changed a worker beside it")

    @cached_property
    def build(self) -> str:
        """Digest of all that its process starts from."""
        digest = hashlib.sha256(install.digest(REQUIREMENTS).encode())
        folders = [plan.SERVICES_CODE, *(folder for name, folder in packages() if name == "magnum")]
        for file in sorted(file for folder in folders for file in folder.rglob("*.py")):
            digest.update(file.read_bytes())
        digest.update(json.dumps([sorted(self.settings.secrets.items()), self._configuration]).encode())
        return digest.hexdigest()[:16]

    @property
    def _configuration(self) -> str:
        return render(magnum(self.settings, self.cache.absolute().parent))

    @property
    def _folder(self) -> Path:
        return self.layout.etc / "magnum"

    @property
    def _plan_file(self) -> Path:
        return self._folder / "plan.json"

    @property
    def _code(self) -> Path:
        return self._folder / "python"

    def _write(self, settings: Settings) -> None:
        """Configuration, plan, and the driver as Magnum finds one: a distribution with an entry point."""
        packaged = Path(settings.paste("magnum/api-paste.ini")).read_text(encoding="utf-8")
        write_private(self._folder / "magnum.conf", self._configuration)
        write_private(self._folder / "api-paste.ini", magnum_paste(packaged))
        write_private(self._folder / "policy.yaml", "{}\n")
        everything = json.loads(self.layout.plan.read_text(encoding="utf-8"))
        own = asdict(catalog.MAGNUM) | {"port": self.settings.ports["magnum"], "url": self._url}
        services = everything["services"] | {catalog.MAGNUM.name: own}
        write_private(self._plan_file, json.dumps(everything | {"services": services, "build": self.build}, indent=1))
        for name, text in (("entry_points.txt", ENTRY_POINTS), ("METADATA", METADATA)):
            write_private(self._code / "bay_magnum_driver-1.dist-info" / name, text)
        make_folder(self._code / "bay")
        for name, folder in packages():
            link = self._code / "bay" / name
            link.unlink(missing_ok=True)
            link.symlink_to(folder)

    @property
    def _url(self) -> str:
        return self.settings.url(catalog.MAGNUM.name) + catalog.MAGNUM.path

    def _register(self) -> None:
        """Its user and its entry in Keystone's catalog; what is there already stays."""
        identity: Any = self._cloud().identity  # of version 3, which openstacksdk does not tell
        name = catalog.MAGNUM.name
        password = self.settings.secrets[name]
        project = identity.find_project("service", ignore_missing=False)
        user = identity.find_user(name)
        if user:
            identity.update_user(user, password=password)
        else:
            user = identity.create_user(name=name, password=password, domain_id="default")
        for role in ROLES:
            identity.assign_project_role_to_user(project, user, identity.find_role(role, ignore_missing=False))
        kind = catalog.MAGNUM.type
        service = next(iter(identity.services(type=kind)), None) or identity.create_service(name=name, type=kind)
        endpoints = {endpoint.interface: endpoint for endpoint in identity.endpoints(service_id=service.id)}
        for interface in ("public", "internal", "admin"):
            if interface not in endpoints:
                identity.create_endpoint(
                    service_id=service.id, interface=interface, region_id=catalog.REGION, url=self._url
                )
            elif endpoints[interface].url != self._url:
                identity.update_endpoint(endpoints[interface], url=self._url)

    def _make_templates(self) -> None:
        cloud = self._cloud()
        api = cloud.container_infrastructure_management
        have = {template.name for template in api.cluster_templates()}
        for name, template in TEMPLATES.items():
            if name not in have:
                body = _body(name, template)
                answer = api.post("/clustertemplates", json=body)
                if answer.status_code != 201:
                    raise SandboxError(
                        f"Magnum refuses the template {name}: {answer.text}", f"see {self.layout.log}/magnum.log"
                    )

    def _cloud(self) -> "Connection":
        import openstack

        auth = {
            "auth_url": self.settings.auth_url,
            "username": seeds.ADMIN,
            "password": self.settings.secrets[seeds.ADMIN],
            "project_name": seeds.ADMIN,
            "user_domain_name": "Default",
            "project_domain_name": "Default",
        }
        return openstack.connect(auth=auth, region_name=catalog.REGION, load_yaml_config=False, load_envvars=False)


def _body(name: str, template: dict[str, Any]) -> dict[str, Any]:
    """As the API takes it. With several masters, clients reach them by a virtual IP."""
    return {
        "name": name,
        "coe": template["coe"],
        "image_id": template["image"],
        "external_network_id": seeds.PHYSICAL_NETWORKS[0],
        "flavor_id": template["flavor"],
        "master_flavor_id": template["flavor"],
        "master_lb_enabled": template["ha"],
        "floating_ip_enabled": True,
        "public": True,
        "labels": {"bay_model": name},
    }


def packages() -> list[tuple[str, Path]]:
    """Name and folder of each of :data:`PACKAGES`, as this process imports it."""
    found = []
    for name in PACKAGES:
        spec = importlib.util.find_spec(f"bay.{name}")
        places = list(spec.submodule_search_locations or ()) if spec else []
        if not places:
            raise SandboxError(f"this installation of bay has no package bay.{name}", "install bay again")
        found.append((name, Path(os.path.realpath(places[0]))))
    return found
