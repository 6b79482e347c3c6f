"""The port block, and the error when somebody else has one of its ports."""

import os
import socket

import pytest

from bay.sandbox import SandboxError, catalog, ports


def test_services_take_consecutive_ports_in_catalog_order() -> None:
    assert catalog.ports(23000) == {
        "keystone": 23000,
        "placement": 23001,
        "glance": 23002,
        "nova": 23003,
        "neutron": 23004,
        "cinder": 23005,
        "octavia": 23006,
        "barbican": 23007,
    }


def test_default_block_is_below_the_ephemeral_ports() -> None:
    with open("/proc/sys/net/ipv4/ip_local_port_range") as file:
        lowest_ephemeral = int(file.read().split()[0])
    assert max(catalog.ports(catalog.DEFAULT_FIRST_PORT).values()) < min(lowest_ephemeral, 32768)


def test_a_taken_port_is_named_with_its_service_and_its_owner() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(SandboxError) as caught:
            ports.check_free({"glance": port})
    owner = f"process {os.getpid()} ("
    assert caught.value.message.startswith(f"port {port} of 127.0.0.1, which glance needs, is taken by {owner}")
    assert caught.value.hint == "stop that program, then start the sandbox again"


def test_a_port_is_free_again_while_its_last_connection_lingers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            accepted, _ = server.accept()
            accepted.close()  # the server's side closes first, so it is the one that lingers
    ports.check_free({"nova": port})
