//! Extensions (CTAP2.3 §12; uvm: WebAuthn-2 §10.3). One file each: what it asks, what it keeps, what it answers.

mod cred_protect;
mod data;

pub use cred_protect::CredProtect;
pub use data::{CredRandom, ExtensionData, Secret};
