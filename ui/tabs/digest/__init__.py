"""The digest tab.

tab      layout and wiring
actions  what happens on an event
form     what the form means
view     the HTML
"""
