"""Questions that go to every paper ("which of these handle missing frames, and how?"): asked of one at a time.

The model reads one passage, which is of one paper and seldom says so: "which papers" has no answer there. "How does
this paper" has one; to "does this paper" a small model says yes and copies no words that could be checked.
"""

import re
from collections.abc import Generator, Sequence
from dataclasses import replace

from assistant.answering.events import Working
from assistant.answering.read_passages import UNVERIFIED, Reader
from assistant.answering.records import AnswerSentence, Checked, quoted, speaks_of
from assistant.verify.claim import Citation
from assistant.verify.terms import COMMON_VERBS, content_stems, is_chinese, names, negations, words
from index.model.paper import Passage
from index.search.searcher import Question
from index.structure.element_references import named_places
from index.structure.sentences import prose_spans

MOST_PAPERS = 8  # that are read for one question
LEAST_SPOKEN = 2 / 3  # share of a question's content words that a sentence which is quoted by itself must hold
_PAPERS = r"(?:papers?|articles?|publications?|preprints?|stud(?:y|ies)|works)"
_OTHERS = r"(?:methods?|models?|approach(?:es)?|systems?|techniques?|algorithms?|frameworks?|ones?)"
_THESE = r"(?:all |each )?(?:of )?(?:all |the |these |those |them|my |our |your )*"
_HELD = r"(?: ?(?:(?:in|of|from) (?:my|the|this|our|your) (?:library|collection|folder|list)|here))?"
_ASKED = r"(?:and |so |but )?(?:(?:please )?(?:list|name|find|show(?: me)?|give(?: me)?|tell me) )?"
# "Which of these papers use dropout", "what papers are about it", "list the papers that use it"
_WHICH = re.compile(
    rf"{_ASKED}(?!what works)(?:(?:which|what) (?:of (?:these|those|them|my|our)\b ?(?:{_PAPERS}|{_OTHERS})?"
    rf"|{_THESE}(?:\w+ )?{_PAPERS})|(?:all |every )?(?:the |these |my )?{_PAPERS}(?= (?:that|which|who)\b))"
    rf"{_HELD} ?(?:that |which |who )?(?P<does>.+)",
    re.IGNORECASE,
)
# "How do these papers handle it", "what do the papers say about it"
_HOW = re.compile(
    r"(?P<asks>(?:and |so |but )?(?:how|why|when|where|what|which [\w -]{1,40}?|on what|for what))"
    rf" (?P<aux>do|did|are|were|have|can) {_THESE}{_PAPERS}{_HELD} (?P<does>.+)",
    re.IGNORECASE,
)
# "Do any of these papers use it", "are there papers about it"
_ANY = re.compile(
    rf"(?:(?:does|do|did|are|is|have|has|can) any {_THESE}{_PAPERS}?|(?:are|is) there (?:any |an? )?{_PAPERS})"
    rf"{_HELD} ?(?:that |which |who )?(?P<does>.+)",
    re.IGNORECASE,
)
# "In which papers is it used"
_WHERE = re.compile(
    rf"(?:in|by) (?:which|what) {_THESE}{_PAPERS}{_HELD} (?P<aux>is|are|was|were|do|does|did|can) (?P<rest>.+)",
    re.IGNORECASE,
)
_SINGULAR = {"do": "does", "are": "is", "were": "was", "have": "has"}
_BE = {"are": "is", "is": "is", "were": "was", "was": "was", "can": "can", "could": "could", "will": "will"}
_TOPIC = {"about": "about", "on": "on", "with": "about", "for": "about", "using": "about using"}
_PLACES = {"in", "of", "from", "at", "to", "and", "or"}
_SPEAKS = re.compile(
    r"(?:discuss|mention|stud(?:y|ie)|investigate|examine|cover|describe|explore|consider)(?:s|es|ed|d)?"
)
_AND_HOW = re.compile(r",? and (?:how|in (?:what|which) way|where)$", re.IGNORECASE)
# "Which of these does BERT use" asks no paper, and no paper by itself says that it is the fastest.
_OF_OTHERS = re.compile(
    r"^(?:does|do|did)\b|\b(?:best|worst|most|least|(?:fast|slow|high|low|larg|small|bigg|great|strong|cheap)est)\b"
    r"|\b(?:differ|compare[ds]?|agree|disagree|relate|have in common)\b",
    re.IGNORECASE,
)
_PAPER_DOES = re.compile(r"\bthis paper [a-z]+\b|这篇论文(?:如何)?(?:使用|处理|提出|采用|应用)?", re.IGNORECASE)
_CHINESE_PAPER = r"(?:论文|文章|文献|(?:工作|研究)(?!方|问题|领域|内容|对象|结果|成果|思路|人员|负载|流|量))"
_CHINESE_WHICH = re.compile(
    rf"(?:在?(?:这些|所有|库里|库中|我)?的?{_CHINESE_PAPER}?(?:中|里|里面)?[,，]?)?(?:有)?哪(?:些|几篇|篇){_CHINESE_PAPER}"
    rf"|(?:这些|所有的?|我的?){_CHINESE_PAPER}(?:中|里)?[,，]?有?(?:哪些|哪几篇|哪篇)"
)
_CHINESE_HOW = re.compile(rf"(?:这些|所有的?|各篇?|每篇|这几篇){_CHINESE_PAPER}(?:都|分别|各自)*")


def asked_of_one(question: str) -> str | None:
    """A question to many papers as it is asked of one of them; None for a question that is not to many.

    What papers do *not* say cannot be read in a passage, so such a question is not asked of each.

    >>> asked_of_one("Which of these handle missing frames, and how?")
    'How does this paper handle missing frames?'
    >>> asked_of_one("How do these papers train their models?"), asked_of_one("Which papers are trained on C4?")
    ('How does this paper train their models?', 'How is this paper trained on C4?')
    >>> asked_of_one("Which optimizer is used?") or asked_of_one("Which papers do not use dropout?")
    >>> asked_of_one("哪些论文使用了 dropout？"), asked_of_one("这些论文如何处理缺失帧？")
    ('这篇论文如何使用 dropout？', '这篇论文如何处理缺失帧？')
    """
    text = " ".join(question.split())
    if named_places(text) or negations(text):
        return None
    if is_chinese(text):
        return _chinese(text)
    found = _HOW.fullmatch(text)
    if found and not _OF_OTHERS.search(found["does"]):
        aux = found["aux"].casefold()
        return f"{found['asks']} {_SINGULAR.get(aux, aux)} this paper {found['does']}"
    if found := _WHERE.fullmatch(text):
        return f"How {found['aux']} {found['rest'].rstrip(' ?.')} in this paper?"
    found = _WHICH.fullmatch(text) or _ANY.fullmatch(text)
    return _how(found["does"]) if found and not _OF_OTHERS.search(found["does"]) else None


def read_each(
    reader: Reader, asked: Question, passages: Sequence[Passage], checked: Checked
) -> Generator[Working | AnswerSentence, None, list[Passage]]:
    """What each of the passages answers, one of each paper, named by its paper; gives those that were read.

    A passage is read where it speaks of the question at all. Where no statement of the model verifies, the sentence
    that speaks of the question is quoted. Raises PromptTooLong as `Reader.readable` does.
    """
    worth = [each for each in reader.readable(passages, asked.wording) if speaks_of(asked, [each])][:MOST_PAPERS]
    for row, passage in enumerate(worth, start=1):
        yield Working("reading", row, len(worth))
        own = Checked()  # what another paper says as well is no repetition
        found = [
            each
            for each in reader.read_passage(passage, asked.wording, own)
            if not each.reason or _speaks(asked, passage, each.citations[0])
        ]
        if not found and (cited := quote_of(asked, passage)):
            found = [quoted(cited, UNVERIFIED)]
        for sentence in found:
            checked.sentences.append(replace(sentence, about=passage.paper.title))
            yield checked.sentences[-1]
        checked.invented += own.invented
    return worth


def quote_of(asked: Question, passage: Passage) -> Citation | None:
    """The sentence of a passage that speaks most of a question; none where it does not speak enough of it."""
    wanted, _ = _asked_about(asked, passage)
    best = max(
        (Citation(passage.paper, span) for span in prose_spans(passage.paper, passage.span)),
        key=lambda cited: len(wanted & set(content_stems(cited.quote))),
        default=None,
    )
    return best if best is not None and _speaks(asked, passage, best) else None


def _speaks(asked: Question, passage: Passage, cited: Citation) -> bool:
    """Whether words have all names and enough of the content words of a question; of a row, with its table's head."""
    wanted, named = _asked_about(asked, passage)
    held = " ".join([*cited.table, cited.quote])
    return named <= words(held) and len(wanted & set(content_stems(held))) >= LEAST_SPOKEN * len(wanted)


def _asked_about(asked: Question, passage: Passage) -> tuple[set[str], set[str]]:
    """The stems and the names of what a question is about, in the passage's language.

    What a paper does with it is said in many words: "use", "evaluate on", "employ".
    """
    wording = asked.wording(is_chinese(passage.text)) or ""
    return set(content_stems(_PAPER_DOES.sub(" ", wording))) - COMMON_VERBS, names(wording)


def _how(predicate: str) -> str | None:
    """ "use dropout, and how" as a question to one paper."""
    verb, _, rest = _AND_HOW.sub("", predicate.rstrip(" ?.")).partition(" ")
    low = verb.casefold()
    if not rest or not verb.isalpha() or low in _PLACES:
        return None
    if low in _BE:
        topic = rest.partition(" ")
        return f"What does this paper say {rest}?" if topic[0] in _TOPIC else f"How {_BE[low]} this paper {rest}?"
    if low in _TOPIC:
        return f"What does this paper say {_TOPIC[low]} {rest}?"
    if _SPEAKS.fullmatch(low):
        return f"What does this paper say about {rest}?"
    if low.endswith("ed"):
        return f"How has this paper {verb} {rest}?"
    bare = "have" if low == "has" else re.sub(r"(?<=(?:ss|sh|ch))es$|(?<![su])s$", "", low)
    return f"How does this paper {re.sub(r'ie$', 'y', bare) if low.endswith('ies') else bare} {rest}?"


def _chinese(question: str) -> str | None:
    asked, found = _CHINESE_WHICH.subn("这篇论文如何", question, count=1)
    if found:
        asked = re.sub(r"(?<=如何)([\u4e00-\u9fff]{2})了", r"\1", asked)
    else:
        asked, found = _CHINESE_HOW.subn("这篇论文", question, count=1)
    return asked if found else None
