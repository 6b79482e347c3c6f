"""The files of a checkout's bays, read as data: from its folder, or from a commit of which nothing is run.

Of a file only `config` is taken, and of that only what begins with ``bay:``. What else Pulumi reads from it (a secrets
provider, an ESC environment, another login of the OpenStack plugin) could lead a plan elsewhere.
"""

import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from bay.components.errors import BayError, InvalidInput
from bay.components.spec import BaySpec, check_name
from bay.components.spec.merge import build_spec
from bay.components.spec.stored import restored
from bay.components.yaml_file import LARGEST, mapping, no_plain_file, read_plain_text, text_of
from bay.stacks.program.config import ALLOW, PREFIX, PROJECT, PROVIDER_CONFIG, SUFFIX, kinds_of, require_own_folder

PLAIN_FILES = ("100644", "100755")
"""Git's modes of files; a link would lead to a file of this machine."""
TAKEN = ("config", "encryptionsalt")
"""Fields of a file that mean no more here than they say; the salt is not used."""


@dataclass(frozen=True)
class SpecFiles:
    """texts: bay -> text of its file. where: for messages. strict: refuse what would mean more to Pulumi.

    unread: bay -> why its file is not read: every file of a bay is in one of both, so none is hidden.
    """

    texts: Mapping[str, str]
    where: str
    strict: bool = False
    unread: Mapping[str, BayError] = field(default_factory=dict)

    def spec(self, bay: str, folders: Sequence[Path] = ()) -> BaySpec:
        """The spec that a file holds, over its model of these folders; BayError where it holds none."""
        if bay in self.unread:
            raise self.unread[bay]
        if bay not in self.texts:
            raise BayError(
                f"there is no stacks/{PREFIX}{bay}{SUFFIX} in {self.where}", "'git ls-files stacks' shows all"
            )
        values = mapping(self.texts[bay], f"stacks/{PREFIX}{bay}{SUFFIX}")
        config = _config(bay, values)
        if self.strict:
            _refuse_more(bay, values, config)
        prefix = f"{PROJECT}:"
        said = {key.removeprefix(prefix): value for key, value in config.items() if str(key).startswith(prefix)}
        said.pop(ALLOW, None)
        said = restored(said)
        if "model" not in said:
            raise BayError(
                f"stacks/{PREFIX}{bay}{SUFFIX} has no bay:model", "a bay is never created from defaults alone"
            )
        return build_spec([said], folders)

    def allowed(self, bay: str) -> tuple[str, ...]:
        """Kinds of loss that a file lets through under plain `pulumi up`; BayError for what is no such kind."""
        values = mapping(self.texts.get(bay, "{}"), f"stacks/{PREFIX}{bay}{SUFFIX}")
        return kinds_of(_config(bay, values).get(f"{PROJECT}:{ALLOW}"), f"stacks/{PREFIX}{bay}{SUFFIX}: ")


def _config(bay: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
    config = values.get("config") or {}
    if not isinstance(config, dict):
        raise BayError(f"stacks/{PREFIX}{bay}{SUFFIX}: config holds no fields", "write 'bay:FIELD: VALUE' a line")
    return config


def _refuse_more(bay: str, values: Mapping[str, Any], config: Mapping[str, Any]) -> None:
    more = [str(key) for key in values if key not in TAKEN]
    more += [
        str(key)
        for key, value in config.items()
        if not str(key).startswith(f"{PROJECT}:") and (key, str(value)) not in PROVIDER_CONFIG.items()
    ]
    if more:
        raise BayError(
            f"stacks/{PREFIX}{bay}{SUFFIX} sets {', '.join(sorted(more))}, which no preview of a request takes",
            "take it out, or let somebody who may log in there look at it by hand",
        )


def of_folder(root: Path) -> SpecFiles:
    """The files of a checkout, as they are in its folder."""
    require_own_folder(root)
    paths = sorted((root / "stacks").glob(f"{PREFIX}*{SUFFIX}"))
    return _sorted({path.name: partial(read_plain_text, path, f"stacks/{path.name}") for path in paths}, str(root))


def of_commit(root: Path | None, commit: str) -> SpecFiles:
    """The files that a commit of a checkout has, whatever is in its folder; Git gives them out and runs nothing."""
    if root is None:
        raise InvalidInput(
            f"{commit} is to be a commit of a checkout, and this folder is in none", "go into the checkout first"
        )
    tree = f"{_git(root, 'rev-parse', '--verify', '--end-of-options', f'{commit}^{{tree}}').decode().strip()}:./"
    reads = {}
    for entry in _git(root, "ls-tree", "-z", "-l", f"{tree}stacks").decode(errors="replace").split("\0"):
        about, _, name = entry.partition("\t")
        if name.startswith(PREFIX) and name.endswith(SUFFIX):
            mode, _, blob, size = about.split()
            reads[name] = partial(_read_blob, root, f"stacks/{name}", mode, blob, size)
    return _sorted(reads, f"commit {commit}", strict=True)


def _read_blob(root: Path, name: str, mode: str, blob: str, size: str) -> str:
    """A file of a commit by the same rules as one of a folder."""
    if mode not in PLAIN_FILES:
        raise no_plain_file(name)
    return text_of(_git(root, "cat-file", "blob", blob) if int(size) <= LARGEST else b" " * (LARGEST + 1), name)


def _sorted(reads: Mapping[str, Callable[[], str]], where: str, *, strict: bool = False) -> SpecFiles:
    """reads: name of a file -> what gives its text, or raises."""
    texts, unread = {}, {}
    for name, read in reads.items():
        try:
            texts[_bay(name)] = read()
        except BayError as error:
            unread[_bay(name)] = error
    return SpecFiles(texts, where, strict, unread)


def bays(files: SpecFiles) -> tuple[list[str], list[tuple[str, BayError]]]:
    """Names of the bays that have files, and what is wrong with the other files."""
    good: list[str] = []
    bad = list(files.unread.items())
    for name in sorted(files.texts):
        try:
            check_name(name)
            good.append(name)
        except BayError as error:
            bad.append((name, error))
    return good, bad


def _bay(file: str) -> str:
    return file.removeprefix(PREFIX).removesuffix(SUFFIX)


def _git(root: Path, *words: str) -> bytes:
    try:
        done = subprocess.run(["git", *words], cwd=root, capture_output=True, check=True)
    except FileNotFoundError:
        raise BayError("git is not there", "apt-get install git") from None
    except subprocess.CalledProcessError as error:
        reason = error.stderr.decode(errors="replace").strip().splitlines()
        raise BayError(
            f"git {words[0]}: {reason[0] if reason else 'failed'}", "name a commit that was fetched"
        ) from None
    return done.stdout
