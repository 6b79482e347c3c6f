"""`bay completion`: the script that teaches a shell to complete bay's command lines."""

from enum import StrEnum
from typing import Annotated

import typer


class Shell(StrEnum):
    """Shells that bay knows."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


# bash takes a word apart at "=", so that --set nodes.flavor=m1.small would be three words; and it puts in what is
# offered in the place of the last of them.
BASH = """\
_bay_completion() {
    local words=() word index cur prefix
    for ((index = 0; index <= COMP_CWORD; index++)); do
        word=${COMP_WORDS[index]}
        if ((index > 1)) && [[ $word == = || ${words[-1]} == *= ]] && [[ ${words[-1]} == *[!-]* ]]; then
            words[-1]+=$word
        else
            words+=("$word")
        fi
    done
    cur=${words[-1]}
    local IFS=$'\\n'
    COMPREPLY=($(COMP_WORDS="$(printf '%q ' "${words[@]}")" COMP_CWORD=$((${#words[@]} - 1)) \\
        _BAY_COMPLETE=complete_bash "$1"))
    if [[ $cur == *=* && $COMP_WORDBREAKS == *=* ]]; then
        prefix=${cur%"${cur##*=}"}
        [[ $cur == -* ]] && prefix=${prefix#*=}
        COMPREPLY=("${COMPREPLY[@]#"$prefix"}")
    fi
    [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2> /dev/null
    return 0
}

complete -o default -F _bay_completion bay
"""


def completion(shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh or fish.")]) -> None:
    """Print the script that completes bay's command lines in a shell: commands, bays, nodes, clouds, fields.

    Example: source <(bay completion bash)

    In a file that the shell reads as it starts it lasts. Zsh needs 'autoload -U compinit; compinit' before it; for
    fish: bay completion fish > ~/.config/fish/completions/bay.fish
    """
    from typer import _completion_shared

    if shell is Shell.BASH:
        typer.echo(BASH, nl=False)
        return
    said = {"prog_name": "bay", "complete_var": "_BAY_COMPLETE", "shell": shell.value}
    typer.echo(_completion_shared.get_completion_script(**said))
