"""A conversation as Markdown: numbers, quotes, BibTeX, and nothing that a paper wrote becomes a link."""

import json
import re

from assistant.chat.conversation import Conversation, Turn
from assistant.chat.export import conversation_markdown, papers_cited
from assistant.references.sources import arxiv_reference

ATTENTION = arxiv_reference("1706.03762v5", "Attention Is All You Need", ("Ashish Vaswani", "Łukasz Kaiser"), 2017)


def talk(answer, question="Which optimizer?", alone="Which optimizer?"):
    turn = Turn(0, question, alone, json.dumps(answer), "2026-01-01")
    return Conversation("c", "About [training](http://evil.example)", "2026-01-01", "2026-01-01", (turn,))


def kept(text="They used Adam.", quote="We used the Adam optimizer."):
    cited = {"number": 1, "paper": "a1b2c3d4e5f6", "title": "Attention Is All You Need", "pages": [7, 8],
             "heading": ["5.3 Optimizer"], "quote": quote, "span": [1, 2]}  # fmt: skip
    return {"answer": text, "sentences": [{"text": text, "citations": [cited], "supported": True, "note": ""}]}


def test_an_answer_with_its_sources_and_bibtex():
    text = conversation_markdown(talk(kept()), {"a1b2c3d4e5f6": ATTENTION})
    assert "They used Adam. \\[1\\]" in text
    assert "1. Attention Is All You Need, 5.3 Optimizer, pp. 7–8: “We used the Adam optimizer.”" in text
    assert text.count("@misc{vaswani2017attention,") == 1
    assert "eprint = {1706.03762}" in text and r"Kaiser, {\L}ukasz" in text
    assert papers_cited(talk(kept())) == ["a1b2c3d4e5f6"] and papers_cited(talk({"answer": "no"})) == []


def test_a_title_does_not_end_the_fence_of_the_bibtex():
    hostile = arxiv_reference("1706.03762", "x\n```\n[a](http://evil.example)", ("A B",))
    text = conversation_markdown(talk(kept()), {"a1b2c3d4e5f6": hostile})
    assert [line for line in text.splitlines() if line.startswith("```")] == ["```bibtex", "```"]


def test_a_sentence_of_many_papers_is_exported_with_its_own():
    answer = kept()
    answer["sentences"][0]["about"] = "Attention *Is* All You Need"
    assert "Attention \\*Is\\* All You Need: They used Adam. \\[1\\]" in conversation_markdown(talk(answer), {})


def test_hostile_text_becomes_no_link_image_or_html():
    hostile = "![x](http://evil.example) <script>x</script> `code`"
    text = conversation_markdown(talk(kept(hostile, hostile), hostile, hostile + "!"), {})
    assert "](" not in text.replace("\\](", "") and "<script" not in text.replace("\\<", "")
    assert "BibTeX" not in text  # the paper is gone


def test_a_refusal_and_a_broken_turn_are_kept_as_words():
    text = conversation_markdown(talk({"answer": "The papers do not answer this.", "sentences": []}), {})
    assert "The papers do not answer this." in text
    broken = Conversation("c", "t", "", "", (Turn(0, "q", "q", "no json", ""),))
    assert "## q" in conversation_markdown(broken, {})


def test_prices_tags_and_comments_are_shown_as_they_are():
    said = "It costs $0.79 per query and about $300 per month, #cheap, %%hidden%% and ==marked==."
    text = conversation_markdown(talk(kept(said, said), said, said), {})
    assert "\\$0.79" in text and not re.search(r"(?<!\\)\$|(?<!\\)#c|%%|(?<!\\)==", text)
