"""The letters of TeX's bitmap fonts, where a PDF does not name them or names them wrongly.

What PostScript calls glyphs of such a font says nothing ("/A2"), so the codes count: those of letters are ASCII's,
those below are the ligatures of the encoding that TeX used.
"""

import re
from typing import Protocol

_FONT = re.compile(r"Type3 \((\d+) 0 R\)")  # as MuPDF names a font without a name
_TO_CONTROL = re.compile(rb"<[0-9a-fA-F]{2}>\s*<00[01][0-9a-fA-F]>")
_DIFFERENCES = re.compile(r"/Differences\s*\[([^\]]*)\]")
_SAYS_LETTER = re.compile(r"[A-Za-z]|space|comma|period|hyphen|one|two|[A-Za-z](?:acute|grave|dieresis)")
_LIGATURES = ("ff", "fi", "fl", "ffi", "ffl")
_OT1 = dict(zip(range(11, 16), _LIGATURES, strict=True))
_OT1_TEXT = _OT1 | {34: "”", 92: "“", 123: "–", 124: "—"}
_T1 = dict(zip(range(27, 32), _LIGATURES, strict=True))
_T1_TEXT = _T1 | {16: "“", 17: "”", 21: "–", 22: "—"}
_8R = {2: "fi", 3: "fl", 30: "\u02cb"} | {
    code: letter for code in range(0x80, 0xA0) if (letter := bytes([code]).decode("cp1252", "ignore"))
}


class Document(Protocol):
    """What is used of pymupdf's document."""

    def xref_get_key(self, xref: int, key: str) -> tuple[str, str]: ...  # noqa: D102

    def xref_set_key(self, xref: int, key: str, value: str) -> None: ...  # noqa: D102

    def xref_object(self, xref: int) -> str: ...  # noqa: D102

    def xref_stream(self, xref: int) -> bytes: ...  # noqa: D102

    def get_new_xref(self) -> int: ...  # noqa: D102

    def update_object(self, xref: int, text: str) -> None: ...  # noqa: D102

    def update_stream(self, xref: int, stream: bytes) -> None: ...  # noqa: D102


def name_letters(document: Document, fonts: list[str]) -> bool:
    """Give bitmap fonts a map of ligatures, where they have no map or one that leads to control characters.

    Distiller wrote such maps: a "c" that becomes a carriage return. `fonts` are MuPDF's names; whether one was changed.
    """
    changed = False
    for number in {int(match[1]) for font in fonts if (match := _FONT.fullmatch(font))}:
        kind, value = document.xref_get_key(number, "ToUnicode")
        known = document.xref_stream(int(value.split()[0])) if kind == "xref" else b""
        if known and not _TO_CONTROL.search(known):
            continue
        names = _names(document, number)
        if not known and any(map(_SAYS_LETTER.fullmatch, names.values())):
            continue
        letters = _OT1_TEXT if names.keys() & _OT1.keys() else _T1_TEXT if names.keys() & {27, 28, 29} else _8R
        stream = document.get_new_xref()
        document.update_object(stream, "<<>>")
        document.update_stream(stream, _to_unicode(letters))
        document.xref_set_key(number, "ToUnicode", f"{stream} 0 R")
        changed = True
    return changed


def _names(document: Document, font: int) -> dict[int, str]:
    """The names that the encoding of a font gives to its codes."""
    kind, value = document.xref_get_key(font, "Encoding")
    encoding = document.xref_object(int(value.split()[0])) if kind == "xref" else value
    found, code = dict[int, str](), 0
    match = _DIFFERENCES.search(encoding)
    for token in re.findall(r"\d+|/[^\s/]+", match[1]) if match else ():
        if token[0] != "/":
            code = int(token)
            continue
        found[code] = token[1:]
        code += 1
    return found


def _to_unicode(signs: dict[int, str]) -> bytes:
    letters = {code: chr(code) for code in range(33, 127)} | signs
    rows = "".join(  # a map may have a hundred rows in one block
        f"1 beginbfchar\n<{code:02x}> <{text.encode('utf-16-be').hex()}>\nendbfchar\n" for code, text in letters.items()
    )
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /Letters def /CMapType 2 def\n"
        f"1 begincodespacerange <00> <ff> endcodespacerange\n{rows}"
        "endcmap CMapName currentdict /CMap defineresource pop end end"
    ).encode()
