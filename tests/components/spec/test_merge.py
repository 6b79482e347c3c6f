"""Model, file and options become one spec: who wins, and what is merged."""

from pathlib import Path
from typing import Any

import pytest

from bay.components.errors import InvalidInput
from bay.components.spec import parse
from bay.components.spec.merge import assignment, build_spec, changed_spec, merge, model_values, models
from tests.fakes.messages import told


@pytest.mark.parametrize(
    ("below", "above", "result"),
    [
        ({}, {}, {}),
        ({"image": "a"}, {}, {"image": "a"}),
        ({"image": "a"}, {"image": "b"}, {"image": "b"}),
        ({"keypair": "a"}, {"keypair": None}, {"keypair": None}),
        (
            {"network": {"cidr": "a", "dns": ["x"]}},
            {"network": {"cidr": "b"}},
            {"network": {"cidr": "b", "dns": ["x"]}},
        ),
        ({"access": {"api": ["a"]}}, {"access": {"api": ["b"]}}, {"access": {"api": ["b"]}}),
        ({"nodes": {"count": 2, "flavor": "f"}}, {"nodes": 5}, {"nodes": {"count": 5, "flavor": "f"}}),
        ({"nodes": 5}, {"nodes": {"flavor": "f"}}, {"nodes": {"count": 5, "flavor": "f"}}),
        ({"nodes": 5}, {"nodes": 6}, {"nodes": 6}),
        ({"nodes": {"count": 2}}, {"nodes": True}, {"nodes": True}),
        ({"network": {"cidr": "a"}}, {"network": "shared"}, {"network": "shared"}),
    ],
)
def test_the_layer_above_wins_field_by_field(
    below: dict[str, Any], above: dict[str, Any], result: dict[str, Any]
) -> None:
    before = repr((below, above))
    assert merge(below, above) == result
    assert repr((below, above)) == before, "the layers themselves stay as they are"


@pytest.mark.parametrize("order", [1, -1])
def test_a_number_of_nodes_and_their_flavor_can_be_said_apart(order: int) -> None:
    said = [{"nodes": 5}, assignment("nodes.flavor=m1.large")][::order]
    nodes = build_spec([{"model": "swarm"}, *said]).nodes
    assert (nodes.count, nodes.flavor) == (5, "m1.large")


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("image=debian-12", {"image": "debian-12"}),
        ("nodes=3", {"nodes": 3}),
        ("nodes.count=3", {"nodes": {"count": 3}}),
        ("network.cidr=10.0.0.0/16", {"network": {"cidr": "10.0.0.0/16"}}),
        ("access.api=[10.0.0.0/8, '::/0']", {"access": {"api": ["10.0.0.0/8", "::/0"]}}),
        ("keypair=", {"keypair": None}),
        ('image="2024"', {"image": "2024"}),
        ("image=a=b", {"image": "a=b"}),
        (" image =a", {"image": "a"}),
        ('nodes.labels["example.org/gpu"]=yes', {"nodes": {"labels": {"example.org/gpu": True}}}),
        ('snippets.a.files["/etc/a=b.c"]=x', {"snippets": {"a": {"files": {"/etc/a=b.c": "x"}}}}),
        ('proxy["http"]=x', {"proxy": {"http": "x"}}),
    ],
)
def test_an_assignment_is_a_path_and_yaml(text: str, values: dict[str, Any]) -> None:
    assert assignment(text) == values


def test_a_path_with_an_empty_part_is_none() -> None:
    for text in ("nodes. .count=3", 'nodes[""]=3', "nodes[0]=3", 'nodes["a]=3'):
        assert told(lambda text=text: assignment(text))[0] == f"{text!r} is not FIELD=VALUE"


def test_an_option_wins_over_a_file_and_a_file_over_the_model() -> None:
    file = {"model": "swarm-ha", "nodes": {"flavor": "m1.large"}, "image": "of-the-file"}
    spec = build_spec([file, {"nodes": 9}, {"image": "of-an-option"}])
    assert (spec.model, spec.masters.count, spec.nodes.count) == ("swarm-ha", 3, 9)
    assert (spec.nodes.flavor, spec.image) == ("m1.large", "of-an-option")


def test_the_highest_layer_chooses_the_model() -> None:
    assert build_spec([{"model": "swarm-ha"}, {"model": "swarm"}]).masters.count == 1


def test_models_of_later_folders_win_over_earlier_ones_and_over_the_built_in(tmp_path: Path) -> None:
    mine, sites = tmp_path / "mine", tmp_path / "site"
    for folder, image in ((mine, "mine"), (sites, "site")):
        folder.mkdir()
        (folder / "swarm.yaml").write_text(f"coe: swarm\nimage: {image}\n")
    (mine / "special.yaml").write_text("coe: swarm\nimage: special\n")
    found = models([mine, sites])
    assert set(found) == {*models(), "special"}
    assert found["swarm"] == sites / "swarm.yaml"
    assert build_spec([{"model": "swarm"}], [mine, sites]).image == "site"


def test_a_models_folder_that_is_not_there_has_no_models(tmp_path: Path) -> None:
    assert models([tmp_path / "none"]) == models()


@pytest.mark.parametrize("model", sorted(models()))
def test_every_built_in_model_is_a_whole_spec_of_its_own_name(model: str) -> None:
    assert build_spec([{"model": model}]).model == model
    assert model_values(model)["coe"] == model.removesuffix("-ha")


LOGINS = ["http://ada:word@proxy:3128", "https://ada@proxy", "http://:word@proxy/", "http://a:b@c:d@proxy"]


@pytest.mark.parametrize("url", LOGINS)
@pytest.mark.parametrize("field", ["proxy.http", "proxy.https", "registry.mirror"])
def test_a_url_with_a_login_is_refused_since_others_could_read_it(field: str, url: str) -> None:
    said = assignment(f"{field}={url}")
    existing = build_spec([{"model": "swarm"}])
    for attempt in (lambda: build_spec([{"model": "swarm"}, said]), lambda: changed_spec(existing, [said])):
        with pytest.raises(InvalidInput, match=rf"^{field}: the URL holds a login") as refused:
            attempt()
        assert "word" not in refused.value.message


@pytest.mark.parametrize("url", ["http://proxy:3128", "https://proxy.example/path@x", "http://[2001:db8::1]:3128"])
def test_any_other_url_is_taken(url: str) -> None:
    assert build_spec([{"model": "swarm", "proxy": {"http": url}}]).proxy.http == url


def test_a_bay_that_has_one_already_can_be_changed_and_rid_of_it() -> None:
    before = parse(build_spec([{"model": "swarm"}]).model_dump(mode="json") | {"proxy": {"http": LOGINS[0]}})
    assert changed_spec(before, [{"nodes": 3}]).proxy.http == LOGINS[0]
    assert changed_spec(before, [{"proxy": {"http": "http://proxy:3128"}}]).proxy.http == "http://proxy:3128"
