//! The manual: `docs/faults.md`, made from the registry.

use std::fmt::Write;

use super::{FaultInfo, ParameterInfo, Seam, all};

/// The whole text of `docs/faults.md`.
#[must_use]
pub fn manual() -> String {
    let mut text = INTRODUCTION.to_owned();
    let mut layer = None;
    for info in all() {
        if layer.replace(info.layer) != Some(info.layer) {
            _ = writeln!(text, "\n# Layer `{}`", info.layer);
        }
        section(&mut text, info);
    }
    text
}

fn section(text: &mut String, info: &FaultInfo) {
    let FaultInfo { name, layer, seam, catalogue, parameters, example, .. } = info;
    let catalogue = if catalogue.is_empty() { "none".to_owned() } else { catalogue.join(", ") };
    _ = write!(
        text,
        "\n## {name}\n\n{}\n\n\
         * **Layer:** `{layer}`; catalogue: {catalogue}\n\
         * **Effect:** {}\n\
         * **Opportunity:** {} {}\n\
         * **Evidence:** {}\n\
         * **A good relying party:** {}\n\
         * **Parameters:**",
        info.summary.en,
        info.effect.en,
        info.opportunity.en,
        sight(*seam),
        info.evidence.en,
        info.good_rp.en,
    );
    if parameters.is_empty() {
        _ = writeln!(text, " none");
    } else {
        _ = writeln!(text, "\n\n| parameter | accepts | default | meaning |\n|---|---|---|---|");
        for parameter in *parameters {
            let ParameterInfo { name, accepts, default, meaning } = parameter;
            _ = writeln!(text, "| `{name}` | {} | {} | {} |", accepts.en, default.en, meaning.en);
        }
    }
    _ = writeln!(text, "\n```toml\nwith = {example}\n```");
}

/// Which of `subject` and `on-match` the fault takes.
fn sight(seam: Seam) -> String {
    let quoted: Vec<String> = seam.sees().iter().map(|criterion| format!("`{criterion}`")).collect();
    if quoted.is_empty() { "It takes no `subject` and no `on-match`.".to_owned() } else { format!("It sees {}.", quoted.join(", ")) }
}

const INTRODUCTION: &str = r#"# Faults

<!-- Made from the registry; do not edit. `cargo run -p faultkey-fault-injection --example manual > docs/faults.md` writes it, a test compares it. -->

A fault is one thing that goes wrong, at one layer. In a scenario's step `arm` it is a table, on the command line a line of text:

```toml
with = { fault = "cut-verify", at = "n5", ending = "rst", trigger = { nth = 2 }, schedule = "once" }
```

```text
cut-verify,at=n5,ending=rst,trigger.nth=2,schedule=once
```

`trigger`, `schedule` and `subject` mean the same for every fault; the other keys are the fault's parameters. A wrong name, key or value is refused
when it is loaded, and so are a fault that cannot happen on the chosen device profile, and a `subject`, `on-match` or schedule with which the fault could never fire.

**Opportunity.** A moment at which the fault could fire; each fault below says which. What `subject` or `on-match` excludes is no opportunity, and neither is a moment
at which the fault would change nothing. If several faults are armed, they are asked in the order in which they were armed; the first that refuses, drops or cuts ends the asking.

**Trigger**: which opportunities are *offered* to the schedule.

| `trigger =` | offered |
|---|---|
| `"always"` (default) | every opportunity |
| `{ nth = N }` | the Nth opportunity since the fault was armed, and those after it |
| `{ after-event = EVENT }` | those from the first such event after arming on; if that event is itself an opportunity, it is the first |
| `{ on-match = { rp-id = …, origin = …, ceremony = … } }` | those that match in everything given |
| `{ probability = P }` | each with probability P, one draw for each opportunity, from the run's seed; P is more than 0 |

**Schedule**: at which of the offered opportunities the fault fires.

| `schedule =` | fires |
|---|---|
| `"permanent"` (default) | at each one offered |
| `"once"` (default with `nth`) | at the first one offered |
| `{ first = N }` | at the first N offered |
| `{ every = N }` | at the Nth offered, the 2Nth, the 3Nth … |
| `{ until-event = EVENT }` | at each one offered before the event; not at the event itself |
| `{ window = { from = MS, to = MS } }` | at each one offered in that part of the run's time; `from` is inside, `to` outside |
| `{ heal-after = MS }` | at each one offered until this many milliseconds after it first fired |

**Subject**: whom it concerns, `{ rp-id = …, user = … }`. `user` is a user name, or a user handle in base64url.

Time is the run's own (virtual in process). Random numbers come from the run's seed: `fault/NAME/N` names the stream of the Nth arming of that fault, so one fault's
draws never shift another's. Each decision stands in the transcript beside the message that it touched, e.g. `signature counter 41 -> 7`.

**Evidence** is *observed* (there is a public report), *specified* (it follows from a specification) or *inferred* (useful to test, no public report found). Numbers such as AK-01 are
entries of the project's catalogue of failures.
"#;
