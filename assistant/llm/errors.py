"""What can go wrong with the language model; `assistant/llm/chat_model.py` raises these and gives them on."""

from index.model.errors import ModelError


class OllamaUnreachable(ModelError):
    """No server answers, or it went away in the middle of an answer."""


class ModelMissing(ModelError):
    """The server does not have the model."""


class ModelFailed(ModelError):
    """The server cannot run the model: too little memory, a file that it cannot read."""


class PromptTooLong(ModelError):
    """Prompt and answer do not fit the context window."""


class PromptCut(ModelError):
    """The server read less than was sent."""


class SchemaFailure(ModelError):
    """The model did not fill the schema, twice."""


class AnswerCut(SchemaFailure):
    """The model did not come to an end within the tokens it was given, twice."""


class ModelTimeout(ModelError):
    """The server was silent for too long, or busy with another call."""


class Cancelled(ModelError):
    """The caller asked to stop."""
