"""What `papers … --json` prints, pinned: about forty questions and jobs over the sample papers, one a branch.

The model is scripted (`scripted_reader`), so a difference is a change of ours. Scores, seconds, file paths and moments
are left out: they differ from machine to machine. `GOLDEN=write pytest tests/test_golden_json.py` writes the
files again; read the difference before you commit it.
"""

import json
from pathlib import Path

import pytest
from conftest import ENVIRONMENT, ROOT, new_home
from fake_ollama import serving
from scripted_reader import ScriptedReader
from typer.testing import CliRunner

from ui.cli import app

FOLDER = Path(__file__).parent / "golden" / "json"
LISTING = Path(__file__).parent / "data" / "listing" / "2026-01-19.jsonl"
DROPPED = {
    "seconds",
    "score",
    "made_at",
    "file",
    "files",
    "rects",
    "rectangles",
    "similarity",
    "closeness",
    "prompt_tokens",
}
TRANSLATIONS = {
    "为什么不信任模型给出的段落编号？": "Why is the model's passage number not trusted?",
    "为什么不信任模型给出的段落编号?": "Why is the model's passage number not trusted?",
    "哪些论文使用了 SciFact？": "Which papers use SciFact?",
    "这篇论文如何使用 SciFact？": "How does this paper use SciFact?",
    "这篇论文的局限性是什么？": "What are the limitations of this paper?",
    "法国的首都是哪里？": "What is the capital of France?",
}
PASSAGE = "Why is the model's passage number not trusted?"

# name: (mode of the scripted model, exit code, arguments)
CASES = {
    # one passage answers
    "ask_grounded": ("faithful", 0, ["ask", PASSAGE]),
    "ask_no_model": ("faithful", 0, ["ask", PASSAGE, "--no-model"]),
    "ask_answer_in_chinese": ("faithful", 0, ["ask", PASSAGE, "--language", "zh"]),
    "ask_chinese": ("faithful", 0, ["ask", "为什么不信任模型给出的段落编号？"]),
    "ask_number": ("faithful", 0, ["ask", "How many claims of SciFact were used as questions?"]),
    "ask_of_one_paper": ("faithful", 0, ["ask", "Which embedding model is used?", "--paper", "two_legs"]),
    "ask_acronym": ("faithful", 0, ["ask", "What does MaxSim compare?"]),
    "ask_form": ("faithful", 0, ["ask", "How many candidates does each leg give? Answer with an integer."]),
    # what fails its check
    "ask_wrong_number": ("wrong number", 0, ["ask", PASSAGE]),
    "ask_negated": ("negated", 0, ["ask", PASSAGE]),
    "ask_invented": ("invented", 0, ["ask", PASSAGE]),
    "ask_doubting": ("doubting", 0, ["ask", PASSAGE]),
    "ask_not_json": ("not json", 0, ["ask", PASSAGE]),
    # refusals
    "ask_refused_by_model": ("silent", 0, ["ask", "Which optimizer was used to train the network?"]),
    "ask_refused_off_topic": ("faithful", 0, ["ask", "What is the capital of France?"]),
    "ask_refused_chinese": ("faithful", 0, ["ask", "法国的首都是哪里？"]),
    "ask_refused_name": ("faithful", 0, ["ask", "What is the FID of DALLE-2?"]),
    "ask_refused_figure": ("faithful", 0, ["ask", "What does Figure 9 show?", "--paper", "two_legs"]),
    # several things at once
    "ask_two_parts": ("faithful", 0, ["ask", "What is reciprocal rank fusion, and why is late interaction used?"]),
    "ask_list": ("faithful", 0, ["ask", "What limitations does the search have?", "--paper", "two_legs"]),
    "ask_each_paper": ("faithful", 0, ["ask", "Which of these papers use SciFact, and how?"]),
    "ask_each_paper_no_model": ("faithful", 0, ["ask", "Which of these papers use SciFact?", "--no-model"]),
    "ask_each_paper_chinese": ("faithful", 0, ["ask", "哪些论文使用了 SciFact？"]),
    "ask_compare": ("faithful", 0, ["ask", "How does the lexical leg differ from the dense leg?"]),
    "ask_missing_name": ("faithful", 0, ["ask", "How do BM25 and XLNet rank passages?"]),
    # of a whole paper, its figures, tables and parts
    "ask_whole_paper": ("faithful", 0, ["ask", "What are the limitations of this paper?", "--paper", "many_spans"]),
    "ask_whole_paper_chinese": ("faithful", 0, ["ask", "这篇论文的局限性是什么？", "--paper", "many_spans"]),
    "ask_figure": ("faithful", 0, ["ask", "What does Figure 1 show?", "--paper", "two_legs"]),
    "ask_table": ("faithful", 0, ["ask", "What is in Table 2?", "--paper", "evidence_first"]),
    "ask_table_row": ("faithful", 0, ["ask", "What nDCG does the dense leg reach?", "--paper", "two_legs"]),
    "ask_count_figures": ("faithful", 0, ["ask", "How many figures does this paper have?", "--paper", "two_legs"]),
    "ask_sections": ("faithful", 0, ["ask", "Which sections does this paper have?", "--paper", "two_legs"]),
    # without a model
    "search": ("faithful", 0, ["search", "reciprocal rank fusion", "-k", "3"]),
    "search_chinese": ("faithful", 0, ["search", "为什么不信任模型给出的段落编号？", "-k", "3"]),
    "search_one_paper": ("faithful", 0, ["search", "Table 1", "--paper", "two_legs", "-k", "3"]),
    "list": ("faithful", 0, ["list"]),
    "show": ("faithful", 0, ["show", "many_spans"]),
    # reports
    "breakdown": ("faithful", 0, ["breakdown", "evidence_first", "--again"]),
    "breakdown_no_model": ("faithful", 0, ["breakdown", "two_legs", "--no-model"]),
    "breakdown_chinese": ("faithful", 0, ["breakdown", "many_spans", "--language", "zh", "--no-model"]),
    "breakdown_wrong_number": ("wrong number", 0, ["breakdown", "two_legs", "--fields", "results", "--again"]),
    "compare": ("faithful", 0, ["compare", "evidence_first", "two_legs", "--no-model"]),
    "digest": ("faithful", 0, ["digest", "--interests", "robots that follow instructions", "--top", "2"]),
    "monitor": ("faithful", 0, ["monitor", "--keywords", "vla,spatio-temporal prediction"]),
}  # fmt: skip


@pytest.fixture(scope="module")
def filled(tmp_path_factory, model_folder, sample_papers):
    home = new_home(tmp_path_factory.mktemp("golden") / "home", model_folder)
    done = CliRunner().invoke(app, ["--home", str(home), "ingest", str(sample_papers), "--json"])
    assert done.exit_code == 0, done.output
    return home


@pytest.fixture(scope="module")
def scripted():
    with serving() as ollama:
        reader = ScriptedReader(translations=TRANSLATIONS)
        ollama.reader = reader
        yield ollama, reader


def stable(value):
    """A printed value without what differs from machine to machine and from run to run."""
    if isinstance(value, dict):
        return {key: stable(each) for key, each in value.items() if key not in DROPPED}
    return [stable(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", CASES)
def test_the_json_of_a_command_is_as_it_was(name, filled, scripted, monkeypatch, tmp_path):
    ollama, reader = scripted
    mode, code, arguments = CASES[name]
    reader.mode = mode
    monkeypatch.setenv("OLLAMA_HOST", ollama.host)
    monkeypatch.chdir(ROOT)
    if arguments[0] in ("digest", "monitor"):
        arguments = [*arguments, "--from", str(LISTING), "--offline", "--out", str(tmp_path), "--language", "en"]
    done = CliRunner().invoke(app, ["--home", str(filled), *arguments, "--json"])
    assert done.exit_code == code, done.output + repr(done.exception)
    printed = json.dumps(stable(json.loads(done.stdout)), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    kept = FOLDER / f"{name}.json"
    if ENVIRONMENT.get("GOLDEN") == "write":
        kept.write_text(printed, "utf-8")
    assert printed == kept.read_text("utf-8")


def test_no_golden_file_is_left_over():
    assert {path.stem for path in FOLDER.glob("*.json")} == set(CASES)
