//! Accounts, each with at most one passkey.

use std::collections::BTreeMap;

use faultkey_authenticator::random;
use rand::Rng;
use webauthn_rs_core::proto::Credential;

/// Wrong passwords before the password is locked.
pub(super) const PASSWORD_TRIES: u32 = 5;

/// Lengths of credential ids as authenticators have them (catalogue EN-14), the commonest twice.
const DECOY_LENGTHS: [usize; 5] = [16, 20, 32, 32, 64];

/// A registered passkey.
#[derive(Clone, Debug)]
pub(super) struct Passkey {
    /// What webauthn-rs verifies with.
    pub(super) credential: Credential,
    /// The COSE key as it was attested.
    pub(super) public_key: Vec<u8>,
    /// The session that registered it.
    pub(super) registered_in: String,
    /// A log-in with it was tried since it was registered, with success or not.
    pub(super) tried: bool,
}

#[derive(Debug)]
pub(super) struct Account {
    pub(super) display_name: String,
    /// Test accounts only: kept as it is. `None` for an account that a registration made: no password opens it.
    pub(super) password: Option<String>,
    passkey: Option<Passkey>,
}

impl Account {
    pub(super) fn passkey(&self) -> Option<&Passkey> {
        self.passkey.as_ref()
    }

    pub(super) fn passkey_mut(&mut self) -> Option<&mut Passkey> {
        self.passkey.as_mut()
    }
}

/// The broker's customers.
pub(super) struct Accounts {
    seed: u64,
    by_username: BTreeMap<String, Account>,
    /// Credential id to user name.
    owners: BTreeMap<Vec<u8>, String>,
    /// User handle to user name.
    handles: BTreeMap<Vec<u8>, String>,
    /// Wrong passwords by user name, whether or not there is such an account: the budget must not tell.
    wrong_passwords: BTreeMap<String, u32>,
}

impl Accounts {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, by_username: BTreeMap::new(), owners: BTreeMap::new(), handles: BTreeMap::new(), wrong_passwords: BTreeMap::new() }
    }

    pub(super) fn get(&self, username: &str) -> Option<&Account> {
        self.by_username.get(username)
    }

    pub(super) fn passkey(&self, username: &str) -> Option<&Passkey> {
        self.get(username).and_then(Account::passkey)
    }

    pub(super) fn passkey_mut(&mut self, username: &str) -> Option<&mut Passkey> {
        self.by_username.get_mut(username).and_then(Account::passkey_mut)
    }

    /// The user handle (WebAuthn-3 §6.1 `user.id`): the same for ever, so that registering again overwrites on the device.
    pub(super) fn handle(&self, username: &str) -> Vec<u8> {
        self.drawn("user handle", username, 32)
    }

    /// A credential id for a user name that has none: the same each time, and no authenticator's (WebAuthn-3 §14.6.2).
    pub(super) fn decoy_credential_id(&self, username: &str) -> Vec<u8> {
        let choice = self.drawn("decoy credential id's length", username, 1);
        let choice = usize::from(choice.first().copied().unwrap_or_default()) % DECOY_LENGTHS.len();
        self.drawn("decoy credential id", username, DECOY_LENGTHS.get(choice).copied().unwrap_or(32))
    }

    fn drawn(&self, purpose: &str, username: &str, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        random::stream(self.seed, &format!("embedded relying party: {purpose} of {username}")).fill_bytes(&mut bytes);
        bytes
    }

    pub(super) fn owner_of_credential(&self, id: &[u8]) -> Option<&str> {
        self.owners.get(id).map(String::as_str)
    }

    pub(super) fn owner_of_handle(&self, handle: &[u8]) -> Option<&str> {
        self.handles.get(handle).map(String::as_str)
    }

    /// A fresh account, in place of any that had this name.
    pub(super) fn create(&mut self, username: &str, display_name: &str, password: Option<String>) {
        self.remove_passkey(username);
        self.wrong_passwords.remove(username);
        self.handles.insert(self.handle(username), username.to_owned());
        let account = Account { display_name: display_name.to_owned(), password, passkey: None };
        self.by_username.insert(username.to_owned(), account);
    }

    /// Stores `passkey` as the account's only one.
    pub(super) fn set_passkey(&mut self, username: &str, passkey: Passkey) {
        self.remove_passkey(username);
        if let Some(account) = self.by_username.get_mut(username) {
            self.owners.insert(passkey.credential.cred_id.clone(), username.to_owned());
            account.passkey = Some(passkey);
        }
    }

    pub(super) fn remove_passkey(&mut self, username: &str) -> Option<Passkey> {
        let removed = self.by_username.get_mut(username)?.passkey.take()?;
        self.owners.remove(&removed.credential.cred_id);
        Some(removed)
    }

    pub(super) fn password_tries_left(&self, username: &str) -> u32 {
        PASSWORD_TRIES.saturating_sub(self.wrong_passwords.get(username).copied().unwrap_or(0))
    }

    pub(super) fn count_wrong_password(&mut self, username: &str) {
        *self.wrong_passwords.entry(username.to_owned()).or_default() += 1;
    }

    pub(super) fn restore_password_tries(&mut self, username: &str) {
        self.wrong_passwords.remove(username);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_and_decoys_depend_on_seed_and_name_only() {
        let accounts = Accounts::new(1);
        assert_eq!(accounts.handle("hanako"), Accounts::new(1).handle("hanako"));
        assert_ne!(accounts.handle("hanako"), accounts.handle("taro"));
        assert_ne!(accounts.handle("hanako"), Accounts::new(2).handle("hanako"));
        assert_eq!(accounts.handle("hanako").len(), 32);
        let lengths: std::collections::BTreeSet<_> =
            (0..100).map(|number| accounts.decoy_credential_id(&format!("user-{number}")).len()).collect();
        assert_eq!(lengths.into_iter().collect::<Vec<_>>(), [16, 20, 32, 64], "a length does not give a decoy away");
        assert_eq!(accounts.decoy_credential_id("nobody"), Accounts::new(1).decoy_credential_id("nobody"));
    }
}
