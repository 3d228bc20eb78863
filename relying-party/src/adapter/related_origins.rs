//! The document in which a relying party lists the other sites that may use its RP ID (WebAuthn-3 §5.11).

use faultkey_fault_injection::{NetworkDecision, NetworkRequest};
use faultkey_transport::transcript::RequestPurpose;

use super::exchange::{HeaderText, Received, Request};
use super::{Adapter, AdapterError, Arrived};

impl Adapter {
    /// The document of this RP ID, which the target is asked for under the RP ID's name, wherever it listens; or why there is none that a
    /// client could use. As a client fetches it: without cookies, and not saying who asks. Redirects are not followed.
    ///
    /// # Errors
    /// [`AdapterError`], as for every request.
    pub async fn related_origins(&self, rp_id: &str) -> Result<Result<Vec<u8>, String>, AdapterError> {
        let mut url = self.wire.route.url.clone();
        url.set_path("/.well-known/webauthn");
        url.set_query(None);
        let mut headers = Vec::new();
        for (name, value) in [("host", rp_id), ("accept", "application/json"), ("connection", "close")] {
            let Some(value) = HeaderText::given(value) else { return Ok(Err(format!("`{rp_id}` cannot be asked for"))) };
            headers.push((name.to_owned(), value));
        }
        if let Some(pace) = &self.pace {
            pace.before_a_request().await;
        }
        let request = Request { method: http::Method::GET, shown: url.clone(), url, headers, body: None, purpose: RequestPurpose::Look };
        let received = self.wire.exchange(NetworkRequest::Other, || NetworkDecision::Pass, request).await?;
        Ok(usable(received))
    }
}

/// WebAuthn-3 §5.11.1 step 2: status 200 and JSON, or nothing.
fn usable(received: Received) -> Result<Vec<u8>, String> {
    match &received.arrived {
        Arrived::Nothing(lost) | Arrived::Part(lost) => return Err(lost.to_string()),
        Arrived::Whole if received.status != 200 => return Err(format!("the answer is {}", received.status)),
        Arrived::Whole => {}
    }
    let kind = received.header("content-type").unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    match essence.eq_ignore_ascii_case("application/json") {
        true => Ok(received.body),
        false if essence.is_empty() => Err("the answer has no Content-Type, expected application/json".to_owned()),
        false => Err(format!("the answer is {essence}, expected application/json")),
    }
}
