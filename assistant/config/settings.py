"""All settings, as one frozen value built once at the edge: defaults < papers.toml < PAPERS_* < flags.

A number that nobody will change is a named constant beside its use, not a setting.
"""

import difflib
import json
import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from assistant.config.profiles import DigestProfile
from index.model.errors import PaperAssistantError
from index.model.settings import IndexSettings

if TYPE_CHECKING:
    from assistant.llm.chat_model import ModelSettings

CONFIG_FILE = "papers.toml"
MIN_ALIKE = 0.85  # of two names, by difflib: a slip of the fingers, and not PAPERS_DIR for PAPERS_HOME
DEFAULT_HOME = Path("~/.local/share/paper-assistant")


# Read by scripts/, and by `papers serve`: a password is no setting, as settings are shown and kept in files.
OTHER_VARIABLES = {"PAPERS_TEST_HOME", "PAPERS_FIRST_QUESTION", "PAPERS_PASSWORD"}


class SettingsError(PaperAssistantError):
    """A setting is unknown or has a value that it cannot have."""


class Settings(BaseSettings):
    """Every setting with its default and what it is for; README has the same table."""

    model_config = SettingsConfigDict(env_prefix="PAPERS_", extra="forbid", frozen=True, env_ignore_empty=True)

    home: Path = Field(DEFAULT_HOME, description="where library, vectors, models, downloads and logs are kept")
    embedder: str = Field("", description="folder of home/models or sentence-transformers name; empty: what is there")
    chunk_tokens: int = Field(220, ge=64, le=2048, description="size of a chunk, in the embedder's tokens")
    threads: int | None = Field(None, ge=1, description="threads of the embedder; empty: all cores")
    chat_model: str = Field(
        "", description="an Ollama model; empty: the most capable one of the server that the memory holds"
    )
    answer_mode: Literal["auto", "pick", "write"] = Field(
        "auto", description="pick sentences or write over passages; auto: by the model's size"
    )
    num_ctx: int = Field(4096, ge=1024, description="context window of every call, in the model's tokens")
    keep_alive: str = Field("10m", description="how long the server keeps the model in memory")
    timeout: float = Field(300, gt=0, description="seconds of silence after which a call to the model is given up")
    seed: int = Field(7, description="seed of the model")
    temperature: float = Field(0.0, ge=0, le=2, description="0 makes answers repeatable")
    passages: int = Field(8, ge=1, le=50, description="passages that are found for a question")
    language: Literal["auto", "en", "zh"] = Field("auto", description="language of answers; auto: the question's")
    pdf_megabytes: int = Field(200, ge=1, description="largest PDF that is read")
    pdf_pages: int = Field(2000, ge=1, description="most pages of one PDF")
    pdf_seconds: float = Field(120, gt=0, description="longest time for one PDF")
    digest: dict[str, DigestProfile] = Field({}, description="profiles of digests and monitors: `[digest.NAME]`")

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

    def model(self, host: str, name: str, cache: Path) -> "ModelSettings":
        """The part that the chat model needs, for a server and a model that were found."""
        from assistant.llm.chat_model import ModelSettings

        return ModelSettings(
            host=host,
            model=name,
            num_ctx=self.num_ctx,
            keep_alive=self.keep_alive,
            timeout_seconds=self.timeout,
            seed=self.seed,
            temperature=self.temperature,
            answer_mode=None if self.answer_mode == "auto" else self.answer_mode,
            cache=cache,
        )


def load_settings(**flags: object) -> Settings:
    """The settings of this run; the only reader of environment and settings files. Flags that are None are not given.

    Raises SettingsError, which names what is wrong and where.
    """
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise SettingsError(f"The settings have a fault: {faults}. Mend {CONFIG_FILE} or PAPERS_*.") from None
    except (ValueError, OSError) as error:
        raise SettingsError(f"{CONFIG_FILE} cannot be read: {error}. Mend it; it is written in TOML.") from None


def foreign_variables() -> str:
    """A sentence about variables of the environment that look like settings and are none; empty if there are none.

    Other programs and people's shells have names like PAPERS_DIR, so it is no error.
    """
    known = {f"PAPERS_{name.upper()}" for name in Settings.model_fields} | OTHER_VARIABLES
    foreign = sorted(name for name in os.environ if name.startswith("PAPERS_") and name not in known)
    if not foreign:
        return ""
    meant = [near for name in foreign for near in difflib.get_close_matches(name, known, 1, MIN_ALIKE)]
    hint = f" Did you mean {', '.join(dict.fromkeys(meant))}?" if meant else ""
    return f"Not a setting, so it is left alone: {', '.join(foreign)}.{hint}"


def remember(home: Path, **chosen: str | None) -> list[str]:
    """Writes settings that papers.toml does not have yet at its top; gives the lines that stand there otherwise."""
    path = home / CONFIG_FILE
    text = path.read_text("utf-8") if path.exists() else ""
    there = tomllib.loads(text)
    new = {name: value for name, value in chosen.items() if value and name not in there}
    if new:
        from index.files.home import private_folder
        from index.files.whole_file import write_whole

        private_folder(home)
        lines = [f"{name} = {json.dumps(value)}" for name, value in new.items()]  # a JSON string is a TOML string
        write_whole(path.resolve(), "\n".join([*lines, text]))
    return [
        f"{name} = {json.dumps(value)}" for name, value in chosen.items() if value and value != {**there, **new}[name]
    ]


def _config_file(*sources: PydanticBaseSettingsSource) -> Path:
    """papers.toml in the home folder that flags or environment name, else in the default one."""
    home = next((values["home"] for values in (source() for source in sources) if values.get("home")), DEFAULT_HOME)
    return Path(home).expanduser() / CONFIG_FILE
