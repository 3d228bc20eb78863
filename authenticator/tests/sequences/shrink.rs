//! The shortest sequence that still fails, by leaving out and by making plainer.

use crate::action::{Action, Answer, Assert, Auth, Command, Gesture, Make, Secret};

/// Plays until here, then what was found so far is good enough.
const ATTEMPTS: u32 = 5_000;

/// `fails` says what is wrong with a sequence, if anything is.
pub fn shrink(mut actions: Vec<Action>, fails: impl Fn(&[Action]) -> Option<String>) -> Vec<Action> {
    let mut left = ATTEMPTS;
    let mut still_fails = |candidate: &[Action]| {
        left = left.saturating_sub(1);
        left > 0 && fails(candidate).is_some()
    };
    loop {
        let before = actions.clone();
        let mut size = actions.len().div_ceil(2);
        while size > 0 {
            let mut start = actions.len().saturating_sub(size);
            loop {
                let end = (start + size).min(actions.len());
                let shorter = [&actions[..start], &actions[end..]].concat();
                if shorter.len() < actions.len() && still_fails(&shorter) {
                    actions = shorter;
                }
                if start == 0 {
                    break;
                }
                start = start.saturating_sub(size);
            }
            size /= 2;
        }
        for place in 0..actions.len() {
            // Each one kept makes others.
            while let Some(candidate) = plainer(&actions[place]).into_iter().find_map(|plainer| {
                let mut candidate = actions.clone();
                candidate[place] = plainer;
                (candidate != actions && still_fails(&candidate)).then_some(candidate)
            }) {
                actions = candidate;
            }
        }
        if actions == before {
            return actions;
        }
    }
}

/// Plainer forms of an action, the plainest first. Each differs in one respect, and none leads back.
fn plainer(action: &Action) -> Vec<Action> {
    match action {
        Action::PowerFails { on, send, user, .. } => vec![Action::Send { on: *on, send: send.clone(), user: user.clone() }],
        Action::PowerCycle { anew: true } => vec![Action::PowerCycle { anew: false }],
        Action::Wait { ms } if *ms > 1 => vec![Action::Wait { ms: 1 }, Action::Wait { ms: ms / 2 }],
        Action::Send { on, send, user } => {
            let approve = Gesture { answer: Answer::Approve, after_ms: 0 };
            let without = |place: usize| user.iter().enumerate().filter(|(own, _)| *own != place).map(|(_, gesture)| *gesture).collect();
            let mut users = Vec::new();
            if !user.is_empty() {
                users.push(Vec::new());
                users.push(vec![approve]);
                users.extend((0..user.len()).map(without));
            }
            users.retain(|plainer| plainer.len() < user.len() || (*plainer == [approve] && user.len() == 1));
            let users = users.into_iter().map(|user| Action::Send { on: *on, send: send.clone(), user });
            let first = std::iter::once(Action::Send { on: 0, send: send.clone(), user: user.clone() });
            let sends = plainer_command(send).into_iter().map(|send| Action::Send { on: *on, send, user: user.clone() });
            users.chain(first).chain(sends).collect()
        }
        _ => Vec::new(),
    }
}

fn plainer_command(command: &Command) -> Vec<Command> {
    let plain = Secret { protocol: 2, stale: false };
    match command {
        Command::Make(make) => {
            let forms = [
                Make { exclude: Vec::new(), ..make.clone() },
                Make { hmac_secret: false, blob: None, large_blob_key: None, ..make.clone() },
                Make { protect: None, ..make.clone() },
                Make { enterprise: None, ..make.clone() },
                Make { uv: None, up: None, ..make.clone() },
                Make { auth: Auth::None, ..make.clone() },
                Make { rk: None, ..make.clone() },
                Make { rp: 0, user: 0, algorithm: -8, ..make.clone() },
            ];
            forms.into_iter().map(Command::Make).collect()
        }
        Command::Assert(assert) => {
            let forms = [
                Assert { allow: Vec::new(), ..assert.clone() },
                Assert { allow: assert.allow.iter().take(1).copied().collect(), ..assert.clone() },
                Assert { hmac_secret: None, blob: false, large_blob_key: None, ..assert.clone() },
                Assert { uv: None, ..assert.clone() },
                Assert { up: None, rk: None, ..assert.clone() },
                Assert { auth: Auth::None, ..assert.clone() },
                Assert { rp: 0, ..assert.clone() },
            ];
            forms.into_iter().map(Command::Assert).collect()
        }
        Command::PinToken { guess, .. } => vec![Command::PinToken { secret: plain, guess: *guess }],
        Command::PermissionsByPin { guess, permissions, rp, .. } => {
            vec![Command::PermissionsByPin { secret: plain, guess: *guess, permissions: *permissions, rp: *rp }]
        }
        Command::PermissionsByFinger { permissions, rp, .. } => {
            vec![Command::PermissionsByFinger { secret: plain, permissions: *permissions, rp: *rp }]
        }
        Command::SetPin { pin, .. } => vec![Command::SetPin { secret: plain, pin: 0 }, Command::SetPin { secret: plain, pin: *pin }],
        Command::ChangePin { guess, pin, .. } => vec![Command::ChangePin { secret: plain, guess: *guess, pin: *pin }],
        _ => Vec::new(),
    }
}
