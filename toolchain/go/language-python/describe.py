"""Print, as JSON, the running interpreter and the distributions installed for it, those alone that no other needs.

With --all: every distribution. What installs others is no dependency of a program.
"""

import json
import platform
import re
import sys
from importlib.metadata import distributions

INSTALLERS = {"pip", "setuptools", "wheel", "uv"}


def normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def is_needed(requirement: str) -> bool:
    return "extra ==" not in requirement.partition(";")[2]


installed: dict[str, dict[str, str]] = {}
needed: set[str] = set()
for one in distributions():
    if one.name:
        installed.setdefault(normalized(one.name), {"name": one.name, "version": one.version})
        needed |= {normalized(re.split(r"[^\w.-]", r, maxsplit=1)[0]) for r in one.requires or [] if is_needed(r)}
hidden = INSTALLERS if "--all" in sys.argv else INSTALLERS | needed
print(
    json.dumps(
        {
            "executable": sys.executable,
            "version": platform.python_version(),
            "dependencies": [found for name, found in sorted(installed.items()) if name not in hidden],
        }
    )
)
