"""Work that outlives a click: questions, reports and ingestion in their queues."""
