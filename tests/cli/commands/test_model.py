"""`bay model`: what it lists of which files, and that one wrong file hides no other."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bay.cli.app import run

Captured = pytest.CaptureFixture[str]

MODELS = {
    "lab": "# Of the lab.\nextends: swarm\npublic: false\nprojects: [physics]\n",
    "base": "about: To build on.\nhidden: true\ncoe: swarm\n",
    "broken": "extends: nothing\n",
    "addons/site": "# Of the site.\nkeypair: site\n",
}


@pytest.fixture
def folder(environment: Mapping[str, str], tmp_path: Path) -> Path:
    """A folder for --models, and a home without any."""
    for name, text in MODELS.items():
        file = tmp_path / "site" / f"{name}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path / "site"


def listed(capsys: Captured, *words: str) -> tuple[dict[str, dict[str, Any]], str]:
    """(name -> row, what was said beside it)."""
    assert run(["model", "list", "-f", "json", *words]) == 0
    shown = capsys.readouterr()
    return {row["name"]: row for row in json.loads(shown.out)}, shown.err


def test_hidden_models_are_listed_only_with_all(folder: Path, capsys: Captured) -> None:
    some, _ = listed(capsys, "--models", str(folder))
    every, said = listed(capsys, "--models", str(folder), "--all")
    assert {"lab", "swarm"} <= set(some)
    assert set(every) == {*some, "base"}
    assert "model base is incomplete: image: is missing\n" in said


def test_a_model_whose_file_is_wrong_is_named_and_hides_no_other(folder: Path, capsys: Captured) -> None:
    rows, said = listed(capsys, "--models", str(folder))
    assert "broken" not in rows
    assert said == f"model broken is left out: {folder}/broken.yaml: extends: there is no model 'nothing' below it\n"


def test_long_says_who_may_use_a_model_and_what_it_extends(folder: Path, capsys: Captured) -> None:
    rows, _ = listed(capsys, "--models", str(folder), "--long")
    assert rows["lab"] == {
        **{"name": "lab", "coe": "swarm", "masters": 1, "nodes": 2, "about": "Of the lab."},
        **{"public": False, "hidden": False, "extends": ["swarm"], "projects": ["physics"]},
    }
    short, _ = listed(capsys, "--models", str(folder))
    assert list(short["lab"]) == ["name", "coe", "masters", "nodes", "about"]
    assert rows["swarm"]["public"] is True


def test_addons_are_listed_with_those_of_the_site(folder: Path, capsys: Captured) -> None:
    rows, _ = listed(capsys, "--models", str(folder), "--addons")
    assert sorted(rows) == ["cvmfs", "eos", "site"]
    assert rows["site"]["about"] == "Of the site."


def test_a_model_is_shown_with_addons_and_its_texts_as_blocks(folder: Path, capsys: Captured) -> None:
    assert run(["model", "show", "lab", "--models", str(folder), "--addon", "cvmfs", "--addon", "site"]) == 0
    text = capsys.readouterr().out
    assert "keypair: site\n" in text
    assert "      /etc/auto.master.d/cvmfs.autofs: |\n        /cvmfs /etc/auto.cvmfs\n" in text


def test_fields_are_those_of_every_bay_and_of_the_engines(folder: Path, capsys: Captured) -> None:
    def fields(*words: str) -> list[tuple[str, str]]:
        assert run(["model", "fields", "-f", "json", *words]) == 0
        return [(row["field"], row["coe"]) for row in json.loads(capsys.readouterr().out)]

    assert {("nodes.count", ""), ("options.marathon", "mesos")} <= set(fields())
    assert {coe for _, coe in fields("--coe", "mesos")} == {"", "mesos"}
    assert run(["model", "fields", "--coe", "messo"]) == 2
    assert capsys.readouterr().err == "error: there is no engine 'messo'\n       nearest: mesos\n"
