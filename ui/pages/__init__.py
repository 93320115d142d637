"""What pages are made of. Everything that a paper, a model or a user wrote is escaped here.

screen           what a tab is given
labels           the words on the screen, from labels/*.toml
sentences        errors and notes of the core, translated
safe_html        escaped text, maths and Markdown
render           answers, citations, passages, the source panel
paper_pages      routes: page images, PDFs, exported conversations
report_parts     the parts that breakdowns and digests have in common
report_progress  a long job on its way
report_pages     routes: saved breakdowns and digests
"""
