"""Does this span support this sentence?"""
