//! Reads an exported file: every field is checked, and a mistake is told with its place.

use std::collections::BTreeSet;

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Map, Value};

use super::exchange::{FORMAT, ImportError, ImportedAuthenticator, VERSION};
use crate::algorithm::{self, PrivateKey};
use crate::extension::{CredProtect, CredRandom, ExtensionData, Secret};
use crate::{Credential, CredentialId, KeyState, UserEntity};

/// The authenticators of an exported file.
pub(super) fn read(file: &Value) -> Result<Vec<ImportedAuthenticator>, ImportError> {
    let file = Field { place: String::new(), value: file }.object()?;
    let format = file.get("format")?;
    if format.text()? != FORMAT {
        return Err(format.refuse(format!("expected {FORMAT:?}: this is no export of faultkey")));
    }
    let version = file.get("version")?;
    if version.number()? != VERSION {
        return Err(version.refuse(format!("this version of faultkey reads version {VERSION}, not {}", version.value)));
    }
    let mut names = BTreeSet::new();
    file.get("authenticators")?
        .items()?
        .iter()
        .map(|field| {
            let authenticator = authenticator(field)?;
            if !names.insert(authenticator.name.clone()) {
                return Err(field.refuse(format!("the authenticator {:?} is here for the second time", authenticator.name)));
            }
            Ok(authenticator)
        })
        .collect()
}

fn authenticator(field: &Field) -> Result<ImportedAuthenticator, ImportError> {
    let object = field.object()?;
    let name = object.get("name")?;
    if !(1..=255).contains(&name.text()?.len()) {
        return Err(name.refuse("expected 1 to 255 bytes"));
    }
    let mut ids = BTreeSet::new();
    let credentials = object
        .get("credentials")?
        .items()?
        .iter()
        .map(|field| {
            let (credential, sign_count) = credential(field)?;
            if !ids.insert(credential.id.clone()) {
                return Err(field.refuse(format!("credential {} is here for the second time", credential.id)));
            }
            Ok((credential, sign_count))
        })
        .collect::<Result<_, ImportError>>()?;
    let state = match object.members.contains_key("state") {
        true => state(&object.get("state")?)?,
        // Files of before there was state.
        false => Vec::new(),
    };
    Ok(ImportedAuthenticator { name: name.text()?.to_owned(), sign_count: object.get("signCount")?.count()?, credentials, state })
}

fn state(field: &Field) -> Result<Vec<(String, Vec<u8>)>, ImportError> {
    let object = field.object()?;
    let read = |name: &String| {
        let piece = object.get(name)?;
        match name.len() {
            1..=255 => Ok((name.clone(), piece.bytes(0..=usize::MAX)?)),
            _ => Err(piece.refuse("a name of 1 to 255 bytes is needed")),
        }
    };
    object.members.keys().map(read).collect()
}

fn credential(field: &Field) -> Result<(Credential, u32), ImportError> {
    let object = field.object()?;
    let user = object.get("user")?.object()?;
    let rp_id = object.get("rpId")?;
    if rp_id.text()?.is_empty() {
        return Err(rp_id.refuse("expected a relying party id, found empty text"));
    }
    let backup_state = object.get("backupState")?;
    let backup_eligible = object.get("backupEligible")?.boolean()?;
    if backup_state.boolean()? && !backup_eligible {
        return Err(backup_state.refuse("a credential that is not backup eligible can't be backed up"));
    }
    let credential = Credential {
        id: CredentialId(object.get("id")?.bytes(16..=1_023)?),
        rp_id: rp_id.text()?.to_owned(),
        user: UserEntity {
            id: user.get("id")?.bytes(1..=64)?,
            name: user.get("name")?.optional_text()?,
            display_name: user.get("displayName")?.optional_text()?,
        },
        key: key(&object.get("key")?)?,
        discoverable: object.get("discoverable")?.boolean()?,
        backup_eligible,
        backup_state: backup_state.boolean()?,
        created: object.get("created")?.number()?,
        extensions: match object.members.contains_key("extensions") {
            true => extensions(&object.get("extensions")?)?,
            false => ExtensionData::default(),
        },
    };
    Ok((credential, object.get("signCount")?.count()?))
}

fn extensions(field: &Field) -> Result<ExtensionData, ImportError> {
    let object = field.object()?;
    let cred_protect = object.get("credProtect")?;
    let Some(policy) = CredProtect::from_level(cred_protect.number()?) else {
        return Err(cred_protect.refuse(format!("expected 1, 2 or 3, found {}", cred_protect.value)));
    };
    let secret = |field: Field| {
        let mut secret = Secret([0; 32]);
        secret.0.copy_from_slice(&field.bytes(32..=32)?);
        Ok::<_, ImportError>(secret)
    };
    let cred_random = object.get("credRandom")?.unless_null(|field| {
        let pair = field.object()?;
        Ok(CredRandom { with_uv: secret(pair.get("withUv")?)?, without_uv: secret(pair.get("withoutUv")?)? })
    })?;
    Ok(ExtensionData {
        cred_protect: policy,
        cred_random,
        cred_blob: object.get("credBlob")?.unless_null(|field| field.bytes(0..=usize::MAX))?,
        large_blob_key: object.get("largeBlobKey")?.unless_null(secret)?,
        third_party_payment: object.get("thirdPartyPayment")?.boolean()?,
    })
}

fn key(field: &Field) -> Result<KeyState, ImportError> {
    if field.value.is_null() {
        return Ok(KeyState::Invalidated);
    }
    let object = field.object()?;
    let algorithm = object.get("alg")?;
    let Some((number, name)) = algorithm.value.as_i64().and_then(|number| Some((number, algorithm::name(number)?))) else {
        return Err(algorithm.refuse(format!("expected the COSE number of an algorithm that faultkey has, found {}", algorithm.value)));
    };
    let secret = object.get("d")?;
    // An RSA key of 16,384 bits is the longest.
    let key = PrivateKey::from_bytes(number, &secret.bytes(1..=2_050)?);
    key.map(KeyState::Usable).map_err(|_| secret.refuse(format!("expected a private key of {name}")))
}

/// A value and its place in the file.
struct Field<'a> {
    place: String,
    value: &'a Value,
}

struct Object<'a> {
    place: String,
    members: &'a Map<String, Value>,
}

impl<'a> Object<'a> {
    /// The member `name`. Every member must be there, be it null.
    fn get(&self, name: &str) -> Result<Field<'a>, ImportError> {
        let place = if self.place.is_empty() { name.to_owned() } else { format!("{}.{name}", self.place) };
        match self.members.get(name) {
            Some(value) => Ok(Field { place, value }),
            None => Err(ImportError::Field { place, what: "is missing".to_owned() }),
        }
    }
}

impl<'a> Field<'a> {
    fn refuse(&self, what: impl Into<String>) -> ImportError {
        let place = if self.place.is_empty() { "the file".to_owned() } else { self.place.clone() };
        ImportError::Field { place, what: what.into() }
    }

    fn expected(&self, what: &str) -> ImportError {
        let found = match self.value {
            Value::Null => "null",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::String(_) => "text",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        };
        self.refuse(format!("expected {what}, found {found}"))
    }

    fn object(&self) -> Result<Object<'a>, ImportError> {
        let members = self.value.as_object().ok_or_else(|| self.expected("an object"))?;
        Ok(Object { place: self.place.clone(), members })
    }

    fn items(&self) -> Result<Vec<Field<'a>>, ImportError> {
        let items = self.value.as_array().ok_or_else(|| self.expected("an array"))?;
        Ok(items.iter().enumerate().map(|(index, value)| Field { place: format!("{}[{index}]", self.place), value }).collect())
    }

    fn unless_null<T>(self, read: impl FnOnce(Self) -> Result<T, ImportError>) -> Result<Option<T>, ImportError> {
        if self.value.is_null() { Ok(None) } else { read(self).map(Some) }
    }

    fn text(&self) -> Result<&'a str, ImportError> {
        self.value.as_str().ok_or_else(|| self.expected("text"))
    }

    fn optional_text(&self) -> Result<Option<String>, ImportError> {
        if self.value.is_null() {
            Ok(None)
        } else {
            self.value.as_str().map(|text| Some(text.to_owned())).ok_or_else(|| self.expected("text or null"))
        }
    }

    fn boolean(&self) -> Result<bool, ImportError> {
        self.value.as_bool().ok_or_else(|| self.expected("true or false"))
    }

    fn number(&self) -> Result<u64, ImportError> {
        self.value.as_u64().ok_or_else(|| self.expected("a whole number from 0"))
    }

    fn count(&self) -> Result<u32, ImportError> {
        u32::try_from(self.number()?).map_err(|_| self.refuse("expected at most 4294967295"))
    }

    fn bytes(&self, length: std::ops::RangeInclusive<usize>) -> Result<Vec<u8>, ImportError> {
        let bytes = BASE64URL_NOPAD
            .decode(self.text()?.as_bytes())
            .map_err(|error| self.refuse(format!("expected base64url without padding: {error}")))?;
        if length.contains(&bytes.len()) {
            return Ok(bytes);
        }
        Err(self.refuse(match (length.start(), length.end()) {
            (low, high) if low == high => format!("expected {low} bytes, found {}", bytes.len()),
            (low, high) => format!("expected {low} to {high} bytes, found {}", bytes.len()),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn file() -> Value {
        json!({
            "format": "faultkey-store", "version": 1,
            "authenticators": [{ "name": "phone", "signCount": 4, "credentials": [{
                "id": BASE64URL_NOPAD.encode(&[1; 16]), "rpId": "broker.test",
                "user": { "id": "AQ", "name": "taro", "displayName": null },
                "key": { "alg": -7, "d": BASE64URL_NOPAD.encode(&[1; 32]) },
                "discoverable": true, "backupEligible": true, "backupState": false, "created": 1, "signCount": 0,
            }] }],
        })
    }

    fn refusal(pointer: &str, value: Value) -> String {
        let mut file = file();
        *file.pointer_mut(pointer).unwrap() = value;
        read(&file).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_valid_file_is_read() {
        let authenticators = read(&file()).unwrap();
        assert_eq!((authenticators[0].name.as_str(), authenticators[0].sign_count), ("phone", 4));
        assert_eq!(authenticators[0].credentials[0].0.user.name.as_deref(), Some("taro"));
    }

    #[test]
    fn every_field_is_checked_and_its_place_is_told() {
        let credential = "/authenticators/0/credentials/0";
        let at = |name: &str| format!("{credential}{name}");
        let place = "authenticators[0].credentials[0]";
        let tail = "; correct the file, nothing was imported";
        let long_id = BASE64URL_NOPAD.encode(&[1; 1_024]);
        for (pointer, value, message) in [
            (String::new(), json!([]), "the file: expected an object, found an array".to_owned()),
            ("/format".to_owned(), json!("x"), "format: expected \"faultkey-store\": this is no export of faultkey".to_owned()),
            ("/version".to_owned(), json!(2), "version: this version of faultkey reads version 1, not 2".to_owned()),
            ("/version".to_owned(), json!("1"), "version: expected a whole number from 0, found text".to_owned()),
            ("/authenticators".to_owned(), json!({}), "authenticators: expected an array, found an object".to_owned()),
            ("/authenticators/0/name".to_owned(), json!(""), "authenticators[0].name: expected 1 to 255 bytes".to_owned()),
            (
                "/authenticators/0/signCount".to_owned(),
                json!(4_294_967_296_u64),
                "authenticators[0].signCount: expected at most 4294967295".to_owned(),
            ),
            (
                "/authenticators/0/signCount".to_owned(),
                json!(-1),
                "authenticators[0].signCount: expected a whole number from 0, found a number".to_owned(),
            ),
            (at("/id"), json!("AQ"), format!("{place}.id: expected 16 to 1023 bytes, found 1")),
            (at("/id"), json!(long_id), format!("{place}.id: expected 16 to 1023 bytes, found 1024")),
            (at("/id"), json!("A*"), format!("{place}.id: expected base64url without padding: invalid symbol at 1")),
            (at("/rpId"), json!(7), format!("{place}.rpId: expected text, found a number")),
            (at("/rpId"), json!(""), format!("{place}.rpId: expected a relying party id, found empty text")),
            (at("/user"), json!(null), format!("{place}.user: expected an object, found null")),
            (at("/user/id"), json!(""), format!("{place}.user.id: expected 1 to 64 bytes, found 0")),
            (at("/user/name"), json!(true), format!("{place}.user.name: expected text or null, found true or false")),
            (at("/user"), json!({ "id": "AQ", "name": null }), format!("{place}.user.displayName: is missing")),
            (
                at("/key/alg"),
                json!(-65535),
                format!("{place}.key.alg: expected the COSE number of an algorithm that faultkey has, found -65535"),
            ),
            (at("/key/alg"), json!(-257), format!("{place}.key.d: expected a private key of RS256")),
            (at("/key/d"), json!("AQ"), format!("{place}.key.d: expected a private key of ES256")),
            (at("/key/d"), json!(BASE64URL_NOPAD.encode(&[0; 32])), format!("{place}.key.d: expected a private key of ES256")),
            (at("/discoverable"), json!(1), format!("{place}.discoverable: expected true or false, found a number")),
            (at("/backupEligible"), json!("no"), format!("{place}.backupEligible: expected true or false, found text")),
            (at("/created"), json!(1.5), format!("{place}.created: expected a whole number from 0, found a number")),
            (at("/signCount"), json!([]), format!("{place}.signCount: expected a whole number from 0, found an array")),
        ] {
            assert_eq!(refusal(&pointer, value), format!("{message}{tail}"), "{pointer}");
        }
    }

    #[test]
    fn extensions_are_checked_like_everything_else() {
        let place = "authenticators[0].credentials[0].extensions";
        let secret = BASE64URL_NOPAD.encode(&[1; 32]);
        let whole = json!({
            "credProtect": 2, "credRandom": { "withUv": secret, "withoutUv": secret }, "credBlob": "", "largeBlobKey": secret,
            "thirdPartyPayment": true,
        });
        let read_with = |extensions: Value| {
            let mut file = file();
            file["authenticators"][0]["credentials"][0]["extensions"] = extensions;
            read(&file)
        };
        let kept = read_with(whole.clone()).unwrap()[0].credentials[0].0.extensions.clone();
        assert_eq!((kept.cred_protect.level(), kept.cred_blob), (2, Some(Vec::new())));
        for (pointer, value, message) in [
            ("/credProtect", json!(4), "credProtect: expected 1, 2 or 3, found 4"),
            ("/credRandom", json!({ "withUv": secret }), "credRandom.withoutUv: is missing"),
            ("/largeBlobKey", json!("AQ"), "largeBlobKey: expected 32 bytes, found 1"),
            ("/credBlob", json!(1), "credBlob: expected text, found a number"),
            ("/thirdPartyPayment", json!(null), "thirdPartyPayment: expected true or false, found null"),
        ] {
            let mut changed = whole.clone();
            *changed.pointer_mut(pointer).unwrap() = value;
            let message = format!("{place}.{message}; correct the file, nothing was imported");
            assert_eq!(read_with(changed).err().unwrap().to_string(), message);
        }
    }

    #[test]
    fn doubles_and_impossible_backup_states_are_refused() {
        let mut twice = file();
        let credential = twice["authenticators"][0]["credentials"][0].clone();
        twice["authenticators"][0]["credentials"] = json!([credential, credential]);
        let message = read(&twice).err().unwrap().to_string();
        assert!(
            message.starts_with("authenticators[0].credentials[1]: credential AQEBAQEBAQEBAQEBAQEBAQ is here for the second time"),
            "{message}"
        );

        let mut twice = file();
        let authenticator = twice["authenticators"][0].clone();
        twice["authenticators"] = json!([authenticator, authenticator]);
        let message = read(&twice).err().unwrap().to_string();
        assert!(message.starts_with("authenticators[1]: the authenticator \"phone\" is here for the second time"), "{message}");

        let mut file = file();
        file["authenticators"][0]["credentials"][0]["backupEligible"] = json!(false);
        file["authenticators"][0]["credentials"][0]["backupState"] = json!(true);
        let message = read(&file).err().unwrap().to_string();
        assert!(message.starts_with("authenticators[0].credentials[0].backupState: a credential that is not backup eligible"), "{message}");
    }

    fn json_values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from)
        ];
        leaf.prop_recursive(2, 8, 3, |inner| proptest::collection::vec(inner, 0..3).prop_map(Value::from))
    }

    proptest! {
        #[test]
        fn any_value_in_any_field_is_read_or_refused(value in json_values(), field in 0_usize..14) {
            let credential = "/authenticators/0/credentials/0";
            let names = ["/id", "/rpId", "/user", "/user/id", "/user/name", "/key", "/key/alg", "/key/d", "/discoverable", "/backupEligible", "/backupState", "/created", "/signCount", ""];
            let mut file = file();
            *file.pointer_mut(&format!("{credential}{}", names[field])).unwrap() = value;
            let _ = read(&file);
        }
    }
}
