//! How bytes reach an authenticator: in process as messages, or as the 64-byte reports of CTAPHID, which a link carries.
//!
//! A [`ReportDevice`] is the device, without I/O. Links ([`socket`], UHID, [`usbip`]) carry its reports to a host, with a [`WallClock`] and a
//! [`Port`] to it.

pub mod cable;
pub mod ctaphid;
#[cfg(unix)]
pub mod device_node;
pub mod escape;
pub mod identity;
pub mod in_process;
pub mod port;
pub mod report_descriptor;
pub mod report_device;
pub mod secrets;
pub mod socket;
pub mod transcript;
#[cfg(target_os = "linux")]
pub mod uhid;
pub mod usb;
pub mod usbd_ctaphid;
pub mod usbip;
pub mod wall_clock;

use faultkey_authenticator::{Prompt, Time, UserAnswer};

pub use cable::Cable;
pub use identity::Identity;
pub use in_process::InProcess;
pub use port::Port;
pub use report_device::{Attended, LineEvent, ReportDevice};
pub use secrets::Secrets;
pub use transcript::{Entry, Transcript, What};
pub use wall_clock::WallClock;

/// The client's side of the way to one authenticator.
pub trait Transport {
    /// Sends one CTAP request.
    fn send(&mut self, now: Time, request: &[u8]) -> Exchange;

    /// Passes on what the user did at the last prompt.
    fn answer(&mut self, now: Time, answer: UserAnswer) -> Exchange;

    /// Sends one CTAP1/U2F command, an APDU of ISO 7816-4. Its reply ends with a status word.
    fn apdu(&mut self, _now: Time, _apdu: &[u8]) -> Exchange {
        no_ctap1()
    }

    /// Passes on what the user did at the prompt of an APDU.
    fn answer_apdu(&mut self, _now: Time, _answer: UserAnswer) -> Exchange {
        no_ctap1()
    }

    /// The client gives up then: a way on which time passes waits no longer.
    fn wait_until(&mut self, _deadline: Time) {}

    /// When the last exchange came, which was asked for at `asked`. On most ways no time passes.
    fn moment(&self, asked: Time) -> Time {
        asked
    }
}

/// `SW_INS_NOT_SUPPORTED`: the way carries no CTAP1.
fn no_ctap1() -> Exchange {
    Exchange::Reply(vec![0x6D, 0x00])
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exchange {
    /// A CTAP reply: status byte and CBOR.
    Reply(Vec<u8>),
    /// The authenticator waits for the user.
    NeedUser(Prompt),
    /// Nothing came, and nothing will: the client's own timer has to end this.
    Silence,
}
