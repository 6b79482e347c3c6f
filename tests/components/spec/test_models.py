"""Files of models and add-ons: what extends what, who may use them, and which file is wrong."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import yaml

from bay.components.spec.merge import build_spec, changed_spec
from bay.components.spec.models import addon_files, read_addon, read_model
from tests.fakes.messages import told
from tests.paths import DOCS

SEE = "docs/spec.md says what a model's file may hold"
Site = Callable[[Mapping[str, str]], Path]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A folder of models with these files: name -> YAML; ``addons/NAME`` is an add-on."""

    def write(texts: Mapping[str, str]) -> Path:
        for name, text in texts.items():
            file = tmp_path / f"{name}.yaml"
            file.parent.mkdir(exist_ok=True)
            file.write_text(text)
        return tmp_path

    return write


def test_a_model_builds_on_another_and_its_own_values_win(site: Site) -> None:
    folder = site({"lab": "extends: swarm\nimage: lab\nnodes: 4\n", "big": "extends: lab\nnodes: {flavor: m1.large}"})
    spec = build_spec([{"model": "big"}], [folder])
    assert (spec.model, spec.coe, spec.image) == ("big", "swarm", "lab")
    assert (spec.nodes.count, spec.nodes.flavor) == (4, "m1.large")
    assert [layer.title for layer in read_model("big", [folder]).layers] == ["model swarm", "model lab", "model big"]


def test_of_several_parents_the_later_one_wins_and_one_they_share_stands_above_both(site: Site) -> None:
    folder = site(
        {
            "base": "coe: swarm\nimage: base\nkeypair: base\n",
            "left": "extends: base\nkeypair: left\n",
            "right": "extends: base\nnodes: 7\n",
            "both": "extends: [left, right]\n",
        }
    )
    spec = build_spec([{"model": "both"}], [folder])
    assert (spec.image, spec.keypair, spec.nodes.count) == ("base", "left", 7)


def test_a_model_may_extend_the_one_of_its_own_name_below_it(site: Site) -> None:
    folder = site({"swarm": "extends: swarm\nnodes: 9\n"})
    spec = build_spec([{"model": "swarm"}], [folder])
    assert (spec.coe, spec.nodes.count) == ("swarm", 9)


@pytest.mark.parametrize(
    ("texts", "message", "hint"),
    [
        ({"a": "extends: [zwarm]"}, "a.yaml: extends: there is no model 'zwarm' below it", "nearest: swarm, swarm-ha"),
        (
            {"a": "extends: b", "b": "extends: c", "c": "extends: a"},
            "c.yaml: extends: is circular: a -> b -> c -> a",
            "remove one of them",
        ),
        ({"a": "extend: swarm"}, "a.yaml: extend: no such field", "nearest: extends"),
        ({"a": "extends: swarm\n3: x"}, "a.yaml: 3: no such field", None),
        ({"a": "extends: 3"}, "a.yaml: extends: must be a list, for example [A, B], got 3", SEE),
        (
            {"a": "hidden: perhaps"},
            "a.yaml: hidden: must be a valid boolean, unable to interpret input, got 'perhaps'",
            SEE,
        ),
        (
            {"a": "projects: [physics]"},
            "a.yaml: projects: is only read with 'public: false'",
            SEE,
        ),
        (
            {"a": "public: false"},
            "a.yaml: public: is false, and no projects are listed: no project could use the model",
            SEE,
        ),
        ({"a": "extends: swarm\nnodes: {flavour: x}"}, "a.yaml: nodes.flavour: no such field", "nearest: flavor"),
        ({"a": "extends: b", "b": "extends: swarm\nmasters: 2"}, "b.yaml: masters: count is 2, but must be odd", None),
        ({"a": "extends: swarm\naccess: {api: [office]}"}, "a.yaml: access.api.0: is not a CIDR", None),
        ({"a": "extends: swarm\naddons: [cvmsf]"}, "addons: there is no add-on 'cvmsf'", "nearest: cvmfs; see"),
        ({"a": "extends: swarm\naddons: cvmfs"}, "a.yaml: addons: must be a list, for example [A, B]", None),
        ({"a": "extends: swarm\naddons: [x]", "addons/x": "coe: mesos"}, "x.yaml: coe: no such field", None),
        ({"a": "extends: swarm\naddons: [x]", "addons/x": "about: 3"}, "x.yaml: about: must be text", SEE),
        (
            {"a": "extends: swarm\naddons: [x]", "addons/x": "snippets: {x: {filez: {}}}"},
            "x.yaml: snippets.x.filez: no such field",
            "nearest: files",
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_wrong_file_is_named(site: Site, texts: dict[str, str], message: str, hint: str | None) -> None:
    folder = site(texts)
    said, todo, _ = told(lambda: build_spec([{"model": "a"}], [folder]))
    assert said.replace(f"{folder}/addons/", "").replace(f"{folder}/", "").startswith(message)
    assert hint is None or todo.startswith(hint)


def test_what_the_user_said_is_no_mistake_of_a_file(site: Site) -> None:
    folder = site({"a": "extends: swarm\nmasters: {count: 3}"})
    assert told(lambda: build_spec([{"model": "a", "masters": 2}], [folder]))[0].startswith("masters: count is 2")


def test_a_model_is_for_everybody_listed_and_for_nobody_else(site: Site) -> None:
    folder = site(
        {
            "gpu": "extends: swarm\npublic: false\nprojects: [physics, 0f3a, biology]\n",
            "mine": "extends: gpu\npublic: false\nprojects: [physics, chemistry]\n",
        }
    )
    mine = read_model("mine", [folder])
    mine.refuse_other_projects("77", "physics")
    read_model("gpu", [folder]).refuse_other_projects("0f3a", "whatever")
    read_model("swarm", [folder]).refuse_other_projects("77", "chemistry")
    assert told(lambda: mine.refuse_other_projects("77", "chemistry")) == (
        "model mine is for physics, 0f3a, biology, and the login is for chemistry",
        "use a login of such a project (--os-cloud), or another model: 'bay model list'",
        1,
    )


def test_a_model_says_what_it_is_for_in_a_field_or_its_first_comment(site: Site) -> None:
    folder = site({"a": "# For tests.\nextends: b", "b": "# No.\nabout: Yes.\nhidden: true", "c": "extends: b"})
    said = {name: read_model(name, [folder]) for name in "abc"}
    assert {name: model.about for name, model in said.items()} == {"a": "For tests.", "b": "Yes.", "c": ""}
    assert [name for name, model in said.items() if model.hidden] == ["b"]


ADDON = "snippets: {lab: {files: {/etc/lab: below}, commands: [[touch, /lab]]}}\nkeypair: lab\n"


def test_an_addon_stands_over_the_model_and_below_what_the_user_says(site: Site) -> None:
    folder = site({"a": "extends: swarm\nkeypair: model\naddons: [lab]", "addons/lab": ADDON})
    spec = build_spec([{"model": "a"}], [folder])
    assert (spec.addons, spec.keypair) == (("lab",), "lab")
    assert spec.snippets["lab"].commands == (("touch", "/lab"),)
    said = {"model": "a", "keypair": "me", "snippets": {"lab": {"files": {"/etc/lab": "mine"}}}}
    spec = build_spec([said], [folder])
    assert (spec.keypair, spec.snippets["lab"].files) == ("me", {"/etc/lab": "mine"})
    assert spec.snippets["lab"].commands == (("touch", "/lab"),)


def test_a_sites_addon_takes_the_place_of_a_built_in_one(site: Site) -> None:
    folder = site({"addons/cvmfs": "snippets: {cvmfs: {files: {/etc/site: x}}}\n"})
    assert list(build_spec([{"model": "swarm"}], [folder], ["cvmfs"]).snippets["cvmfs"].files) == ["/etc/site"]


def test_a_part_of_a_spec_does_not_stand_without_its_model() -> None:
    said = {"model": "gone", "coe": "swarm", "image": "x", "nodes": 1}
    assert told(lambda: build_spec([said]))[0] == "there is no model 'gone'"


def test_an_addon_is_asked_for_beside_those_of_the_model(site: Site) -> None:
    folder = site({"a": "extends: swarm\naddons: [eos]", "addons/lab": ADDON})
    spec = build_spec([{"model": "a"}], [folder], ["lab", "eos"])
    assert spec.addons == ("eos", "lab")
    assert sorted(spec.snippets) == ["eos", "lab"]


def test_a_spec_with_its_addons_in_it_needs_no_file_of_model_and_addon(site: Site) -> None:
    folder = site({"a": "extends: swarm\naddons: [lab]", "addons/lab": "# Only a value.\nkeypair: lab\n"})
    spec = build_spec([{"model": "a"}], [folder])
    assert build_spec([spec.model_dump(mode="json")]) == spec
    assert build_spec([spec.model_dump(mode="json", exclude_none=True)]) == spec


def test_a_bay_gets_and_loses_addons_and_keeps_the_rest(site: Site) -> None:
    folder = site({"addons/lab": ADDON, "addons/key": "keypair: of-the-addon\n"})
    old = build_spec([{"model": "swarm", "keypair": "me", "nodes": 5}], [folder], ["lab"])
    new = changed_spec(old, [{"addons": ["key"]}], [folder])
    assert (new.addons, new.keypair, new.nodes.count) == (("key",), "of-the-addon", 5)
    assert sorted(new.snippets) == ["key"]
    more = changed_spec(old, [{"nodes": 6}], [folder], ["key"])
    assert (more.addons, more.nodes.count, sorted(more.snippets)) == (("lab", "key"), 6, ["key", "lab"])
    assert changed_spec(old, []) == old, "also where its add-on's file is not"


def test_a_change_of_an_addons_file_changes_no_bay(site: Site) -> None:
    old = build_spec([{"model": "swarm"}], [site({"addons/lab": ADDON})], ["lab"])
    assert changed_spec(old, [{"nodes": 3}], [site({"addons/lab": "keypair: x\n"})]).snippets == old.snippets


@pytest.mark.parametrize(
    ("below", "said"),
    [
        ({"keypair": "me"}, {"keypair": None}),
        ({"network": {"existing": "lab"}}, {"network": {"existing": None}}),
        ({"nodes": {"engine_volume": 50}}, {"nodes": {"engine_volume": None}}),
        ({"nodes": {"labels": {"a": "b"}}}, {"nodes": {"labels": {"a": None}}}),
        ({"node_groups": {"gpu": 2}}, {"node_groups": {"gpu": None}}),
        ({"access": {"api": ["10.0.0.0/8"]}}, {"access": None}),
    ],
)
def test_null_takes_away_what_is_below(below: dict[str, object], said: dict[str, object]) -> None:
    assert build_spec([{"model": "swarm"}, below]) != build_spec([{"model": "swarm"}])
    assert build_spec([{"model": "swarm"}, below, said]) == build_spec([{"model": "swarm"}])
    assert changed_spec(build_spec([{"model": "swarm"}, below]), [said]) == build_spec([{"model": "swarm"}])


@pytest.mark.parametrize("name", sorted(addon_files()))
@pytest.mark.parametrize("model", ["swarm", "swarm-ha"])
def test_every_built_in_addon_fits_a_bay_and_says_what_it_is(name: str, model: str) -> None:
    spec = build_spec([{"model": model}], addons=[name])
    assert list(spec.snippets) == [name]
    assert len(read_addon(name).about) > 20


ADDONS_PAGE = (DOCS / "addons.md").read_text()
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", ADDONS_PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("text", EXAMPLES)
def test_what_the_page_of_addons_shows_works_as_a_spec_file_and_as_an_addon(site: Site, text: str) -> None:
    said = yaml.safe_load(text)
    spec = build_spec([{"model": "swarm"}, said])
    for name, snippet in said.get("snippets", {}).items():
        assert snippet["files"].items() <= spec.snippets[name].files.items()
    text = text.replace("addons:", "# addons:")
    assert build_spec([{"model": "swarm"}], [site({"addons/own": text})], ["own"]).addons == ("own",)


def test_there_are_examples_of_addons() -> None:
    assert len(EXAMPLES) == 4
