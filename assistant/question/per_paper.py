"""Questions that go to every paper ("which of these handle missing frames, and how?"): asked of one at a time.

A passage is of one paper and seldom says so: "which papers" has no answer there, "how does this paper" has one.
"""

import re

from assistant.verify.terms import is_chinese, negations
from index.structure.element_references import named_places

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
