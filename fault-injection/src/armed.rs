//! The faults that are armed now: one shared set, which every seam of a run asks.

use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use faultkey_authenticator::{CommandSteps, CredentialId, Effect, Event, Store, Time, random};
use faultkey_client::{ClientDataCollector, Platform};
use faultkey_transport::transcript::{MessageKind, Touches, What};
use faultkey_transport::{LineEvent, ReportDevice, Transcript};

use crate::fault::{Decision, Fault, Known, World};
use crate::gate::Gate;
use crate::scene::{Ceremony, Scene, Seen};
use crate::{
    FaultError, FaultInfo, FaultSpec, FaultyClientData, FaultyPlatform, FaultyReports, FaultySteps, FaultyStore, NetworkDecision,
    NetworkRequest, Profile, Text, Trigger, registry,
};

/// One arming of a fault: armed twice, the same fault has two. The ids of one set ascend and are never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArmedId(u64);

/// A fault that fired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fired {
    /// The arming that fired.
    pub armed: ArmedId,
    pub fault: String,
    pub at: Time,
    /// What it decided, e.g. `signature counter 41 -> 7`.
    pub text: Text,
    /// Number of the transcript's entry that records the decision.
    pub entry: usize,
}

/// A fault that is armed.
#[derive(Clone, Debug)]
pub struct Listed {
    pub id: ArmedId,
    pub info: &'static FaultInfo,
    /// As it was asked for.
    pub spec: FaultSpec,
    /// How often it has acted.
    pub acted: u32,
    /// Its schedule has ended.
    pub over: bool,
}

/// The armed faults of one run. Clones share the same set. With none armed, every seam passes everything through unchanged.
///
/// Several faults may be armed. At each seam they are asked in the order in which they were armed; each sees what those before it changed.
/// The first that refuses, drops or cuts ends the asking: for those after it there was no opportunity.
#[derive(Clone)]
pub struct Faults {
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    seed: u64,
    profile: Profile,
    transcript: Transcript,
    armed: Vec<Armed>,
    /// How many were armed so far.
    armed_count: u64,
    /// How often each name was armed: the index in the name of its random stream.
    armings: BTreeMap<String, u32>,
    suspended: bool,
    /// The last of them: as many as the transcript keeps entries.
    fired: VecDeque<Fired>,
    fired_count: usize,
    foreign_challenge: Option<String>,
    credentials: BTreeMap<CredentialId, Known>,
    /// The command under way, for seams that can't see it.
    scene: Option<Scene>,
    line_event: Option<LineEvent>,
    /// The latest time that a seam was told, for those that have none.
    now: Time,
}

struct Armed {
    id: ArmedId,
    info: &'static FaultInfo,
    spec: FaultSpec,
    gate: Gate,
    /// `fault/<name>/<index>`.
    stream: String,
    fault: Box<dyn Fault>,
}

impl Armed {
    fn concerns(&self, seen: &Seen) -> bool {
        let matches = match &self.spec.trigger {
            Trigger::OnMatch(wanted) => seen.matches(wanted),
            _ => true,
        };
        matches && seen.concerns(&self.spec.subject)
    }
}

/// Why armed faults are asked.
#[derive(Clone, Copy)]
enum Asked<'a> {
    /// Something passes at a seam.
    AtOpportunity(&'a Seen<'a>),
    /// Something follows from a decision that was made before.
    Consequence,
}

impl Asked<'_> {
    fn concerns(self, armed: &Armed) -> bool {
        match self {
            Asked::AtOpportunity(seen) => armed.concerns(seen),
            Asked::Consequence => armed.gate.has_acted(),
        }
    }

    fn lets(self, gate: &mut Gate, now: Time) -> bool {
        match self {
            Asked::AtOpportunity(_) => gate.acts(now),
            Asked::Consequence => true,
        }
    }
}

impl Faults {
    #[must_use]
    pub fn new(seed: u64, profile: &Profile, transcript: Transcript) -> Self {
        let shared = Shared {
            seed,
            profile: profile.clone(),
            transcript,
            armed: Vec::new(),
            armed_count: 0,
            armings: BTreeMap::new(),
            suspended: false,
            fired: VecDeque::new(),
            fired_count: 0,
            foreign_challenge: None,
            credentials: BTreeMap::new(),
            scene: None,
            line_event: None,
            now: Time::START,
        };
        Self { shared: Arc::new(Mutex::new(shared)) }
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Arms a fault from now on. The id tells this arming from others of the same fault.
    ///
    /// # Errors
    /// [`FaultError`] when it doesn't exist, a parameter is wrong, or it can't happen on this profile.
    pub fn arm(&self, now: Time, spec: FaultSpec) -> Result<ArmedId, FaultError> {
        let mut shared = self.lock();
        let (info, fault) = registry::load(&spec, &shared.profile)?;
        shared.now = now;
        let index = shared.armings.entry(spec.name.clone()).or_insert(0);
        *index += 1;
        let stream = format!("fault/{}/{index}", spec.name);
        let gate = Gate::new(spec.trigger.clone(), spec.schedule.clone(), random::stream(shared.seed, &stream));
        shared.armed_count += 1;
        let id = ArmedId(shared.armed_count);
        shared.armed.push(Armed { id, info, spec, gate, stream, fault });
        Ok(id)
    }

    /// Disarms the faults with this name, or all.
    pub fn clear(&self, name: Option<&str>) {
        self.lock().armed.retain(|armed| name.is_some_and(|name| name != armed.info.name));
    }

    /// While suspended, every seam passes everything through, and no trigger or schedule counts: for a clean probe in the middle of a scenario.
    pub fn suspend(&self, suspended: bool) {
        self.lock().suspended = suspended;
    }

    /// Tells triggers and schedules that something happened to the device. Returns the effect that an armed key-store fault puts in the
    /// place of the profile's own: pass it to `Authenticator::apply`; on `None`, call `Authenticator::happen(event)`.
    pub fn event(&self, now: Time, event: Event) -> Option<Effect> {
        {
            let mut shared = self.lock();
            if !shared.suspended {
                shared.armed.iter_mut().for_each(|armed| armed.gate.happened(event));
            }
        }
        let mut effect = None;
        self.ask(
            now,
            &Seen::default(),
            |_| Touches::Next(MessageKind::Event),
            &mut effect,
            |fault, world, _| fault.event(event, world.profile),
            |effect, decided| {
                *effect = Some(decided);
                ControlFlow::Break(())
            },
        );
        effect
    }

    /// Every decision so far, oldest first; where the transcript keeps its last entries only, the last decisions, as many.
    #[must_use]
    pub fn fired(&self) -> Vec<Fired> {
        self.fired_since(0)
    }

    /// Those after the first so many.
    #[must_use]
    pub fn fired_since(&self, count: usize) -> Vec<Fired> {
        let shared = self.lock();
        let forgotten = shared.fired_count - shared.fired.len();
        shared.fired.iter().skip(count.saturating_sub(forgotten)).cloned().collect()
    }

    /// How many there were, with those that are forgotten.
    #[must_use]
    pub fn fired_count(&self) -> usize {
        self.lock().fired_count
    }

    /// The armed faults, in the order in which they were armed.
    #[must_use]
    pub fn list(&self) -> Vec<Listed> {
        let shared = self.lock();
        let listed = |armed: &Armed| Listed {
            id: armed.id,
            info: armed.info,
            spec: armed.spec.clone(),
            acted: armed.gate.acted(),
            over: armed.gate.over(shared.now),
        };
        shared.armed.iter().map(listed).collect()
    }

    /// Whether an armed fault needs the challenge of another live session of the relying party.
    #[must_use]
    pub fn wants_foreign_challenge(&self) -> bool {
        let shared = self.lock();
        shared.armed.iter().any(|armed| armed.fault.wants_foreign_challenge() && !armed.gate.over(shared.now)) && !shared.suspended
    }

    /// Hands over a challenge (base64url) that the relying party gave to another session.
    pub fn offer_foreign_challenge(&self, challenge: &str) {
        self.lock().foreign_challenge = Some(challenge.to_owned());
    }

    pub fn store<S: Store>(&self, inner: S) -> FaultyStore<S> {
        FaultyStore::new(self.clone(), inner)
    }

    pub fn steps<S: CommandSteps>(&self, inner: S) -> FaultySteps<S> {
        FaultySteps::new(self.clone(), inner)
    }

    /// A CTAPHID device behind the report layer.
    pub fn reports<D: ReportDevice>(&self, inner: D) -> FaultyReports<D> {
        FaultyReports::new(self.clone(), inner)
    }

    pub fn client_data<C: ClientDataCollector>(&self, inner: C) -> FaultyClientData<C> {
        FaultyClientData::new(self.clone(), inner)
    }

    pub fn platform<P: Platform>(&self, inner: P) -> FaultyPlatform<P> {
        FaultyPlatform::new(self.clone(), inner)
    }

    /// What the network layer does to this request, which the transcript has already.
    #[must_use]
    pub fn network(&self, now: Time, request: &NetworkRequest) -> NetworkDecision {
        let mut decision = NetworkDecision::Pass;
        if let Some(ceremony) = Ceremony::of(*request) {
            let seen = Seen { ceremony: Some(ceremony), ..Seen::default() };
            let look = |fault: &dyn Fault, _: &World, _: &NetworkDecision| fault.network(*request, ceremony);
            let touches = |decision: &NetworkDecision| match decision {
                NetworkDecision::Cut { .. } => Touches::Next(MessageKind::HttpResponse),
                NetworkDecision::Pass | NetworkDecision::Duplicate | NetworkDecision::Delay(_) => {
                    Touches::Previous(MessageKind::HttpRequest)
                }
            };
            self.ask(now, &seen, touches, &mut decision, look, |decision, decided| {
                *decision = decided;
                ControlFlow::Break(())
            });
        }
        decision
    }

    /// Shows `data` to every armed fault that is concerned; where one decides and its gate lets it, records and applies the decision.
    /// `touches` says which entry of the transcript a decision is about.
    pub(crate) fn ask<D, T>(
        &self,
        now: Time,
        seen: &Seen,
        touches: impl Fn(&T) -> Touches,
        data: &mut D,
        look: impl Fn(&dyn Fault, &World, &D) -> Option<Decision<T>>,
        apply: impl FnMut(&mut D, T) -> ControlFlow<()>,
    ) {
        self.ask_those(now, Asked::AtOpportunity(seen), touches, data, look, apply);
    }

    /// The same for what follows from a decision at an event: asks those that fired, and counts nothing.
    pub(crate) fn ask_consequences<D, T>(
        &self,
        now: Time,
        touches: impl Fn(&T) -> Touches,
        data: &mut D,
        look: impl Fn(&dyn Fault, &World, &D) -> Option<Decision<T>>,
        apply: impl FnMut(&mut D, T) -> ControlFlow<()>,
    ) {
        self.ask_those(now, Asked::Consequence, touches, data, look, apply);
    }

    fn ask_those<D, T>(
        &self,
        now: Time,
        asked: Asked,
        touches: impl Fn(&T) -> Touches,
        data: &mut D,
        look: impl Fn(&dyn Fault, &World, &D) -> Option<Decision<T>>,
        mut apply: impl FnMut(&mut D, T) -> ControlFlow<()>,
    ) {
        let mut guard = self.lock();
        let Shared { seed, profile, transcript, armed, suspended, fired, fired_count, foreign_challenge, credentials, now: latest, .. } =
            &mut *guard;
        *latest = now;
        if *suspended {
            return;
        }
        for armed in armed.iter_mut().filter(|armed| asked.concerns(armed)) {
            let foreign_challenge = foreign_challenge.as_deref();
            let world = World { profile, credentials, foreign_challenge, seed: *seed, stream: &armed.stream };
            let Some(Decision { value, text }) = look(armed.fault.as_ref(), &world, data) else { continue };
            if !asked.lets(&mut armed.gate, now) {
                continue;
            }
            let (name, layer) = (armed.info.name.to_owned(), armed.info.layer.name().to_owned());
            let Text { en, ja } = text.clone();
            let what = What::Decision { fault: name.clone(), layer, touches: touches(&value), text: en, text_ja: Some(ja) };
            let entry = transcript.record(now, what);
            fired.push_back(Fired { armed: armed.id, fault: name, at: now, text, entry });
            if fired.len() > transcript.most() {
                fired.pop_front();
            }
            *fired_count += 1;
            if apply(data, value).is_break() {
                return;
            }
        }
    }

    /// Which command is under way, for the store's seam.
    pub(crate) fn enter(&self, now: Time, scene: Option<Scene>) {
        let mut shared = self.lock();
        shared.now = now;
        shared.scene = scene;
    }

    /// The command under way, and the time it came.
    pub(crate) fn scene(&self) -> (Time, Option<Scene>) {
        let shared = self.lock();
        (shared.now, shared.scene.clone())
    }

    /// Whether there is nothing to ask.
    pub(crate) fn is_idle(&self) -> bool {
        let shared = self.lock();
        shared.armed.is_empty() || shared.suspended
    }

    /// Something happens to the connection, decided where there is none to be seen. The report layer looks here.
    pub(crate) fn put_line_event(&self, event: LineEvent) {
        self.lock().line_event = Some(event);
    }

    pub(crate) fn take_line_event(&self) -> Option<LineEvent> {
        self.lock().line_event.take()
    }

    /// Changes what is known of the credentials behind the store's seam.
    pub(crate) fn know(&self, change: impl FnOnce(&mut BTreeMap<CredentialId, Known>)) {
        change(&mut self.lock().credentials);
    }

    /// The account of the newest credential that could answer this assertion.
    pub(crate) fn account(&self, scene: &Scene) -> Option<faultkey_authenticator::UserEntity> {
        let shared = self.lock();
        let world =
            World { profile: &shared.profile, credentials: &shared.credentials, foreign_challenge: None, seed: shared.seed, stream: "" };
        world.candidates(scene).first().map(|known| known.user.clone())
    }

    pub(crate) fn verification_tries(&self) -> u8 {
        self.lock().profile.authenticator.verification_tries
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile;

    #[test]
    fn a_million_decisions_take_no_more_room_than_the_last_few() {
        const MOST: usize = 16;
        const MANY: usize = 1_000_000;
        let transcript = Transcript::of_the_last(MOST);
        let faults = Faults::new(1, profile::find("security-key").unwrap(), transcript.clone());
        faults.arm(Time::START, "report-duplicated".parse().unwrap()).unwrap();
        let decide = || {
            faults.ask(
                Time::START,
                &Seen::default(),
                |()| Touches::Nothing,
                &mut (),
                |_, _, ()| Some(Decision::new((), Text::same(""))),
                |(), ()| ControlFlow::Continue(()),
            );
        };
        for _ in 0..MANY {
            decide();
        }
        assert_eq!((faults.fired_count(), faults.fired().len(), transcript.entries().len()), (MANY, MOST, MOST));
        // What a list of them took before: a doubling beyond the last is the most that a ring takes.
        assert!(faults.lock().fired.capacity() <= 2 * MOST, "{}", faults.lock().fired.capacity());
        let last = faults.fired_since(MANY - 2);
        assert_eq!(last.iter().map(|fired| fired.entry).collect::<Vec<_>>(), [MANY - 1, MANY]);
        // Whoever was away for longer than the ring gets what there is.
        assert_eq!(faults.fired_since(3).len(), MOST);
        assert!(faults.fired_since(MANY).is_empty());
    }

    #[test]
    fn a_fault_that_is_armed_twice_is_told_apart() {
        let faults = Faults::new(1, profile::find("security-key").unwrap(), Transcript::new());
        let arm = || faults.arm(Time::START, "cut-verify,at=n3,schedule=once".parse().unwrap()).unwrap();
        let first = arm();
        _ = faults.network(Time::START, &NetworkRequest::RegistrationVerify);
        faults.clear(Some("cut-verify"));
        let second = arm();
        assert!(first < second);
        assert_eq!(faults.list().iter().map(|listed| listed.id).collect::<Vec<_>>(), [second]);
        let fired = || faults.fired().into_iter().map(|fired| fired.armed).collect::<Vec<_>>();
        assert_eq!(fired(), [first], "the second has not fired");
        _ = faults.network(Time::START, &NetworkRequest::RegistrationVerify);
        assert_eq!(fired(), [first, second]);
    }
}
