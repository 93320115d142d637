"""A question without what it says about the form of its answer, and the names in it that no searched paper has."""

import re
from collections.abc import Iterable

from assistant.terms import is_chinese, names
from index.sentences import sentence_spans

_FORM = re.compile(
    r"\W*(?:please\s+)?(?:directly\s+|only\s+|just\s+)?"
    r"(?:writ\w*|answer|give|return|respond|reply|express|format|output|enumerate|round|use|provide|state)\b"
    r".*\b(?:answers?|formats?|lists?|integers?|int|floats?|strings?|decimals?|yes|number|word|name|sentences?|places)\b"
    r"|\W*(?:the )?answer (?:needs to|should|must)\b|\W*for example:",
    re.IGNORECASE | re.DOTALL,
)
_CHINESE_FORM = re.compile(
    r"\W*请?(?:直接|只)?(?:用|以|按|写|回答|给出|列出).*(?:回答|作答|格式|形式|给出|写出|列表|整数|小数)"
)
_COMPARES = re.compile(
    r"\b(?:compar\w+|differ\w*|versus|vs|than|between|unlike|instead)\b|相比|比较|区别|不同|差异", re.IGNORECASE
)
_QUOTED = re.compile(r"[\"“”]([^\"“”\n]{3,60})[\"“”]")
_SCALE = re.compile(r"[-–]\d+(?:\.\d+)?[A-Za-z]+$")  # ImageNet-1k, LLaMA-7B: papers write the scale elsewhere
_ARTICLE = re.compile(r"\s*(?:the|an?)\s", re.IGNORECASE)


def without_form(question: str) -> str:
    """The question without sentences that only say how the answer is to be written.

    >>> without_form("How many layers are there? Please write the answer in integer format.")
    'How many layers are there?'
    >>> without_form("Write down the loss of step 4")
    'Write down the loss of step 4'
    """
    first, *others = [question[span.start : span.end] for span in sentence_spans(question)] or [question]
    return " ".join([first, *(part for part in others if part.endswith(("?", "？")) or not _is_form(part))])


def absent_names(question: str, texts: Iterable[str]) -> list[str]:
    """Names of a question (BERT, GPT-3) and words that it quotes which stand in none of the texts, as it writes them.

    Case, spaces and hyphens make no difference, nor does a plural; an abbreviation may stand there spelled out.

    >>> absent_names('How does GPT3 use the "coverage effect"?', ["Our coverage  effect is unlike that of BERT."])
    ['GPT3']
    """
    whole = " ".join(texts)
    bare, plain = _bare(whole), whole.casefold()
    quoted = [_ARTICLE.sub("", match[1], count=1).strip() for match in _QUOTED.finditer(question)]
    wanted = [phrase for phrase in quoted if is_chinese(phrase) == is_chinese(whole)]
    spelled = {name: _as_written(question, name) for name in sorted(names(question))}
    wanted += [written for name, written in spelled.items() if not any(name in phrase.casefold() for phrase in quoted)]
    return [word for word in wanted if not _stands(word, bare, plain)]


def compares(question: str) -> bool:
    """Whether a question compares: of two things, one can be answered by itself.

    >>> compares("How does BERT differ from XLNet?"), compares("What is the FID of XLNet?")
    (True, False)
    """
    return bool(_COMPARES.search(question))


def _is_form(sentence: str) -> bool:
    return bool((_CHINESE_FORM if is_chinese(sentence) else _FORM).match(sentence))


def _stands(word: str, bare: str, plain: str) -> bool:
    wanted = _bare(_SCALE.sub("", word))
    singular = wanted.removesuffix("s")
    if not wanted or singular in bare:
        return True
    if not re.fullmatch("[a-z]{2,6}", singular):
        return False
    spelled_out = r"\b" + r"[\s-]+".join(f"{letter}[a-z]+" for letter in singular) + r"\b"
    return bool(re.search(spelled_out, plain))


def _as_written(question: str, name: str) -> str:
    found = re.search(re.escape(name), question, re.IGNORECASE)
    return found.group() if found else name


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())
