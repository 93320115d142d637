"""The TeX of titles, names and abstracts: as a reader sees it, and as words that a keyword can be compared with."""

import re
import unicodedata
from html import unescape

_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_TAG = re.compile(r"</?(?:p|br)\s*/?>", re.IGNORECASE)
# What no reader sees: control characters, half characters, marks that turn the text around, tag characters.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffe\uffff"
    "\U000e0000-\U000e007f]"
)
_FORMULA = re.compile(r"(?<!\\)\$\$[^$]*\$\$|(?<!\\)\$[^$]*\$|\\\(.{0,500}?\\\)|\\\[.{0,500}?\\\]", re.DOTALL)
_KEPT = re.compile("\x00([0-9]+)\x00")  # stands for a formula meanwhile; no text holds such a character then
_MARKS = dict(zip("`'^~\"=.uvHckrdb", "\u0300\u0301\u0302\u0303\u0308\u0304\u0307\u0306\u030c\u030b\u0327\u0328\u030a"
                  "\u0323\u0331", strict=True))  # fmt: skip
_ACCENT = re.compile(
    r"(\{)?\\(?P<mark>[`'^~=.]|[\"](?=[\s{\\]{0,4}[aeiouyAEIOUY])|[uvHckrdb](?=[\s{]))"
    r"\s*(?:\{\s*\\?(?P<braced>[A-Za-z])\s*\}|\\(?P<dotless>[ij])(?![A-Za-z])|(?P<bare>[A-Za-z]))(?(1)\})"
)
_NAMED = {"ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å", "o": "ø", "O": "Ø", "l": "ł"}
_NAMED |= {"L": "Ł", "dh": "ð", "DH": "Ð", "th": "þ", "TH": "Þ", "dj": "đ", "DJ": "Đ", "i": "ı", "j": "ȷ", "S": "§"}
_NAMED |= {"ldots": "…", "dots": "…", "textellipsis": "…", "LaTeX": "LaTeX", "TeX": "TeX", "textasciitilde": "~"}
_NAMED |= {"textendash": "–", "textemdash": "—", "textregistered": "®", "texttrademark": "™", "copyright": "©"}
_NAMED |= {"textdegree": "°", "textless": "<", "textgreater": ">", "textbullet": "•", "pounds": "£", "slash": "/"}
_NAME = re.compile(rf"(\{{)?\\(?P<name>{'|'.join(_NAMED)})(?![A-Za-z])(?:\{{\}}|\s)?(?(1)\}})")
_STYLED = re.compile(
    r"\\(?:text(?:it|bf|tt|sc|sf|rm|up|sl|md|normal|superscript|subscript)|emph|underline|mbox|url)\s*\{([^{}]*)\}"
    r"|\{\\(?:em|it|bf|sc|tt|sl|rm|sf|itshape|bfseries|scshape|ttfamily)(?![A-Za-z])\s*([^{}]*)\}"
)
_LINKED = re.compile(r"\\href\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_COLOURED = re.compile(r"\\textcolor\s*\{[^{}]*\}\s*\{([^{}]*)\}")
_BRACED = re.compile(r"(?P<command>\\[A-Za-z]{1,30}\s?|[\\^_])?\{(?P<text>|-|[^\W\d_][\w -]*)\}")
_SIGNS = (("---", "—"), (r"\%", "%"), (r"\&", "&"), (r"\#", "#"), (r"\_", "_"), (r"\-", ""), (r"\/", ""))
_SPACES = re.compile(r"\\[,; !\n]|\\\\")
_RANGE = re.compile(r"(?<=[\w)}\x00])--(?=[\w({\\\x00])")
_SINGLE_QUOTES = re.compile(r"(?<![\w`])`([^`'\n]{1,100})'(?![\w'])")
_DEEPEST = 3  # styles in styles

_STYLE_COMMANDS = (
    r"math(?:rm|bf|sf|tt|it|cal|bb|frak|scr|normal)|text(?:it|bf|tt|sc|sf|rm|up|sl|md|normal)?|emph|mbox|boldsymbol|bm|"
    r"operatorname|ensuremath|left|right|rm|bf|it|cal|sf|tt|em|hat|tilde|bar|vec|overline|underline|widehat|widetilde"
)
_COMMAND = re.compile(
    rf"\\(?:(?:{_STYLE_COMMANDS})(?![A-Za-z])\s?\*?|(?:var)?(?P<name>[A-Za-z]{{1,30}})(?P<then> ?\w)?)"
)
_SHORT_FORMULA = re.compile(r"(?<![\\$])\$(?!\s)([^$]{1,60})(?<!\s)\$(?!\d)")
_WORDS = re.compile(r"\s[a-z]{2,}\b|(?<![\\A-Za-z])[a-z]{2,}\s")  # "$5 and more" is no formula
_RAISED = re.compile(r"([_^])\s?(?:\{([^{}]*)\}|([^{}\\]))")
_SMALL = {
    "_": dict(zip("0123456789+-=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True)),
    "^": dict(zip("0123456789+-=()ni*", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ*", strict=True)),
}
_PRINTED = {"infty": "∞", "ell": "ℓ", "times": "×", "to": "→", "rightarrow": "→", "pm": "±", "sim": "∼", "star": "*"}
_PRINTED |= {"approx": "≈", "leq": "≤", "le": "≤", "geq": "≥", "ge": "≥", "ast": "*", "cdot": "·", "log": " log "}
_SYMBOLS = {"star": "*", "ast": "*", "ell": "l"}
_GREEK_LETTER = re.compile("(?<![\u0370-\u03ff])[\u0391-\u03c9](?![\u0370-\u03ff])")


def plain_text(text: str) -> str:
    """`text` in one line, as a reader sees it outside of formulas: accents, styles, quotes, dashes, signs, entities.

    Formulas and commands that are not known stay as they are; invisible characters are left out.

    >>> plain_text(r"Poincar\\'e  and Erd{\\H o}s &amp; $f\\'(x)$, \\textit{50\\% less}")
    "Poincaré and Erdős & $f\\\\'(x)$, 50% less"
    """
    text = _INVISIBLE.sub("", _TAG.sub(" ", _ENTITY.sub(lambda found: unescape(found[0]), text)))
    text = _INVISIBLE.sub("", text)  # what an entity stood for
    formulas: list[str] = []

    def keep(found: re.Match[str]) -> str:
        formulas.append(found[0])
        return f"\x00{len(formulas) - 1}\x00"

    text = _typeset(_FORMULA.sub(keep, text))
    if not formulas:
        text = text.replace(r"\$", "$")
    text = _KEPT.sub(lambda found: formulas[int(found[1])], text)
    return " ".join(unicodedata.normalize("NFC", text).split())


def title_text(text: str) -> str:
    """A title in one line, its formulas in letters where letters can say them; others stay as they are.

    >>> title_text(r"$k$-Means for CO$_2$: a $\\beta$-VAE from $5 to $10 with $\\frac{1}{2}$")
    'k-Means for CO₂: a β-VAE from $5 to $10 with $\\\\frac{1}{2}$'
    """
    return _SHORT_FORMULA.sub(lambda found: _in_letters(found[1]) or found[0], plain_text(text))


def _in_letters(formula: str) -> str | None:
    """A short formula as a line of letters; None if it takes more, or is none."""
    if _WORDS.search(formula):
        return None
    text = re.sub(rf"\\(?:{_STYLE_COMMANDS})(?![A-Za-z])\s?|\\[,;!: ]", "", formula)
    text = re.sub(r"\\([A-Za-z]{1,30})\s?", lambda found: _symbol(found[1]) or found[0], text)
    text = _RAISED.sub(_small, text)
    return None if re.search(r"[\\_^&<>]", text) else " ".join(re.sub("[{}]", "", text).replace("~", " ").split())


def _symbol(name: str) -> str | None:
    case = "CAPITAL" if name[0].isupper() else "SMALL"
    greek = "lamda" if name.lower() == "lambda" else name.lower().removeprefix("var")
    try:
        return _PRINTED.get(name) or unicodedata.lookup(f"GREEK {case} LETTER {greek.upper()}")
    except KeyError:
        return None


def _small(found: re.Match[str]) -> str:
    letters, small = found[2] or found[3] or "", _SMALL[found[1]]
    if not letters or re.search("[a-z]{3}", letters) or any(each not in small for each in letters):
        return found[0]
    return "".join(map(small.__getitem__, letters))


def _typeset(text: str) -> str:
    """A text without formulas, as TeX would print it."""
    if "\\" in text:
        text = _NAME.sub(lambda found: _NAMED[found["name"]], _ACCENT.sub(_accent, text))
        for _ in range(_DEEPEST):
            text = _STYLED.sub(lambda found: found[1] or found[2] or "", _COLOURED.sub(r"\1", text))
        text = _SPACES.sub(" ", _LINKED.sub(r"\2 (\1)", text))
    if "``" in text:
        text = text.replace("``", "“").replace("''", "”")
    for written, printed in _SIGNS:
        text = text.replace(written, printed)
    text = _RANGE.sub("–", _SINGLE_QUOTES.sub(r"‘\1’", text))
    return _BRACED.sub(lambda found: found[0] if found["command"] else found["text"], text)


def _accent(found: re.Match[str]) -> str:
    return (found["braced"] or found["dotless"] or found["bare"]) + _MARKS[found["mark"]]


def words_of(text: str) -> str:
    """A text with its formulas read out: names for Greek letters, no dollars, braces, styles, marks above and below.

    >>> words_of(r"A $\\beta$-VAE in SE$(3)$ for CO$_2$"), words_of("λ-calculus with L^2")
    ('A beta-VAE in SE(3) for CO2', 'lambda-calculus with L2')
    """
    text = re.sub(r"\\[()\[\],;!:]|\\(?=[%&#_$])", "", text)
    text = re.sub(r"[$^_{}]", "", _COMMAND.sub(_read_out, text)).replace("∞", "infty")
    return _GREEK_LETTER.sub(_greek, text)


def _read_out(found: re.Match[str]) -> str:
    name, then = found["name"] or "", found["then"] or ""
    return _SYMBOLS.get(name, name) + (f" {then.strip()}" if then.strip("_ 0123456789") else then.strip())


def _greek(found: re.Match[str]) -> str:
    name = unicodedata.name(found[0], "").rpartition(" ")[2].lower()
    return "lambda" if name == "lamda" else name or found[0]
