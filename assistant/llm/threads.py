"""How many threads a call may use: two that spin on a core that something else uses are ten times slower than one.

Measured on two cores with a 1.5B model, in pairs: alone, 10 s a call with two threads and 17 s with one; beside one
busy process, over 100 s with two and 16 s with one.
"""

import time
from threading import Lock

SAMPLE_SECONDS = 0.15  # over which the load is measured
KEPT_SECONDS = 60.0  # another number makes the server load the model again, so it is not asked for lightly
MIN_BUSY = 0.35  # of a core: a page that blinks is no reason to leave it

_lock = Lock()
_kept: tuple[float, int | None] | None = None


def free_threads() -> int | None:
    """The number of cores that nothing uses now, at least one; None, the server's own default, if all are free.

    A number is kept for a minute, except that a smaller one is taken at once.
    """
    global _kept
    import psutil

    with _lock:
        now = time.monotonic()
        busy = psutil.cpu_percent(interval=SAMPLE_SECONDS) / 100
        free = free_of(psutil.cpu_count() or 1, busy)
        if _kept is not None and now - _kept[0] < KEPT_SECONDS and (free or 1 << 10) >= (_kept[1] or 1 << 10):
            return _kept[1]
        _kept = (now, free)
        return free


def free_of(cores: int, busy: float) -> int | None:
    """Threads for a machine of `cores`, of which the share `busy` (0 to 1) is at work; None for all of them.

    >>> free_of(2, 0.05), free_of(2, 0.5), free_of(2, 1.0), free_of(8, 0.25), free_of(1, 1.0)
    (None, 1, 1, 6, None)
    """
    taken = busy * cores
    if cores < 2 or taken < MIN_BUSY:
        return None
    return max(1, min(cores - 1, round(cores - taken)))
