"""From a configuration to what works: networks that are loaded, stages that are put together, and a rehearsal of both.

Read on in `stages` (the one place where the chain is put together), `loading` (the networks) and `rehearsal` (a
configuration is tried before the door depends on it).
"""
