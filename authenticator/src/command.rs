//! The commands (CTAP2.3 §6). One file each: its parameters, its algorithm, its reply.

pub mod get_assertion;
pub mod make_credential;
