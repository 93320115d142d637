"""Every error that a user may see, as one tree.

PaperAssistantError
├── PdfError                 one file could not become a paper; `reason` is a stable word for tools
│   ├── NotAPdf              not_a_pdf
│   ├── TruncatedPdf         truncated
│   ├── PasswordNeeded       password_needed
│   ├── NoTextLayer          no_text_layer
│   ├── GarbledText          garbled_text
│   ├── PdfTooLarge          too_large        a cap on bytes, pages, memory or text was reached
│   ├── PdfTooSlow           too_slow
│   └── UnreadablePdf        unreadable       the reader itself failed
├── LibraryError
│   ├── PaperNotFound        ├── AmbiguousPaper      ├── LibraryBusy
│   ├── EmbedderMismatch     └── NewerLibrary
├── EmbedderError
│   ├── EmbedderMissing      └── ExtraMissing
├── ArxivError
│   ├── BadArxivId           └── ArxivUnreachable
└── ModelError               everything about the language model; its leaves stand in assistant/llm/errors.py

An error is a sentence that ends in what to do. The command line and the browser catch `PaperAssistantError` and
nothing else; a bug stays a traceback.
"""


class PaperAssistantError(Exception):
    """The root: print `str(error)`, it says what happened and what to do."""


class PdfError(PaperAssistantError):
    """A file that cannot become a paper. `reason` is stable; the message is for people."""

    reason = "unreadable"


class NotAPdf(PdfError):
    """The bytes do not begin with a PDF header, whatever the name says."""

    reason = "not_a_pdf"


class TruncatedPdf(PdfError):
    """The file ends early, or no page of it can be found."""

    reason = "truncated"


class PasswordNeeded(PdfError):
    """The file opens only with a password."""

    reason = "password_needed"


class NoTextLayer(PdfError):
    """Pages are pictures: there is no text to read."""

    reason = "no_text_layer"


class GarbledText(PdfError):
    """The text layer is not language: a font map shifts or scrambles the letters."""

    reason = "garbled_text"


class PdfTooLarge(PdfError):
    """A cap on bytes, pages, memory or text was reached."""

    reason = "too_large"


class PdfTooSlow(PdfError):
    """Reading took longer than allowed and was stopped."""

    reason = "too_slow"


class UnreadablePdf(PdfError):
    """The reader failed on this file in a way that has no name of its own."""


class LibraryError(PaperAssistantError):
    """The library cannot do what was asked."""


class PaperNotFound(LibraryError):
    """No paper goes by that name."""


class AmbiguousPaper(LibraryError):
    """Several papers go by that name."""


class LibraryBusy(LibraryError):
    """Another process is writing."""


class EmbedderMismatch(LibraryError):
    """The library was made with another embedder."""


class NewerLibrary(LibraryError):
    """The library was written by a newer version of this program."""


class EmbedderError(PaperAssistantError):
    """Text cannot be embedded."""


class EmbedderMissing(EmbedderError):
    """The embedder's files are not on this machine."""


class ExtraMissing(EmbedderError):
    """The embedder needs an optional part of this program that is not installed."""


class ArxivError(PaperAssistantError):
    """arXiv did not give what was asked for."""


class BadArxivId(ArxivError):
    """Not an arXiv identifier or link."""


class ArxivUnreachable(ArxivError):
    """arXiv does not answer, or keeps refusing."""


class ModelError(PaperAssistantError):
    """The language model cannot be used."""
