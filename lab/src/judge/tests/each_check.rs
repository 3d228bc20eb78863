//! Every check: a run in which it holds, and the same run with the one thing that makes it fail. Nothing else is found in either.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use faultkey_client::DomExceptionName::{InvalidStateError, NotAllowedError};
use faultkey_relying_party::{Answer, Fallback, Observation, StoredCredential};
use serde_json::{Value, json};

use super::*;
use crate::check::Request;
use crate::facts::sample::*;
use crate::facts::{Ceremony, Kind, Recovery, Replay, ReplayFrom, StepSeen, WayTried};
use crate::scenario::{Action, FactCheck, OutcomeClass, Rule};

#[test]
fn each_fails_alone_where_it_is_broken_and_nothing_is_found_where_it_is_not() {
    for check in CheckId::ALL {
        assert_eq!(ids(&facts(*check, false)), [""; 0], "{} holds", check.name());
        let found = ids(&facts(*check, true));
        let [found] = found.as_slice() else { panic!("{}: {found:?}", check.name()) };
        assert_eq!(*found, format!("{}/{}", check.name(), request(*check).name()));
    }
}

/// At which request each is found in its run.
fn request(check: CheckId) -> Request {
    match check {
        CheckId::AcceptedNotStored | CheckId::DuplicateCredential => Request::RegistrationVerify,
        CheckId::ChallengeShort
        | CheckId::ChallengeRepeated
        | CheckId::NoNewChallenge
        | CheckId::AccountEnumeration
        | CheckId::TimeoutShort => Request::AuthenticationOptions,
        CheckId::UsernamelessImpossible | CheckId::UserIdTooLong | CheckId::NameInUserId | CheckId::NoExcludeCredentials => {
            Request::RegistrationOptions
        }
        CheckId::NoRetry | CheckId::NewsToldAsFailure | CheckId::TellsNotWhatStands => Request::FailureReport,
        CheckId::NoRecovery => Request::Fallback,
        _ => Request::AuthenticationVerify,
    }
}

/// A run in which the check fails, or the same without what is wrong.
fn facts(check: CheckId, broken: bool) -> RunFacts {
    match check {
        CheckId::StoppedAnswering => stopped(broken),
        CheckId::Replay => {
            let again = at(AGAIN, answer(if broken { 200 } else { 400 }, "", "", ""));
            let first = at(VERIFY, answer(200, "", "", ""));
            let replay = Replay { request: Request::AuthenticationVerify, from: ReplayFrom::SameCookies, first, again };
            one(other(Action::Replay { of: Kind::Authentication, from: replay.from }, StepSeen::Replay(Box::new(replay))))
        }
        CheckId::SignatureNotVerified => accepts(broken, OutcomeClass::SecurityReject, Rule::Signature),
        CheckId::ChallengeNotVerified => accepts(broken, OutcomeClass::RetryNewChallenge, Rule::Challenge),
        CheckId::OriginNotVerified => accepts(broken, OutcomeClass::SecurityReject, Rule::Origin),
        CheckId::RpIdNotVerified => accepts(broken, OutcomeClass::SecurityReject, Rule::RpId),
        CheckId::TypeNotVerified => accepts(broken, OutcomeClass::SecurityReject, Rule::Type),
        CheckId::UserPresenceNotVerified => accepts(broken, OutcomeClass::SecurityReject, Rule::UserPresence),
        CheckId::MalformedAccepted => accepts(broken, OutcomeClass::SecurityReject, Rule::Form),
        CheckId::UserHandleNotVerified => accepts(broken, OutcomeClass::SecurityReject, Rule::UserHandle),
        CheckId::UserVerificationNotEnforced => {
            let ceremony = if broken { signed_in() } else { good_refusal() };
            let options = Some(options_with(Kind::Authentication, "userVerification", json!("required")));
            expect(OutcomeClass::Policy, Some(Rule::UserVerification), Ceremony { options, ..ceremony })
        }
        CheckId::UnknownCredentialAccepted => {
            let refusal = good_refusal_by(answer(404, "unknown", "password", "unknown-credential"));
            expect(OutcomeClass::UnknownCredential, Some(Rule::Credential), if broken { signed_in() } else { refusal })
        }
        CheckId::ChallengeOutlivesLifetime => {
            let lifetime = Some(Duration::from_secs(300));
            RunFacts { challenge_lifetime: lifetime, ..accepts(broken, OutcomeClass::RetryNewChallenge, Rule::ChallengeExpiry) }
        }
        CheckId::ChallengeOutlivesTimeout => accepts(broken, OutcomeClass::RetryNewChallenge, Rule::ChallengeExpiry),
        _ => of_one_thing(check, broken),
    }
}

fn of_one_thing(check: CheckId, broken: bool) -> RunFacts {
    let refusal = good_refusal;
    let by = |good: Answer, bad: Answer| good_refusal_by(if broken { bad } else { good });
    let after = |change: &dyn Fn(&mut Ceremony)| {
        let mut ceremony = refusal();
        if broken {
            change(&mut ceremony);
        }
        one(played(ceremony))
    };
    match check {
        CheckId::SessionOnRefusal => after(&|ceremony| ceremony.after.authenticated = Observation::Seen(true)),
        CheckId::CredentialDeleted => after(&|ceremony| ceremony.after.credentials = Observation::Seen(Vec::new())),
        CheckId::CredentialChanged => {
            let counted = StoredCredential { sign_count: Some(4), ..row("k") };
            after(&|ceremony| ceremony.after.credentials = Observation::Seen(vec![counted.clone()]))
        }
        CheckId::AccountLocked => after(&|ceremony| ceremony.after.account = account(true, 5)),
        CheckId::PasswordTryUsed => after(&|ceremony| ceremony.after.account = account(false, 4)),
        CheckId::DraftLost => after(&|ceremony| ceremony.after.draft = Observation::Seen(String::new())),
        CheckId::FallbackBroken => after(&|ceremony| ceremony.ways = vec![("password".to_owned(), Observation::Seen(false))]),
        CheckId::ChallengeSurvivesRefusal => after(&|ceremony| ceremony.challenge_probe = probed(answer(200, "", "", ""))),
        CheckId::ServerError => after(&|ceremony| ceremony.verify = Some(at(VERIFY, answer(502, "", "password", "")))),
        CheckId::NoAnswer => after(&|ceremony| ceremony.verify = Some(at(VERIFY, Answer { faulted: false, ..lost() }))),
        CheckId::StackTrace => {
            let traced = Answer { text: "<p>\n    at async verify (/srv/app.js:7:3)".to_owned(), ..answer(400, "x", "password", "") };
            after(&|ceremony| ceremony.verify = Some(at(VERIFY, traced.clone())))
        }
        CheckId::NoFallback => one(played(by(answer(403, "x", "password", ""), answer(403, "x", "retry", "")))),
        CheckId::RefusedWith2xx => {
            let mapped = Answer { accepted: false, ..answer(200, "x", "password", "") };
            expect(OutcomeClass::SecurityReject, Some(Rule::Origin), by(answer(400, "x", "password", ""), mapped))
        }
        CheckId::KnownSignalledUnknown => {
            let signalling = answer(403, "x", "register-again password", "unknown-credential");
            expect(OutcomeClass::KeyMismatch, Some(Rule::Signature), by(answer(403, "x", "register-again password", ""), signalling))
        }
        CheckId::NoRegisterAgain => {
            let offering = answer(403, "x", "register-again password", "");
            expect(OutcomeClass::KeyMismatch, Some(Rule::Signature), by(offering, answer(403, "x", "password", "")))
        }
        CheckId::UnknownNotSignalled => {
            let signalling = answer(404, "x", "password", "unknown-credential");
            let silent = answer(404, "x", "password", "all-accepted-credentials");
            expect(OutcomeClass::UnknownCredential, Some(Rule::Credential), by(signalling, silent))
        }
        CheckId::NoReason => {
            let silent = answer(403, "", "password", "");
            expect(OutcomeClass::Policy, Some(Rule::BackupEligibility), by(answer(403, "x", "password", ""), silent))
        }
        CheckId::ReasonNotLogged => {
            let log: &[&str] = if broken { &[] } else { &["why"] };
            let ceremony = Ceremony { after: state(false, &[row("k")], log), ..refusal() };
            expect(OutcomeClass::SecurityReject, Some(Rule::Origin), ceremony)
        }
        CheckId::NoNewChallenge => {
            let new = if broken { answer(409, "busy", "", "") } else { options(&challenge(9)) };
            let ceremony = Ceremony { new_options: Some(at(AGAIN, new)), ..refusal() };
            expect(OutcomeClass::RetryNewChallenge, Some(Rule::Challenge), ceremony)
        }
        CheckId::RetryRefused => expect(OutcomeClass::Ok, None, if broken { refusal() } else { signed_in() }),
        CheckId::ShortSignatureRefused => refuses(broken, Rule::ShortSignature),
        CheckId::EmptyExtensionsRefused => refuses(broken, Rule::EmptyExtensions),
        CheckId::UnsolicitedExtensionRefused => refuses(broken, Rule::UnsolicitedExtension),
        CheckId::SignCountIgnored => {
            let log: &[&str] = if broken { &[] } else { &["sign-count-went-back"] };
            let ceremony = Ceremony { after: state(true, &[row("k")], log), ..signed_in() };
            expect(OutcomeClass::Risk, Some(Rule::SignCount), ceremony)
        }
        CheckId::AcceptedWithoutSession => {
            let ceremony = Ceremony { after: state(!broken, &[row("k")], &[]), ..signed_in() };
            expect(OutcomeClass::Ok, None, ceremony)
        }
        CheckId::AcceptedNotStored => {
            let stored = row(if broken { "other" } else { "k" });
            expect(OutcomeClass::Ok, None, Ceremony { after: state(false, &[stored], &[]), ..registered() })
        }
        CheckId::DuplicateCredential => {
            let rows = if broken { vec![row("k"), row("l")] } else { vec![row("k")] };
            one(played(Ceremony { after: state(true, &rows, &[]), ..signed_in() }))
        }
        _ => of_several(check, broken),
    }
}

fn of_several(check: CheckId, broken: bool) -> RunFacts {
    let refused = |good: u16, bad: u16, code: &str| answer(if broken { bad } else { good }, code, "retry password", "");
    match check {
        CheckId::NoRetry => {
            let next = if broken { "password" } else { "retry password" };
            let ceremony = thrown(Kind::Authentication, NotAllowedError, answer(200, "x", next, ""));
            expect(OutcomeClass::OpaqueClient, None, Ceremony { ways: password_there(), ..ceremony })
        }
        CheckId::NewsToldAsFailure => {
            let ceremony = thrown(Kind::Registration, InvalidStateError, refused(200, 400, "already-registered"));
            expect(OutcomeClass::Already, None, Ceremony { ways: password_there(), ..ceremony })
        }
        CheckId::TellsNotWhatStands => {
            let ceremony = cut(Kind::Authentication, refused(200, 400, "interrupted"));
            expect(OutcomeClass::Reconcile, None, Ceremony { ways: password_there(), ..ceremony })
        }
        CheckId::ExtraSession => {
            let sessions = StepSeen::Sessions(Observation::Seen((1, if broken { 3 } else { 2 })));
            let wanted = Action::Check(vec![FactCheck::SessionsAtMost(1)]);
            run(vec![part("s", vec![played(signed_in()), other(wanted, StepSeen::Several(vec![sessions]))])])
        }
        CheckId::NoRecovery => {
            let refused = Observation::Seen(at(OPTIONS, answer(403, "x", "", "")));
            let accepted = Observation::Seen(at(OPTIONS, answer(200, "", "", "")));
            let way = WayTried {
                removal: None,
                way: Fallback::Password,
                answer: if broken { refused } else { accepted },
                registration: (!broken).then(registered),
                authentication: (!broken).then(signed_in),
            };
            let recovery = Recovery { as_it_is: None, ways: vec![way] };
            one(other(Action::Recover(vec![Fallback::Password]), StepSeen::Recovery(Box::new(recovery))))
        }
        CheckId::GenericAnswer => {
            let code = |cause: &str| if broken { "M0902".to_owned() } else { cause.to_owned() };
            let steps = ["a", "b", "c"].map(|cause| caused(cause, good_refusal_by(answer(403, &code(cause), "password", ""))));
            run(vec![part("s", steps.into())])
        }
        CheckId::ChallengeRepeated => {
            let with = |number: u8| {
                let options = Some(options_with(Kind::Authentication, "challenge", json!(challenge(number))));
                played(Ceremony { options, ..signed_in() })
            };
            run(vec![part("s", vec![with(11), with(if broken { 11 } else { 12 })])])
        }
        CheckId::ChallengeShort => {
            let length = if broken { 15 } else { 16 };
            options_say(Kind::Authentication, "challenge", json!(BASE64URL_NOPAD.encode(&vec![5; length])))
        }
        CheckId::TimeoutShort => options_say(Kind::Authentication, "timeout", json!(if broken { 59_999 } else { 60_000 })),
        CheckId::UserIdTooLong => {
            let length = if broken { 65 } else { 64 };
            options_say(Kind::Registration, "user", json!({ "id": BASE64URL_NOPAD.encode(&vec![5; length]), "name": "mika" }))
        }
        CheckId::NameInUserId => {
            let id: &[u8] = if broken { b"u-mika-1" } else { b"u-0815-1" };
            options_say(Kind::Registration, "user", json!({ "id": BASE64URL_NOPAD.encode(id), "name": "mika" }))
        }
        CheckId::UsernamelessImpossible => {
            let wish = if broken { "preferred" } else { "required" };
            let options = Some(options_with(Kind::Registration, "authenticatorSelection", json!({ "residentKey": wish })));
            let unlisted = Some(options_with(Kind::Authentication, "allowCredentials", json!([])));
            let steps = vec![played(Ceremony { options, ..registered() }), played(Ceremony { options: unlisted, ..signed_in() })];
            run(vec![part("s", steps)])
        }
        CheckId::NoExcludeCredentials => {
            let client = Some(Ok(json!({ "id": "AAEC" })));
            let list = if broken { json!([]) } else { json!([{ "type": "public-key", "id": "AAEC" }]) };
            let again = at(AGAIN, options_with(Kind::Registration, "excludeCredentials", list));
            let again = Answer { options: again.options.map(|options| with(options, "challenge", json!(challenge(8)))), ..again };
            let registered = Ceremony { client, ..registered() };
            run(vec![part("s", vec![played(registered), other(Action::OptionsAgain, StepSeen::OptionsAgain(Box::new(again)))])])
        }
        CheckId::AccountEnumeration => {
            let existing = Box::new(at(OPTIONS, options(&challenge(1))));
            let missing = Box::new(at(VERIFY, if broken { answer(404, "", "", "") } else { options(&challenge(2)) }));
            one(other(Action::CompareAccounts, StepSeen::Accounts { existing, missing }))
        }
        check => panic!("{} has no run in which it fails", check.name()),
    }
}

fn one(played: Played) -> RunFacts {
    run(vec![part("s", vec![played])])
}

fn expect(class: OutcomeClass, rule: Option<Rule>, ceremony: Ceremony) -> RunFacts {
    one(expecting(&[class], rule, ceremony))
}

/// Accepted, though a rule forbids it.
fn accepts(broken: bool, class: OutcomeClass, rule: Rule) -> RunFacts {
    expect(class, Some(rule), if broken { signed_in() } else { good_refusal() })
}

/// Refused, though the rule was kept.
fn refuses(broken: bool, rule: Rule) -> RunFacts {
    expect(OutcomeClass::Tolerate, Some(rule), if broken { good_refusal() } else { signed_in() })
}

fn options_say(kind: Kind, member: &str, value: Value) -> RunFacts {
    let ceremony = if kind == Kind::Registration { registered() } else { signed_in() };
    one(played(Ceremony { options: Some(options_with(kind, member, value)), ..ceremony }))
}

fn with(mut options: Value, member: &str, value: Value) -> Value {
    options[member] = value;
    options
}

fn stopped(broken: bool) -> RunFacts {
    let mut facts = one(played(signed_in()));
    facts.parts[0].attempts[0].broken_off =
        broken.then_some(BrokenOff::StoppedAnswering { step: 0, request: Request::AuthenticationVerify, exchange: Some(VERIFY) });
    facts
}
