"""Fields as they are kept: each by subject, language, model and prompts; the newest stands."""

import pytest

from assistant.breakdown.kept import KeptFields
from assistant.breakdown.record import Field, Finding, Origin, Reference
from index.store.library import Library

REFERENCE = Reference(start=3, end=9, quote="a\nb 稀 ”", pages=(1, 2), label="§3")
FIELD = Field(
    name="pain", findings=(Finding(text="稀疏。", origin=Origin.QUOTE, references=(REFERENCE,)),), seconds=1.5
)


@pytest.fixture
def library(tmp_path):
    with Library.open(tmp_path / "home") as opened:
        yield opened


def test_what_is_kept_comes_back_whole(library, tmp_path):
    store = KeptFields(library, "key", "en", "m", "v1")
    assert store.load() == {} and store.made_at() == ""
    store.keep(FIELD)
    assert store.load() == {"pain": FIELD} and store.made_at().endswith("+00:00")
    with Library.open(tmp_path / "home") as other:
        assert KeptFields(other, "key", "en", "m", "v1").load() == {"pain": FIELD}


@pytest.mark.parametrize(
    "other", [("k2", "en", "m", "v1"), ("key", "zh", "m", "v1"), ("key", "en", "", "v1"), ("key", "en", "m", "v2")]
)
def test_another_text_language_model_or_prompt_has_its_own(library, other):
    KeptFields(library, "key", "en", "m", "v1").keep(FIELD)
    assert KeptFields(library, *other).load() == {}
    KeptFields(library, *other).keep(Field(name="pain"))
    KeptFields(library, *other).forget()
    assert KeptFields(library, "key", "en", "m", "v1").load() == {"pain": FIELD}


def test_the_newest_stands_and_what_is_forgotten_is_gone(library):
    store = KeptFields(library, "key", "en", "m", "v1")
    store.keep(FIELD)
    store.keep(Field(name="pain"))
    store.keep(Field(name="drive"))
    assert store.load() == {"pain": Field(name="pain"), "drive": Field(name="drive")}
    store.forget(frozenset({"pain", "unknown"}))
    assert set(store.load()) == {"drive"}
    store.forget()
    assert store.load() == {}
