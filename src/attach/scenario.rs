//! A scenario as an attached key plays it: what the device does is the key's part; the relying party and the user do the rest.

use faultkey_attach::script::{Ceremony, Cue, Script};
use faultkey_attach::user::NextAct;
use faultkey_authenticator::UserAnswer;

use faultkey_lab::scenario::{self, Action, Scenario, UserAct};

/// The scenario with this name, or in this file.
pub fn find(name: &str) -> Result<Scenario, String> {
    let mut found = scenario::select(&[name.to_owned()]).map_err(|error| error.to_string())?;
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        (Some(_), false) => Err(format!("--scenario: several scenarios are named `{name}`; `faultkey scenarios` lists them")),
        (None, _) => Err(format!("--scenario: no scenario is named `{name}`; `faultkey scenarios` lists them")),
    }
}

/// What of it a key of this profile plays.
pub fn script(scenario: &Scenario, profile: &str) -> Result<Script, String> {
    scenario.check_profile(profile).map_err(|error| error.to_string())?;
    let mut cues = Vec::new();
    for step in &scenario.steps {
        match &step.action {
            Action::Register { user, .. } => ceremony(&mut cues, Ceremony::Registration, *user),
            Action::LogIn { user, .. } => ceremony(&mut cues, Ceremony::LogIn, *user),
            Action::Arm(spec) => cues.push(Cue::Arm(spec.clone())),
            Action::Clear(name) => cues.push(Cue::Clear(name.clone())),
            Action::Event(event) => cues.push(Cue::Event(*event)),
            Action::Check(_) => {}
            other => cues.push(Cue::Note(format!("for the relying party or the user to do: {other}"))),
        }
    }
    Ok(Script::new(cues))
}

fn ceremony(cues: &mut Vec<Cue>, ceremony: Ceremony, user: UserAct) {
    match user {
        UserAct::Approve => {}
        UserAct::Refuse => cues.push(Cue::User(NextAct::Answer(UserAnswer::Refuse))),
        UserAct::WrongFinger => cues.push(Cue::User(NextAct::Answer(UserAnswer::WrongFinger))),
        UserAct::Never => cues.push(Cue::User(NextAct::Nothing)),
    }
    cues.push(Cue::Until(ceremony));
}
