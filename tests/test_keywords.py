"""Keywords stand in a text by word, in every spelling that a reader takes for the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.config.keywords import KeywordError, Match, distinct_keywords, find_keywords

REFERENCE = (
    "Vision Language Action ",
    "vla",
    "Vision-Language-Action",
    "Multivariate Time Series Forecasting",
    "spatio-temporal prediction",
    "traffic prediction",
)


@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("Vision-Language-Action", "a vision language action model"),
        ("vision language action", "Vision-Language-Action (VLA)"),
        ("Vision-Language-Action", "VISION\u2013LANGUAGE\u2010ACTIONS"),
        ("Vision-Language-Action", "vision--language--action"),
        ("Vision-Language-Action", "vision-\nlanguage-action"),
        ("vla", "Many VLAs fail"),
        ("vla", "(VLA)"),
        ("vla", "VLA-based control"),
        ("VLAs", "one VLA"),
        ("spatio-temporal prediction", "spatiotemporal predictions"),
        ("spatio-temporal prediction", "Spatio{-}temporal~prediction"),
        ("pretraining", "large-scale pre-training"),
        ("pre-training", "pretraining"),
        ("diffusion policies", "a diffusion policy"),
        ("diffusion policy", "diffusion policies"),
        ("graph neural network", "Graph neural networks"),
        ("loss", "two losses"),
        ("analysis", "an analysis"),
        ("matrix", "matrixes"),
        ("3d gaussian splatting", "3D Gaussian Splatting"),
        ("C++", "written in C++."),
        ("注意力", "自注意力机制"),
        ("ｖｌａ", "VLA"),
        ("time series", "time-series"),
    ],
)
def test_the_same_in_another_spelling(keyword, text):
    assert find_keywords([keyword], text, "") == (Match(" ".join(keyword.split()), "title"),)
    assert find_keywords([keyword], "", text) == (Match(" ".join(keyword.split()), "abstract"),)


@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("vla", "vlan"),
        ("vla", "OpenVLA"),
        ("vla", "vlab"),
        ("vla", "v l b"),
        ("vision language action", "vision and language for action"),
        ("vision language action", "language vision action"),
        ("traffic prediction", "traffic predictor"),
        ("loss", "lossless"),
        ("loss", "los"),
        ("gan", "organ"),
        ("bus", "bu"),
        ("C++", "plan C"),
    ],
)
def test_another_word(keyword, text):
    assert find_keywords([keyword], text, text) == ()


def test_spellings_of_one_keyword_count_once():
    assert distinct_keywords(REFERENCE) == (
        "Vision Language Action",
        "vla",
        "Multivariate Time Series Forecasting",
        "spatio-temporal prediction",
        "traffic prediction",
    )
    text = "Vision-Language-Action models (VLAs)"
    assert find_keywords(REFERENCE, text, text) == (Match("Vision Language Action", "title"), Match("vla", "title"))


@pytest.mark.parametrize("keyword", ["", "  ", "--", "?!", "x" * 300])
def test_what_can_match_nothing_is_refused(keyword):
    with pytest.raises(KeywordError, match="cannot be a keyword"):
        distinct_keywords([keyword])


WORDS = st.text("abehisxyzÉéßя09注意", min_size=2, max_size=12)


@given(st.lists(WORDS, min_size=1, max_size=4), st.sampled_from([" ", "-", "  ", "\u2011", "\n"]))
def test_every_keyword_finds_itself(words, joint):
    assert find_keywords([" ".join(words)], f"({joint.join(words)}).", "")


@given(st.text(max_size=60), st.text(max_size=300))
def test_hostile_text_is_only_text(keyword, text):
    try:
        found = find_keywords([keyword], text, text)
    except KeywordError:
        return
    assert len(found) <= 1
