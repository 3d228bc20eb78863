//! Conditional mediation: accounts are offered where the page has its form field, and nothing is asked until the user takes one
//! (WebAuthn-3 §5.1.3 step 3, §5.1.4.1 step 20).

use faultkey_transport::Transport;

use crate::User;
use crate::ctap_reply::{AssertedUser, Assertion};
use crate::ctap_request::{self, GetAssertion};
use crate::dialog::{Dialog, Ended};
use crate::user::Account;
use crate::verification::Verification;

/// More accounts than any authenticator keeps for one relying party.
const ACCOUNT_LIMIT: u64 = 1_000;

/// The assertions that follow `first`, and itself.
pub fn all<T: Transport, U: User>(dialog: &mut Dialog<'_, T, U>, first: Assertion) -> Result<Vec<Assertion>, Ended> {
    let count = first.number_of_credentials.unwrap_or(1);
    if count > ACCOUNT_LIMIT {
        return Err(Ended::Malformed(format!("the getAssertion reply claims {count} credentials")));
    }
    let mut assertions = vec![first];
    for _ in 1..count {
        let next = dialog.ask(&ctap_request::get_next_assertion())?;
        assertions.push(Assertion::read(&next)?);
    }
    Ok(assertions)
}

/// What of an assertion a list of accounts shows.
pub fn account(assertion: &Assertion) -> Account {
    let user = assertion.user.clone();
    let (id, name, display_name) = user.map_or_else(Default::default, |user| (user.id, user.name, user.display_name));
    Account { user_handle: id, name, display_name }
}

/// The user's choice from the accounts, written down; `None` when nothing (or nothing that exists) is chosen.
pub fn choice<T: Transport, U: User>(
    dialog: &mut Dialog<'_, T, U>,
    question: &str,
    assertions: &[Assertion],
    choose: impl FnOnce(&mut U, &[Account]) -> Option<usize>,
) -> Option<usize> {
    let accounts: Vec<Account> = assertions.iter().map(account).collect();
    let names: Vec<_> = accounts.iter().map(|account| account.name.as_deref().unwrap_or("(no name)")).collect();
    dialog.asks(format!("{question}: {}", names.join(", ")));
    let choice = choose(dialog.user, &accounts).filter(|index| *index < assertions.len());
    let text = choice.and_then(|index| names.get(index)).map_or_else(|| "cancelled".to_owned(), |name| format!("chose {name}"));
    dialog.answered(text);
    choice
}

/// The discoverable credential that the user takes in the form field: its id, and its user. Nothing to offer, or nothing taken: the
/// call stays open until the page aborts it or is left.
pub fn offer<T: Transport, U: User>(
    dialog: &mut Dialog<'_, T, U>,
    rp_id: &str,
    allow: &[Vec<u8>],
) -> Result<(Vec<u8>, Option<AssertedUser>), Ended> {
    // Nobody verifies these assertions, so they need not be over the ceremony's client data.
    let request =
        GetAssertion { rp_id, client_data_hash: &[0; 32], allow, extensions: &[], verification: &Verification::Not, silent: true };
    let first = match dialog.ask(&request.to_bytes()) {
        Ok(reply) => Assertion::read(&reply)?,
        Err(Ended::Status(_)) => return Err(dialog.run_out()),
        Err(ended) => return Err(ended),
    };
    let mut assertions = all(dialog, first)?;
    // Without a user handle it is not discoverable, and no account to offer.
    assertions.retain(|assertion| assertion.user.is_some());
    let chosen = match assertions.is_empty() {
        true => None,
        false => choice(dialog, "offer accounts in the form field", &assertions, U::autofill),
    };
    let Some(chosen) = chosen.map(|index| assertions.swap_remove(index)) else { return Err(dialog.run_out()) };
    match (chosen.credential_id, allow) {
        (Some(id), _) => Ok((id, chosen.user)),
        (None, [only]) => Ok((only.clone(), chosen.user)),
        (None, _) => Err(Ended::Malformed("the getAssertion reply doesn't say which credential it used".into())),
    }
}
