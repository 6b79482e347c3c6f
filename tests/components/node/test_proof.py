"""What proves a server's name is its alone, and the same in every run."""

from typing import cast

from bay.components.node import cloudinit
from bay.components.node.cloudinit import File, packed, unpacked
from bay.components.node.credentials import Generation, accepted
from bay.components.node.proof import GroupData, proof, proof_key

KEYS = cast(Generation, {"join_master_key": "of masters", "join_node_key": "of nodes"})
KEY = proof_key(KEYS)


def test_every_name_has_a_word_of_its_own_that_does_not_change() -> None:
    words = {proof(KEY, f"demo-node-{index}") for index in range(1000)}
    assert len(words) == 1000
    assert all(len(word) == 32 for word in words)
    assert proof(KEY, "demo-node-0") == proof(KEY, "demo-node-0") == "66368a74cf714c74164ec10a2cef91a6"


def test_words_come_from_a_key_that_only_masters_have_and_are_of_one_generation() -> None:
    assert proof_key(cast(Generation, {**KEYS, "join_node_key": "other"})) == KEY
    assert proof_key(cast(Generation, {**KEYS, "join_master_key": "other"})) != KEY


def test_a_server_is_given_its_word_beside_what_all_have() -> None:
    common = packed(cloudinit.user_data(files=[File("/etc/env", "A=1\n")], commands=[]))
    data = GroupData(common, KEY)
    assert data.of("demo-node-0") == data.of("demo-node-0") != data.of("demo-node-1")
    assert unpacked(data.of("demo-node-0")).startswith(unpacked(common))
    assert len(data.of("demo-node-0")) - len(common) < cloudinit.OWN


def test_the_current_generation_comes_first_and_the_others_open_the_door_too() -> None:
    phases = [("previous", 1), ("retired", 0), ("next", 3), ("current", 2)]
    generations = [cast(Generation, {"phase": phase, "serial": serial}) for phase, serial in phases]
    assert [one["serial"] for one in accepted(generations)] == [2, 3, 1]
