//! A device as its messages: what stands behind `usbd-ctaphid`, which has the reports to itself. No I/O and no clock.

use faultkey_authenticator::Time;

use crate::LineEvent;
use crate::ctaphid::{Config, ErrorCode, Report};

/// A device behind the firmware. [`super::App`] is one; who wraps it to watch it is one.
pub trait MessageDevice {
    /// What INIT tells of the device: its version, WINK, CTAP1. Asked when it is plugged in.
    fn config(&self) -> Config;

    /// A whole message, other than INIT, PING and CANCEL. The next comes when this one is answered.
    fn begin(&mut self, now: Time, command: u8, message: Vec<u8>);

    /// CANCEL, or an INIT that ends what is under way: it has to be answered now, whoever may hear it.
    fn cancel(&mut self, now: Time);

    /// Time passes.
    fn tick(&mut self, now: Time);

    /// When [`MessageDevice::tick`] has something to do, if nothing comes before.
    fn deadline(&self) -> Option<Time>;

    /// Whether the host is to be told that it takes time, and whether because of the user.
    fn keepalive(&self) -> Option<bool>;

    /// The answer, once. The firmware knows two errors: [`ErrorCode::InvalidCommand`], and every other is `ERR_INVALID_LEN`.
    fn take_answer(&mut self) -> Option<Result<Vec<u8>, ErrorCode>>;

    /// A report that came from the host, whatever the firmware makes of it.
    fn report_in(&mut self, _now: Time, _report: &Report) {}

    /// A report that went to the host: the firmware's own, too.
    fn report_out(&mut self, _now: Time, _report: &Report) {}

    /// What the device does to its own connection. The firmware does not hear of it.
    fn next_line_event(&mut self) -> Option<LineEvent> {
        None
    }
}
