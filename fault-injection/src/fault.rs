//! The faults. One file each, in a folder per layer.
