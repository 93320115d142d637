"""The chat model that all screens share: looked for when it is first needed, and again after it was missing."""

import threading
from typing import TYPE_CHECKING

from index.model.errors import ModelError

if TYPE_CHECKING:
    from assistant.context import Workbench
    from assistant.llm.chat_model import ChatModel


class ModelInUse:
    """One chat model for all tabs. `reason` says why it is missing; empty if it is not."""

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
        """Return the model, starting its server if none runs; None if there is no model, and `reason` says why."""
        with self._lock:
            if self._model is None and self._wanted:
                try:
                    self._model, self.reason = self._bench.chat_model(), ""
                except ModelError as error:
                    self.reason = str(error)
            return self._model

    @property
    def found(self) -> "ChatModel | None":
        """The model, if it was looked for and found."""
        return self._model

    def choose(self, name: str) -> None:
        """Use another model of the Ollama server from the next question on, in all tabs."""
        with self._lock:
            self._bench.settings = self._bench.settings.model_copy(update={"chat_model": name})
            self._model, self.reason = None, ""

    def forget(self) -> None:
        """Look for it again at the next question, for example after its server went away."""
        with self._lock:
            self._model = None
