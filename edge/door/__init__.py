"""The door itself: who may open it besides the mask, and what its contacts tell.

Begin with `contract` (the rules, pure) and `debounce` (when a contact is believed, pure); `keeper` has both drive the
relay, on a thread of its own; `latches` keeps what a power cut must not end.
"""
