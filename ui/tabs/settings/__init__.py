"""The settings tab.

tab   layout, wiring, and what happens on an event
view  what is running, as facts and as HTML
"""
