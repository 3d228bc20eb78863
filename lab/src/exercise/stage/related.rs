//! Related origins: a page of one site that uses the RP ID of another (WebAuthn-3 §5.11).

use faultkey_client::{Call, related_origins};
use faultkey_relying_party::AdapterError;
use serde_json::Value;

use super::Stage;

impl Stage<'_> {
    /// Lets the client have the document that it would fetch for these options. The relying party is asked once for each RP ID.
    pub(super) async fn offer_related_origins(&mut self, options: &Value) -> Result<(), AdapterError> {
        let rp_id = options.pointer("/rp/id").or_else(|| options.get("rpId")).and_then(Value::as_str);
        let call = Call::new(self.clock().now(), self.adapter.origin());
        let Some(rp_id) = rp_id.filter(|rp_id| related_origins::are_asked_for(&call, rp_id)) else { return Ok(()) };
        let document = match self.related.get(rp_id) {
            Some(document) => document.clone(),
            None => self.adapter.related_origins(rp_id).await?,
        };
        self.related.insert(rp_id.to_owned(), document.clone());
        self.device.fetches(related_origins::url(rp_id), document);
        Ok(())
    }
}
