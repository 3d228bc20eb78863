//! What a device and its stack borrow while they are plugged in.

use ctaphid_dispatch::{Channel, DEFAULT_MESSAGE_SIZE};
use ref_swap::OptionRefSwap;
use trussed_core::InterruptFlag;
use usb_device::bus::UsbBusAllocator;

use super::VirtualBus;

/// Hands out endpoints and holds the bus.
pub type Allocator = UsbBusAllocator<VirtualBus>;

/// The parts of one device. They are made first and dropped last, so that nothing has to be leaked; each is for one [`super::Function`].
pub struct Parts<'a> {
    pub(crate) allocator: Allocator,
    /// Between usbd-ctaphid and its app: one request, and its answer.
    pub(crate) channel: Box<Channel<DEFAULT_MESSAGE_SIZE>>,
    /// How usbd-ctaphid tells its app of CANCEL.
    pub(crate) flag: InterruptFlag,
    pub(crate) interrupt: OptionRefSwap<'a, InterruptFlag>,
}

impl Default for Parts<'_> {
    fn default() -> Self {
        Self {
            allocator: Allocator::new(VirtualBus::default()),
            channel: Box::new(Channel::new()),
            flag: InterruptFlag::new(),
            interrupt: OptionRefSwap::new(None),
        }
    }
}
