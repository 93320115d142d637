"""The library tab.

tab      layout and wiring
actions  what happens on an event
view     the HTML: the list of papers, and a job that adds some
"""
