"""How a test calls a function in a client's process: the name as argument, JSON in, JSON out."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def main(*functions: Callable[..., Any]) -> None:
    """Call the function named on the command line with the arguments on standard input."""
    known = {function.__name__: function for function in functions}
    result = known[sys.argv[1]](**json.load(sys.stdin))
    sys.stdout.write("\n" + json.dumps(result, default=str) + "\n")
