//! Around [`CommandSteps`]: command faults, and encoding faults in what the authenticator signs and sends.

use std::ops::ControlFlow;

use faultkey_authenticator::algorithm::PrivateKey;
use faultkey_authenticator::step::Purpose;
use faultkey_authenticator::{
    ApduStep, ChannelId, Command, CommandSteps, Flags, KeyState, Outcome, Progress, Prompt, Reply, Request, Response, Status, Time,
    UserAnswer,
};
use faultkey_transport::LineEvent;
use faultkey_transport::transcript::{MessageKind, Touches};

use crate::Faults;
use crate::fault::{Edit, Fault, Interception, Signing, World};
use crate::scene::{Ceremony, Scene};

/// An authenticator behind the fault layer.
pub struct FaultySteps<S> {
    faults: Faults,
    inner: S,
    /// The command under way.
    scene: Option<Scene>,
    waiting: Waiting,
    /// The reply to the command under way is never sent.
    dropped: bool,
}

/// Who waits for the user.
enum Waiting {
    Inner,
    /// The fault layer asks for verification, and answers with the status then.
    Injected {
        purpose: Purpose,
        tries_left: u8,
        status: Status,
    },
    /// The fault layer has answered.
    Nobody,
}

impl<S: CommandSteps> FaultySteps<S> {
    pub(crate) fn new(faults: Faults, inner: S) -> Self {
        Self { faults, inner, scene: None, waiting: Waiting::Inner, dropped: false }
    }

    pub fn inner_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// What the faults decide about the command before the authenticator sees it.
    fn intercept(&self, now: Time) -> Interception {
        let mut decided = Interception::Pass;
        let Some(scene) = self.scene.as_ref().filter(|scene| !scene.silent) else { return decided };
        let apply = |decided: &mut Interception, interception| {
            *decided = interception;
            if interception == Interception::Pass { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        let touches = |interception: &Interception| match interception {
            Interception::Respond(_) | Interception::VerifyThenRespond(_) => Touches::Next(MessageKind::CtapReply),
            // The request goes on unchanged, or it is never answered.
            Interception::Pass | Interception::Drop => Touches::Previous(MessageKind::CtapRequest),
        };
        self.faults.ask_consequences(now, touches, &mut decided, |fault, world, _| fault.consequence(scene, world), apply);
        if decided == Interception::Pass {
            self.faults.ask(now, &scene.seen(), touches, &mut decided, |fault, world, _| fault.request(scene, world), apply);
        }
        decided
    }

    /// The user's answer to a prompt that the fault layer made, as an authenticator would treat it (CTAP2.3 §6.2.2).
    fn resume_injected(&mut self, purpose: Purpose, tries_left: u8, status: Status, answer: UserAnswer) -> Progress {
        let tries_left = if answer == UserAnswer::WrongFinger { tries_left.saturating_sub(1) } else { tries_left };
        // Step 6.2.3: with a PIN to turn to, the platform is sent there.
        let failed = |status| if self.inner.can_turn_to_pin() { Status::PuatRequired } else { status };
        let status = match answer {
            UserAnswer::Approve | UserAnswer::Held(_) | UserAnswer::Sample(_) => status,
            UserAnswer::Refuse => failed(Status::OperationDenied),
            UserAnswer::Never => Status::UserActionTimeout,
            UserAnswer::Cancel => Status::KeepaliveCancel,
            UserAnswer::WrongFinger if tries_left == 0 => failed(Status::PinBlocked),
            UserAnswer::WrongFinger => return self.ask_user(purpose, tries_left, status),
        };
        Progress::Done(Outcome::refused(status))
    }

    /// The key and the client data's hash of an assertion about to be signed, for the faults.
    fn signing(&self, outcome: &Outcome) -> Option<(PrivateKey, Vec<u8>)> {
        match &outcome.result {
            Ok(Response::GetAssertion(assertion)) if !self.faults.is_idle() => match &assertion.credential.key {
                KeyState::Usable(key) => Some((key.clone(), assertion.client_data_hash.clone())),
                KeyState::Invalidated => None,
            },
            _ => None,
        }
    }

    fn ask_user(&mut self, purpose: Purpose, tries_left: u8, status: Status) -> Progress {
        self.waiting = Waiting::Injected { purpose: purpose.clone(), tries_left, status };
        Progress::NeedUser(Prompt::Verification { purpose, tries_left })
    }
}

impl<S: CommandSteps> CommandSteps for FaultySteps<S> {
    fn channel(&mut self, now: Time, channel: ChannelId) {
        self.inner.channel(now, channel);
    }

    fn channel_closed(&mut self, now: Time, channel: ChannelId) {
        self.inner.channel_closed(now, channel);
    }

    fn decode(&mut self, now: Time, request: &[u8]) -> Result<Request, Status> {
        self.inner.decode(now, request)
    }

    fn process(&mut self, now: Time, request: Request) -> Progress {
        // authenticatorGetNextAssertion goes on with the assertion before it (CTAP2.3 §6.3).
        if request.command != Command::GetNextAssertion {
            self.scene = Scene::of(&request);
        }
        if let Some(scene) = self.scene.as_mut().filter(|scene| scene.ceremony == Ceremony::Authentication) {
            scene.user = self.faults.account(scene);
        }
        self.faults.enter(now, self.scene.clone());
        self.dropped = false;
        self.waiting = Waiting::Nobody;
        match self.intercept(now) {
            Interception::Pass => {
                self.waiting = Waiting::Inner;
                self.inner.process(now, request)
            }
            Interception::Respond(status) => Progress::Done(Outcome::refused(status)),
            Interception::Drop => {
                self.dropped = true;
                // Never seen: `encode` sends nothing.
                Progress::Done(Outcome::refused(Status::Other))
            }
            Interception::VerifyThenRespond(status) => {
                let rp_id = self.scene.as_ref().map_or_else(String::new, |scene| scene.rp_id.clone());
                self.ask_user(Purpose::Authenticate { rp_id }, self.faults.verification_tries(), status)
            }
        }
    }

    fn resume(&mut self, now: Time, mut answer: UserAnswer) -> Progress {
        match std::mem::replace(&mut self.waiting, Waiting::Nobody) {
            Waiting::Injected { purpose, tries_left, status } => self.resume_injected(purpose, tries_left, status, answer),
            Waiting::Nobody => Progress::Done(Outcome::refused(Status::NotAllowed)),
            Waiting::Inner => {
                self.waiting = Waiting::Inner;
                if let Some(scene) = &self.scene {
                    let mut event = None;
                    let touched = |fault: &dyn Fault, _: &World, _: &Option<LineEvent>| fault.touched(scene, answer);
                    // The request stays without a reply.
                    let touches = |_: &LineEvent| Touches::Previous(MessageKind::CtapRequest);
                    self.faults.ask(now, &scene.seen(), touches, &mut event, touched, |event, happens| {
                        *event = Some(happens);
                        ControlFlow::Break(())
                    });
                    if let Some(event) = event {
                        // The device is gone before it felt the touch: the command ends as the client's going away ends it, unheard.
                        self.faults.put_line_event(event);
                        self.dropped = true;
                        return self.inner.resume(now, UserAnswer::Cancel);
                    }
                    self.faults.ask(
                        now,
                        &scene.seen(),
                        |_| Touches::Next(MessageKind::CtapReply),
                        &mut answer,
                        |fault, _, answer| fault.answer(scene, *answer),
                        |answer, changed| {
                            *answer = changed;
                            ControlFlow::Continue(())
                        },
                    );
                }
                self.inner.resume(now, answer)
            }
        }
    }

    fn can_turn_to_pin(&self) -> bool {
        self.inner.can_turn_to_pin()
    }

    /// No fault acts on U2F.
    fn apdu(&mut self, now: Time, apdu: &[u8]) -> ApduStep {
        self.inner.apdu(now, apdu)
    }

    fn answer_apdu(&mut self, now: Time, answer: UserAnswer) -> ApduStep {
        self.inner.answer_apdu(now, answer)
    }

    fn encode(&mut self, now: Time, mut outcome: Outcome) -> Reply {
        if std::mem::take(&mut self.dropped) {
            return Reply::Silence;
        }
        let scene = self.scene.as_ref().filter(|scene| !scene.silent);
        if let (Some(scene), Ok(response)) = (scene, &mut outcome.result) {
            let scene = exactly(scene, response);
            self.faults.ask(
                now,
                &scene.seen(),
                |_| Touches::Next(MessageKind::CtapReply),
                response,
                |fault, world, response| fault.outcome(&scene, response, world),
                |response, edit| {
                    apply(response, edit);
                    ControlFlow::Continue(())
                },
            );
        }
        let signing = self.signing(&outcome);
        let mut reply = self.inner.encode(now, outcome);
        if let (Some(scene), Reply::Message(message)) = (scene, &mut reply) {
            self.faults.ask(
                now,
                &scene.seen(),
                |_| Touches::Next(MessageKind::CtapReply),
                message,
                |fault, world, message| {
                    let signing = signing.as_ref().map(|(key, client_data_hash)| Signing { key, client_data_hash });
                    fault.reply(scene, message, signing.as_ref(), world)
                },
                |message, changed| {
                    *message = changed;
                    ControlFlow::Continue(())
                },
            );
        }
        reply
    }
}

/// The scene with the account of the credential that really answers.
fn exactly(scene: &Scene, response: &Response) -> Scene {
    let mut scene = scene.clone();
    if let Response::GetAssertion(assertion) = response {
        scene.user = Some(assertion.credential.user.clone());
    }
    scene
}

fn apply(response: &mut Response, edit: Edit) {
    let (data, credential) = match response {
        Response::MakeCredential(attestation) => (&mut attestation.authenticator_data, None),
        Response::GetAssertion(assertion) => {
            let assertion = assertion.as_mut();
            (&mut assertion.authenticator_data, Some((&mut assertion.credential, &mut assertion.user)))
        }
        _ => return,
    };
    match edit {
        Edit::Flags(flags) => data.flags = flags,
        Edit::RpIdHash(hash) => data.rp_id_hash = hash,
        Edit::Extensions(extensions) => {
            data.extensions = Some(extensions);
            data.flags.set(Flags::ED, true);
        }
        Edit::UserHandle(handle) => {
            if let Some((_, Some(user))) = credential {
                user.id = handle;
            }
        }
        Edit::Credential { id, key } => {
            if let Some((credential, _)) = credential {
                credential.id = id;
                credential.key = KeyState::Usable(key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile;
    use faultkey_transport::Transcript;

    /// An authenticator that is never asked; with or without a PIN.
    struct Unasked {
        pin: bool,
    }

    impl CommandSteps for Unasked {
        fn decode(&mut self, _now: Time, _request: &[u8]) -> Result<Request, Status> {
            Err(Status::Other)
        }
        fn process(&mut self, _now: Time, _request: Request) -> Progress {
            unreachable!("the fault layer answers")
        }
        fn resume(&mut self, _now: Time, _answer: UserAnswer) -> Progress {
            unreachable!("the fault layer answers")
        }
        fn encode(&mut self, _now: Time, _outcome: Outcome) -> Reply {
            Reply::Silence
        }
        fn can_turn_to_pin(&self) -> bool {
            self.pin
        }
    }

    #[test]
    fn verification_that_a_fault_asks_for_fails_as_the_devices_own() {
        let security_key = profile::find("security-key").expect("the profile");
        let fails = |pin, tries_left, answer| {
            let faults = Faults::new(1, security_key, Transcript::new());
            let mut steps = FaultySteps::new(faults, Unasked { pin });
            match steps.resume_injected(Purpose::Select, tries_left, Status::Other, answer) {
                Progress::Done(outcome) => outcome.result.err(),
                Progress::NeedUser(_) => None,
            }
        };
        for (answer, without_pin, with_pin) in [
            (UserAnswer::Approve, Status::Other, Status::Other),
            (UserAnswer::WrongFinger, Status::PinBlocked, Status::PuatRequired),
            (UserAnswer::Refuse, Status::OperationDenied, Status::PuatRequired),
            (UserAnswer::Never, Status::UserActionTimeout, Status::UserActionTimeout),
            (UserAnswer::Cancel, Status::KeepaliveCancel, Status::KeepaliveCancel),
        ] {
            assert_eq!((fails(false, 1, answer), fails(true, 1, answer)), (Some(without_pin), Some(with_pin)), "{answer:?}");
        }
        assert_eq!(fails(true, 2, UserAnswer::WrongFinger), None, "asked again");
    }
}
