//! Virtual keys that are plugged in, and what drives them while they are: the user's gestures, faults, events, a trace.
