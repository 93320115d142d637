"""The breakdown tab.

tab      layout and wiring
actions  what happens on an event
view     the HTML
"""
