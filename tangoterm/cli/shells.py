"""The command `completion`: what makes a shell complete the words of this program."""

from __future__ import annotations

import argparse
from typing import Any

from tangoterm.cli.parser import HelpFormatter
from tangoterm.cli.programs import PROGRAMS
from tangoterm.console.exit_codes import Exit

BASH = r"""# completion of tangoterm for bash
_tangoterm() {
    local line=${COMP_LINE:0:COMP_POINT} current=${COMP_WORDS[COMP_CWORD]} IFS=$'\n'
    local word=${line##*[[:space:]]}
    # bash takes a word apart at : and =, and replaces the last part alone
    [[ $current == [:=] ]] && current=
    local lead=${word%"$current"}
    COMPREPLY=($(tangoterm __complete "$line" 2>/dev/null | cut -f1))
    COMPREPLY=("${COMPREPLY[@]#"$lead"}")
    if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[/=:] ]]; then compopt -o nospace; fi
}
complete -o default -F _tangoterm tangoterm
"""

ZSH = r"""#compdef tangoterm
# completion of tangoterm for zsh
_tangoterm() {
    local line text meaning
    local -a whole whole_texts open open_texts
    for line in ${(f)"$(tangoterm __complete "${(j: :)words[1,CURRENT-1]} $PREFIX" 2>/dev/null)"}; do
        text=${line%%$'\t'*} meaning=${line#*$'\t'}
        [[ -n $meaning ]] && meaning="$text  -- $meaning" || meaning=$text
        if [[ $text == *[/=:] ]]; then
            open+=("$text") open_texts+=("$meaning")
        else
            whole+=("$text") whole_texts+=("$meaning")
        fi
    done
    (( $#whole + $#open )) || { _files; return }
    (( $#open )) && compadd -Q -l -S '' -d open_texts -a open
    (( $#whole )) && compadd -Q -l -d whole_texts -a whole
    return 0
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _tangoterm "$@"; else compdef _tangoterm tangoterm; fi
"""

FISH = r"""# completion of tangoterm for fish
function __tangoterm_complete
    set -l found (tangoterm __complete (commandline -cp | string collect) 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c tangoterm -f -a '(__tangoterm_complete)'
"""

SHELLS = {"bash": BASH, "zsh": ZSH, "fish": FISH}
"""The scripts by shell."""

_EPILOG = """to have it in every shell:
  bash   tangoterm completion bash > ~/.local/share/bash-completion/completions/tangoterm
  zsh    tangoterm completion zsh > DIRECTORY/_tangoterm   (DIRECTORY one of $fpath)
  fish   tangoterm completion fish > ~/.config/fish/completions/tangoterm.fish
"""


def add_completion(subparsers: Any, common: argparse.ArgumentParser) -> None:
    """The command `completion`."""
    parser = subparsers.add_parser(
        "completion",
        usage="tangoterm completion bash|zsh|fish",
        help=PROGRAMS["completion"],
        description="Print a script for a shell, which then completes commands, options, and the names of the control "
        'system. For the shell that runs: eval "$(tangoterm completion bash)", and so in zsh; in fish: tangoterm '
        "completion fish | source.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
        parents=[common],
    )
    parser.add_argument("shell", metavar="SHELL", choices=tuple(SHELLS), help="bash, zsh or fish")
    parser.set_defaults(_start=_print)


def _print(words: argparse.Namespace) -> int:
    print(SHELLS[words.shell], end="")
    return Exit.DONE
