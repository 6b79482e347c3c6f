"""The kinds of values that fields of a spec hold, with the words in which a wrong one is refused."""

import ipaddress
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


class Spec(BaseModel):
    """Base of all parts: immutable, and a misspelt field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _cidr(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text))
    except ValueError as error:
        raise ValueError(f"is not a CIDR: {error}") from None


def _ipv4_cidr(text: str) -> str:
    try:
        return str(ipaddress.IPv4Network(text))
    except ValueError as error:
        raise ValueError(f"is not a CIDR of IPv4: {error}") from None


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError as error:
        raise ValueError(str(error)) from None


def _once(values: tuple[str, ...]) -> tuple[str, ...]:
    """Each value once: Neutron refuses the second of two equal rules."""
    return tuple(dict.fromkeys(values))


Ipv4Cidr = Annotated[str, AfterValidator(_ipv4_cidr)]
Address = Annotated[str, AfterValidator(_address)]
Cidrs = Annotated[tuple[Annotated[str, AfterValidator(_cidr)], ...], AfterValidator(_once)]
Word = Annotated[str, Field(min_length=1, pattern=r"^\S+$")]
"""Text without blanks."""
Name = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^\s:,]([^\n\r\t:,]*[^\s:,])?$")]
"""Text as names of volume types and availability zones are: with blanks inside, and without what Nova takes apart."""
Names = Annotated[tuple[Name, ...], AfterValidator(_once)]
Words = Annotated[tuple[Word, ...], AfterValidator(_once)]
HostName = Annotated[
    str, Field(max_length=253, pattern=r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?$")
]
"""A DNS name in lower case (RFC 1123)."""
