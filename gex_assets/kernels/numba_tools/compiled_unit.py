"""Makes numba's cache notice that a compiled function in another file has changed.

numba keys a cached function by its own file, its own bytecode and the values it closes over, but not by the functions it calls.
After an upgrade that changes only a callee, the old machine code would still be used. So a compiled unit that spans files closes
over the `fingerprint` of the modules whose functions it calls, and these functions are not cached by themselves. Only what a
function names is part of what it closes over: hence its line `unit`, which linters find useless (B018).
"""

from __future__ import annotations

import hashlib
from types import ModuleType

__all__ = ["fingerprint"]


def fingerprint(*modules: ModuleType) -> int:
    """A number that changes with the compiled functions of these modules and the constants these use; the same in every process.

    Parameters
    ----------
    modules : modules whose numba functions the unit calls.
    """
    digest = hashlib.sha256()
    for module in modules:
        for name, value in sorted(vars(module).items()):
            function = getattr(value, "py_func", None)
            if function is None or function.__module__ != module.__name__:
                continue
            code = function.__code__
            constants = [(used, repr(function.__globals__[used])) for used in code.co_names if _is_constant(function, used)]
            digest.update(repr((name, code.co_code.hex(), code.co_consts, code.co_varnames, constants)).encode())
    return int.from_bytes(digest.digest()[:7], "big")


def _is_constant(function: object, name: str) -> bool:
    value = getattr(function, "__globals__", {}).get(name)
    return isinstance(value, (int, float)) or type(value).__module__ == "numpy"
