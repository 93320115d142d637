"""The signals that ask a command to end, all taken for Ctrl-C: workers are stopped, the library is closed."""

import signal
from types import FrameType


def end_as_by_ctrl_c() -> None:
    """From here on, a service manager's SIGTERM and the SIGHUP of a closed terminal end the command as Ctrl-C does."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup
            signal.signal(number, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # started with & by a shell script
        signal.default_int_handler(number, frame)
    signal.raise_signal(signal.SIGINT)  # whose handler is the web server's while that is at work
