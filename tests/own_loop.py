"""Coroutines in tests: in a thread of their own, as an open browser keeps Playwright's event loop in the main one."""

from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import anyio

T = TypeVar("T")


def run_coroutine(call: Callable[..., Awaitable[T]], *arguments: object) -> T:
    """What the coroutine function gives, run in a new event loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(anyio.run, call, *arguments).result()
