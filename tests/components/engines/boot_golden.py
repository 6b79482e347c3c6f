"""Boot data as a reviewer sees it: a file that comes unchanged from components/engines/files by its name alone.

Those files are reviewed as files, so a golden file holds what differs per engine and role, and a change of a script
that all servers have changes no golden file.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from bay.components import yaml_file
from tests import quick_yaml
from tests.paths import ENGINE_FILES

HEADER = "#cloud-config\n"


def shown(user_data: str) -> str:
    """User data with ``file: FOLDER/NAME`` or ``script: FOLDER/NAME`` in place of such contents."""
    document = quick_yaml.load(user_data)
    assert user_data == HEADER + yaml_file.dump(document), "something would be lost by reading it"
    return HEADER + yaml_file.dump({**document, "write_files": [named(one) for one in document["write_files"]]})


def named(file: Mapping[str, Any]) -> dict[str, Any]:
    """One of the files that cloud-init writes."""
    kept = {key: value for key, value in file.items() if key != "content"}
    sources = _names().get(file["content"])
    if sources is None:
        return {**kept, "content": file["content"]}
    # Two engines have the same unit, under different names.
    own = [name for name in sources if Path(name).name == Path(file["path"]).name]
    name = (own or list(sources))[0]
    return {**kept, sources[name]: name}


@cache
def _names() -> dict[str, dict[str, str]]:
    """Content -> names of files that have it -> what such a file is called; a script comes without its comments."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted(ENGINE_FILES.glob("*/*")):
        text = path.read_text()
        is_script = path.suffix == ".sh" or text.startswith("#!")
        content = _code(text) if is_script else text
        found.setdefault(content, {})[f"{path.parent.name}/{path.name}"] = "script" if is_script else "file"
    return found


def _code(text: str) -> str:
    lines = enumerate(text.splitlines(keepends=True))
    return "".join(line for i, line in lines if not line.strip().startswith("#") or (i == 0 and line.startswith("#!")))
