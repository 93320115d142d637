"""All settings, as one frozen value built once at the edge: defaults < papers.toml < PAPERS_* < flags.

A number that nobody will change is a named constant beside its use, not a setting.
"""

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from assistant.chat_model import ModelSettings
from index.errors import PaperAssistantError
from index.settings import IndexSettings

CONFIG_FILE = "papers.toml"
DEFAULT_HOME = Path("~/.local/share/paper-assistant")


# Read by scripts/, not by this program.
OTHER_VARIABLES = {"PAPERS_TEST_HOME", "PAPERS_FIRST_QUESTION"}


class SettingsError(PaperAssistantError):
    """A setting is unknown or has a value that it cannot have."""


class Settings(BaseSettings):
    """Every setting with its default; the comment says what it is for."""

    model_config = SettingsConfigDict(env_prefix="PAPERS_", extra="forbid", frozen=True, validate_default=True)

    # Where everything is kept: library, vectors, models, downloaded papers, logs.
    home: Path = DEFAULT_HOME
    # The embedder: a folder below home/models or a sentence-transformers name; empty takes the one that is there.
    embedder: str = ""
    # Size of a chunk in the embedder's tokens.
    chunk_tokens: int = Field(220, ge=64, le=2048)
    # Threads of the embedder; empty leaves it to the library (all cores).
    threads: int | None = Field(None, ge=1)
    # The chat model by its Ollama name; empty takes the one that the server has.
    chat_model: str = ""
    # Context window that every call sets, in the model's tokens.
    num_ctx: int = Field(4096, ge=1024)
    # How long the server keeps the model in memory after a call.
    keep_alive: str = "10m"
    # Seconds after which a call to the model is given up.
    timeout: float = Field(300, gt=0)
    # Seed and temperature of the model; 0 makes answers repeatable.
    seed: int = 7
    temperature: float = Field(0.0, ge=0, le=2)
    # Passages that a search gives, and tokens of them that the model reads: about 20 seconds on two cores.
    passages: int = Field(8, ge=1, le=50)
    evidence_tokens: int = Field(1300, ge=200)
    # Language of answers; auto follows the question.
    language: Literal["auto", "en", "zh"] = "auto"
    # Caps on one PDF.
    pdf_megabytes: int = Field(200, ge=1)
    pdf_pages: int = Field(2000, ge=1)
    pdf_seconds: float = Field(120, gt=0)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags, then PAPERS_*, then papers.toml."""
        toml = TomlConfigSettingsSource(settings_cls, toml_file=_config_file(init_settings, env_settings))
        return init_settings, env_settings, toml

    def index(self) -> IndexSettings:
        """The part that the index needs."""
        home = self.home.expanduser().absolute()
        return IndexSettings(home, self.embedder, self.chunk_tokens, self.threads)

    def model(self, host: str, name: str, cache: Path) -> ModelSettings:
        """The part that the chat model needs, for a server and a model that were found."""
        return ModelSettings(
            host=host,
            model=name,
            num_ctx=self.num_ctx,
            keep_alive=self.keep_alive,
            timeout_seconds=self.timeout,
            seed=self.seed,
            temperature=self.temperature,
            cache=cache,
        )


def load_settings(**flags: object) -> Settings:
    """The settings of this run; the only reader of environment and settings files. Flags that are None are not given.

    Raises SettingsError, which names what is wrong and where.
    """
    known = {f"PAPERS_{name.upper()}" for name in Settings.model_fields} | OTHER_VARIABLES
    if unknown := sorted(name for name in os.environ if name.startswith("PAPERS_") and name not in known):
        raise SettingsError(f"No such setting: {', '.join(unknown)}. Unset it, or mend its name; README has them all.")
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise SettingsError(f"The settings have a fault: {faults}. Mend {CONFIG_FILE} or PAPERS_*.") from None


def _config_file(*sources: PydanticBaseSettingsSource) -> Path:
    """papers.toml in the home folder that flags or environment name, else in the default one."""
    home = next((values["home"] for values in (source() for source in sources) if values.get("home")), DEFAULT_HOME)
    return Path(home).expanduser() / CONFIG_FILE
