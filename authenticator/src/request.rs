//! A request: what came, byte for byte, beside the typed view.

use ciborium::Value;

use crate::command::{get_assertion, make_credential};

/// One decoded request. The wire model keeps what came: raw bytes and the CBOR tree.
#[derive(Clone, Debug)]
pub struct Request {
    pub raw: Vec<u8>,
    pub tree: Option<Value>,
    pub command: Command,
}

/// The typed view of a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    MakeCredential(make_credential::Parameters),
    GetAssertion(get_assertion::Parameters),
    GetNextAssertion,
    GetInfo,
    Reset,
    Selection,
}
