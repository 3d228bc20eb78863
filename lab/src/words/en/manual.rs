//! `docs/checks.md`: every check, from the table.

use super::{gravity_means, mend, title, why};
use crate::check::{CheckId, Gravity, Request};

/// The manual's page, in Markdown.
#[must_use]
pub fn manual() -> String {
    let mut page = String::from(HEAD);
    for request in Request::ALL {
        page.push_str(&format!("`{}`{}", request.name(), if request == Request::Fallback { ".\n" } else { ", " }));
    }
    for gravity in Gravity::ALL {
        page.push_str(&format!("\n## {}\n\n{}\n\n", gravity.name(), gravity_means(gravity)));
        page.push_str("| check | what is wrong | what it means | what to change | source |\n|---|---|---|---|---|\n");
        for check in CheckId::ALL.iter().filter(|check| check.gravity() == gravity) {
            let cells = [title(*check), why(*check), mend(check.mend()), check.source()].map(|cell| cell.replace('|', "\\|"));
            page.push_str(&format!("| `{}` | {} |\n", check.name(), cells.join(" | ")));
        }
    }
    page
}

const HEAD: &str = "\
# What is checked

<!-- Made by `cargo run -p faultkey-lab --example checks > docs/checks.md`; a test compares. -->

A finding is named `check/request`, for example `replay/authentication-verify`. The name is the same in every run, whatever scenario, seed or
order showed it, and it will stay what it is: lists of accepted findings can rely on it. Findings with the same remedy, or with the same
request and answer as evidence, are told as one; all their names are given.

Gravities, the gravest first: `security`, `state`, `no-way-out`, `unclear`, `advice`. `--fail-on` names the least grave one that makes a run
fail. A finding of gravity `advice` is a remark: WebAuthn leaves the choice, or the effect is small.

Requests: ";
