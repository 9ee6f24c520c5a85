"""A signed release that an admin uploads: received into a bounded folder, verified, and asked for.

Begin with `spool` (the folder, and what came of a request), then `signed` (whether a release is what was signed). What
is asked for is done by the system's own service, as root, with the proof and the way back of `maskgate update`.
"""
