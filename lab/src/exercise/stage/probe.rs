//! Looks at the relying party beside the ceremonies: accepted answers sent again, a refused attempt's challenge, options for other names.

use std::time::Duration;

use faultkey_relying_party::{AdapterError, Answer, TestAccount, Wish};

use super::{Ask, DEFAULT_TIMEOUT, Stage};
use crate::exercise::play::{MARGIN, clean_ask};
use crate::facts::{Ceremony, ChallengeProbe, Ended, Kind, Phase, Replay, ReplayFrom};
use crate::scenario::UserAct;

impl Stage<'_> {
    /// A request that was accepted, once more. `None` if there was none.
    pub async fn replay(&mut self, of: Kind, from: ReplayFrom) -> Result<Option<Replay>, AdapterError> {
        let Some(sent) = self.accepted.iter().find(|sent| sent.kind == of).cloned() else { return Ok(None) };
        self.look_again();
        let own = self.session.clone();
        self.session = match from {
            // What a page read from the options goes with its answer; only the cookies are gone.
            ReplayFrom::NoSession => sent.session.without_cookies(),
            ReplayFrom::SameCookies => sent.session.clone(),
            ReplayFrom::AnotherSession => {
                self.session = self.adapter.session();
                self.options(of, &clean_ask(false)).await?;
                self.session.knowing_what(&sent.session)
            }
        };
        let again = self.verify(of, &sent.credential).await?;
        self.session = own;
        self.used = true;
        Ok(Some(Replay { request: of.request(Phase::Verify), from, first: sent.answer, again }))
    }

    /// In the session in which the account has registered, if there is such a one still.
    pub async fn registration_options_again(&mut self, wish: &Wish) -> Result<Answer, AdapterError> {
        self.adapter.registration_options(&mut self.session, &self.account, wish).await
    }

    /// How long a challenge is waited for until it has expired; `None` where time is virtual.
    pub fn expiry(&self) -> Option<Duration> {
        if !self.setting.reached.clock.waits() {
            return None;
        }
        let timeout = self.accepted.iter().rev().find_map(|sent| sent.options.as_ref()?.options.as_ref()?.get("timeout")?.as_u64());
        let told = self.setting.reached.mapping.challenge_lifetime().or(timeout.map(Duration::from_millis));
        Some(told.unwrap_or(DEFAULT_TIMEOUT) + MARGIN)
    }

    /// A challenge that the same relying party gave to somebody else's session.
    pub(super) async fn fetch_foreign_challenge(&mut self, kind: Kind, ask: &Ask) -> Result<(), AdapterError> {
        self.faults.suspend(true);
        let own = std::mem::replace(&mut self.session, self.adapter.session());
        let answer = self.options(kind, ask).await;
        self.session = own;
        self.faults.suspend(false);
        let challenge = answer?.options.as_ref().and_then(|options| options.get("challenge")?.as_str().map(str::to_owned));
        if let Some(challenge) = challenge {
            self.faults.offer_foreign_challenge(&challenge);
        }
        Ok(())
    }

    /// Looks that change something, after everything else was looked at: the same challenge signed cleanly, and new options.
    pub(super) async fn probe(&mut self, ceremony: &mut Ceremony, ask: &Ask) -> Result<(), AdapterError> {
        if !ceremony.failed() {
            return Ok(());
        }
        self.faults.suspend(true);
        self.look_again();
        let probed = self.probe_suspended(ceremony, ask).await;
        self.faults.suspend(false);
        probed
    }

    async fn probe_suspended(&mut self, ceremony: &mut Ceremony, ask: &Ask) -> Result<(), AdapterError> {
        let refused = ceremony.verify.is_some() && ceremony.ended() == Ended::Refused;
        if ask.probe_challenge && ceremony.kind == Kind::Authentication && refused {
            ceremony.challenge_probe = Some(self.probe_challenge(ceremony).await?);
        }
        if ask.probe_new_options {
            ceremony.new_options = Some(self.options(ceremony.kind, ask).await?);
        }
        Ok(())
    }

    /// Invariant I3: the challenge dies with the attempt, so a clean signature over it comes too late.
    async fn probe_challenge(&mut self, ceremony: &Ceremony) -> Result<ChallengeProbe, AdapterError> {
        if self.lasting_cause {
            return Ok(ChallengeProbe::Inconclusive);
        }
        let Some(options) = ceremony.options.as_ref().and_then(|answer| answer.options.clone()) else {
            return Ok(ChallengeProbe::Inconclusive);
        };
        self.device.user_acts(UserAct::Approve);
        match self.call(Kind::Authentication, &options) {
            Err(_) => Ok(ChallengeProbe::Inconclusive),
            Ok(credential) => {
                let answer = self.verify(Kind::Authentication, &credential).await?;
                // A session that this minted is not the user's.
                self.used |= answer.accepted;
                Ok(ChallengeProbe::Answered(Box::new(answer)))
            }
        }
    }

    /// The options for a name that has no account, in a session of their own (invariant I8).
    pub async fn options_for(&mut self, username: &str, wish: &Wish) -> Result<Answer, AdapterError> {
        let nobody = TestAccount { username: username.to_owned(), ..self.account.clone() };
        let mut session = self.adapter.session();
        self.faults.suspend(true);
        let answer = self.adapter.authentication_options(&mut session, Some(&nobody), wish).await;
        self.faults.suspend(false);
        answer
    }
}
