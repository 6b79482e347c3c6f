"""A login in a private file: resolved once, by openstacksdk, for bay and all its child processes."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import yaml

from bay.components.errors import BayError
from bay.components.openstack.connection import openstack_errors
from bay.components.private_files import write_private
from bay.stacks.settings import short_hash

if TYPE_CHECKING:
    from openstack.config.cloud_region import CloudRegion

PLUGIN_TYPES = {
    *("password", "v3password", "token", "v3token", "v3applicationcredential"),
    *("v2password", "v2token"),
}
"""Authentication types that the OpenStack plugin knows (gophercloud/utils, clientconfig.AuthType)."""
PLUGIN_AUTH = {
    *("auth_url", "username", "user_id", "password", "token", "system_scope", "domain_name", "domain_id"),
    *("project_name", "project_id", "project_domain_name", "project_domain_id", "user_domain_name", "user_domain_id"),
    *("application_credential_id", "application_credential_name", "application_credential_secret"),
}
"""What it reads below ``auth`` (clientconfig.AuthInfo)."""
SECRETS = {"password", "passcode", "token", "application_credential_secret", "client_secret", "access_token"}
PATHS = ("cacert", "cert", "key")
MERGED = {"cloud", "profile", "regions"}
"""Keys whose meaning is in the resolved cloud: a reader would look for their files again."""
NOWHERE = Path(os.devnull)
PLUGIN_SERVICES = ("compute", "network", "image", "block-storage", "load-balancer")
"""Service types whose addresses the plugin takes from the catalog, whatever the login says of them."""
OPENRC = "openrc"
"""Name of the cloud that comes from OS_* variables, which openstacksdk calls ``envvars``: in a file it refuses that."""
CHILD = "@bay"
"""Appended to a cloud's name for children: no secure.yaml of the user's has an entry of such a name to be merged."""


@dataclass(frozen=True)
class ResolvedLogin:
    """A login in a file that only its owner may read, whole: nothing else decides for who reads it.

    A password in a child's environment can end in the state (the OpenStack plugin stores its configuration), so
    children get the name and the file only, and what is no secret.
    """

    cloud: str
    clouds_file: Path
    region: str
    interface: str
    certificates: str = ""
    """Folder of the authorities whose certificates are good, where it is no single file, which `clouds_file` has."""

    def environment(self) -> Mapping[str, str]:
        """For child processes: Pulumi, its plugins, dynamic providers; also for an `openstack` in the same shell."""
        region = {"OS_REGION_NAME": self.region} if self.region else {}
        return {
            "OS_CLIENT_CONFIG_FILE": str(self.clouds_file),
            "OS_CLOUD": f"{self.cloud}{CHILD}",
            "OS_ENDPOINT_TYPE": self.interface,
            **region,
            **({"SSL_CERT_DIR": self.certificates} if self.certificates else {}),
        }


def write_login(resolved: "CloudRegion", folder: Path, environment: Mapping[str, str] | None = None) -> ResolvedLogin:
    """Write a resolved cloud into a private clouds.yaml of the folder, once as it is and once as children read it.

    One file for each login, since two shells may work with two projects at the same time. Asks for a token where the
    plugin cannot log in by itself: it gets that, for as long as it is valid. environment: of this process, which may
    name the authorities whose certificates are good; what else it says of the login is in `resolved` already.
    Raises BayError where plugin and bay would talk to different services.
    """
    _require_catalogs_endpoints(resolved)
    name = OPENRC if resolved.name == "envvars" else str(resolved.name)
    whole = _plain(resolved)
    authorities = _authorities(whole, environment or {})
    if authorities.is_file():
        whole["cacert"] = str(authorities)
    clouds = {name: whole, f"{name}{CHILD}": _for_children(resolved, whole)}
    kept = json.dumps({**whole, "auth": {k: v for k, v in whole["auth"].items() if k not in SECRETS}}, sort_keys=True)
    path = folder / f"{short_hash(f'{name} {kept}')}.yaml"
    write_private(path, yaml.safe_dump({"clouds": clouds}))
    interface = str(whole.get("interface") or "public")
    certificates = str(authorities) if authorities.is_dir() else ""
    return ResolvedLogin(name, path, str(resolved.region_name or ""), interface, certificates)


def _require_catalogs_endpoints(resolved: "CloudRegion") -> None:
    """Else bay would look things up at one address, and the plugin create others at another.

    The plugin has a setting for that, which it would keep in the state: who may write that could take a login elsewhere
    (docs/decisions/0068).
    """
    for service in PLUGIN_SERVICES:
        override = resolved.get_endpoint(service)
        if override and _host(override) != _host(_in_catalog(resolved, service)):
            key = f"{service.replace('-', '_')}_endpoint_override"
            raise BayError(
                f"cloud {resolved.name}: {key} is not where the catalog has this service, "
                "and Pulumi's OpenStack plugin goes by the catalog",
                "take it out of clouds.yaml, or have the operator of the cloud correct the catalog",
            )


def _in_catalog(resolved: "CloudRegion", service: str) -> str:
    with openstack_errors("login"):
        found = resolved.get_session().get_endpoint_data(
            service_type=service,
            interface=resolved.get_interface(service),
            region_name=resolved.region_name,
            discover_versions=False,
        )
    return str(found.catalog_url) if found else ""


def _host(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _authorities(cloud: Mapping[str, Any], environment: Mapping[str, str]) -> Path:
    """Where the certificates of good authorities are: the cloud's own, else what Python's requests takes.

    The OpenStack plugin, which is written in Go, reads none of these variables.
    """
    named = cloud.get("cacert") or environment.get("REQUESTS_CA_BUNDLE") or environment.get("CURL_CA_BUNDLE")
    return Path(named).absolute() if named and cloud.get("verify", True) else NOWHERE


def _plain(resolved: "CloudRegion") -> dict[str, Any]:
    """The cloud as openstacksdk resolved it, with absolute paths and nothing of another way to log in."""
    values = {key: value for key, value in resolved.config.items() if value is not None and key not in MERGED}
    for key in PATHS:
        if key in values:
            values[key] = str(Path(values[key]).expanduser().absolute())
    known = _auth_options(resolved)
    auth = {key: value for key, value in values["auth"].items() if key in known and value is not None}
    domain = auth.pop("default_domain_id", None)
    if domain:
        auth |= {key: auth.get(key, domain) for key in _missing_domains(auth)}
    return {**json.loads(json.dumps(values, default=str)), "auth": auth}


def _auth_options(resolved: "CloudRegion") -> set[str]:
    """Names of what the login's kind of authentication takes: an openrc of another login may have left more."""
    from keystoneauth1.loading import get_plugin_loader

    return {option.dest for option in get_plugin_loader(resolved.config["auth_type"]).get_options()}


def _missing_domains(auth: Mapping[str, Any]) -> list[str]:
    return [
        f"{owner}_domain_id"
        for owner in ("user", "project")
        if not {f"{owner}_domain_id", f"{owner}_domain_name"} & set(auth)
    ]


def _for_children(resolved: "CloudRegion", whole: Mapping[str, Any]) -> dict[str, Any]:
    """What the plugin understands: the same, or a token where it cannot log in so."""
    auth = whole["auth"]
    if "identity_api_version" in whole:  # a number like 3.0 too, where the plugin knows whole ones only
        whole = {**whole, "identity_api_version": str(whole["identity_api_version"]).partition(".")[0]}
    if whole.get("auth_type") not in PLUGIN_TYPES or set(auth) - PLUGIN_AUTH:
        session = resolved.get_session()
        token, project = session.get_token(), session.get_project_id()
        auth = {"auth_url": auth["auth_url"], "token": token, "project_id": project}
        return {**whole, "auth_type": "v3token", "auth": auth}
    return dict(whole)
