//! What a key says of itself on the bus: operating systems and browsers treat some vendors' keys in their own way.

use faultkey_fault_injection::Profile;
use faultkey_transport::Identity;

/// The names and numbers of the device that a profile plays.
#[must_use]
pub fn of(profile: &Profile, number: usize) -> Identity {
    let (vendor_id, product_id, manufacturer, product) = match profile.name.as_str() {
        // A YubiKey with its interfaces for OTP and smart cards turned off.
        "yubikey-5" => (0x1050, 0x0402, "Yubico", "YubiKey FIDO"),
        "titan-v2" => (0x18D1, 0x9470, "Google", "Titan Security Key v2"),
        _ => return Identity { serial: number.to_string(), ..Identity::default() },
    };
    Identity {
        vendor_id,
        product_id,
        manufacturer: manufacturer.to_owned(),
        product: product.to_owned(),
        serial: number.to_string(),
        ..Identity::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use faultkey_fault_injection::profile;

    #[test]
    fn each_profile_has_its_own_name_or_the_plain_one() {
        for (name, vendor_id, product) in [
            ("security-key", 0x1209, "faultkey virtual security key"),
            ("yubikey-5", 0x1050, "YubiKey FIDO"),
            ("titan-v2", 0x18D1, "Titan Security Key v2"),
        ] {
            let identity = of(profile::find(name).unwrap(), 2);
            assert_eq!((identity.vendor_id, identity.product.as_str(), identity.serial.as_str()), (vendor_id, product, "2"));
        }
    }
}
