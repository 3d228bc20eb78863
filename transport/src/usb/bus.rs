//! A bus without wires: transfers on the host's side, [`UsbBus`] on the device's.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use usb_device::bus::{PollResult, UsbBus};
use usb_device::endpoint::{EndpointAddress, EndpointType};
use usb_device::{Result, UsbDirection, UsbError};

use super::{Completion, Ending, Payload, Transfer};

/// More transfers than this don't wait at one device.
const MOST_WAITING: usize = 64;
/// USB 2.0 §5.3.1.2: endpoints 1 to 15, and 0.
const MOST_ENDPOINTS: u8 = 16;

/// The bus of one device. Events are edges: each is reported by one poll.
#[derive(Debug, Default)]
pub struct VirtualBus {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    outputs: BTreeMap<u8, Output>,
    inputs: BTreeMap<u8, Input>,
    setup: Option<[u8; 8]>,
    reset: bool,
    /// Endpoints whose packet arrived, and whose packet was taken, since the last poll. A bit each.
    arrived: u16,
    taken: u16,
    /// The device has reset itself and waits for its configuration.
    lost: bool,
    /// What went by at endpoints other than 0, while somebody asks for it.
    passed: Option<Vec<(UsbDirection, Vec<u8>)>>,
    completions: VecDeque<Completion>,
}

/// An endpoint to the device.
#[derive(Debug, Default)]
struct Output {
    packet_size: usize,
    stalled: bool,
    /// Not read yet: the next is not accepted before (NAK).
    packet: Option<Vec<u8>>,
    /// With the bytes that were delivered.
    waiting: VecDeque<(u32, Vec<u8>, usize)>,
}

/// An endpoint to the host.
#[derive(Debug, Default)]
struct Input {
    packet_size: usize,
    stalled: bool,
    /// Not fetched yet.
    packet: Option<Vec<u8>>,
    /// With the bytes that the host has room for, and those that it has.
    waiting: VecDeque<(u32, usize, Vec<u8>)>,
}

impl VirtualBus {
    /// Whether a transfer waits for a packet of this endpoint.
    #[must_use]
    pub fn host_reads(&self, address: EndpointAddress) -> bool {
        self.lock().inputs.get(&number(address)).is_some_and(|input| !input.waiting.is_empty() && input.packet.is_none())
    }

    /// The packets that went by at endpoints other than 0 since the last call; the first begins to keep them. For a class that has them to itself.
    pub(crate) fn take_passed(&self) -> Vec<(UsbDirection, Vec<u8>)> {
        self.lock().passed.replace(Vec::new()).unwrap_or_default()
    }

    /// Puts a transfer at an endpoint other than 0.
    pub(super) fn submit(&self, transfer: Transfer) {
        self.lock().submit(transfer);
    }

    /// Takes a transfer back; `false` when it is over.
    pub(super) fn unlink(&self, id: u32) -> bool {
        self.lock().unlink(id)
    }

    pub(super) fn next_completion(&self) -> Option<Completion> {
        self.lock().completions.pop_front()
    }

    pub(super) fn complete(&self, completion: Completion) {
        self.lock().completions.push_back(completion);
    }

    /// The next poll reports something.
    pub(super) fn has_event(&self) -> bool {
        let state = self.lock();
        state.reset || state.setup.is_some() || state.arrived | state.taken != 0
    }

    /// The host resets the bus, or goes away. Transfers that wait are nobody's any more.
    pub(super) fn reset_by_host(&self) {
        let mut state = self.lock();
        state.completions.clear();
        state.reset = true;
        state.lost = false;
        state.outputs.values_mut().for_each(|output| output.waiting.clear());
        state.inputs.values_mut().for_each(|input| input.waiting.clear());
        state.idle();
    }

    /// The device resets itself: it has no address any more, until the host finds that out and sets it up again.
    pub(super) fn reset_by_device(&self) {
        let mut state = self.lock();
        let mut ended: Vec<u32> = Vec::new();
        state.outputs.values_mut().for_each(|output| ended.extend(output.waiting.drain(..).map(|(id, ..)| id)));
        state.inputs.values_mut().for_each(|input| ended.extend(input.waiting.drain(..).map(|(id, ..)| id)));
        state.completions.extend(ended.into_iter().map(|id| Completion::empty(id, Ending::NoAnswer)));
        state.reset = true;
        state.lost = true;
        state.idle();
    }

    /// The host has set the device up.
    pub(super) fn configured(&self) {
        self.lock().lost = false;
    }

    /// A setup packet: it ends whatever endpoint 0 was doing (USB 2.0 §5.5.5).
    pub(super) fn begin_control(&self, setup: [u8; 8]) {
        let mut state = self.lock();
        state.setup = Some(setup);
        state.arrived &= !1;
        state.taken &= !1;
        if let Some(output) = state.outputs.get_mut(&0) {
            (output.packet, output.stalled) = (None, false);
        }
        if let Some(input) = state.inputs.get_mut(&0) {
            (input.packet, input.stalled) = (None, false);
        }
    }

    /// A packet of the data or status stage, to the device.
    pub(super) fn feed_control(&self, packet: &[u8]) {
        let mut state = self.lock();
        if let Some(output) = state.outputs.get_mut(&0) {
            output.packet = Some(packet.to_vec());
            state.arrived |= 1;
        }
    }

    /// A packet of the data or status stage, to the host.
    pub(super) fn take_control(&self) -> Option<Vec<u8>> {
        let mut state = self.lock();
        let packet = state.inputs.get_mut(&0)?.packet.take()?;
        state.taken |= 1;
        Some(packet)
    }

    pub(super) fn control_is_stalled(&self) -> bool {
        let state = self.lock();
        state.outputs.get(&0).is_some_and(|output| output.stalled) || state.inputs.get(&0).is_some_and(|input| input.stalled)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn submit(&mut self, Transfer { id, endpoint, payload, .. }: Transfer) {
        let waiting: usize = self.outputs.values().map(|output| output.waiting.len()).sum::<usize>()
            + self.inputs.values().map(|input| input.waiting.len()).sum::<usize>();
        let (exists, stalled) = match &payload {
            Payload::Out(_) => self.outputs.get(&endpoint).map_or((false, false), |output| (true, output.stalled)),
            Payload::In(_) => self.inputs.get(&endpoint).map_or((false, false), |input| (true, input.stalled)),
        };
        let refused = match () {
            () if self.lost || !exists => Some(Ending::NoAnswer),
            () if stalled => Some(Ending::Stalled),
            () if waiting >= MOST_WAITING => Some(Ending::TooMany),
            () => None,
        };
        if let Some(ending) = refused {
            return self.completions.push_back(Completion::empty(id, ending));
        }
        match payload {
            Payload::Out(data) => {
                self.outputs.entry(endpoint).or_default().waiting.push_back((id, data, 0));
                self.deliver(endpoint);
            }
            Payload::In(room) => {
                self.inputs.entry(endpoint).or_default().waiting.push_back((id, room, Vec::new()));
                self.fetch(endpoint);
            }
        }
    }

    fn unlink(&mut self, id: u32) -> bool {
        for output in self.outputs.values_mut() {
            if let Some(place) = output.waiting.iter().position(|(waiting, ..)| *waiting == id) {
                output.waiting.remove(place);
                return true;
            }
        }
        for input in self.inputs.values_mut() {
            if let Some(place) = input.waiting.iter().position(|(waiting, ..)| *waiting == id) {
                input.waiting.remove(place);
                return true;
            }
        }
        false
    }

    /// Puts the next packet of the first transfer before the device. That acknowledges it, read or not (USB 2.0 §8.6.2): with its last packet a
    /// transfer is over.
    fn deliver(&mut self, number: u8) {
        let Some(output) = self.outputs.get_mut(&number) else { return };
        if number == 0 || output.stalled || output.packet.is_some() {
            return;
        }
        let Some((id, data, delivered)) = output.waiting.front_mut() else { return };
        let rest = data.get(*delivered..).unwrap_or_default();
        let packet = rest.get(..output.packet_size).unwrap_or(rest).to_vec();
        *delivered += packet.len();
        if let Some(passed) = &mut self.passed {
            passed.push((UsbDirection::Out, packet.clone()));
        }
        output.packet = Some(packet);
        self.arrived |= bit(number);
        if *delivered >= data.len() {
            self.completions.push_back(Completion { id: *id, ending: Ending::Done, length: *delivered, data: Vec::new() });
            output.waiting.pop_front();
        }
    }

    /// Gives the packet that the device has written to the transfer that waits for it.
    fn fetch(&mut self, number: u8) {
        let Some(input) = self.inputs.get_mut(&number) else { return };
        if number == 0 || input.stalled || input.waiting.is_empty() {
            return;
        }
        let Some(packet) = input.packet.take() else { return };
        self.taken |= bit(number);
        let Some((_, room, data)) = input.waiting.front_mut() else { return };
        data.extend_from_slice(&packet);
        if let Some(passed) = &mut self.passed {
            passed.push((UsbDirection::In, packet.clone()));
        }
        // USB 2.0 §5.7.3: a transfer is over when it is full, or with a packet that is not.
        if data.len() < *room && packet.len() == input.packet_size {
            return;
        }
        if let Some((id, room, mut data)) = input.waiting.pop_front() {
            let ending = if data.len() > room { Ending::Overflow } else { Ending::Done };
            data.truncate(room);
            self.completions.push_back(Completion { id, ending, length: data.len(), data });
        }
    }

    fn stall(&mut self, address: EndpointAddress, stalled: bool) {
        let number = number(address);
        let mut ended = Vec::new();
        if address.is_in() {
            let Some(input) = self.inputs.get_mut(&number) else { return };
            input.stalled = stalled;
            if stalled {
                ended.extend(input.waiting.drain(..).map(|(id, ..)| id));
            }
            self.fetch(number);
        } else {
            let Some(output) = self.outputs.get_mut(&number) else { return };
            output.stalled = stalled;
            if stalled {
                output.packet = None;
                ended.extend(output.waiting.drain(..).map(|(id, ..)| id));
            }
            self.deliver(number);
        }
        self.completions.extend(ended.into_iter().map(|id| Completion::empty(id, Ending::Stalled)));
    }

    /// Nothing at any endpoint.
    fn idle(&mut self) {
        (self.setup, self.arrived, self.taken) = (None, 0, 0);
        self.outputs.values_mut().for_each(|output| (output.packet, output.stalled) = (None, false));
        self.inputs.values_mut().for_each(|input| (input.packet, input.stalled) = (None, false));
    }
}

impl UsbBus for VirtualBus {
    fn alloc_ep(
        &mut self,
        direction: UsbDirection,
        address: Option<EndpointAddress>,
        _kind: EndpointType,
        packet_size: u16,
        _interval: u8,
    ) -> Result<EndpointAddress> {
        let mut state = self.lock();
        let packet_size = usize::from(packet_size);
        let taken = |number: &u8| match direction {
            UsbDirection::Out => state.outputs.contains_key(number),
            UsbDirection::In => state.inputs.contains_key(number),
        };
        let number = match address.map(number) {
            Some(number) if number >= MOST_ENDPOINTS || taken(&number) => return Err(UsbError::InvalidEndpoint),
            Some(number) => number,
            None => (1..MOST_ENDPOINTS).find(|number| !taken(number)).ok_or(UsbError::EndpointOverflow)?,
        };
        match direction {
            UsbDirection::Out => drop(state.outputs.insert(number, Output { packet_size, ..Output::default() })),
            UsbDirection::In => drop(state.inputs.insert(number, Input { packet_size, ..Input::default() })),
        }
        Ok(EndpointAddress::from_parts(number.into(), direction))
    }

    fn enable(&mut self) {
        self.lock().reset = true;
    }

    fn reset(&self) {
        self.lock().idle();
    }

    /// One device has a bus of its own: its address is nobody's question.
    fn set_device_address(&self, _address: u8) {}

    fn write(&self, address: EndpointAddress, packet: &[u8]) -> Result<usize> {
        let mut state = self.lock();
        let input = state.inputs.get_mut(&number(address)).ok_or(UsbError::InvalidEndpoint)?;
        if packet.len() > input.packet_size {
            return Err(UsbError::BufferOverflow);
        }
        if input.packet.is_some() {
            return Err(UsbError::WouldBlock);
        }
        input.packet = Some(packet.to_vec());
        state.fetch(number(address));
        Ok(packet.len())
    }

    fn read(&self, address: EndpointAddress, buffer: &mut [u8]) -> Result<usize> {
        let mut state = self.lock();
        let number = number(address);
        if number == 0
            && let Some(setup) = state.setup.take()
        {
            buffer.get_mut(..setup.len()).ok_or(UsbError::BufferOverflow)?.copy_from_slice(&setup);
            return Ok(setup.len());
        }
        let output = state.outputs.get_mut(&number).ok_or(UsbError::InvalidEndpoint)?;
        let packet = output.packet.take().ok_or(UsbError::WouldBlock)?;
        let fits = buffer.get_mut(..packet.len()).map(|place| place.copy_from_slice(&packet));
        state.deliver(number);
        fits.map(|()| packet.len()).ok_or(UsbError::BufferOverflow)
    }

    fn set_stalled(&self, address: EndpointAddress, stalled: bool) {
        self.lock().stall(address, stalled);
    }

    fn is_stalled(&self, address: EndpointAddress) -> bool {
        let state = self.lock();
        let number = number(address);
        if address.is_in() {
            state.inputs.get(&number).is_some_and(|input| input.stalled)
        } else {
            state.outputs.get(&number).is_some_and(|output| output.stalled)
        }
    }

    /// A host that suspends this bus only stops using it: nobody tells the device.
    fn suspend(&self) {}

    fn resume(&self) {}

    fn poll(&self) -> PollResult {
        let mut state = self.lock();
        if std::mem::take(&mut state.reset) {
            return PollResult::Reset;
        }
        let ep_setup = u16::from(state.setup.is_some());
        let (ep_out, ep_in_complete) = (std::mem::take(&mut state.arrived), std::mem::take(&mut state.taken));
        if ep_setup | ep_out | ep_in_complete == 0 {
            return PollResult::None;
        }
        PollResult::Data { ep_out, ep_in_complete, ep_setup }
    }
}

fn number(address: EndpointAddress) -> u8 {
    u8::try_from(address.index()).unwrap_or(MOST_ENDPOINTS)
}

fn bit(number: u8) -> u16 {
    1u16.checked_shl(number.into()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bus() -> (VirtualBus, EndpointAddress, EndpointAddress) {
        let mut bus = VirtualBus::default();
        let mut endpoint = |direction| bus.alloc_ep(direction, None, EndpointType::Interrupt, 64, 5).unwrap();
        let (output, input) = (endpoint(UsbDirection::Out), endpoint(UsbDirection::In));
        (bus, output, input)
    }

    /// usbd-ctaphid panics when a packet of 64 bytes is written and the answer is another.
    #[test]
    fn a_whole_packet_is_written_whole_or_has_to_wait_whatever_the_bus_is_doing() {
        type Doing = fn(&VirtualBus, EndpointAddress);
        let doing: [Doing; 6] = [
            |_, _| {},
            |bus, input| bus.set_stalled(input, true),
            |bus, _| bus.reset_by_host(),
            |bus, _| bus.reset_by_device(),
            |bus, _| UsbBus::reset(bus),
            |bus, _| bus.submit(Transfer { id: 1, endpoint: 1, setup: [0; 8], payload: Payload::In(0) }),
        ];
        for before in doing {
            for after in doing {
                let (bus, _, input) = bus();
                before(&bus, input);
                let first = bus.write(input, &[7; 64]);
                after(&bus, input);
                for result in [first, bus.write(input, &[7; 64]), bus.write(input, &[7; 64])] {
                    assert!(matches!(result, Ok(64) | Err(UsbError::WouldBlock)), "{result:?}");
                }
            }
        }
    }

    #[test]
    fn endpoints_are_given_out_once() {
        let (mut bus, output, input) = bus();
        assert_eq!((u8::from(output), u8::from(input)), (0x01, 0x81));
        let mut endpoint = |address: Option<u8>| bus.alloc_ep(UsbDirection::In, address.map(Into::into), EndpointType::Interrupt, 64, 5);
        assert_eq!(endpoint(Some(0x81)), Err(UsbError::InvalidEndpoint));
        assert_eq!(endpoint(Some(0x83)).map(u8::from), Ok(0x83));
        for number in [0x82u8, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x8B, 0x8C, 0x8D, 0x8E, 0x8F] {
            assert_eq!(endpoint(None).map(u8::from), Ok(number));
        }
        assert_eq!(endpoint(None), Err(UsbError::EndpointOverflow));
    }

    #[test]
    fn a_transfer_of_several_packets_and_one_that_is_too_short_for_its_packet() {
        let (bus, output, input) = bus();
        bus.submit(Transfer { id: 1, endpoint: 1, setup: [0; 8], payload: Payload::Out(vec![1; 130]) });
        let mut lengths = Vec::new();
        let mut packet = [0; 64];
        while let Ok(length) = bus.read(output, &mut packet) {
            lengths.push(length);
        }
        assert_eq!(lengths, [64, 64, 2]);
        assert_eq!(bus.next_completion(), Some(Completion { id: 1, ending: Ending::Done, length: 130, data: Vec::new() }));
        bus.submit(Transfer { id: 2, endpoint: 1, setup: [0; 8], payload: Payload::In(100) });
        bus.submit(Transfer { id: 3, endpoint: 1, setup: [0; 8], payload: Payload::In(10) });
        bus.write(input, &[2; 64]).unwrap();
        assert_eq!(bus.next_completion(), None, "there is room for more");
        bus.write(input, &[3; 6]).unwrap();
        let done = bus.next_completion().unwrap();
        assert_eq!((done.ending, done.length), (Ending::Done, 70));
        bus.write(input, &[4; 11]).unwrap();
        assert_eq!(bus.next_completion(), Some(Completion { id: 3, ending: Ending::Overflow, length: 10, data: vec![4; 10] }));
    }

    #[test]
    fn a_host_can_not_pile_up_transfers() {
        let (bus, ..) = bus();
        for id in 0..100 {
            bus.submit(Transfer { id, endpoint: 1, setup: [0; 8], payload: Payload::In(64) });
        }
        let refused: Vec<Completion> = std::iter::from_fn(|| bus.next_completion()).collect();
        assert_eq!((refused.len(), refused[0].ending, refused[0].id), (100 - MOST_WAITING, Ending::TooMany, 64));
    }
}
