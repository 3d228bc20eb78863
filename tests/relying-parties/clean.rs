//! A registration and a log-in with nothing armed: what every relying party must accept.

use crate::bench::{Bench, Place, wish};

/// Registers and logs in with each kind of credential and each wish for user verification.
pub async fn ceremonies(place: &Place) {
    for resident_key in ["required", "discouraged"] {
        for user_verification in ["required", "preferred", "discouraged"] {
            ceremony(place, resident_key, user_verification).await;
        }
    }
}

async fn ceremony(place: &Place, resident_key: &str, user_verification: &str) {
    let case = format!("residentKey {resident_key}, userVerification {user_verification}");
    let wish = wish(resident_key, user_verification);
    let mut bench = Bench::new(place, &case).await;

    let mut session = bench.adapter.session();
    let (options, credential) = bench.create(&mut session, &wish).await;
    assert_eq!(options["authenticatorSelection"]["userVerification"], user_verification, "{case}: {options}");
    assert_eq!(options["authenticatorSelection"]["residentKey"], resident_key, "{case}: {options}");
    bench.accepted("the registration", &bench.send_registration(&mut session, &credential).await);

    // A discoverable credential is used without a user name; the other kind can't be.
    let named = resident_key != "required";
    let mut session = bench.adapter.session();
    let (options, credential) = bench.get(&mut session, named, &wish).await;
    assert_eq!(options["userVerification"], user_verification, "{case}: {options}");
    assert_eq!(options["allowCredentials"].as_array().map_or(0, Vec::len), usize::from(named), "{case}: {options}");
    bench.accepted("the log-in", &bench.send_log_in(&mut session, &credential).await);
}

/// What a relying party asks for whose options the page can't choose.
pub struct Own {
    pub resident_key: Option<&'static str>,
    pub user_verification: &'static str,
    pub at_log_in: &'static str,
    /// How many credentials its log-in lists, of an account that has one.
    pub listed: usize,
}

/// Registers and logs in as its options have it, whatever was wished for.
pub async fn ceremony_of_its_own(place: &Place, own: &Own) {
    let wish = wish("discouraged", "discouraged");
    let mut bench = Bench::new(place, "its-own-options").await;

    let mut session = bench.adapter.session();
    let (options, credential) = bench.create(&mut session, &wish).await;
    let selection = &options["authenticatorSelection"];
    assert_eq!(selection["residentKey"].as_str(), own.resident_key, "{options}");
    assert_eq!(selection["userVerification"], own.user_verification, "{options}");
    bench.accepted("the registration", &bench.send_registration(&mut session, &credential).await);

    let mut session = bench.adapter.session();
    let (options, credential) = bench.get(&mut session, true, &wish).await;
    assert_eq!(options["userVerification"], own.at_log_in, "{options}");
    assert_eq!(options["allowCredentials"].as_array().map_or(0, Vec::len), own.listed, "{options}");
    bench.accepted("the log-in", &bench.send_log_in(&mut session, &credential).await);
}
