"""The templates of docs/ci let no request choose what is run or with which login: rules, secrets, steps."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.paths import DOCS

FOLDER = DOCS / "ci"
GITLAB: dict[str, Any] = yaml.safe_load((FOLDER / "gitlab-ci.yml").read_text())
GITHUB: dict[Any, Any] = yaml.safe_load((FOLDER / "github-actions.yml").read_text())
NO_JOBS = {"stages", "default", "variables"}

CHECKOUT, CACHE = "11bd71901bbe5b1630ceea73d27597364c9af683", "5a3ec84eff668545956fd18022155c47e93e2684"
"""Commits of v4.2.2 and v4.2.3: a tag can be moved, and what it names has the job's secrets."""

OF_A_REQUEST = '$CI_PIPELINE_SOURCE == "trigger" && $TRIGGER_PAYLOAD && $CI_COMMIT_REF_PROTECTED == "true"'
"""GitLab's rule for a pipeline that the project's own webhook started, on a protected branch."""
READS = {"name": "bay-preview", "action": "access"}


def gitlab_lines(job: str) -> list[str]:
    """Every line of a job's shell."""
    own = GITLAB[job]
    return [*own.get("before_script", GITLAB["default"]["before_script"]), *own["script"]]


def github_steps(job: str) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = GITHUB["jobs"][job]["steps"]
    return steps


def text(part: Any) -> str:
    return str(yaml.safe_dump(part, width=10_000))


def secrets(part: Any) -> set[str]:
    return set(re.findall(r"secrets\.(\w+)", text(part)))


def test_gitlab_runs_each_job_on_the_protected_branch_only() -> None:
    default = "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"
    assert {name: job["rules"] for name, job in GITLAB.items() if name not in NO_JOBS} == {
        "preview": [{"if": OF_A_REQUEST}],
        "comment": [{"if": OF_A_REQUEST, "when": "always"}],
        "apply": [{"if": f'$CI_PIPELINE_SOURCE == "push" && {default}'}],
        "drift": [{"if": f'$CI_PIPELINE_SOURCE == "schedule" && {default}'}],
    }


def test_gitlab_gives_each_job_its_own_login() -> None:
    clouds = {name: sorted(set(re.findall(r"BAY_\w*CLOUDS", text(job)))) for name, job in GITLAB.items()}
    assert {name: found for name, found in clouds.items() if found} == {
        "preview": ["BAY_READER_CLOUDS"],
        "apply": ["BAY_CLOUDS"],
        "drift": ["BAY_READER_CLOUDS"],
    }
    assert {name: GITLAB[name].get("environment") for name in ("preview", "comment", "apply", "drift")} == {
        "preview": READS,
        "comment": None,
        "apply": "bay-apply",
        "drift": READS,
    }
    assert GITLAB["apply"]["resource_group"] == "bays"
    assert "BAY_FORGE_TOKEN" not in text({name: job for name, job in GITLAB.items() if name != "comment"})


def test_gitlab_installs_what_its_bare_image_lacks() -> None:
    assert GITLAB["default"]["image"] == "debian:12"
    for job, words in (("preview", {"make", "git", "python3", "python3-venv"}), ("comment", {"curl"})):
        first, second, *_ = gitlab_lines(job)
        assert first.startswith("apt-get update")
        assert {"-y", "--no-install-recommends", "ca-certificates", *words} <= set(second.split())
    assert "make" not in text(GITLAB["comment"]["before_script"]), "the job with the forge's token runs no code of bay"


def test_gitlab_keeps_the_engine_where_it_can_cache_it() -> None:
    assert GITLAB["variables"]["XDG_CACHE_HOME"] == "$CI_PROJECT_DIR/.cache"
    cache = GITLAB["default"]["cache"]
    assert (cache["key"], cache["paths"]) == ("bay-toolchain", [".cache/bay/toolchain"])
    assert {name for name, job in GITLAB.items() if "cache" in job} == {"default", "comment"}
    assert GITLAB["comment"]["cache"] == []


def test_github_runs_the_default_branch_for_whatever_happens() -> None:
    on = GITHUB[True]  # YAML 1.1 takes the word for a truth value
    assert set(on) == {"pull_request_target", "push", "schedule"}
    assert on["pull_request_target"]["branches"] == on["push"]["branches"] == ["main"]
    assert {name: job["if"] for name, job in GITHUB["jobs"].items()} == {
        "preview": "github.event_name == 'pull_request_target'",
        "apply": "github.event_name == 'push'",
        "drift": "github.event_name == 'schedule'",
    }


def test_github_gives_each_job_its_own_login() -> None:
    jobs = GITHUB["jobs"]
    assert {name: (job["environment"], secrets(job)) for name, job in jobs.items()} == {
        "preview": ("bay-preview", {"BAY_READER_CLOUDS", "BAY_PASSPHRASE"}),
        "apply": ("bay-apply", {"BAY_CLOUDS", "BAY_PASSPHRASE"}),
        "drift": ("bay-preview", {"BAY_READER_CLOUDS", "BAY_PASSPHRASE"}),
    }
    assert secrets({key: part for key, part in GITHUB.items() if key != "jobs"}) == set()
    assert GITHUB["permissions"] == {"contents": "read"}
    for name, job in jobs.items():
        with_token = [step.get("name") for step in job["steps"] if "github.token" in text(step)]
        assert with_token == (["Fetch", "Comment"] if name == "preview" else []), "neither sees the cloud's login"
    granted = {name: job["permissions"] for name, job in jobs.items() if "permissions" in job}
    assert granted == {"preview": {"contents": "read", "pull-requests": "write"}}


@pytest.mark.parametrize("job", ["preview", "apply", "drift"])
def test_github_checks_out_what_the_event_says_and_brings_nothing_but_the_engine(job: str) -> None:
    brought = {step["uses"]: step.get("with", {}) for step in github_steps(job) if "uses" in step}
    history = {} if job == "drift" else {"fetch-depth": 0}
    assert brought == {
        f"actions/checkout@{CHECKOUT}": {**history, "persist-credentials": False},
        f"actions/cache@{CACHE}": {
            "path": "~/.cache/bay/toolchain",
            "key": "bay-toolchain-${{ runner.os }}-${{ hashFiles('toolchain/**') }}",
        },
    }


def test_no_script_holds_text_of_an_event_and_a_request_is_fetched_and_never_checked_out() -> None:
    scripts = {
        **{f"gitlab {job}": "\n".join(gitlab_lines(job)) for job in GITLAB.keys() - NO_JOBS},
        **{f"github {job}": "\n".join(step.get("run", "") for step in github_steps(job)) for job in GITHUB["jobs"]},
    }
    for name, script in scripts.items():
        assert "${{" not in script, name
        verbs = set(re.findall(r"\bgit (\S+)", script)) - {"make"}
        wanted = {"preview": {"fetch", "merge-tree"}, "apply": {"diff", "ls-files"}}
        assert verbs == wanted.get(name.split()[1], set()), name
        heads = [line for line in script.splitlines() if "FETCH_HEAD" in line]
        assert all("merge-tree --write-tree" in line for line in heads), name
    assert set(re.findall(r"github\.event\.[\w.]+", text(GITHUB))) == {
        "github.event.pull_request.number",
        "github.event.before",
    }


def test_names_of_files_are_no_options() -> None:
    script = "\n".join(GITLAB["apply"]["script"])
    for line in script.splitlines():
        if '"$bay"' in line:
            assert re.search(r'(-- |--stack=|-e )"\$bay"', line), line
    assert len(re.findall(r'"\$bay"', script)) == 4
    assert all("-- origin" in text(job) for job in (GITLAB["preview"], GITHUB["jobs"]["preview"]))


def test_gitlabs_runner_keeps_no_token_in_the_checkout() -> None:
    assert GITLAB["variables"]["FF_GIT_URLS_WITHOUT_TOKENS"] == "true"


def test_both_forges_apply_by_the_same_script() -> None:
    (script,) = [step["run"] for step in github_steps("apply") if step.get("name") == "Apply"]
    assert "\n".join(GITLAB["apply"]["script"]) == script


PRETENDED = """#!/bin/bash
case "$(basename "$0") $1" in
  "bay env") ;;
  "bay list") echo old ;;
  *) echo "$(basename "$0") $*" >> "$TYPED" ;;
esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Of a house with the bay old, the file of a bay that was deleted, and a last push that adds a file."""
    commands = tmp_path / "bin"
    commands.mkdir()
    for name in ("bay", "pulumi"):
        (commands / name).write_text(PRETENDED)
        (commands / name).chmod(0o755)
    folder = tmp_path / "checkout"
    (folder / "stacks").mkdir(parents=True)
    git(folder, "init", "--quiet")
    for name in ("old", "gone"):
        (folder / "stacks" / f"Pulumi.{name}.yaml").write_text("config: {}\n")
    commit(folder)
    (folder / "stacks" / "Pulumi.new.yaml").write_text("config: {}\n")
    (folder / "stacks" / "Pulumi.gone.yaml").write_text("config: {bay:model: swarm}\n")
    commit(folder)
    return folder


def git(folder: Path, *words: str) -> str:
    named = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    done = subprocess.run(["git", *named, *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(folder: Path) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "a push")


def applied(folder: Path, before: str) -> tuple[list[str], str]:
    """What the job of both forges types after a push, and says."""
    typed = folder.parent / "typed"
    typed.unlink(missing_ok=True)
    done = subprocess.run(
        ["bash", "-e", "-c", "\n".join(GITLAB["apply"]["script"])],
        cwd=folder,
        env={"PATH": f"{folder.parent / 'bin'}:/usr/bin:/bin", "BEFORE": before, "TYPED": str(typed)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done
    return typed.read_text().splitlines() if typed.exists() else [], done.stdout


UPDATE = "bay update --yes -- old"
CREATE = ["pulumi stack init -- {0}", "pulumi up --yes --skip-preview --stack={0}"]


def created(name: str) -> list[str]:
    return [line.format(name) for line in CREATE]


def test_apply_creates_what_the_push_adds_and_no_bay_that_was_deleted(checkout: Path) -> None:
    typed, said = applied(checkout, git(checkout, "rev-parse", "HEAD~1"))
    assert sorted(typed) == sorted([UPDATE, *created("new")])
    assert "stacks/Pulumi.gone.yaml: there is no such bay" in said
    again, _ = applied(checkout, git(checkout, "rev-parse", "HEAD"))
    assert again == [UPDATE], "a later push creates nothing that it does not add"


def test_the_first_push_creates_everything_and_one_that_lost_its_history_nothing(checkout: Path) -> None:
    first, _ = applied(checkout, "0" * 40)
    assert sorted(first) == sorted([UPDATE, *created("gone"), *created("new")])
    lost, _ = applied(checkout, "1" * 40)
    assert lost == [UPDATE]


def test_a_file_that_was_removed_and_added_again_is_a_new_bay(checkout: Path) -> None:
    git(checkout, "rm", "--quiet", "stacks/Pulumi.gone.yaml")
    commit(checkout)
    before = git(checkout, "rev-parse", "HEAD")
    (checkout / "stacks" / "Pulumi.gone.yaml").write_text("config: {}\n")
    commit(checkout)
    assert sorted(applied(checkout, before)[0]) == sorted([UPDATE, *created("gone")])
