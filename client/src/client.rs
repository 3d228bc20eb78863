//! The client: one authenticator behind a transport, one user in front of it.

use std::time::Duration;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use faultkey_authenticator::random::stream;
use faultkey_authenticator::{Random, Time};
use faultkey_transport::{Transcript, Transport, What};
use sha2::{Digest, Sha256};

use crate::authenticator_error::exception;
use crate::dialog::{Dialog, Ended};
use crate::options::timeout;
use crate::origin::Caller;
use crate::related_origins::{self, WellKnown};
use crate::{Call, ClientData, ClientDataCollector, CollectedClientData, DomException, Finished, Mediation, Platform, User};

/// How this client behaves.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// Used when the options name no timeout (WebAuthn-3 §5.1.3 step 4).
    pub default_timeout: Duration,
    /// A timeout that the options name is corrected into this range.
    pub minimum_timeout: Duration,
    pub maximum_timeout: Duration,
    /// Seeds what the client draws at random: its keys for key agreement.
    pub seed: u64,
    /// RP IDs whose wish for enterprise attestation this platform's administrator grants; for every other, the authenticator's vendor
    /// decides (CTAP2.3 §7.1).
    pub enterprise_rp_ids: Vec<String>,
}

impl Default for ClientConfig {
    /// Default and maximum as WebAuthn-3 §15.1 recommends. Its recommended minimum, five minutes, is not taken: relying parties commonly ask
    /// for one minute, and their challenges expire with it.
    fn default() -> Self {
        Self {
            default_timeout: Duration::from_secs(300),
            minimum_timeout: Duration::from_secs(10),
            maximum_timeout: Duration::from_secs(600),
            seed: 0,
            enterprise_rp_ids: Vec::new(),
        }
    }
}

/// A client with one authenticator behind `transport`, and one user.
pub struct Client<T, U, C> {
    config: ClientConfig,
    transport: T,
    user: U,
    collector: C,
    transcript: Transcript,
    random: Random,
    /// When the last call ended; the moment of questions that carry no time.
    last: Time,
    well_known: Option<WellKnown>,
}

/// Serialized client data and its SHA-256.
pub(crate) struct HashedClientData {
    pub json: Vec<u8>,
    pub hash: [u8; 32],
}

impl<T: Transport, U: User, C: ClientDataCollector> Client<T, U, C> {
    pub fn new(config: ClientConfig, transport: T, user: U, client_data: C, transcript: Transcript) -> Self {
        let random = stream(config.seed, "client");
        Self { config, transport, user, collector: client_data, transcript, random, last: Time::START, well_known: None }
    }

    pub fn transport_mut(&mut self) -> &mut T {
        &mut self.transport
    }

    pub fn user_mut(&mut self) -> &mut U {
        &mut self.user
    }

    /// From now on the client supports related origins (WebAuthn-3 §5.11), and fetches their documents so.
    pub fn set_well_known(&mut self, fetch: WellKnown) {
        self.well_known = Some(fetch);
    }

    /// The RP ID in use: one that the caller may claim itself, or that lists the caller as a related origin.
    pub(crate) fn rp_id(&mut self, caller: &Caller, asked: Option<&str>, member: &str) -> Result<String, DomException> {
        let refused = match caller.rp_id(asked, member) {
            Ok(rp_id) => return Ok(rp_id),
            Err(refused) => refused,
        };
        // WebAuthn-3 §5.1.3 step 8, §5.1.4.1 step 7.
        let (Some(fetch), Some(asked)) = (&mut self.well_known, asked.filter(|asked| caller.may_be_related(asked))) else {
            return Err(refused);
        };
        let url = related_origins::url(asked);
        let why = match fetch(&url).and_then(|document| related_origins::lists(&document, &caller.origin)) {
            Ok(true) => return Ok(asked.to_owned()),
            Ok(false) => format!("it is not listed in {url} (of which the first five labels count)"),
            Err(why) => format!("{url} can't be used: {why}"),
        };
        Err(DomException { message: format!("{} Nor is it a related origin: {why}.", refused.message), ..refused })
    }

    /// The administrator grants this relying party enterprise attestation.
    pub(crate) fn is_managed(&self, rp_id: &str) -> bool {
        self.config.enterprise_rp_ids.iter().any(|own| own == rp_id)
    }

    /// A conversation from `now` to the timeout that the options ask for.
    pub(crate) fn dialog<'a>(&'a mut self, call: Option<&Call>, now: &'a mut Time, asked: Option<Duration>) -> Dialog<'a, T, U> {
        let ClientConfig { default_timeout, minimum_timeout, maximum_timeout, .. } = self.config;
        let time = match call.map(|call| call.mediation) {
            // WebAuthn-3 §5.1.4.1 step 5: no timer runs. A page is left some day all the same, and a run has to end.
            Some(Mediation::Conditional) => maximum_timeout,
            _ => timeout(asked, default_timeout, minimum_timeout, maximum_timeout),
        };
        let deadline = *now + time;
        let signal = call.and_then(|call| call.signal.clone());
        let transcript = self.transcript.clone();
        Dialog { transport: &mut self.transport, user: &mut self.user, random: &mut self.random, now, deadline, signal, transcript }
    }

    /// Collects, records and hashes the client data (WebAuthn-3 §5.1.3 steps 13 to 15).
    pub(crate) fn client_data(
        &mut self,
        now: Time,
        ceremony: ClientData,
        caller: &Caller,
        cross_origin: bool,
        challenge: &[u8],
    ) -> HashedClientData {
        let data = CollectedClientData {
            kind: ceremony.kind().into(),
            challenge: BASE64URL_NOPAD.encode(challenge),
            origin: caller.origin.clone(),
            cross_origin,
            top_origin: caller.top_origin.clone(),
        };
        let json = self.collector.collect(now, ceremony, data);
        let text = std::str::from_utf8(&json).map_or_else(|_| HEXLOWER.encode(&json), str::to_owned);
        self.transcript.record(now, What::ClientData { ceremony: ceremony.ceremony().into(), json: text });
        let hash = Sha256::digest(&json).into();
        HashedClientData { json, hash }
    }

    fn finish(&mut self, at: Time, ceremony: ClientData, result: Result<serde_json::Value, DomException>) -> Finished {
        self.last = at;
        let text = result.as_ref().map_or_else(|exception| exception.to_string(), |_| "ok".to_owned());
        self.transcript.record(at, What::ClientResult { ceremony: ceremony.ceremony().into(), result: text });
        Finished { at, result }
    }
}

impl<T: Transport, U: User, C: ClientDataCollector> Platform for Client<T, U, C> {
    fn create(&mut self, call: &Call, options: &serde_json::Value) -> Finished {
        let mut now = call.now;
        let result = match Ended::before(call) {
            Some(ended) => Err(exception(ClientData::Create, ended)),
            None => self.register(call, &mut now, options),
        };
        self.finish(now, ClientData::Create, result)
    }

    fn get(&mut self, call: &Call, options: &serde_json::Value) -> Finished {
        let mut now = call.now;
        let result = match Ended::before(call) {
            Some(ended) => Err(exception(ClientData::Get, ended)),
            None => self.authenticate(call, &mut now, options),
        };
        self.finish(now, ClientData::Get, result)
    }

    fn is_user_verifying_platform_authenticator_available(&mut self) -> bool {
        let mut now = self.last;
        let info = self.dialog(None, &mut now, None).info();
        info.is_ok_and(|info| info.ctap2 && info.platform && info.verifies_users())
    }
}
