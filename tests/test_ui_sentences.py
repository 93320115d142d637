"""What the program says in English is said in Chinese on a Chinese page, whatever its values are."""

import ast
import re
from pathlib import Path

import pytest

from assistant.config.settings import Settings
from assistant.context import Workbench
from assistant.doctor import examine
from index.model.errors import PdfError
from index.reading.read_pdf import read_pdf
from ui.pages.labels import Labels, all_words
from ui.pages.sentences import LONGEST, retold

ROOT = Path(__file__).parents[1]
CHINESE, ENGLISH = Labels("zh"), Labels("en")
TOLD = {key: word for key, word in all_words().items() if key.startswith("sentences.told_")}
BLANK = re.compile(r"\{\w+\}")


def template(node):
    """What a text of the code says; the values of f-strings, and what is no text, are blanks."""
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return template(node.left) + template(node.right)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else "{}"


@pytest.fixture(scope="module")
def code():
    """All texts of index/, assistant/ and ui/."""
    files = [path for folder in ("index", "assistant", "ui") for path in (ROOT / folder).rglob("*.py")]
    return {template(node) for path in files for node in ast.walk(ast.parse(path.read_text("utf-8")))}


@pytest.mark.parametrize("key", TOLD)
def test_the_english_is_that_of_the_code(key, code):
    fixed = [part for part in BLANK.split(TOLD[key]["en"]) if part.strip()]
    assert any(all(part in text for part in fixed) for text in code), TOLD[key]["en"]


@pytest.mark.parametrize("key", TOLD)
def test_each_is_told_with_its_values(key):
    values = {name: f"⟨{name}⟩" for name in re.findall(r"\{(\w+)\}", TOLD[key]["en"])}
    said = TOLD[key]["en"].format(**values)
    assert retold(CHINESE, said) == TOLD[key]["zh"].format(**values)
    assert retold(ENGLISH, said) == said


@pytest.mark.parametrize("name", ["no", "garbled\nname {x} of (many) %s.pdf"])
def test_a_real_file_that_cannot_be_read_is_told_in_chinese(name, tmp_path):
    path = tmp_path / f"{name}.pdf"
    path.write_text("<html>not found</html>", "utf-8")
    with pytest.raises(PdfError) as caught:
        read_pdf(path)
    told = retold(CHINESE, str(caught.value))
    assert "不是 PDF" in told and path.name in told


def test_the_checks_of_a_real_home_are_told_in_chinese(tmp_path):
    with Workbench(Settings(home=tmp_path), lambda _: None) as bench:
        disk, privacy, library = (next(checks) for checks in [examine(bench)] for _ in range(3))
    assert "剩余" in retold(CHINESE, disk.found) and str(tmp_path) in retold(CHINESE, disk.found)
    assert retold(CHINESE, privacy.found) == f"{tmp_path} 只有您能打开"
    assert retold(CHINESE, library.found) == "0 篇论文，0 个段落，0 篇待索引"


def test_what_nobody_translated_stays():
    for sentence in ("Something else.", "", "x" * LONGEST + " GB free for y"):
        assert retold(CHINESE, sentence) == sentence


def test_each_check_has_a_name_on_the_settings_tab(tmp_path):
    """“privacy” had none, so the tab failed at that check."""
    with Workbench(Settings(home=tmp_path), lambda _: None) as bench:
        for check in examine(bench):
            assert CHINESE(f"settings.check_{check.name.replace(' ', '_')}")
