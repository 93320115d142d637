"""Words that say the opposite of each other: a quote that has only the other one does not carry a sentence."""

import re

# Both ends of each axis, all forms written out: stems would mix the ends up, and a noun may lie on no axis.
_AXES = [
    tuple(frozenset(end.split()) for end in axis)
    for axis in (
        (
            "large larger largest big bigger biggest high higher highest great greater greatest long longer longest "
            "更大 较大 更高 较高 最高 更长",
            "small smaller smallest low lower lowest short shorter shortest 更小 较小 更低 较低 最低 更短",
        ),
        (
            "increase increases increased increasing rise rises rose rising grow grows grew growing 增加 上升 增长",
            "decrease decreases decreased decreasing drop drops dropped fall falls fell decline declines declined "
            "reduce reduces reduced reducing reduction shrink shrinks 减少 下降 降低",
        ),
        (
            "improve improves improved improving improvement improvements enhance enhances enhanced 提升 改善",
            "degrade degrades degraded degradation worsen worsens worsened hurt hurts deteriorates 恶化 变差",
        ),
        (
            "better best outperform outperforms outperformed superior surpass surpasses surpassed 优于 更好 最好",
            "worse worst underperform underperforms underperformed inferior 劣于 更差 最差",
        ),
        ("more most 更多 多于", "less least fewer fewest 更少 少于"),
        ("fast faster fastest quick quicker quickly 更快 较快", "slow slower slowest slowly 更慢 较慢"),
        ("before precedes preceding prior 之前", "after follows following 之后"),
        ("maximum maximal maximise maximize maximizing 最大", "minimum minimal minimise minimize minimizing 最小"),
        ("above exceeds 以上 高于", "below under 以下 低于"),
        ("positive positively 正面", "negative negatively 负面"),
        ("easy easier easiest 容易 更易", "hard harder hardest difficult 困难 更难"),
        ("strong stronger strongest 更强", "weak weaker weakest 更弱"),
        ("encourage encourages", "discourage discourages penalize penalizes"),
        ("supervised", "unsupervised"),
    )
]
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def opposed(sentence: str, quote: str) -> str:
    """The word of a sentence whose opposite stands in a quote, while nothing of its own end does; empty for none.

    Where a text has both ends of an axis, which of them belongs to what cannot be told by words.

    >>> opposed("A larger batch is better.", "A smaller batch is better."), opposed("It is fast.", "Fast, not slow.")
    ('larger', '')
    """
    said, held = _words(sentence), _words(quote)
    for one, other in _AXES:
        for end, opposite in ((one, other), (other, one)):
            own, only_own = _among(end, said, sentence), not _among(opposite, said, sentence)
            if own and only_own and _among(opposite, held, quote) and not _among(end, held, quote):
                return min(own)
    return ""


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z]+", text.casefold()))


def _among(end: frozenset[str], words: frozenset[str], text: str) -> set[str]:
    return {word for word in end if word in words or (_CHINESE.match(word) and word in text)}
