"""A pytest plugin: the same tests with httpx2 in httpx's place (`pytest -p on_httpx2 tests/clever tests/oauth`).

httpx2 is httpx's maintained continuation. respx does not know it: tests that are told through respx, by themselves or
by a function of their module, are left out, and counted as deselected.
"""

import inspect
import sys

import httpx2

for name in [name for name in sys.modules if name == "httpx" or name.startswith("httpx.")]:
    del sys.modules[name]
sys.modules["httpx"] = httpx2


def told_through_respx(item) -> bool:
    own = [value for value in vars(item.module).values() if inspect.isfunction(value)]
    told = [one for one in own if "respx" in inspect.getsource(one)]
    return item.function in told or any(not one.__name__.startswith("test_") for one in told)


def pytest_collection_modifyitems(config, items):
    out = [item for item in items if told_through_respx(item)]
    config.hook.pytest_deselected(items=out)
    items[:] = [item for item in items if item not in out]
