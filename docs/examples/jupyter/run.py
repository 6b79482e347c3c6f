"""Runs a notebook on a Jupyter server, as a browser does: python3 run.py URL NOTEBOOK, the token in $JUPYTER_TOKEN.

The notebook with its outputs is kept on the server, and printed are the lines that its cells print. Exit code 1 where
a cell raises. Needs the package websocket-client.
"""

import json
import os
import sys
import urllib.request
import uuid
from pathlib import Path
from typing import Any

import websocket

WHO = {"username": "run.py", "session": uuid.uuid4().hex}
TIMEOUT = 60.0
"""Seconds in which the server, or a cell, has to say something."""


class Server:
    """A Jupyter server; `url` without a slash at the end."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.headers = {"Authorization": f"token {token}"}

    def ask(self, method: str, path: str, document: Any = None) -> Any:
        """What its REST API answers."""
        body = None if document is None else json.dumps(document).encode()
        request = urllib.request.Request(f"{self.url}/api/{path}", body, self.headers, method=method)
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            return json.loads(answer.read() or "null")

    def channels(self, kernel: str) -> websocket.WebSocket:
        """The messages of a kernel."""
        address = f"{self.url.replace('http', 'ws', 1)}/api/kernels/{kernel}/channels"
        return websocket.create_connection(address, TIMEOUT, header=self.headers)


def execute(channels: websocket.WebSocket, code: str) -> list[dict[str, Any]]:
    """Run a cell; its outputs as a notebook keeps them."""
    header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "version": "5.3"} | WHO
    content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
    request = {"channel": "shell", "header": header, "parent_header": {}, "metadata": {}, "content": content}
    channels.send(json.dumps(request))
    outputs = []
    while True:
        message = json.loads(channels.recv())
        if message["parent_header"].get("msg_id") != header["msg_id"]:
            continue
        kind, said = message["msg_type"], message["content"]
        if kind in ("stream", "error", "execute_result", "display_data"):
            outputs.append({"output_type": kind, **{key: value for key, value in said.items() if key != "transient"}})
        if kind == "status" and said["execution_state"] == "idle":
            return outputs


def run(server: Server, notebook: dict[str, Any]) -> bool:
    """Run the cells in a kernel of their own, put their outputs into the notebook; whether none raised."""
    kernel = server.ask("POST", "kernels", {"name": "python3"})["id"]
    channels = server.channels(kernel)
    try:
        for number, cell in enumerate((c for c in notebook["cells"] if c["cell_type"] == "code"), start=1):
            cell["outputs"] = execute(channels, "".join(cell["source"]))
            cell["execution_count"] = number
            print("".join(output.get("text", "") for output in cell["outputs"]), end="")
            if any(output["output_type"] == "error" for output in cell["outputs"]):
                return False
        return True
    finally:
        channels.close()
        server.ask("DELETE", f"kernels/{kernel}")


def main(url: str, path: str) -> int:
    """The exit code."""
    server = Server(url, os.environ["JUPYTER_TOKEN"])
    notebook = json.loads(Path(path).read_text())
    good = run(server, notebook)
    server.ask("PUT", f"contents/{Path(path).name}", {"type": "notebook", "format": "json", "content": notebook})
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
