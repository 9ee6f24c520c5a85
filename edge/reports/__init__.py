"""A day or a week at the door on one page.

Begin with `report` (its figures); `pages` puts them into text and HTML, `schedule` says when one is due.
"""
