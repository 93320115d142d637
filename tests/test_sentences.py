from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from index.structure.sentences import sentence_spans


def cut(text):
    return [text[span.start : span.end] for span in sentence_spans(text)]


def test_english_abbreviations_do_not_end_a_sentence():
    text = "Smith et al. [12] use it. See Fig. 3 and Sec. 4.2 for more. It works, cf. Table 2."
    assert cut(text) == ["Smith et al. [12] use it.", "See Fig. 3 and Sec. 4.2 for more.", "It works, cf. Table 2."]


def test_chinese_sentences_end_at_their_own_full_stop():
    assert cut("我们提出新方法。它很快！是吗？（见图3。）") == ["我们提出新方法。", "它很快！", "是吗？", "（见图3。）"]


def test_a_paragraph_ends_a_sentence():
    assert cut("A heading\n\nA sentence here.") == ["A heading", "A sentence here."]


@given(st.text(alphabet=st.sampled_from("ab .?!\n。！？”）中文3E"), max_size=200))
def test_sentences_are_sorted_and_leave_out_only_white_space(text):
    spans = sentence_spans(text)
    covered = "".join(text[span.start : span.end] for span in spans)
    assert "".join(covered.split()) == "".join(text.split())
    assert all(a.end <= b.start for a, b in pairwise(spans))
