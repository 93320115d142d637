"""First pages in the layouts of publishers, authored here: what stands where and in which size is theirs, no words are.

A block is (text, size, font, where): font "r", "b", "i" for Times, "R", "B", "I" for Helvetica; where "l", "c", "r" aligns,
a number is the x of its left edge. "^1,2^" is raised. "---" leaves a gap of `size` points, "===" draws a rule.
"""

# ruff: noqa: E501 - a page is easier to read with a block a line

from dataclasses import dataclass, field
from pathlib import Path

import pymupdf
from made_pdfs import BODY, new_document, page_of, saved, wrapped

FONTS = {"r": "tiro", "b": "tibo", "i": "tiit", "R": "helv", "B": "hebo", "I": "heit"}
WIDTH, LEFT, RIGHT = 595, 60, 535
SUMMARY = " ".join(BODY)
AFFILIATION = "Department of Field Studies, University of Westfield, 12345 Westfield, Norway"
Block = tuple[str, float, str, str | float]


@dataclass
class FrontPage:
    """A first page and what is on it."""

    name: str
    title: str
    authors: tuple[str, ...]
    blocks: list[Block]
    sidebar: list[str] = field(default_factory=list)
    cover: list[Block] = field(default_factory=list)
    left: float = LEFT
    columns: int = 1
    metadata: dict[str, str] = field(default_factory=dict)
    body: float = 10.0


def _put(page: pymupdf.Page, x: float, y: float, text: str, size: float, font: str) -> None:
    for number, piece in enumerate(text.split("^")):
        if piece:
            small = size * 0.65 if number % 2 else size
            page.insert_text((x, y - (0.35 * size if number % 2 else 0)), piece, fontsize=small, fontname=FONTS[font])
            x += pymupdf.Font(FONTS[font]).text_length(piece, small)


def _width(text: str, size: float, font: str) -> float:
    pieces = enumerate(text.split("^"))
    return sum(pymupdf.Font(FONTS[font]).text_length(each, size * (0.65 if row % 2 else 1)) for row, each in pieces)


def _draw(page: pymupdf.Page, blocks: list[Block], y: float, left: float) -> float:
    for text, size, font, where in blocks:
        if text == "---":
            y += size
        elif text == "===":
            page.draw_line((left, y - 4), (RIGHT, y - 4), width=0.6)
            y += size
        elif isinstance(where, float | int):  # beside the block before it
            _put(page, where, y - 1.25 * size, text, size, font)
        else:
            for line in text.split("\n"):
                for part in [line] if "^" in line else wrapped(line, RIGHT - left, size, FONTS[font]):
                    wide = _width(part, size, font)
                    x = {"l": left, "c": (left + RIGHT - wide) / 2, "r": RIGHT - wide}[where]
                    _put(page, x, y, part, size, font)
                    y += 1.25 * size
    return y


def _flow(page: pymupdf.Page, y: float, spec: FrontPage) -> None:
    gap = 20 if spec.columns == 2 else 0
    width = (RIGHT - spec.left - gap) / spec.columns
    lines = wrapped(SUMMARY * 8, width, spec.body)
    for column in range(spec.columns):
        at = y
        while at < 790 and lines:
            _put(page, spec.left + column * (width + gap), at, lines.pop(0), spec.body, "r")
            at += 1.2 * spec.body


def write(spec: FrontPage, folder: Path) -> Path:
    document = new_document()
    if spec.cover:
        _draw(page_of(document), spec.cover, 80, LEFT)
    page = page_of(document)
    y = _draw(page, spec.blocks, 50, spec.left)
    for row, line in enumerate(spec.sidebar):
        _put(page, 40, 420 + 10 * row, line, 7, "r")
    _flow(page, y + 12, spec)
    _flow(page_of(document), 80, FrontPage("", "", (), [], columns=spec.columns, left=spec.left, body=spec.body))
    document.set_metadata(spec.metadata)
    return saved(document, folder / f"{spec.name}.pdf")


def _abstract(text: str = "Abstract", font: str = "b") -> list[Block]:
    return [("---", 8, "r", "l"), (text, 11, font, "l"), (SUMMARY, 10, "r", "l"), ("---", 8, "r", "l"),
            ("1 Introduction", 12, font, "l")]  # fmt: skip


PAGES = [
    FrontPage(
        "mdpi", "Soil Moisture Retrieval over Small Farms: A Comparison of Sensors and Models",
        ("Ana Silva", "Björn Åkesson", "Chiara De Luca", "Ngoc Anh Tran"),
        [("Article", 10, "i", "l"), ("Soil Moisture Retrieval over Small Farms: A Comparison of Sensors and Models", 18, "b", "l"),
         ("Ana Silva ^1,†^, Björn Åkesson ^1,2,†^, Chiara De Luca ^3,^* and Ngoc Anh Tran ^2^", 10, "b", "l"),
         (f"^1^ {AFFILIATION}; ana@westfield.no", 8, "r", "l"),
         ("^2^ Institute of Sensors, Via Verde 3, 00100 Roma, Italy", 8, "r", "l"),
         ("* Correspondence: deluca@sensors.it", 8, "r", "l"), ("---", 6, "r", "l"),
         (f"Abstract: {SUMMARY}", 9, "r", "l"), ("Keywords: soil; moisture; farms", 9, "r", "l"), ("---", 8, "r", "l"),
         ("1. Introduction", 10, "b", "l")],
        sidebar=["Citation: Silva, A.; Åkesson, B.; De", "Luca, C. Soil Moisture Retrieval over", "Small Farms. Sensors 2023, 23, 1.",
                 "Received: 2 January 2023", "Accepted: 3 March 2023", "Published: 6 March 2023", "Copyright: © 2023 by the authors."],
        left=170,
    ),
    FrontPage(
        "jss", "kites: An R Package for Wind Series", ("Marta Nowak", "Ivo van den Berg"),
        [("JSS", 24, "b", "l"), ("Journal of Statistical Software", 22, "b", "c"),
         ("January 2019, Volume 88, Issue 3.    http://www.jstatsoft.org/", 10, "i", "c"), ("---", 20, "r", "l"),
         ("kites: An R Package for Wind Series", 17, "b", "c"), ("---", 14, "r", "l"),
         ("Marta Nowak", 12, "b", 130), ("---", 15, "r", "l"), ("Ivo van den Berg", 12, "b", 350),
         ("University of Westfield", 11, "r", 130), ("---", 14, "r", "l"), ("Vrije Universiteit Amsterdam", 11, "r", 350),
         ("===", 14, "r", "l"), ("Abstract", 11, "b", "c"), (SUMMARY, 10, "r", "l"), ("===", 16, "r", "l"),
         ("1. Introduction", 14, "b", "c")],
    ),
    FrontPage(
        "jstor_cover", "The Kinship of Hill Farmers in Two Valleys", ("Max Okonkwo", "Grace Adeyemi"),
        [("THE KINSHIP OF HILL FARMERS IN TWO VALLEYS", 14, "r", "c"), ("MAX OKONKWO and GRACE ADEYEMI", 10, "r", "c"), ("---", 20, "r", "l")],
        cover=[("International Hill Institute", 20, "B", "l"), ("---", 10, "r", "l"),
               ("The Kinship of Hill Farmers in Two Valleys", 14, "b", "l"), ("Author(s): Max Okonkwo and Grace Adeyemi", 10, "r", "l"),
               ("Source: Hills: Journal of the International Hill Institute, Vol. 10, No. 4 (Oct., 1937), pp. 425-428", 10, "r", "l"),
               ("Published by: Westfield University Press", 10, "r", "l"), ("Stable URL: https://www.jstor.org/stable/1155150", 10, "r", "l"),
               ("Accessed: 20-06-2016 10:11 UTC", 10, "r", "l"),
               ("JSTOR is a not-for-profit service that helps scholars, researchers, and students discover content.", 8, "r", "l")],
    ),
    FrontPage(
        "researchgate_cover", "A Field Trial of Rain Gauges", ("Peter Lindqvist", "Sofia Marino"),
        [("A Field Trial of Rain Gauges", 18, "b", "c"), ("Peter Lindqvist^1^ and Sofia Marino^2^", 11, "r", "c"), (f"^1^{AFFILIATION}", 9, "i", "c"), *_abstract()],
        cover=[("See discussions, stats, and author profiles for this publication at: https://www.researchgate.net/publication/2", 8, "R", "l"),
               ("A Field Trial of Rain Gauges", 16, "B", "l"), ("Article in Journal of Rain · January 2010", 9, "R", "l"),
               ("2 authors, including:", 9, "R", "l"), ("Peter Lindqvist", 9, "B", "l"), ("44 PUBLICATIONS 1,244 CITATIONS", 8, "R", "l")],
    ),
    FrontPage(
        "emerald", "Supporting new managers in small hospitals: a review of interventions for the first year",
        ("Miriam Kovács", "Tom O'Neill"),
        [("The current issue and full text archive of this journal is available on Emerald Insight at:", 7, "R", "l"),
         ("www.emeraldinsight.com/1477-7266.htm", 7, "R", "l"), ("---", 20, "r", "l"),
         ("Supporting new managers in small hospitals: a review of interventions for the first year", 18, "B", "l"), ("---", 6, "r", "l"),
         ("Miriam Kovács", 11, "B", "l"), ("School of Management, University of Westfield, Westfield, New Zealand, and", 9, "I", "l"),
         ("Tom O'Neill", 11, "B", "l"), ("Department of Health, Auckland, New Zealand", 9, "I", "l"), *_abstract("Abstract", "B")],
    ),
    FrontPage(
        "sage", "Blood pressure of older cats: a study of 200 house visits", ("Julia Hartmann", "Kim Sørensen", "Lucía Peña"),
        [("Journal of Feline Practice and Surgery", 20, "B", "l"), ("Original Article", 10, "B", "l"), ("---", 14, "r", "l"),
         ("Blood pressure of older cats: a study of 200 house visits", 17, "B", "l"), ("---", 6, "r", "l"),
         ("Julia Hartmann^1^, Kim Sørensen^2^ and Lucía Peña^1^", 11, "B", "l"), *_abstract("Abstract", "B"),
         ("^1^Clinic for Cats, Westfield, UK", 7, "R", "l")],
    ),
    FrontPage(
        "revtex", "Spin waves in tilted layers of weakly coupled magnets", ("A. V. Petrov", "M. R. Singh", "Yu. K. Lee"),
        [("PHYSICAL REVIEW B 88, 014101 (2013)", 10, "r", "c"), ("---", 16, "r", "l"),
         ("Spin waves in tilted layers of weakly coupled magnets", 13, "b", "c"), ("---", 6, "r", "l"),
         ("A. V. Petrov,^1,*^ M. R. Singh,^2^ and Yu. K. Lee^1,2^", 10.5, "r", "c"), ("^1^Institute of Magnets, 630090 Novosibirsk, Russia", 9, "i", "c"),
         ("^2^Departamento de Física, Universidad de Westfield, México D.F.", 9, "i", "c"), ("(Received 3 January 2013; published 8 July 2013)", 9, "r", "c"),
         ("---", 6, "r", "l"), (SUMMARY, 9, "r", "l"), ("DOI: 10.1103/PhysRevB.88.014101", 8, "r", "l"), ("---", 10, "r", "l"), ("I. INTRODUCTION", 10, "b", "c")],
        columns=2,
    ),
    FrontPage(
        "elsevier", "A graph model for the scheduling of field robots", ("Emma Jansen", "Rajesh Kumar", "Wei Zhang"),
        [("Contents lists available at ScienceDirect", 8, "r", "c"), ("Robotics and Fields", 18, "r", "c"),
         ("journal homepage: www.elsevier.com/locate/robfield", 8, "r", "c"), ("===", 20, "r", "l"),
         ("A graph model for the scheduling of field robots", 19, "r", "l"), ("Emma Jansen ^a,*^, Rajesh Kumar ^b^, Wei Zhang ^a,b^", 13, "r", "l"),
         (f"^a^ {AFFILIATION}", 7.5, "i", "l"), ("^b^ Kumar Laboratory, Pune, India", 7.5, "i", "l"), ("===", 16, "r", "l"),
         ("a b s t r a c t", 9, "r", "l"), (SUMMARY, 9, "r", "l"), ("===", 16, "r", "l"), ("1. Introduction", 10, "b", "l")],
        columns=2,
    ),
    FrontPage(
        "springer_journal", "Learning to rank the reports of citizens", ("Hans-Peter Müller", "Aïcha Benali"),
        [("Data Min Knowl Disc (2018) 32:1–24", 8, "r", "l"), ("https://doi.org/10.1007/s10618-018-0001-1", 8, "r", "l"), ("---", 24, "r", "l"),
         ("Learning to rank the reports of citizens", 16, "b", "l"), ("---", 8, "r", "l"), ("Hans-Peter Müller^1^ · Aïcha Benali^2^", 11, "b", "l"),
         ("Received: 12 May 2017 / Accepted: 3 January 2018 / Published online: 9 January 2018", 8, "r", "l"), ("© The Author(s) 2018", 8, "r", "l"), *_abstract()],
    ),
    FrontPage(
        "lncs", "Verifying Plans of Teams of Drones", ("Olga Ivanova", "John A. Smith", "María-José García"),
        [("Verifying Plans of Teams of Drones", 14, "b", "c"), ("---", 10, "r", "l"), ("Olga Ivanova^1(B)^, John A. Smith^2^, and María-José García^1^", 10, "r", "c"),
         ("^1^ University of Westfield, Westfield, Spain", 9, "r", "c"), ("{olga,mj}@westfield.es", 9, "r", "c"), ("^2^ Drone Research, Boston, MA, USA", 9, "r", "c"),
         ("---", 14, "r", "l"), (f"Abstract. {SUMMARY}", 9, "r", "l"), ("Keywords: Drones · Plans", 9, "r", "l"), ("---", 10, "r", "l"), ("1 Introduction", 12, "b", "l")],
    ),
    FrontPage(
        "ieee", "Robust Estimation of Slip for Wheeled Rovers on Sand", ("Carlos M. Ruiz", "Li-Wei Chen", "Sarah O. Cohen"),
        [("IEEE TRANSACTIONS ON FIELD ROBOTICS, VOL. 12, NO. 3, MARCH 2015", 7, "r", "l"), ("---", 14, "r", "l"),
         ("Robust Estimation of Slip for Wheeled Rovers on Sand", 22, "r", "c"), ("---", 6, "r", "l"),
         ("Carlos M. Ruiz, Student Member, IEEE, Li-Wei Chen, Senior Member, IEEE, and Sarah O. Cohen, Fellow, IEEE", 11, "r", "c"),
         ("---", 14, "r", "l"), (f"Abstract—{SUMMARY}", 9, "b", "l"), ("---", 10, "r", "l"), ("I. INTRODUCTION", 10, "r", "c")],
        columns=2,
    ),
    FrontPage(
        "acm", "Tracing Requests Through Many Small Services", ("Noor Al-Hassan", "Pierre-François Dupont"),
        [("Tracing Requests Through Many Small Services", 17, "B", "c"), ("---", 10, "r", "l"), ("Noor Al-Hassan^*^", 12, "R", 100), ("---", 15, "r", "l"),
         ("Pierre-François Dupont", 12, "R", 350), ("Westfield Systems", 10, "R", 100), ("---", 13, "r", "l"), ("Université de Westfield", 10, "R", 350),
         ("Boston, MA, USA", 10, "R", 100), ("---", 13, "r", "l"), ("Paris, France", 10, "R", 350), ("ABSTRACT", 11, "B", "l"), (SUMMARY, 9, "r", "l"), ("---", 10, "r", "l"),
         ("1 INTRODUCTION", 11, "B", "l")],
        columns=2,
    ),
    FrontPage(
        "plos", "Waves of growth in seedlings of barley after frost", ("Élodie Martin", "George Papadopoulos", "Zoë de Vries"),
        [("PLOS ONE", 10, "B", "l"), ("RESEARCH ARTICLE", 10, "R", "l"), ("Waves of growth in seedlings of barley after frost", 18, "B", "l"),
         ("Élodie Martin^1,2^*, George Papadopoulos^1^§, Zoë de Vries^3^§", 11, "B", "l"), (f"1 {AFFILIATION}, 2 Institute of Barley, Athens, Greece", 9, "R", "l"),
         ("* elodie@barley.gr", 9, "R", "l"), ("---", 6, "r", "l"), ("Abstract", 14, "B", "l"), (SUMMARY, 10, "r", "l"), ("---", 8, "r", "l"), ("Introduction", 14, "B", "l")],
        sidebar=["OPEN ACCESS", "Citation: Martin É, Papadopoulos G,", "de Vries Z (2018) Waves of growth in", "seedlings. PLoS ONE 13(3): e0194893.",
                 "Editor: Jan Novak, Westfield", "Received: June 1, 2017", "Accepted: March 1, 2018"],
        left=200,
    ),
    FrontPage(
        "nature", "A memory of drought in the roots of trees", ("Ruth Abebe", "Dmitri Volkov", "Haruka Sato"),
        [("ARTICLE", 10, "B", "l"), ("https://doi.org/10.1038/s41586-020-0001-1", 8, "R", "l"), ("A memory of drought in the roots of trees", 24, "B", "l"),
         ("Ruth Abebe^1,3^, Dmitri Volkov^2,3^ & Haruka Sato^1^ ✉", 10, "B", "l"), ("---", 10, "r", "l"), (SUMMARY, 9.5, "b", "l")],
        columns=2, body=9,
    ),
    FrontPage(
        "frontiers", "Attention and Sleep in Shift Workers: A Diary Study", ("Laura Bianchi", "Mehmet Demir", "Siobhan Kelly"),
        [("ORIGINAL RESEARCH", 9, "B", "r"), ("published: 12 May 2021", 7, "R", "r"), ("doi: 10.3389/fpsyg.2021.000001", 7, "R", "r"), ("---", 10, "r", "l"),
         ("Attention and Sleep in Shift Workers: A Diary Study", 20, "B", "l"), ("Laura Bianchi ^1^*, Mehmet Demir ^2^ and Siobhan Kelly ^1^", 11, "b", "l"),
         ("^1^ Department of Sleep, University of Westfield, Dublin, Ireland, ^2^ Istanbul Technical University, Istanbul, Turkey", 8, "i", "l"), ("---", 6, "r", "l"),
         (SUMMARY, 10, "b", "l"), ("---", 8, "r", "l"), ("INTRODUCTION", 11, "B", "l")],
        sidebar=["OPEN ACCESS", "Edited by:", "Paolo Conti,", "University of Rome, Italy", "Reviewed by:", "Anna Berg,", "Uppsala University, Sweden", "*Correspondence:", "Laura Bianchi"],
        left=190,
    ),
    FrontPage(
        "taylor_francis_cover", "Teaching fractions with kitchen scales", ("Helen Brown", "Chidi Eze"),
        [("Teaching fractions with kitchen scales", 15, "b", "l"), ("Helen Brown^a^ and Chidi Eze^b^", 11, "r", "l"), ("^a^School of Education, University of Westfield, UK", 9, "r", "l"), *_abstract("ABSTRACT")],
        cover=[("This article was downloaded by: [University of Westfield]", 9, "R", "l"), ("Journal of Kitchen Mathematics", 18, "B", "l"),
               ("Teaching fractions with kitchen scales", 12, "B", "l"), ("Helen Brown & Chidi Eze", 10, "R", "l"),
               ("To cite this article: Helen Brown & Chidi Eze (2012) Teaching fractions, Journal of Kitchen Mathematics, 3:1, 1-9", 9, "R", "l"),
               ("Full terms and conditions of use: https://www.tandfonline.com/page/terms-and-conditions", 8, "R", "l")],
    ),
    FrontPage(
        "hal_cover", "On the colouring of sparse maps", ("Jean-Luc Moreau",),
        [("On the colouring of sparse maps", 17, "r", "c"), ("Jean-Luc Moreau^*^", 12, "r", "c"), ("12 March 2009", 12, "r", "c"), *_abstract()],
        cover=[("On the colouring of sparse maps", 20, "B", "c"), ("Jean-Luc Moreau", 12, "R", "c"), ("To cite this version:", 10, "B", "l"),
               ("Jean-Luc Moreau. On the colouring of sparse maps. 2009. hal-00000001", 10, "R", "l"),
               ("HAL is a multi-disciplinary open access archive for the deposit and dissemination of scientific research documents.", 9, "R", "l")],
    ),
    FrontPage(
        "supporting_information", "Supporting Information: Base-free coupling of two small rings",
        ("Ming Chen", "Ursula Weiß"),
        [("Electronic Supplementary Material (ESI) for RSC Rings.", 8, "R", "l"), ("This journal is © The Royal Society of Rings 2016", 8, "R", "l"), ("---", 30, "r", "l"),
         ("Supporting Information", 16, "b", "c"), ("---", 14, "r", "l"), ("Base-free coupling of two small rings", 14, "b", "c"), ("---", 10, "r", "l"),
         ("Ming Chen*^ab^ and Ursula Weiß^c^", 12, "r", "c"), ("^a^ Pharmaceutical Institute, University of Westfield, Bonn, Germany", 10, "i", "l"),
         ("^c^ CNRS, Laboratoire de Chimie, 64053 Pau, France", 10, "i", "l"), ("---", 20, "r", "l"), ("1. General Procedures", 12, "b", "l")],
    ),
    FrontPage(
        "letter", "Vaccines for the crews of research ships", ("Nora Quist",),
        [("LETTER TO THE EDITOR", 9, "B", "l"), ("---", 8, "r", "l"), ("Vaccines for the crews of research ships", 16, "b", "l"), ("---", 8, "r", "l"), ("To the editor,", 10, "r", "l"),
         (SUMMARY, 10, "r", "l"), ("Yours sincerely,", 10, "r", "l"), ("Nora Quist", 10, "r", "l"), ("Harbour Clinic, Westfield", 10, "r", "l")],
    ),
    FrontPage(
        "thesis", "Reading the Weather from the Movement of Cows", ("Isabel Fuentes Castillo",),
        [("University of Westfield", 14, "r", "c"), ("Faculty of Agriculture", 12, "r", "c"), ("---", 80, "r", "l"), ("Reading the Weather from the Movement of Cows", 24, "b", "c"),
         ("---", 30, "r", "l"), ("by", 12, "r", "c"), ("Isabel Fuentes Castillo", 14, "r", "c"), ("---", 30, "r", "l"), ("Doctoral thesis, 2017", 12, "r", "c")],
    ),
    FrontPage(
        "wiley", "Timing of floods in small catchments of the north", ("Kristján Þór Jónsson", "Agnieszka Wójcik"),
        [("Received: 4 April 2019  Revised: 2 May 2019  Accepted: 7 May 2019", 7, "R", "l"), ("DOI: 10.1002/hyp.00001", 7, "R", "l"), ("---", 8, "r", "l"), ("R E S E A R C H  A R T I C L E", 9, "B", "l"),
         ("Timing of floods in small catchments of the north", 18, "B", "l"), ("Kristján Þór Jónsson^1^ | Agnieszka Wójcik^2^", 12, "R", "l"),
         ("^1^Department of Water, University of Westfield, Reykjavík, Iceland", 8, "R", "l"), ("^2^Institute of Geophysics, Warsaw, Poland", 8, "R", "l"), *_abstract("Abstract", "B")],
    ),
    FrontPage(
        "old_review_copy", "Paths of Plovers over the Estuary", (),
        [("IEEE Field 2023 Submission #123. CONFIDENTIAL REVIEW COPY. DO NOT DISTRIBUTE.", 8, "R", "c"), ("---", 20, "r", "l"), ("Paths of Plovers over the Estuary", 15, "b", "c"),
         ("---", 8, "r", "l"), ("Anonymous Field submission", 11, "r", "c"), ("Paper ID 123", 11, "r", "c"), *_abstract()],
        columns=2,
    ),
    FrontPage(
        "neurips", "State-Space Models Without Clocks", ("Diego Fernández", "Yuki Tanaka", "Ingrid Haugen", "Samuel Kwabena Mensah"),
        [("===", 24, "r", "l"), ("State-Space Models Without Clocks", 17, "b", "c"), ("===", 24, "r", "l"), ("Diego Fernández^*^", 10, "b", 120), ("---", 12.5, "r", "l"), ("Yuki Tanaka^*^", 10, "b", 360),
         ("Rover Group", 10, "r", 120), ("---", 12.5, "r", "l"), ("Harbour Collective", 10, "r", 360), ("diego@rover.org", 9, "r", 120), ("---", 20, "r", "l"), ("yuki@harbour.org", 9, "r", 360),
         ("Ingrid Haugen", 10, "b", 120), ("---", 12.5, "r", "l"), ("Samuel Kwabena Mensah", 10, "b", 360), ("Fjord Works", 10, "r", 120), ("---", 12.5, "r", "l"), ("Coastal Workshop", 10, "r", 360),
         ("Abstract", 12, "b", "c"), (SUMMARY, 10, "r", "l"), ("---", 8, "r", "l"), ("1 Introduction", 12, "b", "l")],
    ),
    FrontPage(
        "medical_degrees", "Falls of Patients after Surgery of the Knee", ("Robert K. Johnson", "Mary-Ann Lee", "Paul St. Clair"),
        [("ANNALS OF KNEES", 16, "b", "c"), ("ORIGINAL ARTICLE", 9, "R", "l"), ("Falls of Patients after Surgery of the Knee", 18, "b", "l"),
         ("Robert K. Johnson, MD, PhD, Mary-Ann Lee, RN, MSc, and Paul St. Clair, M.D.", 11, "r", "l"), ("From the Hospital of Westfield, Westfield, Canada", 8, "i", "l"), *_abstract("ABSTRACT")],
    ),
]  # fmt: skip
