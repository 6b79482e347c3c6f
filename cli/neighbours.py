"""Words that people know from kubectl, Magnum, kops, Pulumi or the OpenStack client, and bay's own for them."""

import re

OPTIONS = {
    "-o": "-f: table, json, yaml, value, csv or markdown",
    "--output": "-f: table, json, yaml, value, csv or markdown",
    "--node-count": "--nodes N",
    "--worker-count": "--nodes N",
    "--nodegroup": "--group GROUP",
    "--node-group": "--group GROUP",
    "--master-count": "--masters N",
    "--control-plane-count": "--masters N",
    "--cluster-template": "--model MODEL; 'bay model from-magnum' converts a template",
    "--template": "--model MODEL; 'bay model from-magnum' converts a template",
    "--flavor": "--set nodes.flavor=FLAVOR",
    "--node-flavor": "--set nodes.flavor=FLAVOR",
    "--master-flavor": "--set masters.flavor=FLAVOR",
    "--image": "--set image=IMAGE",
    "--labels": "--set FIELD=VALUE; 'bay model fields' lists the fields",
    "--label": "--set FIELD=VALUE; 'bay model fields' lists the fields",
    "--fixed-network": "--set network.existing=NETWORK",
    "--fixed-subnet": "--set network.subnet=SUBNET",
    "--external-network": "--set network.external=NETWORK",
    "--key-name": "--keypair KEYPAIR",
    "--coe": "--model MODEL; 'bay model list' shows the engine of each",
    "--force": "--yes, and --allow for what loses masters, volumes or more than a batch",
    "-y": "--yes",
    "--cloud": "--os-cloud CLOUD",
    "--region": "--os-region-name REGION",
    "--wait": "what bay does by itself; --no-wait does not",
    "--all-namespaces": "'bay list': it lists all bays of the state",
}
"""Option of a neighbour -> bay's."""

COMMANDS = {
    "get": "'bay list', and 'bay show NAME' for one",
    "ls": "'bay list'",
    "describe": "'bay show NAME'",
    "info": "'bay show NAME'",
    "status": "'bay show NAME'",
    "cluster": "'bay' itself: 'bay create NAME --model MODEL', 'bay list', 'bay show NAME'",
    "clusters": "'bay list'",
    "coe": "'bay' itself: 'bay create NAME --model MODEL', 'bay list', 'bay show NAME'",
    "stack": "'bay list' and 'bay export NAME'",
    "template": "'bay model list', 'bay model show MODEL'",
    "nodegroup": "'bay group list NAME', 'bay scale NAME N --group GROUP'",
    "nodes": "'bay node list NAME'",
    "apply": "'bay create NAME' for a new bay, 'bay update NAME' for one that is there",
    "up": "'bay create NAME' for a new bay, 'bay update NAME' for one that is there",
    "set": "'bay update NAME --set FIELD=VALUE'",
    "edit": "'bay update NAME --set FIELD=VALUE'",
    "plan": "'bay preview NAME'",
    "diff": "'bay preview NAME', and 'bay drift NAME' for the cloud itself",
    "refresh": "'bay drift NAME', and 'bay repair NAME'",
    "validate": "'bay preview NAME', and 'bay doctor' for this machine",
    "destroy": "'bay delete NAME'",
    "down": "'bay delete NAME'",
    "rm": "'bay delete NAME'",
    "remove": "'bay delete NAME'",
    "resize": "'bay scale NAME N'",
    "kubeconfig": "'bay config NAME'",
    "credentials": "'bay config NAME'",
    "use": "'bay config NAME --merge'",
    "console": "'bay logs NAME NODE'",
    "log": "'bay logs NAME NODE'",
    "exec": "'bay ssh NAME NODE -- COMMAND'",
    "events": "'bay history NAME'",
    "outputs": "'bay show NAME -f json'",
    "check": "'bay doctor'",
}
"""Command of a neighbour -> bay's."""

_NO_OPTION = re.compile(r"No such option:? '?(?P<word>-[\w-]+)")
_NO_COMMAND = re.compile(r"No such command '(?P<word>[^']*)'")


def own_word(message: str) -> str | None:
    """The hint for an option or command that bay does not have and a neighbour has; None for any other error."""
    if found := _NO_OPTION.search(message):
        word, own = found["word"], OPTIONS.get(found["word"])
    elif found := _NO_COMMAND.search(message):
        word, own = found["word"], COMMANDS.get(found["word"])
    else:
        return None
    return f"bay's word for {word} is {own}" if own else None
