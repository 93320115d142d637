"""Small PDFs made for one test: lines of text put where a typesetter would put them."""

import zlib
from pathlib import Path

import pymupdf

BODY = (
    "The reader of a paper wants to check each sentence of an answer against the page that it came from.",
    "A map from the offsets of the text to the rectangles of the page makes this possible without a guess.",
    "Columns are read from top to bottom, the left one first, and a figure never cuts a sentence in two.",
    "What stands at the head and the foot of every page is left out, for it belongs to no paragraph.",
    "We measured this on papers of many publishers, old ones and new ones, with one column and with two.",
)


def new_document() -> pymupdf.Document:
    return pymupdf.open()


def page_of(document, width=595, height=842) -> pymupdf.Page:
    return document.new_page(width=width, height=height)


def put(page, x, y, text, size=10.0, font="tiro", **look) -> None:
    page.insert_text((x, y), text, fontsize=size, fontname=font, **look)


def put_lines(page, x, y, lines, size=10.0, leading=12.0, **look) -> float:
    """Lines below each other; returns the base line that would follow."""
    for line in lines:
        put(page, x, y, line, size, **look)
        y += leading
    return y


def wrapped(text, width, size=10.0, font="tiro") -> list[str]:
    """Words broken into lines of at most `width` points."""
    measure = pymupdf.Font(font)
    lines, line = [], ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if measure.text_length(longer, size) > width and line:
            lines.append(line)
            line = word
        else:
            line = longer
    return [*lines, line]


def saved(document, path: Path, **options) -> Path:
    document.save(path, **options)
    return path


def one_page(path: Path, lines=BODY, **look) -> Path:
    document = new_document()
    put_lines(page_of(document), 72, 100, lines, **look)
    return saved(document, path)


def deflate_bomb(path: Path, megabytes: int) -> Path:
    """A page whose content is `megabytes` large when its two layers of deflate are undone, a few kB on disk."""
    content = b"BT /F1 12 Tf 72 720 Td (" + b"A" * (megabytes * 1_000_000) + b") Tj ET"
    packed = zlib.compress(zlib.compress(content, 9), 9)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d /Filter [/FlateDecode /FlateDecode] >>\nstream\n" % len(packed) + packed + b"\nendstream",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    return written(path, objects)


def many_groups(path: Path, groups: int = 20_000, side: int = 612) -> Path:
    """A page of `side` points that paints a transparency group so often that it takes minutes to draw."""
    content = zlib.compress(b"/GS gs\n" + b"/Fm Do\n" * groups, 9)
    box = b"[0 0 %d %d]" % (side, side)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox " + box + b" /Contents 4 0 R /Resources << /XObject << /Fm 5 0 R >>"
        b" /ExtGState << /GS << /ca 0.001 /BM /Multiply >> >> >> >>",
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(content) + content + b"\nendstream",
        b"<< /Type /XObject /Subtype /Form /BBox " + box + b" /Group << /S /Transparency /I true >> /Length 27 >>\n"
        b"stream\n0.5 g 0 0 612 612 re f     \nendstream",
    ]
    return written(path, objects)


def page_tree(path: Path, tree: bytes, catalogue: bytes = b"<< /Type /Catalog /Pages 2 0 R >>") -> Path:
    """A PDF whose page tree, object 2, is given; object 3 is a page of text."""
    text = b"BT /F1 10 Tf 12 TL 72 720 Td " + b"".join(b"(%s) Tj T* " % line.encode() for line in BODY) + b"ET"
    objects = [
        catalogue,
        tree,
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n" % len(text) + text + b"\nendstream",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    return written(path, objects)


def written(path: Path, objects: list[bytes]) -> Path:
    """A PDF of these objects, numbered from 1; the first is the catalogue."""
    data, offsets = b"%PDF-1.5\n", []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(data))
        data += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    start = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table
    data += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start)
    path.write_bytes(data)
    return path
