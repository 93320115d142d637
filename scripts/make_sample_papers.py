"""Typeset the sample papers: scripts/sample_papers/NAME.typ -> NAME.pdf, the same bytes each time.

    python scripts/make_sample_papers.py            write the PDFs
    python scripts/make_sample_papers.py --check    write nothing; fail if a PDF is not what its source gives

Needs the development dependencies (`typst`, with the fonts inside it; nothing else of this machine is used).
"""

import argparse
import sys
from pathlib import Path

import typst

FOLDER = Path(__file__).resolve().parent / "sample_papers"
PAPERS = ("evidence_first", "many_spans", "two_legs")
CREATED = 1795219200  # 2026-11-21 00:00 UTC, written into the PDFs instead of the time of the run


def typeset(name: str) -> bytes:
    """The PDF of one paper; a warning of the typesetter is an error."""
    compiler = typst.Compiler(root=FOLDER, ignore_system_fonts=True)
    pdf, warnings = compiler.compile_with_warnings(input=FOLDER / f"{name}.typ", format="pdf", timestamp=CREATED)
    if warnings:
        raise SystemExit(f"{name}.typ: {warnings[0].message}. Mend the source and run this again.")
    assert isinstance(pdf, bytes)  # a list only for image formats
    return pdf


def main() -> None:
    """Write or check all of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the committed PDFs instead of writing them")
    check = parser.parse_args().check
    stale = []
    for name in PAPERS:
        pdf, path = typeset(name), FOLDER / f"{name}.pdf"
        if not check:
            path.write_bytes(pdf)
            print(f"{path.name}: {len(pdf):,} bytes")
        elif not path.is_file() or path.read_bytes() != pdf:
            stale.append(path.name)
    if stale:
        sys.exit(f"{', '.join(stale)}: not what the source gives. Run: python scripts/make_sample_papers.py")


if __name__ == "__main__":
    main()
