"""What the CIS benchmark for Kubernetes asks of a server, by its public numbers (1.12), in words of our own.

A row looks at what runs and lies on a server: flags of processes, modes and owners of files, the kubelet's settings.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bay.components.engines.kubernetes.kubeadm import CIPHERS

GATHER = r"""python3 - <<'END'
import glob, grp, json, os, pwd, stat
PROGRAMS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd", "kubelet", "kube-proxy")
FILES = (
    "/etc/kubernetes/manifests/*", "/etc/cni/net.d/*", "/var/lib/etcd", "/etc/kubernetes/*.conf", "/etc/kubernetes/pki",
    "/etc/kubernetes/pki/*", "/etc/kubernetes/pki/etcd/*", "/var/lib/kubelet/config.yaml",
    "/usr/lib/systemd/system/kubelet.service*", "/usr/lib/systemd/system/kubelet.service.d/*",
    "/etc/systemd/system/kubelet.service.d/*", "/etc/kubernetes/bay/*", "/etc/bay/pki/ca.crt",
)
flags = {}
for process in glob.glob("/proc/[0-9]*/cmdline"):
    try:
        words = open(process).read().split("\0")
    except OSError:
        continue
    program = os.path.basename(words[0])
    if program in PROGRAMS:
        said = [word.partition("=") for word in words[1:] if word.startswith("--")]
        flags[program] = {name[2:]: value for name, _, value in said}
files = {}
for pattern in FILES:
    for path in glob.glob(pattern):
        found = os.stat(path)
        owner = pwd.getpwuid(found.st_uid).pw_name + ":" + grp.getgrgid(found.st_gid).gr_name
        files[path] = [stat.S_IMODE(found.st_mode), owner, stat.S_ISDIR(found.st_mode)]
texts = {path: open(path).read() for path in glob.glob("/etc/kubernetes/bay/*.yaml")}
print(json.dumps({"flags": flags, "files": files, "texts": texts}))
END"""
"""Prints what there is on a server, as `Server` has it."""


@dataclass(frozen=True)
class Server:
    """What was found. flags: program -> option -> value. files: path -> mode, owner, whether it is a folder.

    texts: of the API server's own settings. kubelet: its settings, as it says itself.
    """

    flags: Mapping[str, Mapping[str, str]]
    files: Mapping[str, Sequence[Any]]
    texts: Mapping[str, str]
    kubelet: Mapping[str, Any]

    @classmethod
    def read(cls, gathered: str, kubelet: str) -> "Server":
        """gathered: what GATHER printed. kubelet: its answer at /configz."""
        return cls(**json.loads(gathered), kubelet=json.loads(kubelet)["kubeletconfig"])


Check = Callable[[Server], bool]


def flag(program: str, name: str, pattern: str) -> Check:
    """The option is there, and all of its value is this."""
    return lambda server: re.fullmatch(pattern, server.flags[program].get(name, "not set")) is not None


def at_least(program: str, name: str, least: int) -> Check:
    """The option is a number that is not smaller."""
    return lambda server: int(server.flags[program].get(name, "0")) >= least


def lacks(program: str, name: str, word: str = "") -> Check:
    """The option is not there, or its list has no such word."""

    def check(server: Server) -> bool:
        value = server.flags[program].get(name)
        return value is None or (bool(word) and word not in value.split(","))

    return check


def has(program: str, name: str, *words: str) -> Check:
    """The option is a list with these words."""
    return lambda server: set(words) <= set(server.flags[program].get(name, "").split(","))


def closed(pattern: str, mode: int, owner: str = "root:root") -> Check:
    """Files of that path (a regular expression) let nobody do more; there is one at least. Folders: for a mode with x.

    Where the benchmark has a number of its own for the owner, that is the next one.
    """

    def check(server: Server) -> bool:
        found = [facts for path, facts in server.files.items() if re.fullmatch(pattern, path)]
        these = [facts for facts in found if facts[2] is bool(mode & 0o100)]
        return bool(these) and all(not facts[0] & ~mode and facts[1] == owner for facts in these)

    return check


def kubelet(name: str, wanted: Callable[[Any], bool]) -> Check:
    """A setting of the kubelet; ``.`` goes into mappings."""

    def check(server: Server) -> bool:
        value: Any = server.kubelet
        for part in name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        return wanted(value)

    return check


def text(path: str, pattern: str) -> Check:
    """A file of the API server's settings has that."""
    return lambda server: re.search(pattern, server.texts.get(path, "")) is not None


def both(*checks: Check) -> Check:
    """All of them."""
    return lambda server: all(check(server) for check in checks)


API, CONTROLLERS, SCHEDULER = "kube-apiserver", "kube-controller-manager", "kube-scheduler"
MANIFESTS, PKI, SETTINGS = "/etc/kubernetes/manifests", "/etc/kubernetes/pki", "/etc/kubernetes/bay"
PLUGINS, WITHOUT, SET = "enable-admission-plugins", "disable-admission-plugins", "/.+"
GOOD = set(CIPHERS.split(","))


def strong(value: object) -> bool:
    """Whether all ciphers of a list have forward secrecy and are authenticated."""
    names = value if isinstance(value, list) else str(value or "").split(",")
    return bool(names) and set(names) <= GOOD


MASTER: Mapping[str, Check] = {
    "1.1.1": closed(f"{MANIFESTS}/kube-apiserver.yaml", 0o600),
    "1.1.3": closed(f"{MANIFESTS}/kube-controller-manager.yaml", 0o600),
    "1.1.5": closed(f"{MANIFESTS}/kube-scheduler.yaml", 0o600),
    "1.1.7": closed(f"{MANIFESTS}/etcd.yaml", 0o600),
    "1.1.9": closed("/etc/cni/net.d/.*", 0o600),
    "1.1.11": closed("/var/lib/etcd", 0o700, "etcd:etcd"),
    "1.1.13": closed("/etc/kubernetes/(super-)?admin.conf", 0o600),
    "1.1.15": closed("/etc/kubernetes/scheduler.conf", 0o600),
    "1.1.17": closed("/etc/kubernetes/controller-manager.conf", 0o600),
    "1.1.19": closed(f"{PKI}(/etcd)?", 0o755),
    "1.1.20": closed(rf"{PKI}/.*\.(crt|pub)", 0o644),
    "1.1.21": closed(rf"{PKI}/.*\.key", 0o600),
    "1.2.1": flag(API, "anonymous-auth", "false"),
    "1.2.2": lacks(API, "token-auth-file"),
    "1.2.3": has(API, PLUGINS, "DenyServiceExternalIPs"),
    "1.2.4": both(flag(API, "kubelet-client-certificate", SET), flag(API, "kubelet-client-key", SET)),
    "1.2.5": flag(API, "kubelet-certificate-authority", SET),
    "1.2.6": lacks(API, "authorization-mode", "AlwaysAllow"),
    "1.2.7": has(API, "authorization-mode", "Node"),
    "1.2.8": has(API, "authorization-mode", "RBAC"),
    "1.2.9": has(API, PLUGINS, "EventRateLimit"),
    "1.2.10": lacks(API, PLUGINS, "AlwaysAdmit"),
    "1.2.11": has(API, PLUGINS, "AlwaysPullImages"),
    "1.2.12": lacks(API, WITHOUT, "ServiceAccount"),
    "1.2.13": lacks(API, WITHOUT, "NamespaceLifecycle"),
    "1.2.14": has(API, PLUGINS, "NodeRestriction"),
    "1.2.15": flag(API, "profiling", "false"),
    "1.2.16": flag(API, "audit-log-path", SET),
    "1.2.17": at_least(API, "audit-log-maxage", 30),
    "1.2.18": at_least(API, "audit-log-maxbackup", 10),
    "1.2.19": at_least(API, "audit-log-maxsize", 100),
    "1.2.21": lacks(API, "service-account-lookup", "false"),
    "1.2.22": flag(API, "service-account-key-file", SET),
    "1.2.23": both(flag(API, "etcd-certfile", SET), flag(API, "etcd-keyfile", SET)),
    "1.2.24": both(flag(API, "tls-cert-file", SET), flag(API, "tls-private-key-file", SET)),
    "1.2.25": flag(API, "client-ca-file", SET),
    "1.2.26": flag(API, "etcd-cafile", SET),
    "1.2.27": flag(API, "encryption-provider-config", SET),
    "1.2.28": text(f"{SETTINGS}/encryption.yaml", r"providers:\n\s*- secretbox:"),
    "1.2.29": lambda server: strong(server.flags[API].get("tls-cipher-suites")),
    "1.2.30": flag(API, "service-account-extend-token-expiration", "false"),
    "1.3.2": flag(CONTROLLERS, "profiling", "false"),
    "1.3.3": flag(CONTROLLERS, "use-service-account-credentials", "true"),
    "1.3.4": flag(CONTROLLERS, "service-account-private-key-file", SET),
    "1.3.5": flag(CONTROLLERS, "root-ca-file", SET),
    "1.3.6": lacks(CONTROLLERS, "feature-gates", "RotateKubeletServerCertificate=false"),
    "1.3.7": flag(CONTROLLERS, "bind-address", "127.0.0.1"),
    "1.4.1": flag(SCHEDULER, "profiling", "false"),
    "1.4.2": flag(SCHEDULER, "bind-address", "127.0.0.1"),
    "2.1": both(flag("etcd", "cert-file", SET), flag("etcd", "key-file", SET)),
    "2.2": flag("etcd", "client-cert-auth", "true"),
    "2.3": lacks("etcd", "auto-tls"),
    "2.4": both(flag("etcd", "peer-cert-file", SET), flag("etcd", "peer-key-file", SET)),
    "2.5": flag("etcd", "peer-client-cert-auth", "true"),
    "2.6": lacks("etcd", "peer-auto-tls"),
    "2.7": lambda server: server.flags["etcd"]["trusted-ca-file"] != server.flags[API]["client-ca-file"],
    "3.2.1": flag(API, "audit-policy-file", SET),
    "3.2.2": text(
        f"{SETTINGS}/audit.yaml", r"level: Metadata\n\s*resources:\n\s*- group: ''\n\s*resources:\n\s*- secrets"
    ),
    "5.2.1": text(f"{SETTINGS}/admission.yaml", r"enforce: (baseline|restricted)"),
}
"""Of a master alone; it is a worker too."""

WORKER: Mapping[str, Check] = {
    "4.1.1": closed("/(usr/lib|etc)/systemd/system/kubelet.service(.d/.*)?", 0o600),
    "4.1.5": closed("/etc/kubernetes/kubelet.conf", 0o600),
    "4.1.7": closed(f"{PKI}/ca.crt", 0o644),
    "4.1.9": closed("/var/lib/kubelet/config.yaml", 0o600),
    "4.2.1": kubelet("authentication.anonymous.enabled", lambda value: value is False),
    "4.2.2": kubelet("authorization.mode", lambda value: value == "Webhook"),
    "4.2.3": kubelet("authentication.x509.clientCAFile", bool),
    "4.2.4": kubelet("readOnlyPort", lambda value: not value),
    "4.2.5": kubelet("streamingConnectionIdleTimeout", lambda value: value not in ("0s", "0")),
    "4.2.6": kubelet("makeIPTablesUtilChains", lambda value: value is not False),
    "4.2.8": kubelet("eventRecordQPS", lambda value: value is None or value >= 0),
    "4.2.10": kubelet("rotateCertificates", lambda value: value is True),
    "4.2.12": kubelet("tlsCipherSuites", strong),
    "4.2.13": kubelet("podPidsLimit", lambda value: isinstance(value, int) and value > 0),
    "4.2.14": kubelet("seccompDefault", lambda value: value is True),
}

DEVIATIONS = {
    "1.2.1": "the file of authentication lets nobody in without a name but on /livez, /readyz and /healthz",
    "1.2.5": "kubelets sign their serving certificates themselves; docs/security.md",
    "1.2.9": "a limit of events would need figures for each bay",
    "1.2.11": "a bay may be made of images that no registry has",
}
"""What is otherwise, and why; anything else is a fault, and so is one of these that would hold."""


def fails(checks: Mapping[str, Check], server: Server) -> set[str]:
    """Numbers of the rows that do not hold."""
    return {number for number, check in checks.items() if not check(server)}
