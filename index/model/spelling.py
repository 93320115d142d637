"""British and American spelling: who asks for the "optimiser" means the "optimizer" of the paper, and the other way.

Only the endings -ise and -yse with what may follow, behind letters that words with another root ("promise",
"supervise", "precise", "noise") do not have there: no dictionary has the verbs of this field (optimise, tokenise).
"""

import re

_BEFORE = "ali|ami|ani|ari|asi|ati|eni|eri|esi|ici|idi|ili|imi|ini|iti|oli|oni|ori|uli|aly"
_ENDING = re.compile(rf"(?<=[a-z](?:{_BEFORE}))[sz](?=(?:es?|ed|ers?|ing|able|ations?)$)")


def american(word: str) -> str:
    """A word in lower case, with -ize and -yze for -ise and -yse.

    >>> [american(word) for word in ("optimiser", "normalisation", "analysed", "supervised", "precise", "arises")]
    ['optimizer', 'normalization', 'analyzed', 'supervised', 'precise', 'arises']
    """
    return _ENDING.sub("z", word)


def spellings(word: str) -> tuple[str, ...]:
    """A word in lower case as it may be written: one spelling, or the American and the British one.

    >>> spellings("tokenizer"), spellings("noise")
    (('tokenizer', 'tokeniser'), ('noise',))
    """
    return tuple(dict.fromkeys((american(word), _ENDING.sub("s", word))))
