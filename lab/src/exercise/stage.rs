//! The stage of one scenario: the relying party behind its adapter, the device, the account, and how a ceremony is played on it.

mod probe;
mod related;

use std::collections::BTreeMap;
use std::time::Duration;

use faultkey_client::{Call, DomException};
use faultkey_fault_injection::{Faults, Profile};
use faultkey_relying_party::{
    Adapter, AdapterError, Answer, Arrived, ClientFailure, Clock, Mapping, Observation, Pace, Session, Target, TestAccount, Wish,
};
use faultkey_transport::Transcript;
use serde_json::Value;

use super::device::Device;
use crate::facts::{Asked, Ceremony, Ended, Kind, Phase, Sees, State};
use crate::scenario::UserAct;

/// The order that the user was about to place.
const DRAFT: &str = "buy 100 NOMU @ 820";

/// Bytes of an exception's message.
const MESSAGE: usize = 4 * 1024;

/// WebAuthn-3 §15.1, where neither the options nor the adapter file say.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(300);

/// What a ceremony is played with.
#[derive(Clone, Debug)]
pub struct Ask {
    pub wish: Wish,
    pub usernameless: bool,
    pub user: UserAct,
    /// New options are asked for after a failure.
    pub probe_new_options: bool,
    /// The same challenge is signed cleanly after a refusal.
    pub probe_challenge: bool,
}

/// The request that a `retry` or `replay` step sends again.
#[derive(Clone, Debug)]
struct Sent {
    kind: Kind,
    options: Option<Answer>,
    credential: Value,
    /// As it was before the request was sent.
    session: Session,
    answer: Answer,
}

/// What has to be named for a stage.
pub struct Setting<'a> {
    pub profile: &'a Profile,
    pub seed: u64,
    /// The start of the accounts' names; a number is added.
    pub account: String,
    /// The whole name of the first account, where it is not to be made from the start.
    pub username: Option<String>,
    /// The device is at the end of a cable, since the scenario breaks what goes over it.
    pub plugged_in: bool,
    pub reached: Reached,
}

/// How the relying party is reached.
pub struct Reached {
    pub mapping: Mapping,
    pub target: Target,
    pub clock: Clock,
    pub pace: Option<Pace>,
    /// How long an answer is waited for, if not as long as usual.
    pub patience: Option<Duration>,
    /// It has answered before, in this run.
    pub answered: bool,
}

/// Everything that one scenario is played on.
pub struct Stage<'a> {
    setting: Setting<'a>,
    pub adapter: Adapter,
    pub faults: Faults,
    pub transcript: Transcript,
    pub device: Device,
    pub account: TestAccount,
    pub session: Session,
    /// The session has served: the next log-in starts in a new one.
    used: bool,
    /// Accounts so far.
    accounts: Vec<TestAccount>,
    draft_saved: Option<String>,
    sent: Option<Sent>,
    /// The last request of each kind that was accepted.
    accepted: Vec<Sent>,
    /// The device's key or the relying party's row is not what was registered: a clean signature says nothing.
    pub lasting_cause: bool,
    /// The account's device made a passkey, whether or not the relying party took it.
    pub made_passkey: bool,
    sees: Sees,
    asked: Asked,
    /// What was seen last, while nothing has happened since: a look costs five requests.
    seen: Option<State>,
    /// Ways out that were looked for. They stand still while a scenario runs.
    ways: BTreeMap<(&'static str, String), Observation<bool>>,
    /// Documents of related origins by RP ID, or why there is none.
    related: BTreeMap<String, Result<Vec<u8>, String>>,
}

impl<'a> Stage<'a> {
    pub fn set(setting: Setting<'a>) -> Result<Stage<'a>, AdapterError> {
        let transcript = Transcript::new();
        let faults = Faults::new(setting.seed, setting.profile, transcript.clone());
        let sees = Sees {
            ways: setting.reached.mapping.sees_ways_out(),
            signals: setting.reached.mapping.sees_signals(),
            reasons: setting.reached.mapping.sees_reasons(),
        };
        let asked = Asked { resident_key: setting.reached.mapping.asks_for_resident_key() };
        let Reached { mapping, target, clock, pace, patience, answered } = &setting.reached;
        let mut adapter = Adapter::new(mapping.clone(), target.clone(), faults.clone(), transcript.clone(), clock.clone())?;
        if let Some(pace) = pace {
            adapter = adapter.paced(pace.clone());
        }
        if let Some(patience) = patience {
            adapter = adapter.patient(*patience);
        }
        if *answered {
            adapter = adapter.answered_before();
        }
        let session = adapter.session();
        let mut account = account(&setting, 1)?;
        account.username = setting.username.clone().unwrap_or(account.username);
        let device = Device::new(setting.profile, setting.seed, &account.username, &faults, &transcript, setting.plugged_in);
        Ok(Stage {
            setting,
            adapter,
            faults,
            transcript,
            device,
            accounts: vec![account.clone()],
            account,
            session,
            used: false,
            draft_saved: None,
            sent: None,
            accepted: Vec::new(),
            lasting_cause: false,
            made_passkey: false,
            sees,
            asked,
            seen: None,
            ways: BTreeMap::new(),
            related: BTreeMap::new(),
        })
    }

    /// The accounts that were made.
    pub fn accounts(&self) -> &[TestAccount] {
        &self.accounts
    }

    pub fn clock(&self) -> &Clock {
        &self.setting.reached.clock
    }

    /// A new account and a new device of the same profile, with no fault armed.
    pub async fn start_over(&mut self) -> Result<(), AdapterError> {
        self.faults.clear(None);
        self.account = account(&self.setting, self.accounts.len() + 1)?;
        self.accounts.push(self.account.clone());
        self.device = Device::new(
            self.setting.profile,
            self.setting.seed,
            &self.account.username,
            &self.faults,
            &self.transcript,
            self.setting.plugged_in,
        );
        self.lasting_cause = false;
        self.made_passkey = false;
        self.sent = None;
        self.accepted.clear();
        self.new_session();
        self.adapter.prepare(&self.account).await.map(|_| ())
    }

    /// Something happened that may have changed the relying party's state.
    pub fn look_again(&mut self) {
        self.seen = None;
    }

    pub fn new_session(&mut self) {
        self.look_again();
        self.session = self.adapter.session();
        self.used = false;
        self.draft_saved = None;
    }

    /// The user's next log-in is in a new browser session.
    pub fn leave_session(&mut self) {
        self.used = true;
    }

    async fn observe(&mut self) -> Result<State, AdapterError> {
        if let Some(seen) = &self.seen {
            return Ok(seen.clone());
        }
        let state = State {
            authenticated: self.adapter.is_authenticated(&mut self.session).await?,
            credentials: self.adapter.credentials(&self.account).await?,
            account: self.adapter.account_state(&self.account).await?,
            log: self.adapter.log(&self.account).await?,
            draft: self.adapter.draft(&mut self.session).await?,
        };
        self.seen = Some(state.clone());
        Ok(state)
    }

    pub async fn register(&mut self, ask: &Ask) -> Result<Ceremony, AdapterError> {
        self.play(Kind::Registration, ask).await
    }

    pub async fn log_in(&mut self, ask: &Ask) -> Result<Ceremony, AdapterError> {
        if self.used {
            self.new_session();
        }
        self.play(Kind::Authentication, ask).await
    }

    async fn play(&mut self, kind: Kind, ask: &Ask) -> Result<Ceremony, AdapterError> {
        if self.draft_saved.is_none() && self.adapter.save_draft(&mut self.session, DRAFT).await? == Observation::Seen(()) {
            self.draft_saved = Some(DRAFT.to_owned());
        }
        self.device.user_acts(ask.user);
        // A sign-up or a sign-in before the ceremony is none of its doing.
        match kind {
            Kind::Registration => self.adapter.before_registration(&mut self.session, &self.account).await?,
            Kind::Authentication => {
                let account = (!ask.usernameless).then_some(&self.account);
                self.adapter.before_authentication(&mut self.session, account).await?;
            }
        }
        let before = self.observe().await?;
        let mut ceremony = self.blank(kind, before);
        ceremony.usernameless = ask.usernameless;
        self.look_again();
        let fired = self.faults.fired().len();

        let options = self.options(kind, ask).await?;
        let given = options.options.clone().filter(|_| options.accepted && options.arrived == Arrived::Whole);
        let began = self.clock().now();
        if let Some(given) = given {
            if self.faults.wants_foreign_challenge() {
                self.fetch_foreign_challenge(kind, ask).await?;
            }
            self.offer_related_origins(&given).await?;
            let result = self.call(kind, &given);
            if let Ok(credential) = &result {
                self.made_passkey |= kind == Kind::Registration;
                let session = self.session.clone();
                let verify = self.verify(kind, credential).await?;
                let sent = Sent { kind, options: Some(options.clone()), credential: credential.clone(), session, answer: verify.clone() };
                if verify.accepted && verify.arrived == Arrived::Whole {
                    self.accepted.retain(|other| other.kind != kind);
                    self.accepted.push(sent.clone());
                }
                self.sent = Some(sent);
                ceremony.verify = Some(verify);
            }
            ceremony.client = Some(result);
        }
        ceremony.options = Some(options);
        self.after_the_answer(&mut ceremony, began.as_millis(), fired).await?;
        self.probe(&mut ceremony, ask).await?;
        // What follows a ceremony that was accepted is done on another day: in a new browser session.
        // So is a log-in after a registration that a sign-in came before: that session is signed in.
        let signed_in = kind == Kind::Registration && self.setting.reached.mapping.signs_in_before_registration();
        self.used |= signed_in || ceremony.ended() == Ended::Accepted;
        Ok(ceremony)
    }

    /// The signed-in user removes the old passkey.
    pub async fn remove_passkey(&mut self) -> Result<Observation<()>, AdapterError> {
        self.look_again();
        self.adapter.remove_passkey(&mut self.session, &self.account).await
    }

    /// The last verify request once more, on the same session. `None` if there was none.
    pub async fn retry(&mut self, ask: &Ask) -> Result<Option<Ceremony>, AdapterError> {
        let Some(sent) = self.sent.clone() else { return Ok(None) };
        let before = self.observe().await?;
        let mut ceremony = self.blank(sent.kind, before);
        self.look_again();
        let fired = self.faults.fired().len();
        ceremony.verify = Some(self.verify(sent.kind, &sent.credential).await?);
        ceremony.options = sent.options;
        ceremony.client = Some(Ok(sent.credential));
        ceremony.repeated = true;
        let now = self.clock().now().as_millis();
        self.after_the_answer(&mut ceremony, now, fired).await?;
        self.probe(&mut ceremony, ask).await?;
        Ok(Some(ceremony))
    }

    fn blank(&self, kind: Kind, before: State) -> Ceremony {
        Ceremony {
            sees: self.sees,
            kind,
            after: before.clone(),
            before,
            fired: Vec::new(),
            options: None,
            client: None,
            verify: None,
            reported: None,
            ways: Vec::new(),
            challenge_probe: None,
            new_options: None,
            draft_saved: self.draft_saved.clone(),
            repeated: false,
            usernameless: false,
            asked: self.asked,
        }
    }

    async fn options(&mut self, kind: Kind, ask: &Ask) -> Result<Answer, AdapterError> {
        match kind {
            Kind::Registration => self.adapter.registration_options(&mut self.session, &self.account, &ask.wish).await,
            Kind::Authentication => {
                let account = (!ask.usernameless).then_some(&self.account);
                self.adapter.authentication_options(&mut self.session, account, &ask.wish).await
            }
        }
    }

    /// `navigator.credentials.create` or `get`; time passes while the user acts.
    fn call(&mut self, kind: Kind, options: &Value) -> Result<Value, DomException> {
        let call = Call::new(self.clock().now(), self.adapter.origin());
        self.device.plug_in(call.now);
        let finished = match kind {
            Kind::Registration => self.device.create(&call, options),
            Kind::Authentication => self.device.get(&call, options),
        };
        self.clock().advance_to(finished.at);
        // It may quote the options.
        let secrets = self.setting.reached.mapping.secrets();
        finished.result.map_err(|exception| DomException { message: secrets.mask_and_cut(&exception.message, MESSAGE, 0), ..exception })
    }

    async fn verify(&mut self, kind: Kind, credential: &Value) -> Result<Answer, AdapterError> {
        match kind {
            Kind::Registration => self.adapter.registration_result(&mut self.session, &self.account, credential).await,
            Kind::Authentication => self.adapter.authentication_result(&mut self.session, &self.account, credential).await,
        }
    }

    /// Reports what only the client saw, and looks at what became of the state.
    async fn after_the_answer(&mut self, ceremony: &mut Ceremony, began: u64, fired: usize) -> Result<(), AdapterError> {
        ceremony.fired = self.faults.fired().into_iter().skip(fired).collect();
        if let Some(failure) = self.failure(ceremony, began) {
            ceremony.reported = Some(self.adapter.report(&mut self.session, &self.account, &failure).await?);
        }
        let offered =
            if ceremony.says_something() { ceremony.shown().map(|shown| shown.next.clone()).unwrap_or_default() } else { Vec::new() };
        for way in offered {
            let key = (ceremony.kind.name(), way.clone());
            let there = match self.ways.get(&key) {
                Some(there) => there.clone(),
                None => self.adapter.way_out_exists(&mut self.session, &way).await?,
            };
            self.ways.insert(key, there.clone());
            ceremony.ways.push((way, there));
        }
        ceremony.after = self.observe().await?;
        Ok(())
    }

    /// What the page or app knows of a failure that the relying party did not answer.
    fn failure(&mut self, ceremony: &Ceremony, began: u64) -> Option<ClientFailure> {
        let (phase, error, message) = match ceremony.ended() {
            Ended::Accepted | Ended::Refused => return None,
            Ended::Client(exception) => ("dialog", exception.name.to_string(), exception.message),
            Ended::Network(phase) => {
                let answer = match phase {
                    Phase::Options => &ceremony.options,
                    Phase::Verify => &ceremony.verify,
                };
                let message = match answer.as_ref().map(|answer| &answer.arrived) {
                    Some(Arrived::Nothing(lost) | Arrived::Part(lost)) => lost.to_string(),
                    _ => String::new(),
                };
                (phase.name(), "NetworkError".to_owned(), message)
            }
        };
        let challenge = ceremony.options.as_ref().and_then(|answer| answer.options.as_ref()?.get("challenge")?.as_str().map(str::to_owned));
        let credential_id = ceremony.credential_id().filter(|_| ceremony.kind == Kind::Registration).map(str::to_owned);
        Some(ClientFailure {
            ceremony: ceremony.kind.name().to_owned(),
            phase: phase.to_owned(),
            error,
            message,
            platform_authenticator_available: Some(self.device.platform_authenticator_available()),
            elapsed: self.clock().now().as_millis().saturating_sub(began),
            challenge,
            credential_id,
        })
    }
}

fn account(setting: &Setting<'_>, number: usize) -> Result<TestAccount, AdapterError> {
    let mapping = &setting.reached.mapping;
    mapping.account(&format!("{}-{number}", setting.account)).ok_or_else(|| {
        AdapterError::NoAccountLeft(format!(
            "every account of `[account] list` in the adapter `{}` has been used; add names, or a [hooks.reset] that makes one as new",
            mapping.name
        ))
    })
}
