//! Whether a fault, as it is asked for, can fire at all. One that can't would be a silent no-op, so it is refused when it is loaded.

use crate::fault::Fault;
use crate::registry::FaultInfo;
use crate::scene::Ceremony;
use crate::{FaultError, FaultSpec, Schedule, Subject, Trigger};

/// What a `subject` or an `on-match` asks for.
struct Criterion<'a> {
    /// Its place in the envelope.
    field: &'static str,
    /// As [`crate::registry::Seam::sees`] names it.
    name: &'static str,
    value: &'a str,
}

/// # Errors
/// The first reason why it can never fire.
pub(super) fn check(info: &FaultInfo, spec: &FaultSpec, fault: &dyn Fault) -> Result<(), FaultError> {
    let refuse = |field: &str, problem: String| Err(FaultError::Field { fault: info.name.to_owned(), field: field.to_owned(), problem });
    let criteria = criteria(spec);
    for Criterion { field, name, value } in &criteria {
        if !info.seam.sees().contains(name) {
            return refuse(field, format!("this fault can't see that: {}", info.seam.described()));
        }
        if let Some(problem) = never_seen(name, value) {
            return refuse(field, problem);
        }
    }
    let reachable = fault.ceremonies();
    if let Some(first) = criteria.first().filter(|_| reachable.is_empty()) {
        let problem = "with these parameters the fault only fires outside of ceremonies, where there is no ceremony, relying party or \
            account to match; leave this field out";
        return refuse(first.field, problem.to_owned());
    }
    if let Trigger::OnMatch(matching) = &spec.trigger {
        if let (Some(wanted), Some(subject)) = (&matching.rp_id, &spec.subject.rp_id)
            && wanted != subject
        {
            return refuse(
                "trigger.on-match.rp-id",
                format!(
                    "it is `{wanted}`, but `subject.rp-id` is `{subject}`, so the fault can never fire; write the same RP ID in both, or only one of them"
                ),
            );
        }
        if let ([only], Some(wanted)) = (reachable, &matching.ceremony)
            && only.name() != wanted
        {
            return refuse("trigger.on-match.ceremony", other_ceremony(info, spec, *only, wanted));
        }
    }
    match (&spec.trigger, &spec.schedule) {
        (Trigger::Probability(probability), _) if *probability <= 0.0 => refuse(
            "trigger.probability",
            "with probability 0 the fault can never fire; write a number above 0, or leave the fault out".to_owned(),
        ),
        (Trigger::AfterEvent(start), Schedule::UntilEvent(end)) if start == end => {
            let event = start.name();
            refuse(
                "schedule.until-event",
                format!("`{event}` also starts the fault (`trigger.after-event`), so it can never fire; name another event in one of them"),
            )
        }
        _ => Ok(()),
    }
}

fn criteria(spec: &FaultSpec) -> Vec<Criterion<'_>> {
    let Subject { rp_id, user } = &spec.subject;
    let mut given = vec![("subject.rp-id", "rp-id", rp_id), ("subject.user", "user", user)];
    if let Trigger::OnMatch(matching) = &spec.trigger {
        given.push(("trigger.on-match.rp-id", "rp-id", &matching.rp_id));
        given.push(("trigger.on-match.origin", "origin", &matching.origin));
        given.push(("trigger.on-match.ceremony", "ceremony", &matching.ceremony));
    }
    given.into_iter().filter_map(|(field, name, value)| Some(Criterion { field, name, value: value.as_deref()? })).collect()
}

/// Why nothing that a seam sees is ever equal to this text.
fn never_seen(name: &str, value: &str) -> Option<String> {
    if value.is_empty() {
        return Some("it is empty, which matches nothing; leave it out".to_owned());
    }
    match name {
        // Not every scheme: `pam://host` is an RP ID.
        "rp-id" if value.starts_with("https://") || value.starts_with("http://") => {
            Some(format!("`{value}` is a URL; an RP ID is a domain alone, e.g. `login.example.com`"))
        }
        // RFC 6454 §6.2: an origin's text has no path.
        "origin" if value.split_once("://").is_some_and(|(_, rest)| rest.contains('/')) => {
            Some(format!("`{value}` has a path; an origin ends with its host or port, e.g. `https://login.example.com:8443`"))
        }
        _ => None,
    }
}

/// The match asks for a ceremony in which the fault never fires.
fn other_ceremony(info: &FaultInfo, spec: &FaultSpec, only: Ceremony, wanted: &str) -> String {
    let Some(parameter) = info.parameters.iter().find(|parameter| parameter.name == "ceremony") else {
        return format!("it is `{wanted}`, but this fault only fires in `{only}`; write `{only}`, or leave `on-match.ceremony` out");
    };
    let given = if spec.parameters.contains_key(parameter.name) { "" } else { ", its default" };
    format!(
        "it is `{wanted}`, but the parameter `ceremony` is `{only}`{given}, so the fault can never fire; write the parameter \
         `ceremony = \"{wanted}\"`, or leave `on-match.ceremony` out"
    )
}
