"""The tabs of the browser, one package each.

In each, tab lays out and wires the components, actions handles the events, and view renders HTML without gradio.

chat       questions, answers and conversations
library    papers: adding, listing, tagging, searching, removing
breakdown  one paper broken down, or some compared
digest     what arXiv announced on a day
settings   what is running, the checks, the model, the settings
"""
