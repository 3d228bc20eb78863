//! Every combination of options of makeCredential and getAssertion, against the outcome that CTAP2.3 §6.1.2 and §6.2.2 demand, as read a
//! second time here: flat, without the steps of the command's own code.

use ciborium::Value;

use crate::bench::platform::signed;
use crate::bench::{Bench, HASH, answer, assertion, registration};
use crate::config::{BuiltInVerification, Protection};
use crate::pin_uv::{Permissions, Pin, PinUvAuthProtocol, PinUvAuthToken};
use crate::store::contract::credential;
use crate::{Change, Config, Flags, MemoryStore, Prompt, Random, Status, Step, Store, Time, UserAnswer};

/// `pinUvAuthParam` of a request.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Param {
    None,
    Zero,
    Wrong,
    ByPin,
    ByFinger,
}

#[derive(Clone, Debug)]
struct Case {
    rk: Option<bool>,
    up: Option<bool>,
    uv: Option<bool>,
    param: Param,
    protocol: PinUvAuthProtocol,
    pin_set: bool,
    built_in: BuiltInVerification,
    always_uv: bool,
    no_mc_ga: bool,
    uv_not_required: bool,
}

/// What the platform sees: the prompts (`P`resence, `V`erification), then a status, and for success the UP and UV bits.
#[derive(Debug, PartialEq)]
struct Outcome {
    prompts: String,
    status: Status,
    flags: Option<(bool, bool)>,
}

fn refused(status: Status) -> Outcome {
    Outcome { prompts: String::new(), status, flags: None }
}

impl Case {
    fn all() -> Vec<Self> {
        let option = [None, Some(false), Some(true)];
        let mut cases = Vec::new();
        let params = [Param::None, Param::Zero, Param::Wrong, Param::ByPin, Param::ByFinger];
        let readers = [BuiltInVerification::Absent, BuiltInVerification::NotEnrolled, BuiltInVerification::Ready];
        for bits in 0..32_u32 {
            let bit = |number: u32| bits >> number & 1 == 1;
            let protocol = if bit(0) { PinUvAuthProtocol::One } else { PinUvAuthProtocol::Two };
            let (pin_set, always_uv, no_mc_ga, uv_not_required) = (bit(1), bit(2), bit(3), bit(4));
            for built_in in readers {
                for param in params {
                    // A token needs what it is got with.
                    let by_pin = pin_set && !no_mc_ga;
                    if (param == Param::ByPin && !by_pin) || (param == Param::ByFinger && built_in != BuiltInVerification::Ready) {
                        continue;
                    }
                    for number in 0..27 {
                        let [rk, up, uv] = [number / 9, number / 3 % 3, number % 3].map(|place| option[place]);
                        cases.push(Self { rk, up, uv, param, protocol, pin_set, built_in, always_uv, no_mc_ga, uv_not_required });
                    }
                }
            }
        }
        cases
    }

    fn has_token(&self) -> bool {
        matches!(self.param, Param::ByPin | Param::ByFinger)
    }

    fn is_protected(&self) -> bool {
        self.pin_set || self.built_in == BuiltInVerification::Ready
    }

    /// The refusal for want of verification. `present`: it is enough that the device takes PINs.
    fn unverified(&self, present: bool) -> Outcome {
        let pin_helps = !self.no_mc_ga && (present || self.pin_set);
        refused(if pin_helps { Status::PuatRequired } else { Status::OperationDenied })
    }

    fn probe(&self) -> Outcome {
        let status = if self.pin_set { Status::PinInvalid } else { Status::PinNotSet };
        Outcome { prompts: "P".to_owned(), status, flags: None }
    }

    /// The end of a request that nothing refuses.
    fn granted(&self, finger: bool, up: bool) -> Outcome {
        let verified = finger || (self.is_protected() && self.has_token());
        let touch = up && !finger && !(self.is_protected() && self.param == Param::ByFinger);
        let prompts = if finger {
            "V"
        } else if touch {
            "P"
        } else {
            ""
        };
        Outcome { prompts: prompts.to_owned(), status: Status::Ok, flags: Some((up || finger, verified)) }
    }

    fn make_credential(&self) -> Outcome {
        let ready = self.built_in == BuiltInVerification::Ready;
        let bare = self.param == Param::None;
        if self.param == Param::Zero {
            return self.probe();
        }
        if (bare && self.uv == Some(true) && !ready) || self.up == Some(false) {
            return refused(Status::InvalidOption);
        }
        let finger = bare && ready && (self.uv == Some(true) || self.always_uv);
        if self.always_uv && (!self.is_protected() || (bare && !ready)) {
            return self.unverified(true);
        }
        let may_go_without = self.uv_not_required && !self.always_uv && self.rk != Some(true);
        if self.is_protected() && bare && !finger && !may_go_without {
            return self.unverified(false);
        }
        if self.is_protected() && self.param == Param::Wrong {
            return refused(Status::PinAuthInvalid);
        }
        self.granted(finger, true)
    }

    fn get_assertion(&self) -> Outcome {
        let ready = self.built_in == BuiltInVerification::Ready;
        let bare = self.param == Param::None;
        let up = self.up != Some(false);
        if self.param == Param::Zero {
            return self.probe();
        }
        if bare && self.uv == Some(true) && !ready {
            return refused(Status::InvalidOption);
        }
        if self.rk.is_some() {
            return refused(Status::UnsupportedOption);
        }
        if self.always_uv && up && (!self.is_protected() || (bare && !ready)) {
            return self.unverified(true);
        }
        if self.is_protected() && self.param == Param::Wrong {
            return refused(Status::PinAuthInvalid);
        }
        self.granted(bare && ready && (self.uv == Some(true) || (self.always_uv && up)), up)
    }

    /// The device of this case, and its token if the case has one.
    fn bench(&self, store: MemoryStore) -> (Bench, [u8; 32]) {
        let mut store = store;
        if self.pin_set {
            let _ = store.commit(&[Pin::of("1234").set()]).unwrap();
        }
        let protection = Protection {
            always_uv: Some(self.always_uv),
            no_mc_ga_permissions_with_client_pin: self.no_mc_ga,
            make_cred_uv_not_required: self.uv_not_required,
            ..Protection::full()
        };
        let config = Config { protection, verification: self.built_in, ..Config::default() };
        let mut bench = Bench::over(config, Box::new(store));
        let mut token = [9; 32];
        if self.has_token() {
            let permissions = Permissions::MAKE_CREDENTIAL.with(Permissions::GET_ASSERTION);
            let random: &mut Random = &mut crate::random::stream(1, "token");
            let by_finger = self.param == Param::ByFinger;
            let issued = PinUvAuthToken::issue(random, Time::START, (self.protocol, crate::ChannelId::ONLY), permissions, None, by_finger);
            token = issued.bytes;
            bench.key.device_mut().token = Some(issued);
        }
        (bench, token)
    }

    fn options(&self) -> Vec<(&'static str, bool)> {
        // Canonical order: all names are two letters long.
        [("rk", self.rk), ("up", self.up), ("uv", self.uv)].into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    /// Plays the case with a user who approves everything.
    fn play(&self, bench: &mut Bench, token: &[u8; 32], code: u8) -> Outcome {
        let (members, at, options_at) = if code == 0x01 { (registration(), 8, 7) } else { (assertion(), 6, 5) };
        let members = members.options(&self.options(), options_at);
        let members = match self.param {
            Param::None => members,
            Param::Zero => members.with(at, Value::Bytes(Vec::new())).with(at + 1, Value::from(self.protocol.number())),
            Param::Wrong | Param::ByPin | Param::ByFinger => signed(members, at, self.protocol, token),
        };
        let mut prompts = String::new();
        let mut step = bench.send(code, members);
        while let Step::NeedUser(prompt) = step {
            prompts.push(if matches!(prompt, Prompt::Presence { .. }) { 'P' } else { 'V' });
            step = bench.answer(UserAnswer::Approve);
        }
        let reply = answer(step);
        let flags = (reply.status == Status::Ok).then(|| reply.data().flags).map(|flags| (flags.has(Flags::UP), flags.has(Flags::UV)));
        Outcome { prompts, status: reply.status, flags }
    }
}

#[test]
fn make_credential_keeps_the_algorithm_in_every_combination() {
    let cases = Case::all();
    assert_eq!(cases.len(), 27 * 16 * (3 * 3 + 1) * 2 + 27 * 8 * 3);
    for case in cases {
        let (mut bench, token) = case.bench(MemoryStore::default());
        let played = case.play(&mut bench, &token, 0x01);
        assert_eq!(played, case.make_credential(), "{case:?}: {}", bench.why());
        let stored = bench.key.store().credentials().unwrap();
        assert_eq!(stored.len(), usize::from(played.status == Status::Ok), "{case:?}");
        assert!(stored.iter().all(|made| made.discoverable == (case.rk == Some(true))), "{case:?}");
        // A touch or a finger uses the token up; a refusal leaves it.
        let left = bench.key.device_mut().token.as_ref().map(|token| token.permissions.is_empty());
        assert_eq!(left, case.has_token().then_some(played.status == Status::Ok), "{case:?}");
    }
}

#[test]
fn get_assertion_keeps_the_algorithm_in_every_combination() {
    let mut filled = MemoryStore::default();
    let _ = filled.commit(&[Change::Put(credential(1))]).unwrap();
    for case in Case::all() {
        let (mut bench, token) = case.bench(filled.clone());
        let played = case.play(&mut bench, &token, 0x02);
        assert_eq!(played, case.get_assertion(), "{case:?}: {}", bench.why());
        assert_eq!(bench.key.store().credentials().unwrap(), [credential(1)], "{case:?}");
        let left = bench.key.device_mut().token.as_ref().map(|token| token.permissions.is_empty());
        let is_spent = played.status == Status::Ok && case.up != Some(false);
        assert_eq!(left, case.has_token().then_some(is_spent), "{case:?}");
    }
    assert_eq!(HASH.len(), 32);
}
