//! Reads every record of a database and reports: behind `faultkey store check`.

use super::database::{Database, owner};
use super::sled::{counter_key, decode, decode_state, reserved};
use super::{CounterScope, StoreError};
use crate::{CredentialId, KeyState};

/// What a database holds, and what of it can't be read.
#[derive(Debug, Default)]
pub struct Report {
    pub authenticators: Vec<AuthenticatorReport>,
    /// One for each record that can't be read. Nothing is deleted because of them.
    pub problems: Vec<StoreError>,
}

/// What one authenticator holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticatorReport {
    pub name: String,
    /// Records that could be read.
    pub credentials: usize,
    /// Of these, how many have a key that an event of the device invalidated.
    pub invalidated: usize,
}

impl Report {
    /// Every record can be read.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }
}

impl Database {
    /// Reads every record.
    ///
    /// # Errors
    /// [`StoreError`] when the database itself can't be read. A damaged record is in the report instead.
    pub fn check(&self) -> Result<Report, StoreError> {
        let mut report = Report::default();
        for name in self.authenticators()? {
            let prefix = owner(&name)?;
            let mut authenticator = AuthenticatorReport { name, credentials: 0, invalidated: 0 };
            for entry in self.credentials().scan_prefix(&prefix) {
                let (key, record) = entry.map_err(|error| self.failure("read", &error))?;
                let id = key.get(prefix.len()..).unwrap_or_default();
                match decode(self, &authenticator.name, &key, id, &record) {
                    Ok(credential) => {
                        authenticator.credentials += 1;
                        authenticator.invalidated += usize::from(credential.key == KeyState::Invalidated);
                    }
                    Err(problem) => report.problems.push(problem),
                }
            }
            for entry in self.counters().scan_prefix(&prefix).keys() {
                let key = entry.map_err(|error| self.failure("read", &error))?;
                let scope = match key.get(prefix.len()..) {
                    Some(id) if !id.is_empty() => CounterScope::Credential(CredentialId(id.to_vec())),
                    _ => CounterScope::Global,
                };
                report.problems.extend(reserved(self, &counter_key(&prefix, &scope), &scope).err());
            }
            for entry in self.state().scan_prefix(&prefix) {
                let (key, record) = entry.map_err(|error| self.failure("read", &error))?;
                let state = key.get(prefix.len()..).unwrap_or_default();
                report.problems.extend(decode_state(self, &authenticator.name, &key, state, &record).err());
            }
            report.authenticators.push(authenticator);
        }
        Ok(report)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Credential;
    use crate::store::contract::credential;
    use crate::store::{Change, Store};

    #[test]
    fn every_record_is_read_and_each_damaged_one_named() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(folder.path().join("store")).unwrap();
        let mut phone = database.authenticator("phone").unwrap();
        let invalidated = Credential { key: KeyState::Invalidated, ..credential(2) };
        let _ = phone.commit(&[Change::Put(credential(1)), Change::Put(invalidated), Change::Put(credential(3))]).unwrap();
        assert_eq!(phone.next_sign_count(&CounterScope::Global).unwrap(), 1);
        let sound = database.check().unwrap();
        assert!(sound.is_sound());
        assert_eq!(sound.authenticators, [AuthenticatorReport { name: "phone".to_owned(), credentials: 3, invalidated: 1 }]);

        let prefix = owner("phone").unwrap();
        let key = [prefix.as_slice(), &credential(3).id.0].concat();
        database.credentials().insert(key, vec![1, 2, 3]).unwrap();
        database.counters().insert(prefix, vec![1]).unwrap();
        let report = database.check().unwrap();
        assert_eq!(report.authenticators[0].credentials, 2);
        let problems: Vec<String> = report.problems.iter().map(ToString::to_string).collect();
        let path = folder.path().join("store").display().to_string();
        let tail = "nothing was changed: restore a copy, or move the folder away and begin anew";
        assert_eq!(
            problems,
            [
                format!(
                    "the store {path} is damaged: the record of credential {} of authenticator \"phone\" is cut short: 3 bytes; {tail}",
                    credential(3).id
                ),
                format!("the store {path} is damaged: the signature counter of the authenticator has 1 bytes instead of 4; {tail}"),
            ]
        );
        // The damaged record is still there.
        assert_eq!(database.credentials().len(), 3);
    }
}
