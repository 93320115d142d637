"""Files that users of other tools reported: each is read as it should be, or refused with the right reason."""

import re

import pytest
from read_once import read_once

from index.model.errors import PdfError
from index.model.paper import Zone
from index.reading.read_pdf import read_pdf

REFUSED = {
    "blank_100_pages": "no_text_layer",
    "garbled_fontmap_1710.05649": "garbled_text",
    "garbled_fontmap_dolma_p1": "garbled_text",
    "git_lfs_pointer_named": "not_a_pdf",
    "password_protected": "password_needed",
    "scanned_edgar_image": "no_text_layer",
    "scanned_mineru_small_ocr": "no_text_layer",
    "truncated_1706.03762": "truncated",
    "truncated_2309.01219_unopenable": "truncated",
}
# What a file must hold, word for word in its text or as a heading, and what must not be in it.
TEXT = {
    "files/01_type3_bitmap_fonts_paper": [
        "generic multilingual speech-enabled",
        "to define a structured",
        "Houssinière",
    ],
    "files/03_review_libreoffice_lines_acl": ["veniam, quis nostrum exercitationem ullam"],
    "files/06_acm_cedilla_title_cut": ["Pierre-François Dutot"],
    "files/10_jss_title_is_journal": ["The package allows for the simultaneous analysis"],
    "files/12_mdpi_no_authors": [
        "biopsies",
        "national guideline recommendations for Ki67 testing as a predictive marker in",
    ],
    "files/14_plos_accent_on_wrong_letter": ["Stéphane Douady", "Université Paris-Diderot", "predicted by the"],
    "files/15_letter_without_abstract": ["immunosuppressed individuals", "attractive soldiers to"],
    "files/19_arabic_lam_alef": ["الإنتاجية", "المشكلات", "خلال"],
    "files/21_korean_article": ["코로나-19"],
    "files/22_german_maths_book_117p": ["topologischer Raum"],
    "files/23_vertical_japanese": ["わたくしといふ現象は"],
    "files/24_japanese_slides": ["コンパラブルな新聞記事"],
    "files/25_one_page_out_of_arxiv_paper": ["persistent 1283 MHz continuum source"],
    "files/27_pdf_with_attachment": ["Lorem ipsum dolor sit amet"],
    "inputs/indonesian": ["sensor sederhana"],
    "inputs/romanian": ["Datele provin din trei sate"],
    "inputs/lineno_gutter": ["at 12 of The probe", "drift of the sensor"],
    "inputs/lineno_both_margins": ["drift of the sensor"],
    "inputs/lineno_every_line": ["Our encoder predicts the length"],
}
HEADINGS = {
    "files/01_type3_bitmap_fonts_paper": ["Abstract", "1. Introduction", "2. The CALL-SLT System", "5. References"],
    "files/03_review_libreoffice_lines_acl": ["2.1.1 Title subsubsection", "3 Figures and tables", "5 Final remarks"],
    "files/04_review_cvpr2023": ["Abstract", "1. Introduction", "1.4. The ruler"],
    "files/05_review_iclr2026_control": ["ABSTRACT", "1.1 STYLE"],
    "files/10_jss_title_is_journal": ["Abstract", "1. Introduction"],
    "files/12_mdpi_no_authors": ["Abstract", "1. Background", "References"],
    "files/14_plos_accent_on_wrong_letter": ["Abstract", "Introduction", "References"],
    "files/15_letter_without_abstract": ["REFERENCES"],
}
ABSENT = {
    "files/03_review_libreoffice_lines_acl": r"nostrum 36|50 3 Figures",
    "files/05_review_iclr2026_control": r"325 326",
    "files/14_plos_accent_on_wrong_letter": r"Steṕ|Universite´",
    "inputs/lineno_gutter": r"\b(?!12\b|40\b)\d{2,3}\b",
    "inputs/lineno_both_margins": r"\b(?!12\b|40\b)\d{2,3}\b",
    "inputs/lineno_every_line": r"Introduction 10|measures 15",
}
YEARS = {
    "files/10_jss_title_is_journal": 2007,
    "files/14_plos_accent_on_wrong_letter": 2017,
    "files/28_ocr_scan_title_is_authors": 1998,
    "inputs/adam_cited_on_page_one": None,
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_be_read_says_why(shared, name):
    with pytest.raises(PdfError) as error:
        read_pdf(shared / "robustness" / f"{name}.pdf")
    assert error.value.reason == REFUSED[name]


@pytest.mark.parametrize("name", sorted(TEXT.keys() | HEADINGS.keys() | ABSENT.keys() | YEARS.keys()))
def test_a_reported_file_is_read(shared, name):
    paper = read_once(shared / "wild" / f"{name}.pdf")
    assert [text for text in TEXT.get(name, ()) if text not in paper.text] == []
    headings = [section.heading for section in paper.sections]
    assert [heading for heading in HEADINGS.get(name, ()) if heading not in headings] == []
    assert re.findall(ABSENT.get(name, r"(?!)"), paper.text) == []
    assert paper.year == YEARS.get(name, paper.year)


def test_every_reported_file_is_read(shared):
    for path in sorted((shared / "wild").glob("*/*.pdf")):
        assert len(read_once(path).text) > 100, path.name


def test_an_id_in_the_references_is_not_the_papers(shared):
    assert read_once(shared / "wild/inputs/adam_cited_on_page_one.pdf").arxiv_id is None


def test_a_letter_has_a_body_and_a_signature(shared):
    paper = read_once(shared / "wild/inputs/letter_without_abstract.pdf")
    assert {zoned.zone for zoned in paper.zones} == {Zone.BODY}
    assert paper.authors == ("Nora Quist",)
