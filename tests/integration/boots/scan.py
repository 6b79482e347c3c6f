"""scan.py send ADDRESS [PORT...] | hear SOURCE ADDRESS: what a firewall lets through, whoever listens behind it.

`send` knocks at TCP and UDP ports (all, where none is named) and with some other protocols, mostly twice, for one may
be lost. `hear` prints, when its input ends, what arrived from a source at an address: JSON, protocol -> ports.
"""

import contextlib
import json
import select
import socket
import sys
import time
from collections import defaultdict

ETHERNET, IP = 14, 0x0800
ICMP, TCP, UDP = 1, 6, 17
ECHO = 8
OTHERS = {ICMP: "icmp", 4: "ipip", 50: "esp", 51: "ah", 112: "vrrp", 132: "sctp"}
BUFFER = 64 << 20
BATCH = 200
PAUSE = 0.004  # seconds after a batch, for whoever has to take the packets
TWICE = 33000
"""Ports below it. All of them twice would fill the tables of connections on the way (262,144)."""


def send(address: str, *names: str) -> None:
    """Knock."""
    ports = [int(name) for name in names] or range(1, 65536)
    for chosen in (list(ports), [port for port in ports if port < TWICE]):
        for start in range(0, len(chosen), BATCH):
            _knock(address, chosen[start : start + BATCH])
            time.sleep(PAUSE)
    for number in OTHERS:
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, number) as sender:
            for _ in range(2):
                with contextlib.suppress(OSError):
                    sender.sendto(b"\x08\x00\xf7\xff" + bytes(28), (address, 0))  # for ICMP an echo request


def _knock(address: str, ports: list[int]) -> None:
    knocking = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        for port in ports:
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex((address, port))
            knocking.append(one)
            with contextlib.suppress(OSError):
                datagrams.sendto(b"knock", (address, port))
    for one in knocking:
        one.close()


def hear(source: str, address: str = "") -> None:
    """Listen, past all filters of this server itself."""
    seen: dict[str, set[int]] = defaultdict(set)
    listener = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(IP))
    listener.setsockopt(socket.SOL_SOCKET, 33, BUFFER)  # SO_RCVBUFFORCE
    print("listening", flush=True)
    wanted = socket.inet_aton(source) + (socket.inet_aton(address) if address else b"")
    while listener in select.select([listener, sys.stdin], [], [])[0]:
        packet = listener.recv(200)[ETHERNET:]
        if packet[12 : 12 + len(wanted)] == wanted:
            _note(packet, seen)
    print(json.dumps({protocol: sorted(ports) for protocol, ports in seen.items()}))


def _note(packet: bytes, seen: dict[str, set[int]]) -> None:
    header, protocol = (packet[0] & 15) * 4, packet[9]
    port = int.from_bytes(packet[header + 2 : header + 4])
    if protocol == UDP:
        seen["udp"].add(port)
    elif protocol == TCP and packet[header + 13] & 0x12 == 2:  # a SYN without ACK: answers are no knocks
        seen["tcp"].add(port)
    elif protocol in OTHERS and (protocol != ICMP or packet[header] == ECHO):  # its errors answer something
        seen[OTHERS[protocol]].add(0)


if __name__ == "__main__":
    {"send": send, "hear": hear}[sys.argv[1]](*sys.argv[2:])
