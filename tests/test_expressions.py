"""No regular expression may take quadratic time: papers, feeds and models choose the text, and `re` keeps the GIL."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_every_expression_takes_linear_time_over_monotonous_text():
    program = [sys.executable, str(ROOT / "tests" / "every_expression.py")]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, timeout=580, check=True)
    measured = json.loads(done.stdout)
    assert measured["count"] > 300
    assert measured["unseen"] == []  # write down in BUILT what they are made of
    assert measured["slow"] == []
