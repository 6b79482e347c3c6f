"""An engine's words for what it feels of a change; sentences are made of them where a plan is shown."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ImpactTerms:
    """Each is part of a sentence.

    work: what runs on the nodes, in the plural. moves: what becomes of that when its node leaves (decision 0011), with
    the time that it has. keeper: what keeps the engine's data on a majority of the masters. meanwhile: what
    goes on while no master answers.
    """

    work: str
    moves: str
    keeper: str
    meanwhile: str
