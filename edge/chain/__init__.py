"""From a frame to the state of the door, stage by stage.

Begin with `pipeline`, which is the drawing; each stage is a module: `motion`, `zones`, `tracker`, `liveness`,
`attention` (with `quality`), `verdicts`, `alarm`. Time is the frame's own, so a replay decides as the live kiosk did.
`edge.assembly.stages` puts them together.
"""
