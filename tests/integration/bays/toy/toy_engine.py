"""An engine that is no part of bay: one file, found by its entry point."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bay.components.engines import Client, Facts, Options, Port, Question, Source
from bay.components.engines.impact_terms import ImpactTerms
from bay.components.node.cloudinit import File
from bay.components.node.credentials import Secret, current
from bay.components.node.user_data import Boot

TERMS = ImpactTerms("balls", "roll elsewhere", "the toy box", "the balls lie still")


class ToyOptions(Options):
    """A toy has a colour."""

    colour: str = "red"


@dataclass(frozen=True)
class Toy:
    """A web server on each master."""

    name: str = "toy"
    title: str = "Toy"
    api_port: int = 8000
    options: type[Options] = ToyOptions
    secrets: Mapping[str, Secret] = field(default_factory=lambda: {"toy_word": Secret.PASSWORD})
    impact_terms: ImpactTerms = TERMS
    fixed_masters: bool = False
    ownership_rules: tuple[()] = ()
    certificate_power: str = "says the word"
    question: Question = field(default_factory=lambda: Question("/"))

    def check(self, spec: Any) -> None:
        if spec.nodes.taints:
            raise ValueError("nodes.taints: a toy has none")

    def wants_cloud(self, _spec: Any) -> bool:
        return False

    def ports(self, role: str, _spec: Any) -> tuple[Port, ...]:
        return (Port("tcp", 8000, 8000, Source.API, "the toy"),) if role == "master" else ()

    def boot(self, facts: Facts) -> Boot:
        word = current(facts.generations)["engine"]["toy_word"]
        return Boot(
            settings={"TOY_COLOUR": facts.spec.options["colour"]},
            files=[File("/etc/toy", word, "0600")] if facts.role == "master" else [],
            units=["toy.service"],
        )

    def client_files(self, client: Client) -> dict[str, str]:
        return {"word": current(client.generations)["engine"]["toy_word"]}

    def turned_to(self, files: Mapping[str, str], _address: str) -> dict[str, str]:
        return dict(files)

    def client_environment(self, addresses: Sequence[str], folder: str) -> dict[str, str]:
        return {"TOY": addresses[0], "TOY_WORD_FILE": f"{folder}/word"}

    def node_health(self, answer: Any) -> dict[str, str]:
        return dict.fromkeys(answer, "HEALTHY")


ENGINE = Toy()
