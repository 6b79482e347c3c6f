"""Stands in for `python -m bay.stacks.worker`: one bay in a JSON file, operations that take as long as they are told.

It is a program of its own: tests start it in the place of Python. FOLDER/bay.json is the bay, FOLDER/said.jsonl what it
was asked, FOLDER/answer.json what goes wrong: operation -> {"family", "message"}, or {"sleep": seconds}, {"die": true}.
FOLDER/overlap is there once two of them worked at the same time.
"""

import fcntl
import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

FOLDER = Path(sys.argv[1])
BAY = FOLDER / "bay.json"
cancelled = threading.Event()


class Failure(Exception):
    """Family and message of an error."""


def answer(request: dict[str, Any]) -> Any:
    told = json.loads((FOLDER / "answer.json").read_text()).get(request["op"], {})
    if told.get("die"):
        os._exit(9)
    if "family" in told:
        raise Failure(told["family"], told["message"])
    if cancelled.wait(told.get("sleep", 0)):
        raise Failure("Interrupted", "interrupted")
    return globals()[request["op"]](request)


def create(request: dict[str, Any]) -> Any:
    if BAY.exists():
        raise Failure("AlreadyExists", "there is one")
    wanted: dict[str, Any] = {}
    for layer in request["layers"]:
        wanted |= layer
    groups = {"master": wanted["masters"], "node": wanted["nodes"], **wanted["node_groups"]}
    BAY.write_text(json.dumps({"groups": groups, "gone": []}))
    return show(request)


def update(request: dict[str, Any]) -> Any:
    bay = bay_of(request)
    bay["gone"] += request.get("remove", [])
    for layer in request["layers"]:
        bay["groups"] |= {"master": layer["masters"], "node": layer["nodes"]}
        bay["groups"] |= layer["node_groups"]
    bay["groups"] = {name: group for name, group in bay["groups"].items() if group}
    BAY.write_text(json.dumps(bay))
    return show(request)


def upgrade(request: dict[str, Any]) -> Any:
    bay = bay_of(request)
    BAY.write_text(json.dumps({**bay, "image": request["image"]}))
    return {"version": "1.34.2", "steps": []}


def rebuild(request: dict[str, Any]) -> Any:
    bay_of(request)
    return {"servers": []}


def upgrade_plan(request: dict[str, Any]) -> Any:
    bay_of(request)
    return {"version": "1.34.2", "steps": []}


def rebuild_plan(request: dict[str, Any]) -> Any:
    bay_of(request)
    return {"servers": []}


def show(request: dict[str, Any]) -> Any:
    bay = bay_of(request)
    servers = []
    for group, values in bay["groups"].items():
        names = [f"{request['bay']}-{group}-{index}" for index in range(values["count"] + len(bay["gone"]))]
        kept = [name for name in names if name not in bay["gone"]][: values["count"]]
        servers += [{"name": n, "group": group, "address": f"a-{n}", "id": f"id-{n}"} for n in kept]
    own = {name: {} for name in bay["groups"] if name not in ("master", "node")}
    return {"id": "1", "api_address": "192.0.2.1:2376", "servers": servers, "spec": {"node_groups": own}}


def delete(request: dict[str, Any]) -> Any:
    bay_of(request)
    BAY.unlink()
    return {"deleted": request["bay"]}


def bay_of(request: dict[str, Any]) -> Any:
    if not BAY.exists():
        raise Failure("NotFound", f"there is no bay {request['bay']}")
    return json.loads(BAY.read_text())


def carry_out(request: dict[str, Any]) -> None:
    note(**request, login=json.loads(Path(request["place"]["clouds_file"]).read_text()))
    alone = (FOLDER / "lock").open("a")
    try:
        fcntl.flock(alone, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        (FOLDER / "overlap").touch()
    try:
        ended: dict[str, Any] = {"result": answer(request)}
    except Failure as error:
        ended = {"error": {"family": error.args[0], "message": error.args[1], "hint": ""}}
    finally:
        alone.close()
    print(json.dumps({"id": request["id"], **ended}), flush=True)


def note(**values: Any) -> None:
    with (FOLDER / "said.jsonl").open("a") as file:
        file.write(json.dumps(values) + "\n")


def main() -> None:
    waiting = []
    for line in sys.stdin:
        message = json.loads(line)
        if "cancel" in message:
            cancelled.set()
        else:
            waiting = [thread for thread in waiting if thread.is_alive()]
            waiting.append(threading.Thread(target=carry_out, args=(message,)))
            waiting[-1].start()


main()
