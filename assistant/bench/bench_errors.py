"""What stops a measurement, as leaves of the one tree of errors."""

from collections.abc import Iterator
from contextlib import contextmanager

from index.model.errors import PaperAssistantError


class BenchError(PaperAssistantError):
    """A measurement cannot be made as it was asked for."""


class BenchExtraMissing(BenchError):
    """The libraries that only the bench needs are not installed."""


class DataAbsent(BenchError):
    """The data of a suite are not on this machine; the suite is skipped and the others run."""


@contextmanager
def needs_extra() -> Iterator[None]:
    """Around the imports of what only the extra `bench` brings: raises BenchExtraMissing in place of ImportError."""
    try:
        yield
    except ImportError as error:
        raise BenchExtraMissing(
            f"The bench needs {error.name}, which is not installed. Install it with: uv sync --extra bench"
        ) from error
