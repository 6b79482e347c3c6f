"""The login of the cloud controller and of Cinder's driver: the Secret `cloud-config`, which only masters mount."""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bay.components.engines.cloud_logins import ApiPatch, Consumer, HeldLogin
from bay.components.engines.kubernetes.cloud_provider import CONTROLLER, MANAGER

KEY = "cloud.conf"
FIELD = 'application-credential-{}="{}"'
READS = "bay/cloud-credential"
"""Annotation of pods: id of the credential that they were started with."""
MERGE = "application/merge-patch+json"
NAMESPACE = "namespaces/kube-system"


@dataclass(frozen=True)
class KubernetesCloudLogins:
    """See `bay.components.engines.cloud_logins.CloudLogins`."""

    path: str = f"/api/v1/{NAMESPACE}/secrets/cloud-config"
    consumers: Sequence[Consumer] = (
        Consumer(MANAGER, f"/apis/apps/v1/{NAMESPACE}/daemonsets/{MANAGER}"),
        Consumer(CONTROLLER, f"/apis/apps/v1/{NAMESPACE}/deployments/{CONTROLLER}"),
    )

    def held(self, answer: Any) -> HeldLogin:
        """From the file that the Secret has."""
        text = _text(answer)
        return HeldLogin(*(_field(text, field) for field in ("id", "secret")))

    def replacement(self, answer: Any, credential_id: str, credential_secret: str) -> ApiPatch:
        """The same file with two other values."""
        held, text = self.held(answer), _text(answer)
        for field, old, new in (
            ("id", held.credential_id, credential_id),
            ("secret", held.credential_secret, credential_secret),
        ):
            text = text.replace(FIELD.format(field, old), FIELD.format(field, new))
        encoded = base64.b64encode(text.encode()).decode()
        version = answer["metadata"].get("resourceVersion")
        return ApiPatch(self.path, {"metadata": {"resourceVersion": version}, "data": {KEY: encoded}}, MERGE)

    def restart(self, consumer: Consumer, credential_id: str) -> ApiPatch:
        """By an annotation of its pods, as `kubectl rollout restart` does."""
        pods = {"metadata": {"annotations": {READS: credential_id}}}
        return ApiPatch(consumer.path, {"spec": {"template": pods}}, MERGE)

    def is_restarted(self, answer: Any, credential_id: str) -> bool:
        """As `kubectl rollout status` tells it."""
        template, status = answer["spec"]["template"]["metadata"], answer.get("status") or {}
        if (template.get("annotations") or {}).get(READS) != credential_id:
            return False
        if status.get("observedGeneration", 0) < answer["metadata"]["generation"]:
            return False
        if "desiredNumberScheduled" in status:
            wanted = status["desiredNumberScheduled"]
            return bool(status.get("updatedNumberScheduled", 0) == wanted == status.get("numberAvailable", 0))
        wanted = answer["spec"].get("replicas", 1)
        seen = (status.get(key, 0) for key in ("updatedReplicas", "availableReplicas", "replicas"))
        return all(number == wanted for number in seen)


def _text(answer: Any) -> str:
    return base64.b64decode(answer["data"][KEY]).decode()


def _field(text: str, field: str) -> str:
    begin, _, end = FIELD.format(field, "|").partition("|")
    found = re.search(f"^{begin}([^{end}]*){end}$", text, re.MULTILINE)
    if found is None:
        raise ValueError(f"{KEY} has no application-credential-{field}")
    return found[1]
