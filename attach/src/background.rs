//! A program that goes on without the terminal where it was started.

/// Leaves the session, so that neither Ctrl-C nor the end of the terminal reaches this process any more.
pub fn leave_session() {
    // The leader of a session has no other to leave.
    let _already_alone = rustix::process::setsid();
}
