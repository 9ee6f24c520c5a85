"""One command from somebody's own pictures to a tested model: the stages of the other rooms, put together.

Begin with `classifier` (the whole of it), then `pictures` (read, looked at and divided), `paired` (is the new model
better than the old one?) and `steps` (progress, and what a stopped run goes on from); `detector` does the same for
faces.
"""
