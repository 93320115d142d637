"""The tabs of the browser, a package each."""
