"""Files: who may read them, what they are, written whole.

home          folders and files for their owner alone
regular_file  files that others named or left, opened only if they are regular and small enough
source_files  the PDFs that a path given by the user leads to
whole_file    files that are whole or not there
one_process   a lock that one process holds, and who holds it
"""
