"""The output contract: every fault of the reference reports is found in them, and good text passes."""

import json
from collections import Counter
from pathlib import Path

import made_records
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from page_faults import (
    CardText,
    PageShape,
    Part,
    breakdown_faults,
    breakdown_shape,
    digest_faults,
    digest_shape,
    faults_of_card,
    faults_of_page,
    faults_of_parts,
    parts_of,
)
from reference_reports import chinese_abstracts, reference_parts

from assistant.report.render import breakdown_markdown, digest_markdown
from assistant.verify.fact_check import contradictory_numbers, faults_of_facts, faults_of_links
from assistant.verify.text_faults import FaultKind, fault_of_ending, faults_of_text
from index.structure.sentences import sentence_spans

REPORTS = Path(__file__).parents[2] / "shared" / "reference-reports"
LISTINGS = Path(__file__).parents[2] / "shared" / "feeds" / "daily_listing"
SEVEN = ("摘要翻译", "方法动机分析", "方法设计详解", "方法对比分析", "实验分析", "实用指南", "总结")  # system A
FIVE = ("论文概要", "研究动机", "核心贡献与创新点", "方法概述", "实验说明")  # system B

GREETED = {FaultKind.GREETING, FaultKind.ROLE_PLAY}
# Fault -> cards or places of 000, 001, 002, 003, 004; each counted by reading the files.
REFERENCE_FAULTS = {
    FaultKind.CUT: (0, 11, 6, 4, 0),  # 21 of the 21 papers of system B
    FaultKind.PLACEHOLDER: (0, 0, 0, 0, 2),  # "请提供论文内容", "请提供论文的PDF文件"
    FaultKind.GREETING: (12, 11, 6, 4, 12),  # each analysis, and both ends of each executive summary
    FaultKind.ROLE_PLAY: (11, 11, 6, 4, 11),
    FaultKind.BROKEN_LINK: (0, 4, 1, 0, 0),  # the five links to source code
    FaultKind.ANNOUNCE_PREFIX: (0, 11, 6, 4, 0),
    FaultKind.INDENTED_ABSTRACT: (0, 12, 6, 4, 0),  # every abstract, and a paragraph of an analysis (CARE)
    FaultKind.DATE_MISMATCH: (1, 0, 0, 0, 1),
    FaultKind.KEY_FINDING_FAULT: (25, 0, 0, 0, 22),  # all of them are sentences of the abstract
    FaultKind.CONTRADICTORY_NUMBERS: (2, 0, 0, 0, 0),  # "从31.6%提高到79.6% (+15.7)", "从57.8%提高到+26.2%"
    FaultKind.MIXED_BASIS: (10, 0, 0, 0, 10),
    FaultKind.HEADING_STYLE: (13, 5, 5, 5, 6),
    FaultKind.MISSING_HEADING: (2, 0, 0, 0, 4),  # abstract-only analyses and placeholders
    FaultKind.WRONG_LANGUAGE: (1, 0, 0, 0, 0),  # an English abstract under "原文摘要"
    FaultKind.REPEATED_PARAGRAPH: (1, 0, 0, 0, 0),  # the same introduction in two cards
}


@pytest.fixture(scope="module")
def reports():
    files = sorted(REPORTS.glob("00*.txt"))
    if len(files) != 5:
        pytest.skip(f"the five reference reports are not at {REPORTS}")
    return [reference_parts(file.read_text("utf-8")) for file in files]


@pytest.fixture(scope="module")
def found(reports):
    digest = PageShape(language="zh", card_sections=SEVEN)
    monitor = PageShape(language="zh", card_sections=FIVE)
    return [faults_of_parts(page, digest if "Arxiv Computer" in page.text[:80] else monitor) for page in reports]


@pytest.mark.parametrize("kind", REFERENCE_FAULTS)
def test_each_fault_of_the_reference_reports_is_found_as_often_as_it_is_there(found, kind):
    assert tuple(sum(fault.kind is kind for fault in faults) for faults in found) == REFERENCE_FAULTS[kind]


def test_nothing_else_is_found_in_the_reference_reports(found):
    assert {fault.kind for faults in found for fault in faults} == set(REFERENCE_FAULTS)


def test_the_model_introduces_itself_in_every_analysis_of_the_reference_reports(reports, found):
    for page, faults in zip(reports, found, strict=True):
        for card in page.cards:
            inside = range(card.analysis.start, card.analysis.start + len(card.analysis.text))
            assert any(fault.kind in GREETED and fault.start in inside for fault in faults), card.title


def test_how_each_cut_analysis_of_the_reference_reports_is_known(found):
    details = [fault.detail for faults in found for fault in faults if fault.kind is FaultKind.CUT]
    ways = ("does not end on a sentence", "stops before", "stops in a list that announces", "is empty")
    counts = Counter(next(way for way in ways if way in detail) for detail in details)
    # VAT ends on a full stop, but announces four benchmarks and lists two; two end on the mark of a list item.
    assert counts == dict(zip(ways, (11, 7, 1, 2), strict=True))


def test_the_same_paper_on_later_days_would_show_in_the_ids_of_the_reference_reports(reports):
    papers = Counter(card.paper for page in reports for card in page.cards)
    assert len(papers) == sum(papers.values()) == 41, "in these five files none comes again; in the archive 183 of 596"


def faults_of_kind(faults, kind):
    return [fault for fault in faults if fault.kind is kind]


BAD_STATEMENTS = [
    ("en", "The model uses eight attention heads and", FaultKind.CUT),
    ("en", "It is compared with strong baselines, e.g.", FaultKind.CUT),
    ("en", "The loss is a sum of two terms (see Eq. 4.", FaultKind.CUT),
    ("en", "The authors train the model on the.", FaultKind.CUT),
    ("en", "The method has **three parts.", FaultKind.CUT),
    ("en", "", FaultKind.CUT),
    ("zh", "该方法使用了多头注意力机制，并且", FaultKind.CUT),
    ("zh", "该数据集包含三部分（训练、验证和测试。", FaultKind.CUT),
    ("zh", "请提供论文内容。", FaultKind.PLACEHOLDER),
    ("zh", "抱歉，我无法访问该论文的PDF文件。", FaultKind.PLACEHOLDER),
    ("en", "[insert the main contribution here].", FaultKind.PLACEHOLDER),
    ("en", "Please provide the text of the paper.", FaultKind.PLACEHOLDER),
    ("en", "I cannot see the paper.", FaultKind.PLACEHOLDER),
    ("en", "N/A", FaultKind.PLACEHOLDER),
    ("en", "NOT FOUND.", FaultKind.PLACEHOLDER),
    ("en", "...", FaultKind.PLACEHOLDER),
    ("en", "The hardware is TBD.", FaultKind.PLACEHOLDER),
    ("en", "Lorem ipsum dolor sit amet.", FaultKind.PLACEHOLDER),
    ("en", "The paper does not mention the hardware.", FaultKind.NOTHING_SAID),
    ("zh", "论文中未明确说明所用的硬件。", FaultKind.NOTHING_SAID),
    ("en", "Sure, here is the statement you asked for.", FaultKind.GREETING),
    ("en", "Here is a summary of the paper: it is fast.", FaultKind.GREETING),
    ("en", "It is fast. I hope this helps!", FaultKind.GREETING),
    ("zh", "好的，该论文提出了一种新方法。", FaultKind.GREETING),
    ("zh", "该方法很快。希望对您的研究工作有所助益！", FaultKind.GREETING),
    ("en", "As an AI language model, I think that it is fast.", FaultKind.ROLE_PLAY),
    ("en", "The passages you provided describe a fast method.", FaultKind.ROLE_PLAY),
    ("zh", "作为一名专业的AI研究分析师，我认为该方法很快。", FaultKind.ROLE_PLAY),
    ("zh", "我将根据您提供的论文进行分析。", FaultKind.ROLE_PLAY),
    ("en", "<|im_start|>assistant The method is fast.", FaultKind.PROMPT_ECHO),
    ("en", "Answer: the method is fast.", FaultKind.PROMPT_ECHO),
    ("en", '{"quote": "it is fast", "statement": "It is fast."}', FaultKind.LEFTOVER_JSON),
    ("en", '"statement": "The method is fast."', FaultKind.LEFTOVER_JSON),
    ("en", "```json", FaultKind.LEFTOVER_JSON),
    ("en", "The method is fast.\\n\\nIt is small.", FaultKind.LEFTOVER_JSON),
    ("zh", "The model uses eight attention heads in each layer.", FaultKind.WRONG_LANGUAGE),
    ("zh", "模型 uses eight attention heads in each layer.", FaultKind.WRONG_LANGUAGE),
    ("en", "该模型每层使用八个注意力头。", FaultKind.WRONG_LANGUAGE),
    ("en", "Модель быстрая и маленькая.", FaultKind.WRONG_LANGUAGE),
    ("en", "The method is fast and small. The method is fast and small.", FaultKind.REPEATED),
    ("en", "It is a very very very very large model.", FaultKind.REPEATED),
    ("en", "It is fast and it is fast and it is fast and it is fast.", FaultKind.REPEATED),
    ("zh", "该方法提升了性能，该方法提升了性能，该方法提升了性能。", FaultKind.REPEATED),
]


@pytest.mark.parametrize(("language", "text", "kind"), BAD_STATEMENTS)
def test_a_bad_statement_is_turned_down_for_what_is_wrong_with_it(language, text, kind):
    faults = faults_of_text(text, language=language)
    assert kind in {fault.kind for fault in faults}
    assert all(0 <= fault.start <= fault.end <= len(text) and fault.detail for fault in faults)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh", "对比方法为OpenVLA、Octo、Diffusion Policy (DP)和MDT。"),
        ("zh", "使用 PyTorch 在 8 块 NVIDIA A100 上训练。"),
        ("zh", "该方法采用 grounding 任务进行评测。"),
        ("zh", "我们作为研究者提出了一种新方法。"),
        ("zh", "当然，该方法也有局限。"),
        ("en", "We use the interval [0, 1) for α (see Table 2)."),
        ("en", "Code is available at https://github.com/Example-Lab/Kite_Net-v2."),
        ("en", "Code is available at https://github.com/Example-Lab/Kite_Net-v2"),
        ("en", "The annotators were asked: “Is this correct?”"),
        ("en", "Of course, attention is quadratic in the length."),
        ("en", 'K\\"uhn et al. minimise $\\nabla L$ over \\nu.'),
        ("en", "The sure way is to train longer, as an assistant model shows."),
        ("en", "The prompt asks users to provide feedback on 注意力 maps."),
        ("en", "A log log log bound holds."),
    ],
)
def test_a_good_statement_passes(language, text):
    assert faults_of_text(text, language=language) == []


def test_parts_of_the_prompt_do_not_come_back():
    example = "The controller keeps the eight strongest tensions of the kite's lines."
    said = "In short, the controller keeps the eight strongest tensions of all its lines."
    kinds = {fault.kind for fault in faults_of_text(said, language="en", prompts=["Answer in one sentence.", example])}
    assert kinds == {FaultKind.PROMPT_ECHO}
    assert faults_of_text("The controller keeps eight tensions.", language="en", prompts=[example]) == []
    assert faults_of_text("风筝控制器保留八根最强的线。", language="zh", prompts=["风筝控制器保留八根最强的线。"])


def test_sentences_of_real_abstracts_pass():
    """Fewer than one in two hundred is turned down; what is turned down was cut by its authors or by the splitter."""
    files = sorted(LISTINGS.glob("*.jsonl"))
    if not files:
        pytest.skip(f"the listings of three days are not at {LISTINGS}")
    lines = [json.loads(line)["summary"] for file in files for line in file.read_text("utf-8").splitlines()]
    abstracts = sorted({" ".join(line.split()) for line in lines})
    sentences = [text[span.start : span.end] for text in abstracts[::4] for span in sentence_spans(text)]
    assert len(sentences) > 1000
    alarms = Counter(fault.kind for text in sentences for fault in faults_of_text(text, language="en"))
    assert set(alarms) <= {FaultKind.CUT, FaultKind.REPEATED}
    assert sum(alarms.values()) < 0.005 * len(sentences)
    assert not any(faults_of_facts(text, text, "") for text in sentences)
    assert not any(faults_of_links(text, text) for text in abstracts)


def test_good_chinese_sentences_of_the_reference_reports_pass(reports):
    sentences = [text for page in reports for text in chinese_abstracts(page)]
    assert len(sentences) > 80
    assert [(text, faults) for text in sentences if (faults := faults_of_text(text, language="zh"))] == []


@settings(deadline=None)  # other work on the machine
@given(st.text(max_size=400), st.sampled_from(["en", "zh"]))
def test_any_text_is_judged_and_every_fault_lies_inside_it(text, language):
    page = faults_of_page(text, PageShape(language)) + faults_of_page(text, PageShape(language, single=True))
    for fault in [
        *faults_of_text(text, language=language),
        *contradictory_numbers(text),
        *faults_of_links(text),
        *page,
    ]:
        assert 0 <= fault.start <= fault.end <= len(text)


@pytest.mark.parametrize(
    ("text", "quote", "kinds"),
    [
        ("LLaMA has 65B parameters.", "LLaMA comes with 65 billion parameters.", set()),
        ("LLaMA 有650亿参数。", "LLaMA comes with 65 billion parameters.", set()),
        ("LLaMA has 650B parameters.", "LLaMA comes with 65 billion parameters.", {FaultKind.UNSUPPORTED_NUMBER}),
        ("它使用八层（表2）。", "It has eight layers.", set()),
        ("It is trained on CIFAR-10.", "We train on CIFAR-10 for 9 epochs.", set()),
        ("It is trained on CIFAR-10 for 10 epochs.", "We train on CIFAR-100 for 9 epochs.",
         {FaultKind.UNSUPPORTED_NUMBER, FaultKind.UNSUPPORTED_NAME}),
        ("KiteNet beats GPT-4.", "It beats every baseline.", {FaultKind.UNSUPPORTED_NAME}),
        ("KiteNet beats VLMs.", "It beats every VLM.", set()),
    ],
)  # fmt: skip
def test_facts_stand_in_the_cited_words(text, quote, kinds):
    assert {fault.kind for fault in faults_of_facts(text, quote, "KiteNet: Steering Kites")} == kinds


@pytest.mark.parametrize(
    ("text", "contradicts"),
    [
        ("驾驶得分从31.6%提高到79.6% (+15.7)。", True),
        ("成功率从57.8%提高到+26.2%。", True),
        ("Accuracy increases from 80.1% to 75.2%.", True),
        ("Latency drops from 90 ms to 120 ms.", True),
        ("It improves accuracy from 60.0 to 75.0, a gain of 25%.", False),
        ("It improves accuracy from 60.0 to 75.0 (+15.0).", False),
        ("It reduces the error from 4.15% to 0.34% (-91.8%).", False),
        ("成功率从73.14%提升到82.14%（+9.0）。", False),
        ("耗时从22小时缩短到9小时。", False),
        ("The error improves from 4.15 to 0.34.", False),
        ("The field grew from 2022 to 2019.", False),
    ],
)
def test_the_arithmetic_of_a_change_holds(text, contradicts):
    assert bool(contradictory_numbers(text)) == contradicts


@pytest.mark.parametrize(
    ("link", "source", "broken"),
    [
        ("https://github.com/hq-lv/wed-net.", "", "punctuation"),
        ("https://github.com/hq-lv/wed-net", "Code: https://github.com/HQ-LV/WED-Net.", "is spelled"),
        ("https://github.com/HQ-LV/WED-Net", "Code: https://github.com/HQ-LV/\nWED-Net.", ""),
        ("https://github.com/HQ-LV/Other", "Code: https://github.com/HQ-LV/WED-Net.", "does not stand"),
        ("https://example.org/a(b", "", "bracket"),
        ("https://example.org/a_(b)", "", ""),
        ("https://example.org/a b", "", "white space"),
        ("http://localhost:8000/x", "", "host"),
        ("http://192.168.1.4/x", "", "host"),
        ("http://user@example.org/", "", "host"),
        ("https:///x", "", "host"),
        ("javascript:alert(1)", "", "http"),
        ("ftp://example.org/x", "", "http"),
        ("https://a.org/https://b.org", "", "two addresses"),
        ("https://combatvla.github.io/", "", ""),
        ("https://例子.中国/路径", "", ""),
    ],
)
def test_links_are_well_formed_and_spelled_as_in_their_source(link, source, broken):
    details = [fault.detail for fault in faults_of_links([link], source)]
    assert broken in details[0] if broken else details == []


def test_a_full_stop_behind_an_address_in_running_text_is_not_part_of_it():
    assert (
        faults_of_links("See https://example.org/a_(b). Or (https://example.org/c)! [x](https://example.org/d)") == []
    )
    assert [fault.start for fault in faults_of_links("See [x](https://example.org/d.).")] == [8]


@pytest.mark.parametrize("kind", ["digest", "monitor"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_our_own_reports_pass(kind, language):
    digest = made_records.digest(kind, language)
    said = {linked.text for linked in digest.summary.themes}
    page = digest_markdown(digest)
    assert len(parts_of(page).cards) == len(digest.cards)
    faults = faults_of_page(page, digest_shape(digest))
    # Two made-up cards share one breakdown, and the made-up summary is English: both are found, and nothing else.
    wrong = {FaultKind.REPEATED_PARAGRAPH} if language == "en" else {FaultKind.WRONG_LANGUAGE}
    assert {fault.kind for fault in faults} <= wrong, faults
    assert all(
        any(text in page[f.start : f.end] for text in said) for f in faults_of_kind(faults, FaultKind.WRONG_LANGUAGE)
    )


def test_a_report_without_papers_passes():
    digest = made_records.digest().model_copy(update={"cards": (), "summary": made_records.Summary()})
    assert digest_faults(digest) == []


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("basis", list(made_records.Basis))
def test_our_own_breakdowns_pass(language, basis):
    assert breakdown_faults(made_records.breakdown(language, basis=basis)) == []


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("#### 2. Motivation", "#### **2. Motivation**", FaultKind.HEADING_STYLE),
        ("#### 2. Motivation", "### 2. Motivation", FaultKind.HEADING_STYLE),
        ("#### 2. Motivation", "Motivation", FaultKind.MISSING_HEADING),
        ("#### 2. Motivation", "#### 2. Summary", FaultKind.HEADING_ORDER),
        ("## Contents", "Contents", FaultKind.MISSING_HEADING),
        ("The analysis rests on the full text (9 pages).", "", FaultKind.MIXED_BASIS),
        ("> Kites fly in wind.", "> arXiv:2601.01231v1 Announce Type: new Kites fly.", FaultKind.ANNOUNCE_PREFIX),
        ("> Kites fly in wind.", "    Kites fly in wind. " + "They turn. " * 9, FaultKind.INDENTED_ABSTRACT),
        ("## Executive summary", "## Executive summary of 2026-01-16", FaultKind.DATE_MISMATCH),
        ("Kites fly in wind that changes", "请提供论文内容。 Kites fly in wind that changes", FaultKind.PLACEHOLDER),
        ('id="arxiv-2601.01232v1', 'id="arxiv-2601.01231v3', FaultKind.SAME_PAPER_TWICE),
        ("](#arxiv-2601.01232v1)", "](#arxiv-2601.09999v1)", FaultKind.BROKEN_LINK),
        ("Example-Lab/Kite_Net-v2>", "Example-Lab/Kite_Net-v2.>,", FaultKind.BROKEN_LINK),
        ("for 31.6 minutes, 4.2 minutes longer than the baseline.", "from 31.6% to 79.6% (+15.7).",
         FaultKind.CONTRADICTORY_NUMBERS),
    ],
)  # fmt: skip
def test_one_fault_in_our_own_report_is_found(old, new, kind):
    digest = made_records.digest()
    page = digest_markdown(digest)
    assert old in page
    before = faults_of_kind(faults_of_page(page, digest_shape(digest)), kind)
    assert len(faults_of_kind(faults_of_page(page.replace(old, new, 1), digest_shape(digest)), kind)) > len(before)


def test_a_breakdown_that_was_cut_anywhere_in_its_last_words_is_found():
    breakdown = made_records.breakdown()
    page = breakdown_markdown(breakdown).split("\n---\n")[0].rstrip()
    assert faults_of_page(page, breakdown_shape(breakdown)) == []
    last = page.rindex("3. Steer.")
    for end in range(last + 2, last + len("3. Steer")):
        assert faults_of_kind(faults_of_page(page[:end], breakdown_shape(breakdown)), FaultKind.CUT), page[:end][-20:]
    for heading in ("## 7.", "## 5.", "## 3."):
        whole = page[: page.index(heading)]
        assert faults_of_kind(faults_of_page(whole, breakdown_shape(breakdown)), FaultKind.CUT)


@pytest.mark.parametrize(
    "finding", ["- Can kites fly?", "- **风筝能飞吗？**", "- We steer them with sparse attention."]
)
def test_a_question_or_a_copied_sentence_is_no_key_finding(finding):
    head = "Kites fly in wind. We steer them with sparse attention."
    analysis = Part("Full text.\n", len(head))
    cards = [
        CardText("1", "Kites", 2, Part(head, 0), analysis, (Part(said, 0),)) for said in (finding, "- They fly far.")
    ]
    assert [len(faults_of_kind(faults_of_card(card, ()), FaultKind.KEY_FINDING_FAULT)) for card in cards] == [1, 0]


def test_an_end_is_no_cut_behind_quotes_brackets_and_bold():
    for text in ("It is fast.”", "It is fast.)", "**It is fast.**", "它很快。”", "它很快！）", "Is it `fast`?"):
        assert fault_of_ending(text) is None
