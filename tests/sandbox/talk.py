"""talk.py serve NAME PORT... | ask ADDRESS PORT [FROM] | hear | say ADDRESS: programs that show who reaches whom.

`serve` answers its name and prints the address of each that asks; `ask` prints the answer, nothing where there is none.
`say` sends a packet to many, from an address, as keepalived does; `hear` prints the address of each that it hears.
"""

import socket
import struct
import sys
import threading

LIMIT = 1.0  # seconds to wait for an answer
VRRP = 112  # the number of the protocol
MANY = "224.0.0.18"


def serve(name: str, *ports: str) -> None:
    """Answer for ever."""
    for port in ports:
        listener = socket.create_server(("0.0.0.0", int(port)), backlog=50)
        threading.Thread(target=_answer, args=(listener, name)).start()


def _answer(listener: socket.socket, name: str) -> None:
    while True:
        connection, (address, _) = listener.accept()
        print(address, flush=True)
        with connection:
            connection.sendall(name.encode())


def ask(address: str, port: str, source: str = "0.0.0.0") -> None:
    """Print the answer."""
    try:
        with socket.create_connection((address, int(port)), LIMIT, (source, 0)) as connection:
            print(connection.recv(100).decode(), end="")
    except OSError:
        pass


def hear() -> None:
    """Listen for ever."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_RAW, VRRP)
    membership = socket.inet_aton(MANY) + struct.pack("=ii", 0, socket.if_nametoindex("eth0"))
    listener.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
    while True:
        print(listener.recvfrom(1000)[1][0], flush=True)


def say(source: str) -> None:
    """Send a packet."""
    sender = socket.socket(socket.AF_INET, socket.SOCK_RAW, VRRP)
    sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(source))
    sender.sendto(b"here", (MANY, 0))


if __name__ == "__main__":
    {"serve": serve, "ask": ask, "hear": hear, "say": say}[sys.argv[1]](*sys.argv[2:])
