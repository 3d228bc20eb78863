//! At the end of a run: what has become of the accounts that it made.

use faultkey_fault_injection::{Faults, profile};
use faultkey_relying_party::{Adapter, AdapterError, Clock, Observation, Pace, TestAccount, Unseen};
use faultkey_transport::Transcript;

use super::{Foreign, Running, TargetPlan};
use crate::verdict::Incomplete;

/// What became of the accounts at somebody else's relying party.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CleanUp {
    /// The adapter file has no section `[hooks.clean-up]`: so many accounts stay.
    NoHook { accounts: usize },
    /// Whoever ended the run did not want to wait.
    Interrupted { accounts: usize },
    /// Nothing answers there any more.
    Gone { accounts: usize },
    Done {
        accounts: usize,
        failed: usize,
        /// The first answer that was no success.
        first: Option<String>,
    },
}

/// So many in a row that fail say that the hook does not work.
const GIVES_UP_AFTER: usize = 20;

impl Running<'_> {
    /// Calls the hook once for each account that was made.
    pub(super) async fn clean_up(&self) {
        let TargetPlan::Foreign(foreign) = self.target else { return };
        let made = self.made.take();
        if made.is_empty() {
            return;
        }
        let accounts = made.len();
        let result = match self.stop.reason() {
            Some(Incomplete::Interrupted | Incomplete::Terminated) => CleanUp::Interrupted { accounts },
            _ => match adapter(foreign, self) {
                Ok(adapter) => remove(&adapter, &made).await,
                Err(error) => CleanUp::Done { accounts, failed: accounts, first: Some(error.to_string()) },
            },
        };
        self.progress.cleaned_up(&self.name, &result);
    }

    /// An account whose name is the relying party's from now on.
    pub(super) fn made(&self, accounts: &[TestAccount]) {
        let mut made = self.made.borrow_mut();
        for account in accounts {
            // The same account may serve again, for example one of a list.
            if !made.iter().any(|other| other.username == account.username) {
                made.push(account.clone());
            }
        }
    }
}

fn adapter(foreign: &Foreign, run: &Running<'_>) -> Result<Adapter, AdapterError> {
    let transcript = Transcript::new();
    let profile = profile::find("pixel-chrome").or_else(|| profile::all().first());
    let profile = profile.ok_or_else(|| AdapterError::Target("there is no profile".to_owned()))?;
    let faults = Faults::new(0, profile, transcript.clone());
    let adapter = Adapter::new(foreign.mapping.clone(), foreign.target.clone(), faults, transcript, Clock::default())?;
    Ok(adapter.patient(foreign.patience).paced(Pace::new(foreign.pace, run.progress.waiter())))
}

async fn remove(adapter: &Adapter, made: &[TestAccount]) -> CleanUp {
    let accounts = made.len();
    let (mut failed, mut in_a_row, mut first) = (0, 0, None);
    for (index, account) in made.iter().enumerate() {
        match adapter.clean_up(account).await {
            Ok(Observation::Seen(())) => in_a_row = 0,
            Ok(Observation::NotObservable(Unseen::NoSection(_))) => return CleanUp::NoHook { accounts },
            Err(AdapterError::Unreachable(_)) if index == 0 => return CleanUp::Gone { accounts },
            Ok(Observation::NotObservable(unseen)) => {
                (failed, in_a_row) = (failed + 1, in_a_row + 1);
                first.get_or_insert_with(|| unseen.to_string());
            }
            Err(error) => {
                (failed, in_a_row) = (failed + 1, in_a_row + 1);
                first.get_or_insert_with(|| match error {
                    AdapterError::Mismatch(mismatch) => {
                        format!("{} was answered with {}: {}", mismatch.request, mismatch.status, mismatch.body)
                    }
                    other => other.to_string(),
                });
            }
        }
        if in_a_row >= GIVES_UP_AFTER {
            failed += accounts - index - 1;
            break;
        }
    }
    CleanUp::Done { accounts, failed, first }
}

#[cfg(test)]
mod tests {
    use std::net::{SocketAddr, TcpListener};
    use std::sync::Mutex;
    use std::time::Duration;

    use faultkey_relying_party::{Embedded, Handling, Mapping, Proxies, Target, Waiter};

    use super::*;
    use crate::exercise::{Learnt, Plan, Progress, Stop, exercise};
    use crate::scenario;

    #[derive(Default)]
    struct Told(Mutex<Vec<CleanUp>>);

    impl Progress for Told {
        fn started(&self, _: &str, _: &str, _: &str, _: usize, _: usize) {}
        fn finished(&self, _: &str, _: &str, _: &str, _: usize, _: usize) {}
        fn learnt(&self, _: &str, _: &Learnt) {}
        fn stopped_answering(&self, _: &str, _: Duration) {}
        fn cleaned_up(&self, _: &str, clean_up: &CleanUp) {
            self.0.lock().unwrap().push(clean_up.clone());
        }
        fn waiter(&self) -> Waiter {
            std::sync::Arc::new(|_| Box::pin(async {}))
        }
    }

    /// A run through an adapter with these lines; how many accounts its result names, and what became of them.
    async fn ran(more: &str, origin: &str) -> (Option<usize>, Vec<CleanUp>) {
        let embedded = Embedded::start(Handling::Diagnosing, Clock::default(), 42).await.unwrap();
        ran_at(embedded.address(), more, origin).await
    }

    async fn ran_at(address: SocketAddr, more: &str, origin: &str) -> (Option<usize>, Vec<CleanUp>) {
        let text = include_str!("../../../relying-party/adapters/fido-conformance.toml");
        let foreign = Foreign {
            name: "https://broker.test".to_owned(),
            mapping: Mapping::parse(&format!("origin = \"{origin}\"\n{text}\n{more}"), "m.toml").unwrap(),
            target: Target {
                url: "https://broker.test".parse().unwrap(),
                connect: Some(address),
                certificate_authority: None,
                proxies: Proxies::default(),
            },
            accounts: "t1".to_owned(),
            arguments: String::new(),
            pace: Duration::ZERO,
            patience: Duration::from_secs(10),
            comes_back_within: Duration::ZERO,
            restart: None,
        };
        let plan = Plan {
            targets: vec![TargetPlan::Foreign(foreign)],
            scenarios: scenario::select(&["m0902-uv-not-set".to_owned()]).unwrap(),
            profile: None,
            seed: 42,
            include_real_wait: false,
            language: faultkey_fault_injection::Language::English,
        };
        let told = Told::default();
        let run = exercise(&plan, &told, &Stop::never()).await;
        (run.ok().map(|run| run.targets[0].accounts), told.0.into_inner().unwrap())
    }

    const ORIGIN: &str = "https://broker.test";

    #[tokio::test]
    async fn every_account_is_removed_once() {
        let hook = "[hooks.clean-up]\npath = \"/hooks/reset\"\nbody = { username = \"{username}\" }";
        let (made, told) = ran(hook, ORIGIN).await;
        let accounts = made.unwrap();
        assert!(accounts > 1, "{accounts}");
        assert_eq!(told, [CleanUp::Done { accounts, failed: 0, first: None }]);
    }

    #[tokio::test]
    async fn without_a_hook_they_stay_and_are_counted() {
        let (made, told) = ran("", ORIGIN).await;
        assert_eq!(told, [CleanUp::NoHook { accounts: made.unwrap() }]);
    }

    #[tokio::test]
    async fn a_hook_that_fails_is_told_with_its_first_answer_and_changes_no_verdict() {
        let (made, told) = ran("[hooks.clean-up]\npath = \"/nowhere\"", ORIGIN).await;
        let accounts = made.unwrap();
        let [CleanUp::Done { accounts: all, failed, first: Some(first) }] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!((*all, *failed), (accounts, accounts));
        assert!(first.starts_with("POST https://broker.test/nowhere was answered with 404"), "{first}");
    }

    #[tokio::test]
    async fn where_nothing_listens_there_is_no_account() {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert_eq!(ran_at(free, "", ORIGIN).await, (None, Vec::new()));
    }

    #[tokio::test]
    async fn where_nothing_could_be_judged_the_hook_is_called_too() {
        let hook = "[hooks.clean-up]\npath = \"/hooks/reset\"\nbody = { username = \"{username}\" }";
        let (made, told) = ran(hook, "https://other.test").await;
        assert_eq!(made, None);
        // Refused from the start: the relying party knows no such account.
        assert!(matches!(told.as_slice(), [CleanUp::Done { accounts: 1, failed: 1, first: Some(_) }]), "{told:?}");
    }
}
