//! What sets things right, or wrong, outside ceremonies: hooks, other ways to sign in, and the recovery at the end of a scenario.

use faultkey_client::DomExceptionName;
use faultkey_relying_party::{Answer, Fallback, Observation};

use super::{PlayError, Player, clean_ask};
use crate::facts::{Ceremony, Ended, Recovery, WayTried};
use crate::scenario::Hook;

impl Player<'_, '_> {
    pub(super) async fn hook(&mut self, hook: Hook) -> Result<Observation<()>, PlayError> {
        self.stage.look_again();
        self.stage.lasting_cause = true;
        self.changed = true;
        Ok(match hook {
            Hook::Reset => self.stage.adapter.reset(&self.stage.account).await?,
            Hook::DeleteCredential => self.stage.adapter.delete_credential(&self.stage.account).await?,
        })
    }

    pub(super) async fn fall_back(&mut self, way: Fallback) -> Result<Observation<Answer>, PlayError> {
        self.stage.look_again();
        let answer = self.stage.adapter.fall_back(&mut self.stage.session, &self.stage.account, way).await?;
        if let (Observation::Seen(Answer { accepted: true, .. }), Fallback::SupportReset) = (&answer, way) {
            // The request is filed; the desk, which is the hook, does what it asks.
            if let Observation::NotObservable(unseen) = self.hook(Hook::Reset).await? {
                return Ok(Observation::NotObservable(unseen));
            }
        }
        Ok(answer)
    }

    /// The passkey as it is; else the first way that leads to a new one and to a clean authentication (catalogue §3.3, recovery tail).
    pub(super) async fn recover(&mut self, ways: &[Fallback]) -> Result<Recovery, PlayError> {
        self.stage.faults.clear(None);
        let mut recovery = Recovery { as_it_is: None, ways: Vec::new() };
        if !self.stage.lasting_cause && self.stage.made_passkey {
            let as_it_is = self.sign_in().await?;
            let works = !as_it_is.failed();
            recovery.as_it_is = Some(as_it_is);
            if works {
                return Ok(recovery);
            }
        }
        for way in ways {
            // Whoever takes another way comes without the session of the last one.
            self.stage.new_session();
            let tried = self.take(*way).await?;
            let works = tried.works();
            recovery.ways.push(tried);
            if works {
                break;
            }
        }
        Ok(recovery)
    }

    async fn take(&mut self, way: Fallback) -> Result<WayTried, PlayError> {
        let answer = self.fall_back(way).await?;
        let mut tried = WayTried { way, answer, removal: None, registration: None, authentication: None };
        if !matches!(&tried.answer, Observation::Seen(answer) if answer.accepted) {
            return Ok(tried);
        }
        let mut registration = self.stage.register(&clean_ask(true)).await?;
        // The dead passkey is on the list of those that exist; a user removes it in the account's settings.
        if excluded(&registration) {
            let removal = self.stage.remove_passkey().await?;
            if removal == Observation::Seen(()) {
                registration = self.stage.register(&clean_ask(true)).await?;
            }
            tried.removal = Some(removal);
        }
        self.stage.lasting_cause &= registration.failed();
        tried.registration = Some(registration);
        // Also after a refusal: where the old passkey is excluded, it may still work.
        tried.authentication = Some(self.sign_in().await?);
        Ok(tried)
    }

    async fn sign_in(&mut self) -> Result<Ceremony, PlayError> {
        self.stage.leave_session();
        Ok(self.stage.log_in(&clean_ask(false)).await?)
    }
}

/// The device refused because the options exclude a passkey that it has (WebAuthn-3 §5.1.3 step 22).
fn excluded(registration: &Ceremony) -> bool {
    matches!(registration.ended(), Ended::Client(exception) if exception.name == DomExceptionName::InvalidStateError)
}
