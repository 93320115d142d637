"""Chroma opened on a folder, with settings of ours alone: nothing of `./.env`, nothing of the environment."""

import importlib
import sys
from pathlib import Path
from threading import RLock
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.config import Settings as ChromaSettings
    from chromadb.config import System

_loading = RLock()


def load_chroma() -> ModuleType:
    """The module `chromadb`. Import it by this function only.

    As it is imported it makes settings of its own from `./.env` and the environment, and keeps them as defaults: a file
    in the folder that a program happens to be started from could name classes to import and a host to call.
    """
    from pydantic import BaseModel
    from pydantic_settings import BaseSettings

    with _loading:
        if "chromadb" not in sys.modules:
            from_everywhere = BaseSettings.__init__

            def from_arguments(self: BaseSettings, **values: Any) -> None:  # noqa: ANN401
                chromas = type(self).__module__.startswith("chromadb.")
                (BaseModel.__init__ if chromas else from_everywhere)(self, **values)

            BaseSettings.__init__ = from_arguments  # type: ignore[method-assign,assignment]
            try:
                importlib.import_module("chromadb")
                importlib.import_module("chromadb.api.client")  # has defaults of its own
            finally:
                BaseSettings.__init__ = from_everywhere  # type: ignore[method-assign]
        return sys.modules["chromadb"]


def chroma_settings() -> "ChromaSettings":
    """Chroma as its release sets it up, without telemetry, whatever `./.env` and the environment say."""
    from chromadb.config import Settings
    from pydantic import BaseModel

    class FromArguments(Settings):
        def __init__(self, **values: object) -> None:
            BaseModel.__init__(self, **values)

    return FromArguments(anonymized_telemetry=False)


def open_client(folder: Path) -> tuple["ClientAPI", "System"]:
    """A client of the folder that shares nothing with the other clients of this process, and what stops it."""
    chroma = load_chroma()
    from chromadb.api.shared_system_client import SharedSystemClient
    from chromadb.errors import ChromaError, InternalError

    try:
        client = chroma.PersistentClient(path=str(folder), settings=chroma_settings())
        return client, SharedSystemClient._identifier_to_system[str(folder)]
    except ChromaError:
        raise
    except Exception as error:  # whatever Chroma's clean-up runs into after a failure that it does not name
        raise InternalError(f"it cannot be opened ({error})") from error
    finally:  # out of the table that would give this same open index to the next client of the folder
        SharedSystemClient._identifier_to_system.pop(str(folder), None)
        SharedSystemClient._identifier_to_refcount.pop(str(folder), None)
