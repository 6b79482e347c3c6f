"""The OpenStack plugin itself, driven over its own protocol as Pulumi does, without a stack."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import engine_pb2_grpc, provider_pb2, provider_pb2_grpc

LIMIT = 60
"""Seconds for a question to the plugin."""
WITHOUT_PROXY = [("grpc.enable_http_proxy", 0)]


class Engine(engine_pb2_grpc.EngineServicer):
    """Takes the plugin's log; it asks for nothing else here."""

    def Log(self, request: Any, context: Any) -> empty_pb2.Empty:
        return empty_pb2.Empty()


@contextmanager
def engine() -> Iterator[str]:
    """Address of a running one."""
    server = grpc.server(ThreadPoolExecutor(2))
    engine_pb2_grpc.add_EngineServicer_to_server(Engine(), server)  # type: ignore[no-untyped-call]
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None)


def scope(program: Path, address: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """Whom the plugin logs in as, and in which region: its data source getAuthScope; `refused` where it cannot."""
    known = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    with subprocess.Popen(
        [program, address],
        env={**known, **environment},
        cwd="/",
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as plugin:
        try:
            assert plugin.stdout
            return _ask(f"127.0.0.1:{int(plugin.stdout.readline())}")
        finally:
            plugin.kill()


def _ask(address: str) -> dict[str, Any]:
    nothing = struct_pb2.Struct()
    name = struct_pb2.Struct()
    name.update({"name": "a test"})
    with grpc.insecure_channel(address, WITHOUT_PROXY) as channel:
        stub: Any = provider_pb2_grpc.ResourceProviderStub(channel)  # type: ignore[no-untyped-call]
        try:
            stub.Configure(provider_pb2.ConfigureRequest(args=nothing, acceptSecrets=True), timeout=LIMIT)
            asked = provider_pb2.InvokeRequest(tok="openstack:identity/getAuthScope:getAuthScope", args=name)
            answer = stub.Invoke(asked, timeout=LIMIT)
        except grpc.RpcError as error:
            return {"refused": error.details()}  # type: ignore[attr-defined]
    if answer.failures:
        return {"refused": answer.failures[0].reason}
    return dict(json_format.MessageToDict(getattr(answer, "return")))
