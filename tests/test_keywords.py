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
        ("SE(3)", "An SE(3)-Equivariant Policy"),
        ("SE(3)", r"on $\mathrm{SE}(3)$ and"),
        ("(2+1)-dimensional", "the (2+1)-dimensional case"),
        ("GPT-4.5", "GPT-4.5 as a Foreman"),
        ("GPT-4.5", "GPT‑4.5"),
        ("GPT4", "GPT-4"),
        ("Llama3", "Llama 3"),
        ("Llama 3.1", "Llama-3.1 plans"),
        ("Qwen2.5", "Qwen2.5 Drives"),
        ("Alzheimer's disease", "Alzheimer’s Disease"),
        ("Alzheimer disease", "Alzheimer's disease"),
        ("Bayes' theorem", "Bayes theorem"),
        ("transformer", "the transformer's layers"),
        ("A/B testing", "A/B Tests and A/B Testing"),
        ("A/B testing", "A-B testing"),
        ("R&D", "R&D Costs"),
        ("R&D", "R and D"),
        ("search and rescue", "Search & Rescue"),
        ("A* search", "an A$^*$ search"),
        ("C#", "in C#."),
        (".NET", "the .NET runtime"),
        ("f-divergence", "$f$-divergences"),
        ("k-means", "$k$-Means"),
        ("$k$-means", "k-means"),
        ("beta-VAE", r"a $\beta$-VAE"),
        ("β-VAE", r"a $\beta$-VAE"),
        ("beta-VAE", "β-VAEs"),
        ("λ-calculus", "lambda calculus"),
        ("pi0", r"$\pi_0$ and others"),
        ("H-infinity", "H-infinity"),
        ("H∞", r"$\mathcal{H}_\infty$ control"),
        ("CO2", "CO$_2$ Sensing"),
        ("CO2", "CO₂"),
        ("Schrödinger bridge", "Schrodinger bridges"),
        ("Schrodinger bridge", "Schrödinger bridges"),
        (r"Schr\"odinger", "Schrödinger"),
        ("optimisation", "optimization"),
        ("optimized", "optimised"),
        ("behavior", "behaviours"),
        ("modelling", "modeling"),
        ("hypothesis", "hypotheses"),
        ("hypotheses", "hypothesis"),
        ("index", "indices"),
        ("indices", "index"),
        ("matrices", "a matrix"),
        ("databases", "database"),
        ("DALL-E", "DALL·E"),
        ("finetuning", "fine tuning"),
        ("fine tuning", "finetuning"),
        ("multimodal", "multi modal"),
        ("(VLA)", "VLAs"),
        ("Schroedinger", "Schrödinger"),
        ("Gödel", "Goedel"),
        ("AT&T", r"AT\&T"),
        ("50%", "50% less"),
        ("Recall@K", "Recall@$K$"),
        ("PM2.5", "PM$_{2.5}$"),
        ("criteria", "a criterion"),
        ("spectrum", "spectra"),
        ("stimuli", "stimulus"),
        ("camera", "cameras"),
        ("“VLA”.", "VLAs"),
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
        ("SE(3)", "see 3"),
        ("SE(3)", "SE(32)"),
        ("O(n)", "on"),
        ("O(n)", "O(n log n)"),
        ("GPT-4.5", "GPT-45"),
        ("GPT-4.5", "GPT-4"),
        ("Llama 3.1", "Llama 31"),
        ("R&D", "RD"),
        ("A* search", "a search"),
        ("C#", "C"),
        ("C", "C++"),
        ("R", "R&D"),
        (".NET", "a net"),
        ("A3", "a 3"),
        ("Wang", "Wángxing"),
        ("notable", "not able"),
        ("hypothesis", "hypothetical"),
        ("index", "indexing"),
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
