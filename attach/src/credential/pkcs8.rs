//! Private keys as PKCS#8 (RFC 5958): the form in which WebDriver hands them over.

mod ml_dsa;

use faultkey_authenticator::algorithm::{self, PrivateKey, rsa};
use pkcs8::der::asn1::{ObjectIdentifier, OctetStringRef};
use pkcs8::der::{AnyRef, Decode, Encode};
use pkcs8::{AlgorithmIdentifierRef, PrivateKeyInfoRef};
use sec1::EcPrivateKey;

/// A kind of key, and what may be signed with it.
struct Kind {
    name: &'static str,
    /// Of its kind.
    oid: ObjectIdentifier,
    /// Of its curve, where the kind alone does not say it.
    curve: Option<ObjectIdentifier>,
    form: Form,
    /// COSE algorithms. PKCS#8 does not tell them apart; the first is meant when nobody does.
    algorithms: &'static [i64],
}

/// What stands in PKCS#8's octet string.
#[derive(Clone, Copy)]
enum Form {
    /// ECPrivateKey (RFC 5915 §3).
    Ec,
    /// CurvePrivateKey (RFC 8410 §7).
    Curve,
    /// RSAPrivateKey (RFC 8017 §A.1.2).
    Rsa,
    /// ML-DSA-PrivateKey (RFC 9881 §6).
    MlDsa,
}

const KINDS: [Kind; 10] = [
    // RFC 5480 §2.1.1, for secp256k1 RFC 8812 §3.1 and SEC 2 §A.2.1.
    ec("P-256", "1.2.840.10045.3.1.7", &[-7, -9]),
    ec("P-384", "1.3.132.0.34", &[-35, -51]),
    ec("P-521", "1.3.132.0.35", &[-36, -52]),
    ec("secp256k1", "1.3.132.0.10", &[-47]),
    // RFC 8410 §3.
    kind("Ed25519", "1.3.101.112", Form::Curve, &[-8, -19]),
    kind("Ed448", "1.3.101.113", Form::Curve, &[-53]),
    // RFC 8017 §A.1.
    kind("RSA", "1.2.840.113549.1.1.1", Form::Rsa, &[-257, -258, -259, -37, -38, -39]),
    // RFC 9881 §2.
    kind("ML-DSA-44", "2.16.840.1.101.3.4.3.17", Form::MlDsa, &[-48]),
    kind("ML-DSA-65", "2.16.840.1.101.3.4.3.18", Form::MlDsa, &[-49]),
    kind("ML-DSA-87", "2.16.840.1.101.3.4.3.19", Form::MlDsa, &[-50]),
];

/// id-ecPublicKey (RFC 5480 §2.1.1).
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");

const fn ec(name: &'static str, curve: &str, algorithms: &'static [i64]) -> Kind {
    Kind { name, oid: EC, curve: Some(ObjectIdentifier::new_unwrap(curve)), form: Form::Ec, algorithms }
}

const fn kind(name: &'static str, oid: &str, form: Form, algorithms: &'static [i64]) -> Kind {
    Kind { name, oid: ObjectIdentifier::new_unwrap(oid), curve: None, form, algorithms }
}

/// Reads a private key, for the COSE algorithm `wanted`, or else for the one that is usual with such a key.
///
/// # Errors
/// What is wrong with it.
pub fn read(bytes: &[u8], wanted: Option<i64>) -> Result<PrivateKey, String> {
    let info = PrivateKeyInfoRef::from_der(bytes).map_err(broken)?;
    let kind = kind_of(&info.algorithm)?;
    let algorithm = wanted.or(kind.algorithms.first().copied()).unwrap_or_default();
    if !kind.algorithms.contains(&algorithm) {
        let named: Vec<String> = kind.algorithms.iter().map(|algorithm| named(*algorithm)).collect();
        return Err(format!("a key of the kind {} is not for {}, but for {}", kind.name, self::named(algorithm), named.join(", ")));
    }
    let inside = info.private_key.as_bytes();
    let secret = match kind.form {
        Form::Ec => EcPrivateKey::from_der(inside).map_err(broken)?.private_key.to_vec(),
        Form::Curve => <&OctetStringRef>::from_der(inside).map_err(broken)?.as_bytes().to_vec(),
        Form::MlDsa => return ml_dsa::read(algorithm, inside),
        Form::Rsa => {
            let scheme = rsa::Scheme::of(algorithm).ok_or("no scheme of RSA")?;
            let key = rsa::SecretKey::from_pkcs1(scheme, inside);
            return key.map(PrivateKey::Rsa).map_err(|error| format!("{error}: two primes and the public exponent 65537 are expected"));
        }
    };
    PrivateKey::from_bytes(algorithm, &secret).map_err(|error| error.to_string())
}

/// Writes a private key.
///
/// # Errors
/// What is wrong with it, which is nothing for a key that signs.
pub fn write(key: &PrivateKey) -> Result<Vec<u8>, String> {
    let algorithm = key.algorithm();
    let kind = KINDS.iter().find(|kind| kind.algorithms.contains(&algorithm));
    let kind = kind.ok_or_else(|| format!("PKCS#8 has no keys for {}", named(algorithm)))?;
    let secret = key.to_bytes();
    let inside = match (kind.form, key) {
        (_, PrivateKey::Rsa(key)) => key.to_pkcs1().map_err(|error| error.to_string())?,
        (_, PrivateKey::MlDsa(key)) => ml_dsa::write(key)?,
        (Form::Ec, _) => EcPrivateKey { private_key: &secret, parameters: None, public_key: None }.to_der().map_err(broken)?,
        _ => OctetStringRef::new(&secret).and_then(|secret| secret.to_der()).map_err(broken)?,
    };
    let parameters = match (kind.form, &kind.curve) {
        // RFC 8017 §A.1: NULL, which must be there.
        (Form::Rsa, _) => Some(AnyRef::NULL),
        (_, curve) => curve.as_ref().map(AnyRef::from),
    };
    let algorithm = AlgorithmIdentifierRef { oid: kind.oid, parameters };
    OctetStringRef::new(&inside).and_then(|inside| PrivateKeyInfoRef::new(algorithm, inside).to_der()).map_err(broken)
}

fn kind_of(algorithm: &AlgorithmIdentifierRef) -> Result<&'static Kind, String> {
    let curve = match algorithm.oid {
        EC => Some(algorithm.parameters_oid().map_err(|_| "the key does not name its curve".to_owned())?),
        _ => None,
    };
    KINDS.iter().find(|kind| kind.oid == algorithm.oid && kind.curve == curve).ok_or_else(|| {
        let known: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
        format!("the kind {} can't be taken over; {} can", curve.unwrap_or(algorithm.oid), known.join(", "))
    })
}

fn broken(error: impl std::fmt::Display) -> String {
    format!("expected PKCS#8 (RFC 5958) in DER: {error}")
}

/// `-7 (ES256)`.
fn named(algorithm: i64) -> String {
    algorithm::name(algorithm).map_or_else(|| algorithm.to_string(), |name| format!("{algorithm} ({name})"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::BASE64URL_NOPAD;
    use faultkey_authenticator::algorithm::NAMES;
    use faultkey_authenticator::random;
    use proptest::prelude::*;

    fn generate(algorithm: i64) -> PrivateKey {
        PrivateKey::generate(algorithm, &mut random::stream(1, "pkcs8")).unwrap()
    }

    #[test]
    fn keys_of_every_algorithm_read_back() {
        for (algorithm, name) in NAMES {
            let key = generate(algorithm);
            let written = write(&key).unwrap();
            assert_eq!(read(&written, Some(algorithm)).unwrap(), key, "{name}");
        }
    }

    /// Written by OpenSSL 4.0, through Python's cryptography 48: the scalar 902, or a seed that counts up from 0.
    #[test]
    fn keys_that_openssl_wrote_are_read() {
        let scalar = |length: usize| [vec![0; length - 2], vec![3, 0x86]].concat();
        let counting = |length: u8| (0..length).collect::<Vec<u8>>();
        for (algorithm, written, secret) in [
            (
                -7,
                "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA4ahRANCAAQ0IyxqfsJYEH9SO6-a1uuHe3Y9jZPf\
                 fqz8DugoXr0bMjLvd4ajgQ3aa5VGmt41YYP9Q4pRwKUJmA2h4IawrbTk",
                scalar(32),
            ),
            (
                -36,
                "MIHuAgEAMBAGByqGSM49AgEGBSuBBAAjBIHWMIHTAgEBBEIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
                 AAAAA4ahgYkDgYYABAFvRzffiN2-NTXgtd9U4YwKoAz39fx6VHXr9cR1qMgBz21tOA6VHSJFXY229PUt8gtvFMWjVYV_kxdkIz-l7231qgGr_srt2HGl2gMSijw7rcMt\
                 Uu4B-HXxKVzu4rbf-AnQYauTEVP-1JhW1lyUQ0NwHWD-kWkM5_ghemoWhpm6_gRdoA",
                scalar(66),
            ),
            (
                -47,
                "MIGEAgEAMBAGByqGSM49AgEGBSuBBAAKBG0wawIBAQQgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA4ahRANCAARLFJe5IEBiwXWvUm0p_qF3xcMPpfQOP5DO\
                 4U3EL7dOYciF4c5eVAUD0xX0JKaqulF1zS-9VO6z6g742iBYfZVD",
                scalar(32),
            ),
            (-8, "MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f", counting(32)),
            (-53, "MEcCAQAwBQYDK2VxBDsEOQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fICEiIyQlJicoKSorLC0uLzAxMjM0NTY3OA", counting(57)),
            (-49, "MDQCAQAwCwYJYIZIAWUDBAMSBCKAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f", counting(32)),
        ] {
            let written = BASE64URL_NOPAD.decode(written.as_bytes()).unwrap();
            let key = read(&written, None).unwrap();
            assert_eq!((key.algorithm(), key.to_bytes()), (algorithm, secret));
            if !matches!(key, PrivateKey::Es256(_) | PrivateKey::Es512(_) | PrivateKey::Es256k(_)) {
                // OpenSSL adds the public key, where it has a place for it.
                assert_eq!(write(&key).unwrap(), written, "{algorithm}");
            }
        }
    }

    /// The same, of 1,024 bits.
    #[test]
    fn an_rsa_key_of_openssl_is_read_and_written_as_it_was() {
        const WRITTEN: &str = "\
            MIICdgIBADANBgkqhkiG9w0BAQEFAASCAmAwggJcAgEAAoGBAJUDWHnjJoBDLw6rKECcI-sxWfY7trYGPwwrlce1-9CZxfpBf3KPqiW5g8a7gV0HiP3_7kxgp8pO82iKWzqK\
            XgIx0bviIQSXmIujWmo0HfAQKcnDBwtJQvPZbuuuadYGC7gOpLUCS8mRdEwXlsJHMQAVuQhN30Sly2oMzE4S4ek9AgMBAAECgYBHrB5IMgt4sdfWdFieCvvzyf79Qmd1UbfN\
            gMFAF7YQ9YWWAx7r2VH7ZymM0u878b3gfdL-hZbu5d6Jr9KFa7wfEjgYy0xVvGQ5f6rwA3On5HyNqoGYXdXwflbsN8Fjqo_y7f4agAibo7Lfr6kQzxLVbC9M6W6Rgk9rQs2Y\
            RP4ruQJBAMPq1gZ3Dmvla_L7VS8Jg30VOe43d2accsOhxOKcyahLvRdu1Yfdc7pE2x20CzNYgPw4nxmRH18_a1vNWgUpi2cCQQDCtiEZji2mTKI7VvrI63cuCAVzp0n0G9aZ\
            rhMrZFphQu64HZ5kl4d95TvXl2DHgh06wrh-rzhagGKIcobydiO7AkAkyzGuvSVENi3z0CfLUaoUD6x1hI00BCW5f-QN-wwUQ0Ub5YDMp1ZYoR3Vkj6YQgLXW3rlvk95_9sV\
            vpctaQP5AkAL23mCi-T9xpbulCprh-NXG0fxthNL2VIlQ7OJJfBXEfNlpPAbYhrvMMGHLIHJRIQxKuB_Xn5JDJ5zfr33D_i3AkEAgDEPFwe39EAqMoMOzUdtcdjxmFzSzpso\
            TiSmXrrrO36ixCCowpPe0iEaL1N7x-rxufdJs1MKgSp9NKyHLdWxzg";
        let written = BASE64URL_NOPAD.decode(WRITTEN.as_bytes()).unwrap();
        for algorithm in [-257, -258, -37, -38] {
            let key = read(&written, Some(algorithm)).unwrap();
            assert_eq!(key.algorithm(), algorithm);
            let PrivateKey::Rsa(rsa) = &key else { panic!("{key:?}") };
            assert_eq!(rsa.modulus()[..4], [0x95, 0x03, 0x58, 0x79]);
            assert_eq!(write(&key).unwrap(), written);
        }
        // Its modulus is not that of its primes: a byte of it is another.
        let mut broken = written;
        broken[40] ^= 1;
        assert!(read(&broken, None).unwrap_err().starts_with("the private key is not a valid RS256 key"));
    }

    #[test]
    fn without_an_algorithm_the_usual_one_is_meant() {
        for (written, meant) in [(-9, -7), (-51, -35), (-52, -36), (-47, -47), (-19, -8), (-53, -53), (-39, -257), (-49, -49)] {
            assert_eq!(read(&write(&generate(written)).unwrap(), None).unwrap().algorithm(), meant);
        }
    }

    #[test]
    fn an_algorithm_of_another_kind_is_refused() {
        let told = read(&write(&generate(-7)).unwrap(), Some(-257)).unwrap_err();
        assert_eq!(told, "a key of the kind P-256 is not for -257 (RS256), but for -7 (ES256), -9 (ESP256)");
        let told = read(&write(&generate(-50)).unwrap(), Some(-1)).unwrap_err();
        assert_eq!(told, "a key of the kind ML-DSA-87 is not for -1, but for -50 (ML-DSA-87)");
    }

    #[test]
    fn what_can_not_be_taken_over_is_told() {
        let of = |oid: &str, inside: &[u8]| {
            let algorithm = AlgorithmIdentifierRef { oid: oid.parse().unwrap(), parameters: None };
            read(&PrivateKeyInfoRef::new(algorithm, OctetStringRef::new(inside).unwrap()).to_der().unwrap(), None).unwrap_err()
        };
        assert_eq!(
            of("1.2.840.10040.4.1", b"x"),
            "the kind 1.2.840.10040.4.1 can't be taken over; \
             P-256, P-384, P-521, secp256k1, Ed25519, Ed448, RSA, ML-DSA-44, ML-DSA-65, ML-DSA-87 can"
        );
        assert_eq!(of("1.2.840.10045.2.1", b"x"), "the key does not name its curve");
        assert_eq!(
            of("1.2.840.113549.1.1.1", b"x"),
            "the private key is not a valid RS256 key: two primes and the public exponent 65537 are expected"
        );
        assert_eq!(of("1.3.101.112", &[4, 2, 1, 1]), "the private key is not a valid EdDSA key");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes, None);
        }

        /// One byte of a key is another: it is read or refused, and what is read is a key that can be written.
        #[test]
        fn a_changed_key_is_read_or_refused(kind in 0..KINDS.len(), at in any::<proptest::sample::Index>(), byte in any::<u8>()) {
            static WRITTEN: std::sync::LazyLock<Vec<Vec<u8>>> =
                std::sync::LazyLock::new(|| KINDS.iter().map(|kind| write(&generate(kind.algorithms[0])).unwrap()).collect());
            let mut bytes = WRITTEN[kind].clone();
            *at.get_mut(&mut bytes) = byte;
            if let Ok(key) = read(&bytes, None) {
                prop_assert!(write(&key).is_ok());
            }
        }
    }
}
