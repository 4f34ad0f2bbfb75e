"""A mutant put in the place of the code that is loaded, so that tests which are already collected meet it.

The functions that everybody holds stay the same objects and get the mutant's code; constants are replaced wherever
they were imported to.
"""

import sys
from types import CodeType, FunctionType, ModuleType
from typing import Any


def install(module: ModuleType, code: CodeType) -> None:
    """Make the loaded module behave as this code of it. Raises whatever the code does when it is loaded."""
    fresh = ModuleType(module.__name__)
    fresh.__file__ = module.__file__
    exec(code, fresh.__dict__)  # noqa: S102 - this is how a mutant comes to life
    for name, value in vars(fresh).items():
        old = vars(module).get(name)
        if value is not old and not name.startswith("__"):
            _install_name(module, name, old, value)


def _install_name(module: ModuleType, name: str, old: Any, new: Any) -> None:
    function = _function_of(new)
    if function is not None:
        _swap(_function_of(old), function)
        if hasattr(old, "cache_clear"):
            old.cache_clear()
    elif isinstance(new, type) and new.__module__ == module.__name__:
        for member, value in vars(new).items():
            function = _function_of(value)
            if function is not None and member in vars(old):
                _swap(_function_of(vars(old)[member]), function)
    else:
        _spread(name, old, new)


def _function_of(value: Any) -> FunctionType | None:
    """The function inside of a method, a property or a decorated function."""
    for attribute in ("fget", "func", "__func__", "__wrapped__"):
        value = getattr(value, attribute, None) or value
    return value if isinstance(value, FunctionType) else None


def _swap(old: FunctionType | None, new: FunctionType) -> None:
    if old is not None and old.__module__ == new.__module__:
        old.__code__, old.__defaults__, old.__kwdefaults__ = new.__code__, new.__defaults__, new.__kwdefaults__


def _spread(name: str, old: Any, new: Any) -> None:
    for module in list(sys.modules.values()):
        if isinstance(module, ModuleType) and vars(module).get(name, ...) is old:
            vars(module)[name] = new
