"""Profiles of papers.toml and the flags over them: what is unknown or cannot be is refused by name."""

import pytest

from assistant.config.profiles import FORMATS, DigestProfile, ProfileError, place_order
from assistant.config.settings import SettingsError, load_settings

TOML = """
language = "en"

[digest.robotics]
categories = ["cs.RO", "cs.CV"]
interests = "robots that follow instructions"
top = 3

[digest.traffic]
kind = "monitor"
keywords = ["traffic prediction", "Traffic-Prediction", "vla"]
format = ["html", "md"]
"""


def settings(tmp_path, text=TOML):
    (tmp_path / "papers.toml").write_text(text, "utf-8")
    return load_settings(home=tmp_path)


def order(tmp_path, kind, name, text=TOML, **flags):
    read = settings(tmp_path, text)
    return place_order(kind, name, read.digest, flags, language=read.language, folder=tmp_path / "digests")


def test_a_profile_is_what_the_file_says(tmp_path):
    made = order(tmp_path, "digest", "robotics")
    assert (made.categories, made.top, made.language, made.formats) == (("cs.RO", "cs.CV"), 3, "en", FORMATS)
    assert made.interests == "robots that follow instructions" and made.out == tmp_path / "digests"
    watch = order(tmp_path, "monitor", "traffic")
    assert watch.keywords == ("traffic prediction", "vla") and watch.formats == ("md", "html") and watch.top == 20


def test_flags_win_over_the_profile(tmp_path):
    made = order(tmp_path, "digest", "robotics", top=0, categories=("cs.AI",), language="zh", interests=None)
    assert (made.top, made.categories, made.language) == (0, ("cs.AI",), "zh")
    assert made.interests == "robots that follow instructions"


def test_the_language_of_the_interests(tmp_path):
    auto = place_order("digest", "", {}, {"interests": "交通预测"}, language="auto", folder=tmp_path)
    assert auto.language == "zh"
    assert place_order("digest", "", {}, {"interests": "traffic"}, language="auto", folder=tmp_path).language == "en"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[digest.a]\nkeyword = ['x']", "digest.a.keyword"),
        ("[digest.a]\ncategories = ['../x']", "no arXiv category"),
        ("[digest.a]\nkeywords = ['--']", "cannot be a keyword"),
        ("[digest.a]\ntop = -1", "digest.a.top"),
        ("[digest.a]\nformat = ['pdf']", "digest.a.format"),
        ("[digest.a]\nkind = 'weekly'", "digest.a.kind"),
    ],
)
def test_a_fault_of_the_file_is_named(tmp_path, text, named):
    with pytest.raises(SettingsError, match=named):
        settings(tmp_path, text)


@pytest.mark.parametrize(
    ("kind", "name", "flags", "said"),
    [
        ("digest", "robots", {}, "There are: robotics, traffic"),
        ("digest", "traffic", {}, "Run: papers monitor traffic"),
        ("monitor", "robotics", {}, "--keywords"),
        ("digest", "robotics", {"categories": ("CV",)}, "--categories"),
        ("digest", "robotics", {"language": "fr"}, "--language"),
        ("digest", "robotics", {"top": 10**9}, "--top"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path, kind, name, flags, said):
    with pytest.raises(ProfileError, match=said):
        order(tmp_path, kind, name, **flags)


@pytest.mark.parametrize("name", ["../../etc", "a/b", "zh", "a b", "monitor", "x" * 41])
def test_a_name_becomes_no_path(tmp_path, name):
    with pytest.raises(ProfileError, match="part of file names"):
        place_order("digest", name, {name: DigestProfile()}, {}, language="auto", folder=tmp_path)
