"""What a process hands to its children, so that it means to them what it means here: they run in other folders."""

import os
from collections.abc import Mapping
from pathlib import Path

PASSPHRASE = "PULUMI_CONFIG_PASSPHRASE"
"""Pulumi lets it win over a passphrase file as soon as it is set, also where it is set to nothing."""

PATHS = (
    "HOME",
    "TMPDIR",
    "PULUMI_CONFIG_PASSPHRASE_FILE",
    # Certificates: of OpenSSL and Go, of Python's requests, of curl.
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    # Logins of backends: s3, gs.
    *("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CA_BUNDLE", "GOOGLE_APPLICATION_CREDENTIALS"),
    # Of PostgreSQL's clients.
    *("PGPASSFILE", "PGSSLCERT", "PGSSLKEY", "PGSSLROOTCERT"),
)
"""Variables that hold one path."""

PROXIES = {"http_proxy", "https_proxy", "all_proxy", "grpc_proxy"}
LOOPBACK = ("localhost", "127.0.0.1", "::1")
"""Hosts that no proxy can reach: they are this machine. Go's clients and browsers never ask a proxy for them."""


def child_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment with absolute paths, no proxy between the processes of this machine, and no empty passphrase.

    A passphrase of nothing (or of blanks) is none: in the environment of so many shells, it would otherwise win over
    the passphrase file of the bay, and the bay's keys lie open in its state.
    """
    kept = {**environment, **absolute_paths(environment), **loopback_exemption(environment)}
    if not kept.get(PASSPHRASE, "").strip():
        kept.pop(PASSPHRASE, None)
    return kept


def absolute_paths(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables whose path is relative, with the path from this process's folder on."""
    named = {name: environment[name] for name in PATHS if environment.get(name)}
    return {name: os.path.abspath(path) for name, path in named.items() if not Path(path).is_absolute()}


def loopback_exemption(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables with which nothing asks a proxy for this machine; empty where no proxy is named.

    Pulumi, its plugins and its programs talk to each other on loopback by gRPC, and gRPC in Python and C asks the
    proxy for that too. Both spellings are set: Go reads capitals first, Python and gRPC small letters.
    """
    if not any(value for name, value in environment.items() if name.lower() in PROXIES):
        return {}
    small, capitals = environment.get("no_proxy"), environment.get("NO_PROXY")
    lists = {"no_proxy": small or capitals, "NO_PROXY": capitals or small}
    if "no_grpc_proxy" in environment:
        lists["no_grpc_proxy"] = environment["no_grpc_proxy"]
    return {name: _with_loopback(hosts or "") for name, hosts in lists.items()}


def _with_loopback(hosts: str) -> str:
    known = [host.strip() for host in hosts.split(",") if host.strip()]
    if "*" in known:
        return hosts
    missing = [host for host in LOOPBACK if host not in known]
    return ",".join([*known, *missing]) if missing else hosts
