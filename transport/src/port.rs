//! A device that a link's I/O and somebody who controls it share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// A handle to a shared device. Clones are the same device.
#[derive(Debug)]
pub struct Port<D> {
    shared: Arc<Shared<D>>,
}

#[derive(Debug)]
struct Shared<D> {
    device: Mutex<D>,
    changed: Notify,
}

impl<D> Clone for Port<D> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<D> Port<D> {
    #[must_use]
    pub fn new(device: D) -> Self {
        Self { shared: Arc::new(Shared { device: Mutex::new(device), changed: Notify::new() }) }
    }

    /// For a link: it looks at the device after each of its own calls anyway.
    pub fn with<R>(&self, act: impl FnOnce(&mut D) -> R) -> R {
        act(&mut self.lock())
    }

    /// For everybody else: the link is woken, since the device may have reports or another deadline now.
    pub fn change<R>(&self, act: impl FnOnce(&mut D) -> R) -> R {
        let result = act(&mut self.lock());
        self.shared.changed.notify_one();
        result
    }

    /// Until somebody called [`Port::change`], since the last time that this was awaited. One link at a time.
    pub async fn changed(&self) {
        self.shared.changed.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, D> {
        self.shared.device.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_change_before_or_while_a_link_waits_wakes_it_once() {
        let port = Port::new(1);
        let control = port.clone();
        assert_eq!(control.change(|number| std::mem::replace(number, 2)), 1);
        port.changed().await;
        assert_eq!(port.with(|number| *number), 2);
        let waits = port.changed();
        tokio::pin!(waits);
        tokio::select! {
            biased;
            () = &mut waits => panic!("nothing changed"),
            () = std::future::ready(()) => {}
        }
        control.change(|number| *number = 3);
        waits.await;
    }
}
