"""Not committed: what happens during an upgrade."""
import json, threading, time, subprocess
from contextlib import ExitStack
import pytest
from bay.sandbox.images import kubernetes
from tests.integration.boots.test_upgrade import *
from tests.integration.boots import test_upgrade as t
from tests.integration.boots.standing import node_of
from tests.integration.boots import load as l
pytestmark = [pytest.mark.boot, pytest.mark.sandbox, pytest.mark.long, pytest.mark.timeout(5400)]
del test_swarm_between_two_images, test_kubernetes_to_the_next_minor_version
LOG = open("/tmp/trial133.log", "a", buffering=1)
KEEP = ("kubectl --request-timeout 8s get nodes --no-headers 2>&1 | awk '{print $1,$2,$5}'; kubectl --request-timeout 8s get endpointslices -l kubernetes.io/service-name=web -o json 2>&1 | jq -c '.items[].endpoints[]|[.addresses[0],.nodeName,.conditions]'; "
  "kubectl --request-timeout 8s get pods -A -o wide --no-headers 2>&1 | grep -E 'web|kube-proxy|coredns|flannel' | awk '{print $2,$3,$4,$5,$(NF-2),$(NF-3)}'")
FAIL = []
class Timed(l.Load):
    def ask(self):
        before = self.failed.total()
        super().ask()
        if self.failed.total() != before:
            FAIL.append(time.time())

def sample(bay, done):
    last = ""
    while not done.is_set():
        begin = time.time()
        try:
            out = bay.user.execute(["bash", "-ec", f'eval "$(bay config real)"\n{KEEP}'], PATH=t.__dict__.get("tools", __import__("tests.integration.boots.booted_bay", fromlist=["tools"]).tools)(bay.user)).out
        except Exception as e:
            out = repr(e)
        try:
            first = node_of(bay.user, bay.ids()[LAST]).container.first_process()
            rules = subprocess.run(["nsenter", f"--target={first}", "--all", "sh", "-c", "iptables-save 2>&1 | grep -E 'default/web'; systemctl is-active haproxy kubelet; crictl ps 2>/dev/null | grep -E 'proxy|flannel' | awk '{print $1,$4,$5,$6}'"], capture_output=True, text=True, timeout=30).stdout
        except Exception as e:
            rules = repr(e)
        recent = sum(1 for f in FAIL if f > begin - 5)
        text = out + "--\n" + rules
        LOG.write(f"=== {time.strftime('%H:%M:%S')} failing={recent} of {len(FAIL)}\n")
        if text != last:
            LOG.write(text + "\n")
        last = text
        done.wait(3)

def test_trial(user, cloud, need_image):
    need_image("kubernetes"); need_image(kubernetes.PREVIOUS.name)
    l.Load = Timed
    with ExitStack() as stack:
        stack.enter_context(image(cloud, "earlier", kubernetes.PREVIOUS.name, {"kube_version": BEFORE}))
        words = ("--model", "kubernetes-ha", "--set", "image=earlier", "--set", f"options.version={BEFORE}")
        words = (*words, "--set", f"options.kubelet_args={json.dumps(FULL_DISK)}")
        stack.callback(user.delete_all)
        bay = Upgrade(user, cloud, PatientKubernetes(), *words)
        done = threading.Event()
        thread = threading.Thread(target=sample, args=(bay, done)); thread.start()
        try:
            loads = bay.under_load("--version", AFTER)
            LOG.write("\n".join(map(str, loads)) + "\n")
            eventually(lambda: on_bay(user, VERSIONS).split() == [f"v{AFTER}"] * 4, 180)
            LOG.write(on_bay(user, VERSIONS))
            LOG.write(on_bay(user, "kubectl get events -A --sort-by .lastTimestamp | tail -150"))
        finally:
            done.set(); thread.join()
        assert [load.failed for load in loads] == [{}, {}]
