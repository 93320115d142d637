"""Links: of made PDFs with annotations, of odd addresses, and of real papers."""

from pathlib import Path

import made_pdfs as made
import pymupdf
import pytest

from index.model.paper import Span
from index.reading.read_pdf import read_pdf
from index.store.blobs import pack_paper, unpack_paper
from index.structure.links import (
    LinkKind,
    address_spans,
    found_links,
    kind_of,
    links_in_text,
    own_code_links,
    same_address,
    split_address,
)

PAPERS = Path(__file__).parents[2] / "shared" / "papers"

TEXTS = [
    ("Code: https://github.com/a/B.", ["https://github.com/a/B"]),
    ("(see https://github.com/a/B), and", ["https://github.com/a/B"]),
    ("https://en.wikipedia.org/wiki/Set_(mathematics)) ends", ["https://en.wikipedia.org/wiki/Set_(mathematics)"]),
    ("[https://a.org/x]; https://a.org/y's fault", ["https://a.org/x", "https://a.org/y"]),
    ("https://a.org/x’s fault “https://a.org/y”", ["https://a.org/x", "https://a.org/y"]),
    ("维护了仓库：https://github.com/P/N，谢谢（www.b.cn/c）。", ["https://github.com/P/N", "https://www.b.cn/c"]),
    ("http://a.org/x/ www.a.org/x https://A.org/x", ["http://a.org/x/"]),
    ("2http://a.org/x 3github.com/o/R.git", ["http://a.org/x", "https://github.com/o/R.git"]),
    ("mail me@github.com/x or e.g./i.e. and/or a.b/c", []),
    ("https: //github.com/o/R", ["https://github.com/o/R"]),
    (
        "http://www.fit.vutbr.cz/ĩmikolov/ and http://a.uk/∼ml",
        ["http://www.fit.vutbr.cz/~imikolov/", "http://a.uk/~ml"],
    ),
    ("http:// https:// http://. https://]] http://[::1", []),
    ("http://localhost/x http://127.0.0.1/x http://user@evil.org/x http://a.org:99999/", []),
    ("javascript:alert(1) ftp://a.org/x file:///etc/passwd", []),
    ("https://a.org/<script>alert(1)</script>", ["https://a.org"]),
    ("https://a.org/" + "x" * 5_000, []),
    ("http://" * 3_000, []),
]


@pytest.mark.parametrize(("text", "urls"), TEXTS, ids=[text[:30] for text, _ in TEXTS])
def test_addresses_of_a_text(text, urls):
    found = links_in_text(text)
    assert [url.removesuffix("/") for url in found] == [url.removesuffix("/") for url in urls]
    assert all(split_address(url) for url in found)


BROKEN = [
    ("https://github.com/ tensorflow/tensor2tensor.", "https://github.com/tensorflow/tensor2tensor"),
    ("https://github. com/megvii-model/RepVGG. 1. Introduction", "https://github.com/megvii-model/RepVGG"),
    ("https: //github.com/a/tree/ master/b. Next", "https://github.com/a/tree/master/b"),
    ("https://github.com /o/self -papers. Next", "https://github.com/o/self-papers"),
    ("https://doi.org/10 .18653/v1/D19-1378 Evelyn", "https://doi.org/10.18653/v1/D19-1378"),
    ("https://doi.org/10. 18653/v1/P18 [31]", "https://doi.org/10.18653/v1/P18"),
    ("https://a.org/uc?export= download&id=0B_b Next", "https://a.org/uc?export=download&id=0B_b"),
    ("https://a.org/x. We show", "https://a.org/x"),
    ("https://a.org/x. 24 while the means", "https://a.org/x"),
    ("https://a.org/ which is", "https://a.org"),
    ("https://a.org/ https://b.org/", "https://a.org"),
    ("https://a.org/x and/or y", "https://a.org/x"),
]


@pytest.mark.parametrize(("text", "url"), BROKEN, ids=[text[:30] for text, _ in BROKEN])
def test_an_address_that_a_line_break_cut_is_mended(text, url):
    span, found = next(address_spans(text, lambda offset: True))
    assert found.removesuffix("/") == url
    assert text[span.start : span.end].replace(" ", "") == found


def test_spaces_inside_a_line_end_an_address():
    assert links_in_text("https://github.com/ tensorflow/tensor2tensor") == ("https://github.com/",)


KINDS = {
    "https://github.com/o/r": LinkKind.CODE,
    "https://huggingface.co/o/model": LinkKind.CODE,
    "https://huggingface.co/spaces/o/s": LinkKind.CODE,
    "https://code.google.com/p/word2vec/": LinkKind.CODE,
    "https://huggingface.co/datasets/squad": LinkKind.DATASET,
    "https://www.kaggle.com/datasets/a/b": LinkKind.DATASET,
    "https://zenodo.org/record/1": LinkKind.DATASET,
    "https://doi.org/10.5281/zenodo.1": LinkKind.DATASET,
    "http://www.openslr.org/12": LinkKind.DATASET,
    "https://o.github.io/p": LinkKind.PROJECT,
    "https://arxiv.org/abs/1706.03762": LinkKind.ARXIV,
    "https://doi.org/10.1000/1": LinkKind.DOI,
    "https://huggingface.co/": LinkKind.OTHER,
    "https://github.com.evil.org/a/b": LinkKind.OTHER,
    "https://example.org": LinkKind.OTHER,
    "not an address": LinkKind.OTHER,
}


@pytest.mark.parametrize(("url", "kind"), KINDS.items())
def test_the_kind_of_an_address(url, kind):
    assert kind_of(url) is kind


def test_spellings_of_one_address():
    assert same_address("http://www.a.org/X/") == same_address("https://A.org/X")
    assert same_address("https://a.org/X") != same_address("https://a.org/x")


def paper_with_links(path, links, rotation=0, lines=("Our code is available here and nowhere else.",)):
    document = made.new_document()
    page = made.page_of(document)
    made.put_lines(page, 72, 200, [*lines, *made.BODY])
    words = {word[4]: pymupdf.Rect(word[:4]) for word in page.get_text("words")}
    page.set_rotation(rotation)
    for word, uri in links:
        place = words.get(word, pymupdf.Rect(300, 700, 320, 710))
        page.insert_link({"kind": pymupdf.LINK_URI, "from": place, "uri": uri})
    return read_pdf(made.saved(document, path))


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_an_annotation_lies_on_its_words(tmp_path, rotation):
    paper = paper_with_links(tmp_path / "a.pdf", [("here", "https://github.com/o/Repo")], rotation)
    assert [(paper.quote(link.span), link.uri) for link in paper.links] == [("here", "https://github.com/o/Repo")]
    (own,) = own_code_links(paper)
    assert (own.url, own.kind, own.in_references) == ("https://github.com/o/Repo", LinkKind.CODE, False)


def test_hostile_annotations_are_left_out(tmp_path):
    hostile = [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "mailto:a@b.org",
        "https://a.org/ b",
        "http://" + "a" * 3_000,
    ]
    paper = paper_with_links(tmp_path / "a.pdf", [("here", uri) for uri in hostile] + [("none", "https://a.org/x")])
    assert [link.uri for link in paper.links] == ["https://a.org/x"]
    assert paper.links[0].span == Span(paper.pages[0].span.start, paper.pages[0].span.start), "no words lie there"
    assert unpack_paper(pack_paper(paper)) == paper


def test_the_number_of_annotations_is_capped(tmp_path):
    document = made.new_document()
    page = made.page_of(document)
    made.put_lines(page, 72, 200, made.BODY)
    one = "<</Type/Annot/Subtype/Link/Rect[72 600 200 640]/A<</S/URI/URI(https://a.org/{})>>>>"
    document.xref_set_key(page.xref, "Annots", f"[{''.join(one.format(number) for number in range(5_050))}]")
    assert len(read_pdf(made.saved(document, tmp_path / "a.pdf")).links) == 5_000


def test_the_annotation_is_believed_over_the_print(tmp_path):
    lines = ["The code is at https://a.org/machinelearning/x for all."]
    links = [("https://a.org/machinelearning/x", "https://a.org/machine-learning/x")]
    paper = paper_with_links(tmp_path / "a.pdf", links, lines=lines)
    assert [link.url for link in found_links(paper)] == ["https://a.org/machine-learning/x"]
    cut = paper_with_links(tmp_path / "b.pdf", [(links[0][0], "https://a.org/machine")], lines=lines)
    assert [link.url for link in found_links(cut)] == ["https://a.org/machinelearning/x"], "it was cut short"


OWN = {
    "1504.08083": "https://github.com/rbgirshick/fast-rcnn",
    "1706.03762": "https://github.com/tensorflow/tensor2tensor",
    "2101.03697": "https://github.com/megvii-model/RepVGG",
    "2401.18059v1": "https://github.com/parthsarthi03/raptor",
    "1301.3781": "https://code.google.com/p/word2vec/",
}


@pytest.mark.parametrize(("name", "url"), OWN.items())
def test_the_code_of_real_papers(name, url):
    path = PAPERS / f"{name}.pdf"
    if not path.exists():
        pytest.skip("the shared papers are not here")
    paper = read_pdf(path)
    assert url in [link.url for link in own_code_links(paper)]
    links = found_links(paper)
    assert len({same_address(link.url) for link in links}) == len(links)
    for link in paper.links:
        assert paper.page_range(link.span)[0] == paper.page_range(link.span)[1]
