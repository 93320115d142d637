"""Work that outlives a click: questions, reports and ingestion, which any browser tab may follow.

queue         one job at a time: the queue before the model
model_in_use  the chat model that all screens share
chat_jobs     questions of conversations
report_jobs   lines of long jobs, and their turns with the model
report_work   what the two lines do: breakdowns and comparisons, digests
ingest_jobs   papers being added, and what uploads and pasted text become
"""
