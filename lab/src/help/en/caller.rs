//! Who may claim an RP ID, and who not.

use crate::help::place::{Place, Told, say};

impl Place<'_> {
    pub(super) fn rp_id_unlike_origin(&self, origin: &str, rp_id: Option<&str>) -> Told {
        if origin.starts_with("http") {
            return self.another_site(origin, rp_id);
        }
        (
            match rp_id {
                Some(rp_id) => {
                    format!("The relying party names the RP ID {rp_id}, which is no registrable domain, so that {origin} can't claim it.")
                }
                None => {
                    format!("{origin} is an app or an extension, which has no domain of its own, and the relying party names no RP ID.")
                }
            },
            vec![say("Name a registrable domain in the options: as `rp.id` at the registration, and as `rpId` at the authentication.")],
        )
    }

    fn another_site(&self, origin: &str, rp_id: Option<&str>) -> Told {
        (
            match rp_id {
                Some(rp_id) => format!(
                    "A page at {origin} can't use the RP ID {rp_id}, which the relying party names (WebAuthn-3 §5.1.3), nor is it among its related \
                     origins (§5.11)."
                ),
                None => format!("A page at {origin} can't use the RP ID that the relying party names (WebAuthn-3 §5.1.3)."),
            },
            self.origin(&rp_id.map_or_else(|| "https://www.example.com".to_owned(), |rp_id| format!("https://{rp_id}"))),
        )
    }
}
