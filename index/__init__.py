"""Papers in, passages out. Knows nothing of language models or screens."""

import os

# ONNX Runtime, which PyMuPDF and fastembed load, reports to its maker from 1.29 on (microsoft/onnxruntime#27379).
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
