"""From a frame to the state of the door, stage by stage; `pipeline` is the drawing."""
