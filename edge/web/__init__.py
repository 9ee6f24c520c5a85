"""The kiosk in a browser: status page, door screen, settings and API; needs the extra `web`.

It runs in the kiosk's own process, on a thread of its own, and costs the loop one assignment a frame: whatever is
drawn, blurred, encoded or counted happens over here, and only while somebody looks.

Begin with `table` (every operation of the API), then `live` (what the loop told last), `guarding` and `people` (who
may do what), and `start` (how it is all put together).
"""
