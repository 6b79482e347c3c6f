import json
from contextlib import ExitStack
import pytest
from tests.integration.boots.test_upgrade import *
from bay.sandbox.images import kubernetes
pytestmark = [pytest.mark.boot, pytest.mark.sandbox, pytest.mark.long, pytest.mark.timeout(5400)]
del test_swarm_between_two_images, test_kubernetes_to_the_next_minor_version
def test_one(user, cloud, need_image):
    need_image(kubernetes.PREVIOUS.name)
    with ExitStack() as stack:
        stack.enter_context(image(cloud, "earlier", kubernetes.PREVIOUS.name, {"kube_version": BEFORE}))
        stack.callback(user.delete_all)
        made = user.start("create", "real", "--model", "kubernetes", "--nodes", "1", "--set", "image=earlier", "--set", f"options.version={BEFORE}", "--set", f"options.kubelet_args={json.dumps(FULL_DISK)}",  "--set", "masters.flavor=m1.small", "--set", "nodes.flavor=m1.small", *OPEN, "--set", "floating_ips=all", "--timeout", "12").wait(1000)
        print(made)
        for one in cloud.compute.servers(name="^real-"):
            print(one.name, (cloud.compute.get_server_console_output(one.id) or {}).get("output", "")[-6000:])
        print(on_bay(user, VERSIONS + "\nkubectl get pods -A -o wide"))
