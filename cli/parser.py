"""How words become commands: typer's own classes, with shared options before the command too, and plain flags."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from bay.components.errors import InvalidInput

if TYPE_CHECKING:
    from typer._click import Context, Parameter

SHARED = {
    "os_cloud": "--os-cloud",
    "os_region_name": "--os-region-name",
    "state": "--state",
    "form": "--format",
    "columns": "--column",
}
"""Parameter of `bay` itself -> the option of the command that it stands for; as the OpenStack client takes them."""


class Command(TyperCommand):
    """A command that also takes what stood before its name; of two values the one behind the name counts."""

    def parse_args(self, ctx: "Context", args: list[str]) -> list[str]:
        """InvalidInput where an option before the name is none of this command's."""
        return super().parse_args(ctx, [*self._said_before(ctx), *args])

    def _said_before(self, ctx: "Context") -> Iterator[str]:
        options = {option for parameter in self.params for option in parameter.opts}
        for option, value in said_before(ctx.find_root().params):
            if option in options:
                yield from (option, value)
            elif not ctx.resilient_parsing:
                raise InvalidInput(
                    f"'{ctx.command_path}' takes no {option}", f"'{ctx.command_path} --help' shows what it takes"
                )

    def get_params(self, ctx: "Context") -> "list[Parameter]":
        """The same, as help shows them."""
        return _plain_flags(super().get_params(ctx))


class CommandBehindDashes(Command):
    """One that takes words of another program behind ``--``, as they are."""

    def parse_args(self, ctx: "Context", args: list[str]) -> list[str]:
        """Without those words."""
        end = args.index("--") if "--" in args else len(args)
        ctx.meta[BEHIND_DASHES] = args[end + 1 :]
        return super().parse_args(ctx, args[:end])


BEHIND_DASHES = "bay.words behind dashes"


def words_behind_dashes(ctx: typer.Context) -> list[str]:
    """What stood behind ``--``."""
    words: list[str] = ctx.meta.get(BEHIND_DASHES, [])
    return words


class Group(TyperGroup):
    """A command with commands."""

    def get_params(self, ctx: "Context") -> "list[Parameter]":
        """The same, as help shows them."""
        return _plain_flags(super().get_params(ctx))


def said_before(given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(option, value) of each shared option among the parameters of `bay` itself."""
    for name, option in SHARED.items():
        value = given.get(name)
        values = value if isinstance(value, list | tuple) else [] if value is None else [value]
        yield from ((option, str(one)) for one in values)


def _plain_flags(parameters: "Sequence[Parameter]") -> "list[Parameter]":
    """An option without a value: typer would show ``--yes <bool>``, as if it took one."""
    for one in parameters:
        if isinstance(one, TyperOption) and one.is_flag:
            one.metavar = ""
    return list(parameters)


class Commands(typer.Typer):
    """A group of such commands."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(cls=Group, no_args_is_help=True, **settings)

    def command(self, name: str | None = None, **settings: Any) -> Callable[[Any], Any]:
        """The decorator that makes a function one of them."""
        return super().command(name, **{"cls": Command, **settings})


def command_word(words: Sequence[str]) -> str:
    """The name of the command among the words of a command line; empty where there is none."""
    left = iter(words)
    for word in left:
        if not word.startswith("-"):
            return word
        if word in _WITH_VALUE:
            next(left, None)
    return ""


_WITH_VALUE = {*SHARED.values(), "-f", "-c"}
