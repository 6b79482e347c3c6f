"""What the golden files of boot data hide, and what they do not."""

from dataclasses import replace

import pytest
import yaml

from bay.components import yaml_file
from bay.components.engines import ENGINES, Facts
from bay.components.node.user_data import user_data
from tests.components.engines.boot_golden import HEADER, named, shown
from tests.paths import ENGINE_FILES


@pytest.fixture
def boot(facts: Facts) -> str:
    """Of a Swarm master."""
    return user_data(ENGINES["swarm"], replace(facts, group="master"))


def test_every_file_of_the_project_is_shown_by_its_name(boot: str) -> None:
    files = yaml.safe_load(shown(boot))["write_files"]
    named = [file.get("script") or file["file"] for file in files if "content" not in file]
    assert {"common/prepare", "common/bay-prepare.service", "swarm/join-root", "swarm/docker-master.conf"} <= set(named)
    assert all((ENGINE_FILES / name).is_file() for name in named)
    whole = [file["path"] for file in files if "content" in file]
    assert {"/etc/bay/env", "/etc/docker/daemon.json", "/etc/bay/join_key"} <= set(whole)
    assert not [path for path in whole if path.startswith(("/usr/local/lib/bay/", "/etc/systemd/system/bay-"))]


def test_a_change_of_any_line_of_any_file_is_seen(boot: str) -> None:
    """Also of a script, where the server is given something else than the project's file says."""
    count = 0
    for file in yaml.safe_load(boot)["write_files"]:
        lines = file["content"].splitlines(keepends=True)
        for i, line in enumerate(lines):
            changed = "".join([*lines[:i], line.rstrip("\n") + "x\n", *lines[i + 1 :]])
            without = "".join([*lines[:i], *lines[i + 1 :]])
            assert named({**file, "content": changed}) != named(file), (file["path"], line)
            assert named({**file, "content": without}) != named(file), (file["path"], line)
            count += 1
        for key in ("path", "owner", "permissions"):
            assert named({**file, key: "x"}) != named(file)
    assert count > 500


def test_what_is_shown_of_boot_data_goes_beyond_its_files(boot: str) -> None:
    document = yaml.safe_load(boot)
    for key in document:
        changed = {**document, key: document[key][:-1] if isinstance(document[key], list) else "x"}
        assert shown(HEADER + yaml_file.dump(changed)) != shown(boot), key
