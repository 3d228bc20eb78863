//! The channels that were given out. When there are as many as the device can remember, the one that was silent longest is taken back.

use std::collections::BTreeMap;

use super::{BROADCAST, RESERVED};

/// The channels of one device.
#[derive(Debug)]
pub struct Channels {
    /// When each was used last, counted in uses.
    used: BTreeMap<u32, u64>,
    /// The same the other way round: the first is the one that was silent longest.
    order: BTreeMap<u64, u32>,
    uses: u64,
    next: u32,
    most: usize,
}

impl Channels {
    /// At most `most` at a time, numbered from `first`.
    #[must_use]
    pub fn new(first: u32, most: usize) -> Self {
        Self { used: BTreeMap::new(), order: BTreeMap::new(), uses: 0, next: first, most: most.max(1) }
    }

    /// A channel that nobody has, and the one that was taken back for it. `kept` are not taken back.
    pub fn allocate(&mut self, kept: &[u32]) -> (u32, Option<u32>) {
        let recycled =
            if self.used.len() >= self.most { self.order.values().copied().find(|channel| !kept.contains(channel)) } else { None };
        if let Some(channel) = recycled {
            self.forget(channel);
        }
        while matches!(self.next, RESERVED | BROADCAST) || self.used.contains_key(&self.next) {
            self.next = self.next.wrapping_add(1);
        }
        let channel = self.next;
        self.next = self.next.wrapping_add(1);
        self.used.insert(channel, 0);
        self.touch(channel);
        (channel, recycled)
    }

    /// Whether `channel` was given out and not taken back.
    #[must_use]
    pub fn contains(&self, channel: u32) -> bool {
        self.used.contains_key(&channel)
    }

    /// Notes that `channel` is in use.
    pub fn touch(&mut self, channel: u32) {
        if let Some(last) = self.used.get_mut(&channel) {
            self.order.remove(last);
            self.uses += 1;
            *last = self.uses;
            self.order.insert(self.uses, channel);
        }
    }

    /// How many are given out.
    #[must_use]
    pub fn len(&self) -> usize {
        self.used.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.used.is_empty()
    }

    /// Takes all back, and says which they were. Numbers go on, so that a client from before is not taken for a new one.
    pub fn clear(&mut self) -> Vec<u32> {
        self.order.clear();
        std::mem::take(&mut self.used).into_keys().collect()
    }

    fn forget(&mut self, channel: u32) {
        if let Some(last) = self.used.remove(&channel) {
            self.order.remove(&last);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_channel_that_was_silent_longest_is_taken_back() {
        let mut channels = Channels::new(1, 3);
        assert_eq!([channels.allocate(&[]), channels.allocate(&[]), channels.allocate(&[])], [(1, None), (2, None), (3, None)]);
        channels.touch(1);
        assert_eq!(channels.allocate(&[]), (4, Some(2)));
        assert_eq!(channels.allocate(&[3]), (5, Some(1)));
        assert_eq!([1, 2, 3, 4, 5].map(|channel| channels.contains(channel)), [false, false, true, true, true]);
    }

    #[test]
    fn ten_thousand_channels_are_all_different_and_memory_is_flat() {
        let mut channels = Channels::new(1, 4_096);
        let given: std::collections::BTreeSet<u32> = (0..10_000).map(|_| channels.allocate(&[]).0).collect();
        assert_eq!((given.len(), channels.len(), channels.order.len()), (10_000, 4_096, 4_096));
    }

    #[test]
    fn numbers_wrap_around_the_reserved_ones_and_those_in_use() {
        let mut channels = Channels::new(u32::MAX - 1, 10);
        assert_eq!([channels.allocate(&[]).0, channels.allocate(&[]).0], [u32::MAX - 1, 1]);
        channels.next = 1;
        assert_eq!(channels.allocate(&[]).0, 2);
        assert_eq!(channels.clear(), [1, 2, u32::MAX - 1]);
        assert!(channels.is_empty());
        assert_eq!(channels.allocate(&[]).0, 3);
    }
}
