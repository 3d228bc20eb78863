//! What came back, read strictly: a status that the specification names, canonical CBOR, nothing after it.

use ciborium::Value;
use faultkey_authenticator::{AuthenticatorData, Status, cbor};

#[derive(Clone, Debug)]
pub enum Reply {
    Ctap {
        status: Status,
        members: Value,
    },
    /// Data and status word of U2F.
    Apdu {
        data: Vec<u8>,
        word: u16,
    },
}

impl Reply {
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let (code, body) = bytes.split_first().ok_or("the reply is empty")?;
        let status = Status::from_code(*code).ok_or_else(|| format!("the status 0x{code:02X} is none of CTAP's"))?;
        if body.is_empty() {
            return Ok(Self::Ctap { status, members: Value::Map(Vec::new()) });
        }
        if status != Status::Ok {
            return Err(format!("{status} comes with {} bytes", body.len()));
        }
        if bytes.len() > 7_609 {
            return Err(format!("the reply has {} bytes", bytes.len()));
        }
        let members = cbor::read_strict(body).map_err(|error| format!("the reply is not canonical CBOR: {error}"))?;
        if !members.is_map() {
            return Err("the reply is not a map".to_owned());
        }
        Ok(Self::Ctap { status, members })
    }

    pub fn read_apdu(bytes: &[u8]) -> Result<Self, String> {
        let (data, word) = bytes.split_last_chunk::<2>().ok_or("the response APDU is shorter than a status word")?;
        Ok(Self::Apdu { data: data.to_vec(), word: u16::from_be_bytes(*word) })
    }

    /// For counting.
    pub fn verdict(&self) -> String {
        match self {
            Self::Ctap { status, .. } => {
                status.name().trim_start_matches("CTAP1_ERR_").trim_start_matches("CTAP2_ERR_").trim_start_matches("CTAP2_").to_owned()
            }
            Self::Apdu { word, .. } => format!("{word:04X}"),
        }
    }

    pub fn is_success(&self) -> bool {
        matches!(self, Self::Ctap { status: Status::Ok, .. } | Self::Apdu { word: 0x9000, .. })
    }

    pub fn member(&self, key: u8) -> Option<&Value> {
        let Self::Ctap { members, .. } = self else { return None };
        find(members, &Value::from(key))
    }

    pub fn bytes(&self, key: u8) -> Result<&[u8], String> {
        self.member(key).and_then(Value::as_bytes).map(Vec::as_slice).ok_or_else(|| format!("the reply has no bytes 0x{key:02X}"))
    }

    pub fn number(&self, key: u8) -> Option<u64> {
        self.member(key).and_then(Value::as_integer).and_then(|number| number.try_into().ok())
    }

    pub fn flag(&self, key: u8) -> Option<bool> {
        self.member(key).and_then(Value::as_bool)
    }

    /// Member 2 of makeCredential and getAssertion.
    pub fn authenticator_data(&self) -> Result<AuthenticatorData, String> {
        AuthenticatorData::parse(self.bytes(2)?)
    }
}

/// The value of `key` in a map.
pub fn find<'a>(map: &'a Value, key: &Value) -> Option<&'a Value> {
    map.as_map()?.iter().find(|(name, _)| name == key).map(|(_, value)| value)
}

/// The same, of a text key.
pub fn field<'a>(map: &'a Value, key: &str) -> Option<&'a Value> {
    find(map, &Value::from(key))
}

pub fn text(map: &Value, key: &str) -> Option<String> {
    field(map, key).and_then(Value::as_text).map(str::to_owned)
}
