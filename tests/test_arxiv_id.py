"""What is an arXiv identifier, and what is not."""

import re
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index.arxiv.ids import ArxivId, parse_arxiv_id

NEW = ArxivId("2401.18059")
NEW_2 = ArxivId("2401.18059", 2)
LEGACY = ArxivId("quant-ph/0201082")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2401.18059", NEW),
        ("2401.18059v2", NEW_2),
        (" 2401.18059v2\n", NEW_2),
        ("0704.0001", ArxivId("0704.0001")),
        ("arXiv:2401.18059", NEW),
        ("arxiv:2401.18059v2", NEW_2),
        ("ARXIV: 2401.18059V2", NEW_2),
        ("arXiv:2401.18059v2 [cs.CL]", NEW_2),
        ("2401.18059 [cs.CL].", NEW),
        ("(2401.18059),", NEW),
        ("“2401.18059”。", NEW),
        ("<https://arxiv.org/abs/2401.18059v2>", NEW_2),
        ("http://arxiv.org/abs/2401.18059", NEW),
        ("https://www.arxiv.org/abs/2401.18059/", NEW),
        ("https://export.arxiv.org/abs/2401.18059", NEW),
        ("HTTPS://ArXiv.org/abs/2401.18059", NEW),
        ("arxiv.org/abs/2401.18059", NEW),
        ("https://arxiv.org/pdf/2401.18059", NEW),
        ("https://arxiv.org/pdf/2401.18059v2.pdf", NEW_2),
        ("https://arxiv.org/html/2401.18059v2#S3.SS1", NEW_2),
        ("https://arxiv.org/abs/2401.18059?context=cs.CL#x", NEW),
        ("https://arxiv.org/abs/2401.18059.", NEW),
        ("https://doi.org/10.48550/arXiv.2401.18059", NEW),
        ("http://dx.doi.org/10.48550/ARXIV.2401.18059", NEW),
        ("doi:10.48550/arXiv.2401.18059", NEW),
        ("10.48550/arXiv.2401.18059", NEW),
        ("https://doi.org/10.48550/arXiv.quant-ph/0201082", LEGACY),
        ("https://huggingface.co/papers/2401.18059", NEW),
        ("https://huggingface.co/papers/2401.18059?ref=x#community", NEW),
        ("hf.co/papers/2401.18059", NEW),
        ("https://www.alphaxiv.org/abs/2401.18059", NEW),
        ("https://alphaxiv.org/overview/2401.18059v2", NEW_2),
        ("https://ar5iv.labs.arxiv.org/html/2401.18059", NEW),
        ("https://ar5iv.org/abs/2401.18059", NEW),
        ("https://www.arxiv-vanity.com/papers/2401.18059/", NEW),
        ("https://www.semanticscholar.org/arxiv/2401.18059", NEW),
        ("https://ui.adsabs.harvard.edu/abs/arXiv:2401.18059/abstract", NEW),
        ("https://arxiv.org/abs/arXiv:2401.18059", NEW),
        ("https://arxiv.org/format/2401.18059", NEW),
        ("https://de.arxiv.org/abs/2401.18059", NEW),
        ("arXiv 2401.18059", NEW),
        ("arXiv preprint arXiv:2401.18059", NEW),
        ("quant-ph/0201082", LEGACY),
        ("arXiv:quant-ph/0201082v1", ArxivId("quant-ph/0201082", 1)),
        ("https://arxiv.org/pdf/quant-ph/0201082v1.pdf", ArxivId("quant-ph/0201082", 1)),
        ("math.GT/0309136", ArxivId("math/0309136")),
        ("https://arxiv.org/abs/math.GT/0309136v12", ArxivId("math/0309136", 12)),
    ],
)
def test_taken(text, expected):
    assert parse_arxiv_id(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "attention is all you need",
        "2401.18059.pdf",
        "./2401.18059.pdf",
        "./2401.18059",
        "../2401.18059",
        "/2401.18059",
        "2401.18059/",
        "papers/2401.18059",
        "reports/0201082",
        "2401.18059v0",
        "2401.18059v1234",
        "2401.180590",
        "2401.180",
        "2413.18059",  # no 13th month
        "2400.18059",
        "0000.0000",
        "12401.18059",
        "2401-18059",
        "２４０１.18059",  # full-width digits
        "２４０１．１８０５９",
        "2401.18059 2401.18060",
        "2401.18059\n2401.18060",
        "2401.18059\x00",
        "quant-ph/0201082/../../etc/passwd",
        "quant-ph/../0201082",
        "quant-ph\\0201082",
        "https://example.org/abs/2401.18059",
        "https://arxiv.org.example.org/abs/2401.18059",
        "https://notarxiv.org/abs/2401.18059",
        "https://arxiv.org@example.org/abs/2401.18059",
        "https://example.org/?https://arxiv.org/abs/2401.18059",
        "https://arxiv.org:8443/abs/2401.18059",
        "https://user:word@arxiv.org/abs/2401.18059",
        "https://arxiv.org\\@example.org/abs/2401.18059",
        "https://arxiv.org/abs/../pdf/2401.18059",
        "https://arxiv.org/list/cs.CL/2401",
        "https://arxiv.org/abs/",
        "ftp://arxiv.org/abs/2401.18059",
        "file:///arxiv.org/abs/2401.18059",
        "javascript:arxiv.org/abs/2401.18059",
        "https://arxıv.org/abs/2401.18059",  # dotless i
        "https://doi.org/10.1145/2401.18059",
        "https://doi.org.example.org/10.48550/arXiv.2401.18059",
        "https://example.org/10.48550/arXiv.2401.18059",
        "10.48550/2401.18059",
        "https://huggingface.co/spaces/2401.18059",
        "https://huggingface.co@example.org/papers/2401.18059",
        "https://huggingface.co:8443/papers/2401.18059",
        "https://huggingface.co/papers/../2401.18059",
        "https://notalphaxiv.org/abs/2401.18059",
        "https://alphaxiv.org.example.org/abs/2401.18059",
        "arxiv/2401.18059",
        "arxiv 2401.18059 2401.18060",
        "2401.18059" + "!" * 1000,
    ],
)
def test_refused(text):
    assert parse_arxiv_id(text) is None


@pytest.mark.parametrize(
    ("base", "version"),
    [("../x", None), ("2401.18059v2", None), ("", None), ("math.GT/0309136", None), ("2401.18059", 0), ("2401.1", -1)],
)
def test_an_id_is_sound_however_it_is_made(base, version):
    with pytest.raises(ValueError, match="not an arXiv identifier"):
        ArxivId(base, version)


numbers = st.tuples(st.integers(0, 99), st.integers(1, 12))
ids = st.builds(
    lambda month, number, archive, version: ArxivId(
        f"{archive}/{month[0]:02}{month[1]:02}{number % 1000:03}"
        if archive
        else f"{month[0]:02}{month[1]:02}.{number:05}",
        version,
    ),
    numbers,
    st.integers(0, 99999),
    st.sampled_from(["", "hep-th", "math", "cs", "q-alg", "cond-mat"]),
    st.none() | st.integers(1, 999),
)
SPELLINGS = (
    "{}",
    "arXiv:{}",
    "https://arxiv.org/abs/{}",
    "http://export.arxiv.org/pdf/{}.pdf",
    "({}).",
    "arxiv.org/html/{}?a=b#c",
)


@given(ids, st.sampled_from(SPELLINGS))
def test_round_trip(id, spelling):
    assert parse_arxiv_id(spelling.format(id.text)) == id


@given(ids)
def test_file_name_is_one_plain_component(id):
    assert re.fullmatch(r"[a-z0-9._-]+", id.file_name)
    assert PurePosixPath(id.file_name).parts == PureWindowsPath(id.file_name).parts == (id.file_name,)
    assert not id.file_name.startswith(".")


@given(ids, ids)
def test_file_names_differ_where_ids_differ(one, other):
    assert (one == other) == (one.file_name == other.file_name)


hostile = (
    st.text()
    | st.text(alphabet="arxiv:/.#?v0123456789[]htps-\\@ \n\x00é２")
    | st.from_regex(r"\d{4}\.\d{4,5}v?.{0,5}", fullmatch=True)
)


@given(hostile)
@example("arxiv.org/abs/" + "9" * 480)
def test_never_raises_and_keeps_only_sound_ids(text):
    id = parse_arxiv_id(text)
    if id is not None:
        assert parse_arxiv_id(id.text) == id
        assert id.base.rsplit("/")[-1] in text
