"""The chat model that the screens share: looked for when it is first needed, and again after it was not there."""

import threading
from typing import TYPE_CHECKING

from index.model.errors import ModelError

if TYPE_CHECKING:
    from assistant.context import Workbench
    from assistant.llm.chat_model import ChatModel


class ModelInUse:
    """One chat model for all tabs. `reason` says why there is none; empty while there is one."""

    def __init__(self, bench: "Workbench", *, with_model: bool = True) -> None:
        self.reason = ""
        self._bench, self._wanted = bench, with_model
        self._model: ChatModel | None = None
        self._lock = threading.Lock()

    @property
    def wanted(self) -> bool:
        """False after `papers serve --no-model`."""
        return self._wanted

    def get(self) -> "ChatModel | None":
        """The model, its server started where none runs; None where there is none, and `reason` says why."""
        with self._lock:
            if self._model is None and self._wanted:
                try:
                    self._model, self.reason = self._bench.chat_model(), ""
                except ModelError as error:
                    self.reason = str(error)
            return self._model

    @property
    def found(self) -> "ChatModel | None":
        """The model, where it was looked for already and is there."""
        return self._model

    def choose(self, name: str) -> None:
        """Takes another model of the server from the next question on, for everything that this server does."""
        with self._lock:
            self._bench.settings = self._bench.settings.model_copy(update={"chat_model": name})
            self._model, self.reason = None, ""

    def forget(self) -> None:
        """Look for it anew at the next question, as when its server went away."""
        with self._lock:
            self._model = None
