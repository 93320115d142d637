"""README and docs/ are wrong when a test says so: settings, commands, reasons and files are those of the program."""

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from assistant.config.settings import Settings
from assistant.setup.chat_model_files import RECOMMENDED
from index.model import errors
from ui.cli import app

ROOT = Path(__file__).parents[1]
MANUALS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
README = "\n".join(path.read_text("utf-8") for path in MANUALS)
COMMANDS = {command.name or command.callback.__name__ for command in app.registered_commands}


def settings_table():
    rows = ["| setting | default | what it is for |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "" if field.default in ("", None) else f"`{field.default}`"
        rows.append(f"| `{name}` | {default} | {field.description} |")
    return "\n".join(rows)


def test_the_settings_are_those_of_the_program():
    assert settings_table() in README, f"README needs this table:\n{settings_table()}"


def shell_lines():
    blocks = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


@pytest.mark.parametrize("line", shell_lines())
def test_shell_commands_exist(line):
    for part in line.split("&&"):
        words = shlex.split(part, comments=True)
        if words and words[0] == "papers":
            assert words[1] in COMMANDS
        elif words and words[0].startswith("scripts/"):
            assert (ROOT / words[0]).is_file()


def test_every_command_is_shown():
    assert {name for name in COMMANDS if f"papers {name}" in README} == COMMANDS


def test_every_option_of_the_server_is_explained():
    (serve,) = [command for command in get_command(app).commands.values() if command.name == "serve"]
    options = {name for option in serve.params for name in (*option.opts, *option.secondary_opts)} - {"--open"}
    table = README.partition("| `papers serve` | |")[2].partition("\n\n")[0]
    assert options == set(re.findall(r"`(--[a-z-]+)`", table))


def test_every_reason_of_a_failure_is_explained():
    reasons = {each.reason for each in vars(errors).values() if isinstance(each, type) and hasattr(each, "reason")}
    assert {reason for reason in reasons if f"`{reason}`" in README} == reasons


def test_the_recommended_models_are_those_of_set_up():
    assert {name for _, name in RECOMMENDED} == set(re.findall(r"`ollama pull ([^`]+)`", README)) - {"NAME"}


def test_no_blank_is_left():
    assert not re.findall(r"\b(?:SAMPLE|MEASURED|SETTINGS|TODO|REPOSITORY)\b", README)


def test_the_readme_is_short_and_begins_with_a_picture_and_two_commands():
    lines = MANUALS[0].read_text("utf-8").splitlines()
    assert len(lines) <= 180
    first = "\n".join(lines[:25])
    assert "](ui/pictures/" in first and "scripts/start" in first and "papers serve" in first


@pytest.mark.parametrize("path", [*MANUALS, ROOT / "CONTRIBUTING.md"], ids=lambda path: path.name)
def test_links_and_pictures_lead_to_files(path):
    for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text("utf-8")):
        assert (path.parent / target).exists(), target
