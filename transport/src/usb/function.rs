//! What a USB device is for: the stack above `usb-device`.

use faultkey_authenticator::Time;
use usb_device::class::UsbClass;

use super::{Parts, VirtualBus};
use crate::LineEvent;

/// A USB class, and what it does between two polls of the bus.
pub trait Function: UsbClass<VirtualBus> {
    /// Takes what the bus brought, lets time pass, and puts what there is to say on the bus. Called until nothing happens on the bus.
    fn work(&mut self, now: Time, bus: &VirtualBus) -> Option<LineEvent>;

    /// When [`Function::work`] has something to do, if nothing comes before.
    fn deadline(&self) -> Option<Time>;
}

/// A device that a USB link can plug in, with the stack that it has.
pub trait Pluggable {
    /// The stack, made of these parts. Once for each.
    fn function<'a>(&'a self, parts: &'a Parts<'a>) -> Box<dyn Function + 'a>;

    /// Until somebody changed the device from outside.
    fn changed(&self) -> impl Future<Output = ()>;
}
