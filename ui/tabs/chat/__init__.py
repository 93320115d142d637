"""The chat tab.

tab      layout and wiring
actions  what happens on an event
choices  scopes and suggested questions to choose from
view     the HTML
"""
