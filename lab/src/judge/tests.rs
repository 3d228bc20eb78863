//! Facts to order, and what is found in them.

mod told_once;
