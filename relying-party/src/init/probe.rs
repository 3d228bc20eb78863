//! Asks a server for what libraries and frameworks serve by default: harmless requests, few of them, for a short time.

use std::time::{Duration, Instant};

use faultkey_fault_injection::{Faults, profile};
use faultkey_transport::Transcript;
use url::Url;

use super::shape::{self, Finds, Shape};
use super::toml_text::{inline, quoted};
use crate::{Adapter, AdapterError, Answer, Clock, Mapping, Target, TestAccount, Tried, Wish};

/// No server is asked more.
const MOST: usize = 50;
/// Nor longer.
const LONGEST: Duration = Duration::from_secs(60);
/// For one answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// A path that no server has: how it answers tells an unknown path from a known one.
const NOWHERE: &str = "/faultkey-looks-for-nothing-here";

/// One request, and what it showed.
#[derive(Clone, Debug)]
pub struct Asked {
    pub adapter: String,
    /// Method and path.
    pub request: String,
    /// 0: none came.
    pub status: u16,
    pub met: Met,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Met {
    /// What the shape has, at this pointer.
    Found(String),
    /// The path is there, and wants something that a stranger has not.
    Hint,
    Nothing,
}

/// What was found out about a server.
#[derive(Clone, Debug)]
pub struct Probed {
    pub asked: Vec<Asked>,
    /// The adapter file, if something was recognised.
    pub taken: Option<Taken>,
    /// Not everything was asked: the number or the time was used up.
    pub cut_short: bool,
}

/// What was recognised.
#[derive(Clone, Debug)]
pub struct Taken {
    pub adapter: String,
    /// The request that showed it.
    pub request: String,
    pub certain: bool,
    pub toml: String,
    /// What could not be found out, a line each.
    pub unknown: Vec<String>,
}

/// Looks what listens there.
///
/// # Errors
/// When it can't be reached.
pub async fn probe(target: &Target) -> Result<Probed, AdapterError> {
    let asking = Asking { target, began: Instant::now(), name: format!("fk{:x}", since_epoch()) };
    let shapes = shape::all().map_err(AdapterError::Mapping)?;
    let nowhere_get = asking.ask("GET", NOWHERE, None).await?;
    let nowhere_post = asking.ask("POST", NOWHERE, Some("{}")).await?;
    let mut probed = Probed { asked: Vec::new(), taken: None, cut_short: false };
    let mut hint: Option<(Shape, String, Asked)> = None;
    for shape in shapes {
        if Mapping::built_in_text(&shape.adapter).is_none() {
            continue;
        }
        for prefix in &shape.prefixes {
            for probe in &shape.probes {
                if probed.asked.len() >= MOST || asking.began.elapsed() >= LONGEST {
                    probed.cut_short = true;
                    break;
                }
                let path = format!("{prefix}{}", probe.path).replace("{username}", &asking.name);
                let body = probe.body.as_ref().map(|body| body.replace("{username}", &asking.name));
                let answer = asking.ask(&probe.method, &path, body.as_deref()).await?;
                let nowhere = if probe.method == "GET" { &nowhere_get } else { &nowhere_post };
                let found = answer.json.as_ref().and_then(|json| probe.finds.find(answer.status, json));
                let met = match found {
                    // A server that answers so to everything has nothing there.
                    Some(pointer) if nowhere.json.as_ref().and_then(|json| probe.finds.find(nowhere.status, json)).is_none() => {
                        Met::Found(pointer)
                    }
                    _ if probe.hints && matches!(answer.status, 401 | 403) && nowhere.status == 404 => Met::Hint,
                    _ => Met::Nothing,
                };
                let asked = Asked {
                    adapter: shape.adapter.clone(),
                    request: format!("{} {path}", probe.method),
                    status: answer.status,
                    met: met.clone(),
                };
                probed.asked.push(asked.clone());
                match met {
                    Met::Found(pointer) => {
                        probed.taken = Some(taken(&shape, prefix, &asked, Some((&probe.finds, &pointer, &answer)), target));
                        return Ok(probed);
                    }
                    Met::Hint if hint.is_none() => hint = Some((shape.clone(), prefix.clone(), asked)),
                    Met::Hint | Met::Nothing => {}
                }
            }
        }
    }
    probed.taken = hint.map(|(shape, prefix, asked)| taken(&shape, &prefix, &asked, None, target));
    Ok(probed)
}

fn since_epoch() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::SystemTime::UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

struct Asking<'a> {
    target: &'a Target,
    began: Instant,
    /// The test name.
    name: String,
}

impl Asking<'_> {
    /// One request, as an adapter makes it: with a browser's headers, over TLS where the URL says so, without following redirects.
    async fn ask(&self, method: &str, path: &str, body: Option<&str>) -> Result<Answer, AdapterError> {
        let body = body.and_then(|body| inline(&serde_json::from_str(body).ok()?));
        let content = body.map(|body| format!("\nbody = {body}")).unwrap_or_default();
        let text = format!(
            "name = \"probe\"\n[authentication]\noptions = {{ path = \"/\", options = \"\" }}\nverify = {{ path = \"/\" }}\n[registration.verify]\npath = \"/\"\n\
             [registration.options]\nmethod = {}\npath = {}\noptions = \"\"{content}",
            quoted(method),
            quoted(path),
        );
        let mapping = Mapping::parse(&text, "probe")?;
        let transcript = Transcript::new();
        let profile =
            profile::find("pixel-chrome").ok_or_else(|| AdapterError::Target("the profile pixel-chrome is missing".to_owned()))?;
        let faults = Faults::new(0, profile, transcript.clone());
        let adapter = Adapter::new(mapping, self.target.clone(), faults, transcript, Clock::default())?.patient(PATIENCE);
        let account = TestAccount::new(&self.name, "Hanako Tester", "paper-crane-1042");
        let wish = Wish {
            user_verification: "preferred".to_owned(),
            resident_key: "preferred".to_owned(),
            attestation: "none".to_owned(),
            replace: false,
        };
        adapter.registration_options(&mut adapter.session(), &account, &wish).await
    }
}

/// The built-in adapter, with its paths where the server has them.
fn taken(shape: &Shape, prefix: &str, asked: &Asked, found: Option<(&Finds, &String, &Answer)>, target: &Target) -> Taken {
    let text = Mapping::built_in_text(&shape.adapter).unwrap_or_default();
    let mut unknown = Vec::new();
    let mut toml = vec![
        format!("# Made by `faultkey init`: {} was answered as {} answers.", asked.request, shape.adapter),
        format!("# Try it: faultkey adapter check FILE --rp {}", shown(&target.url)),
    ];
    if found.is_none() {
        let line = format!(
            "whether it is {}: {} was refused with {}, where a path that is not there is answered with 404",
            shape.adapter, asked.request, asked.status
        );
        toml.push(format!("# not found: {line}"));
        unknown.push(line);
    }
    if Mapping::built_in_tried(&shape.adapter) == Some(Tried::No) {
        unknown.push("whether the adapter fits: nobody has tried it with such a server yet; `faultkey adapter check` does".to_owned());
    }
    let mut head = true;
    // Where the schema is, only this repository knows.
    for line in text.lines().filter(|line| !line.starts_with("#:schema")) {
        if head && line.starts_with('#') {
            toml.push(line.to_owned());
            continue;
        }
        if head && line.starts_with("name = ") {
            head = false;
            toml.push(format!("name = {}", quoted(target.url.host_str().unwrap_or(&shape.adapter))));
            toml.extend(origin(found.map(|(_, pointer, answer)| (pointer, answer)), &target.url, &mut unknown));
            continue;
        }
        toml.push(match line.strip_prefix("path = \"/") {
            Some(rest) if !prefix.is_empty() => format!("path = \"{prefix}/{rest}"),
            _ => line.to_owned(),
        });
    }
    let mut toml = toml.join("\n") + "\n";
    if !toml.contains("\n[session]") {
        let line = "a request that says whether the user is signed in".to_owned();
        toml.push_str(&format!("\n# not found: {line}\n# [session]\n# path = \"/…\"\n# pointer = \"/…\"\n"));
        unknown.push(line);
    }
    if let Some((Finds::Options(_), pointer, _)) = found {
        toml = options_at(&toml, asked, prefix, pointer);
    }
    Taken { adapter: shape.adapter.clone(), request: asked.request.clone(), certain: found.is_some(), toml, unknown }
}

/// The options' place, where it is another than the adapter's.
fn options_at(toml: &str, asked: &Asked, prefix: &str, pointer: &str) -> String {
    let path = asked.request.split_once(' ').map(|(_, path)| path.split('?').next().unwrap_or_default()).unwrap_or_default();
    let stem = path.strip_prefix(prefix).unwrap_or(path);
    let mut in_section = false;
    let lines = toml.lines().map(|line| {
        if line.starts_with('[') {
            in_section = false;
        }
        in_section |= line.starts_with("path = ") && line.contains(stem);
        match line.strip_prefix("options = \"") {
            Some(_) if in_section => format!("options = {}", quoted(pointer)),
            _ => line.to_owned(),
        }
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

/// The origin of the pages, which the URL need not have, and the RP ID.
fn origin(found: Option<(&String, &Answer)>, url: &Url, unknown: &mut Vec<String>) -> Vec<String> {
    let options = found.and_then(|(pointer, answer)| answer.json.as_ref()?.pointer(pointer));
    let rp_id = options.and_then(|options| options.pointer("/rp/id").or_else(|| options.get("rpId"))).and_then(|id| id.as_str());
    let host = url.host_str().unwrap_or_default();
    match rp_id {
        Some(rp_id) if host == rp_id || host.ends_with(&format!(".{rp_id}")) => vec![format!("rp-id = {}", quoted(rp_id))],
        Some(rp_id) => {
            let line = format!("the origin of the pages: the RP ID is {rp_id}, and a page at {host} can't use it");
            unknown.push(line.clone());
            let origin = format!("https://{rp_id}");
            vec![format!("# not found: {line}"), format!("origin = {}", quoted(&origin)), format!("rp-id = {}", quoted(rp_id))]
        }
        None => {
            unknown.push("the RP ID: no options were seen; the client takes what they say".to_owned());
            vec!["# not found: the RP ID: no options were seen; the client takes what they say".to_owned(), "# rp-id = \"…\"".to_owned()]
        }
    }
}

/// Without user name and password.
fn shown(url: &Url) -> String {
    url.origin().ascii_serialization()
}

#[cfg(test)]
mod tests;
