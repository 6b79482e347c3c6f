"""What every server is given at boot, whatever its engine: settings, volumes, trust, proxies, the site's own files."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import TYPE_CHECKING

from bay.components.node import cloudinit
from bay.components.node.cloudinit import File, HostKey, User

if TYPE_CHECKING:
    from bay.components.engines import Engine, Facts

LIBRARY = "/usr/local/lib/bay"
SETTINGS = "/etc/bay"

Settings = Mapping[str, str | int | Sequence[str]]

SCRIPTS = ("common.sh", "prepare", "guard-metadata")
UNITS = ("bay-prepare.service", "bay-metadata.service")
CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Boot:
    """An engine's own part of a server's boot data.

    settings: what its scripts know, beside what every server's do; nothing secret. units: systemd units to enable
    and start once the server is prepared. engine_paths: folders that go onto the engine's volume, where the spec
    asks for one. state_paths: the same for the masters' state volume. services: of the distribution, which start only
    once the server is prepared, since they use these folders, the proxies and the site's authorities.
    """

    settings: Settings
    files: Sequence[File]
    units: Sequence[str]
    users: Sequence[User] = ()
    host_key: HostKey | None = None
    engine_paths: Sequence[str] = ()
    state_paths: Sequence[str] = ()
    services: Sequence[str] = ()


def user_data(engine: "Engine", facts: "Facts") -> str:
    """Cloud-init user data of a server: the common part, the engine's own and the site's snippets."""
    own = engine.boot(facts)
    snippets = [s for s in facts.spec.snippets.values() if facts.role in s.roles]
    settings = {**_settings(facts, own), "BAY_API_PORT": engine.api_port, **own.settings}
    return cloudinit.user_data(
        files=[
            File(f"{SETTINGS}/env", cloudinit.environment(settings), "0600"),
            # The first word counts: before the distribution's own.
            File("/etc/ssh/sshd_config.d/10-bay.conf", static("common", "sshd.conf")),
            *_trust(facts),
            *_proxies(facts),
            *(unit("common", name) for name in UNITS),
            *(_drop_in(service, "bay-prepare", static("common", "after-prepare.conf")) for service in own.services),
            *(script("common", name) for name in (*SCRIPTS, *_parts(facts))),
            *own.files,
            *(File(path, content) for snippet in snippets for path, content in snippet.files.items()),
        ],
        commands=[
            *(command for snippet in snippets for command in snippet.commands),
            ["systemctl", "enable", *UNITS, *own.units],
            # The other unit of UNITS is started by this one, once there is what it needs.
            ["systemctl", "start", "--no-block", UNITS[0], *own.units],
        ],
        users=own.users,
        host_key=own.host_key,
    )


def _parts(facts: "Facts") -> list[str]:
    """Scripts that only some bays need; `prepare` runs those that are there."""
    volumes = facts.group_spec.engine_volume or (facts.role == "master" and facts.state_volumes)
    virtual_ip = facts.role == "master" and facts.spec.endpoint.kind == "virtual-ip"
    return [*(["volumes.sh"] if volumes else []), *(["virtual-ip.sh", "serves-api"] if virtual_ip else [])]


def script(folder: str, name: str) -> File:
    """A script without its comments, which would be a quarter of what the state keeps for each server."""
    lines = static(folder, name).splitlines(keepends=True)
    code = "".join(line for line in lines if not line.lstrip().startswith("#") or line.startswith("#!"))
    return File(f"{LIBRARY}/{name}", code, "0644" if name.endswith(".sh") else "0755")


def unit(folder: str, name: str) -> File:
    """A systemd unit."""
    return File(f"/etc/systemd/system/{name}", static(folder, name))


def static(folder: str, name: str) -> str:
    """A file of ``engines/files/FOLDER``, as it is."""
    return files("bay.components.engines").joinpath("files", folder, name).read_text(encoding="utf-8")


def _settings(facts: "Facts", own: Boot) -> dict[str, str | int | Sequence[str]]:
    """What the scripts know; nothing in it is secret."""
    group, proxy = facts.group_spec, facts.spec.proxy
    return {
        "BAY_NAME": facts.bay,
        "BAY_ID": facts.bay_id,
        "BAY_GROUP": facts.group,
        "BAY_ROLE": facts.role,
        "BAY_MADE_AT": int(datetime.fromisoformat(facts.made_at).timestamp()),
        "BAY_MASTER_NAMES": facts.master_names,
        "BAY_MASTER_ADDRESSES": facts.master_addresses,
        "BAY_ENDPOINT": facts.endpoint_address or "",
        "BAY_VIRTUAL_IP": (facts.endpoint_address or "") if facts.spec.endpoint.kind == "virtual-ip" else "",
        "BAY_SERVICES": own.services,
        "BAY_ENGINE_SIZE": group.engine_volume.size if group.engine_volume else 0,
        "BAY_ENGINE_PATHS": own.engine_paths if group.engine_volume else (),
        "BAY_STATE_PATHS": own.state_paths if facts.role == "master" and facts.state_volumes else (),
        "BAY_STATE_VOLUMES": facts.state_volumes if facts.role == "master" else (),
        "BAY_HTTP_PROXY": proxy.http or "",
        "BAY_HTTPS_PROXY": proxy.https or "",
        "BAY_NO_PROXY": ",".join(no_proxy(facts)) if proxy.http or proxy.https else "",
        "BAY_CONSOLE": "/dev/console",
    }


def no_proxy(facts: "Facts") -> list[str]:
    """What is reached without proxy: the server itself, the bay's own addresses, the metadata service."""
    own = ["localhost", "127.0.0.1", "169.254.169.254", *facts.cidrs, *facts.master_names, *facts.master_addresses]
    endpoint = [facts.endpoint_address] if facts.endpoint_address else []
    return list(dict.fromkeys([*own, *endpoint, *facts.api_names, *facts.spec.proxy.exceptions]))


def _trust(facts: "Facts") -> list[File]:
    """A file for each certificate: who looks authorities up by their hash finds only the first of a file."""
    certificates = CERTIFICATE.findall(facts.spec.registry.ca or "")
    return [File(f"{SETTINGS}/trust/bay-{i}.crt", f"{text}\n") for i, text in enumerate(certificates)]


def _proxies(facts: "Facts") -> list[File]:
    """For every service of systemd; a service's own settings go before these."""
    proxy = facts.spec.proxy
    if not (proxy.http or proxy.https):
        return []
    values = {"HTTP_PROXY": proxy.http, "HTTPS_PROXY": proxy.https, "NO_PROXY": ",".join(no_proxy(facts))}
    lines = [
        f'Environment="{spelling}={_quoted(value)}"\n'
        for name, value in values.items()
        if value
        for spelling in (name, name.lower())
    ]
    return [_drop_in("service", "10-bay-proxy", "[Service]\n" + "".join(lines))]


def _quoted(text: str) -> str:
    """As it stands between double quotes in a unit, where a percent sign begins a specifier."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")


def _drop_in(unit_name: str, name: str, content: str) -> File:
    """A part of a unit, or of all units of a type."""
    return File(f"/etc/systemd/system/{unit_name}.d/{name}.conf", content)
