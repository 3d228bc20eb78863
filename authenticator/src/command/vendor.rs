//! Commands of the vendor's range (CTAP2.3 §6: 0x40 to 0xBF) but for the two prototypes, as they are configured.

use ciborium::Value;

use crate::cbor;
use crate::command::{Decision, Turn};
use crate::device::Device;
use crate::refusal::Refusal;
use crate::{Response, Status};

/// The codes of the range.
pub(crate) const RANGE: std::ops::RangeInclusive<u8> = 0x42..=0xBF;

pub(super) fn start(device: &Device, code: u8) -> Decision {
    let Some(command) = device.config.commands.vendor.iter().find(|command| command.code == code) else {
        return Err(Refusal::rule(Status::InvalidCommand, "the authenticator has no such command"));
    };
    let members = match cbor::read_lenient(&command.answer) {
        _ if command.answer.is_empty() => Vec::new(),
        Ok((Value::Map(members), _)) => members,
        _ => return Err(Refusal::rule(Status::Other, "the vendor command's configured answer is not a CBOR map")),
    };
    Ok(Turn::Decided(Response::Answer(members)))
}

#[cfg(test)]
mod tests {
    use crate::bench::{Bench, answer};
    use crate::config::{Commands, VendorCommand};
    use crate::{CommandSteps, Config, Status};
    use ciborium::Value;

    #[test]
    fn a_configured_command_answers_and_no_other() {
        let vendor = vec![
            VendorCommand { code: 0x42, answer: Vec::new() },
            VendorCommand { code: 0xBF, answer: vec![0xA1, 0x01, 0x61, 0x61] },
            VendorCommand { code: 0x43, answer: vec![0x01] },
            VendorCommand { code: 0x3F, answer: Vec::new() },
        ];
        let mut bench = Bench::new(Config { commands: Commands { vendor, ..Commands::default() }, ..Config::default() });
        assert_eq!(answer(bench.bare(0x42)).status, Status::Ok);
        // Its parameters are the vendor's business.
        assert_eq!(answer(bench.key.handle(bench.now, &[0x42, 1, 2, 3])).status, Status::Ok);
        let reply = answer(bench.bare(0xBF));
        assert_eq!((reply.status, reply.member(1)), (Status::Ok, Some(&Value::from("a"))));
        assert_eq!(answer(bench.bare(0x43)).status, Status::Other);
        // 0x3F is not the vendor's, 0x44 is not configured.
        for code in [0x3F, 0x44, 0xC0] {
            assert_eq!(answer(bench.bare(code)).status, Status::InvalidCommand, "{code:x}");
        }
    }
}
