"""The components of the library tab."""

from dataclasses import dataclass

import gradio as gr


@dataclass(frozen=True)
class LibraryParts:
    """Every component by its name."""

    files: gr.File
    folder: gr.UploadButton
    pasted: gr.Textbox
    add: gr.Button
    note: gr.HTML  # what became of the last action
    job: gr.HTML
    job_buttons: gr.Row
    cancel: gr.Button
    hide: gr.Button
    filter: gr.Textbox
    tag: gr.Dropdown
    query: gr.Textbox
    hits: gr.HTML
    close_hits: gr.Button
    table: gr.HTML
    listing: gr.State  # Listing
    seen: gr.State  # what this page shows already: version of the job, generation of the library
    hidden: gr.State  # number of the job whose report this reader has hidden
    timer: gr.Timer
