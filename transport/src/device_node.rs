//! The device node by which programs reach a key that the kernel has taken: `/dev/hidraw3`.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{Access, access};
use rustix::io::Errno;
use tokio::time::{Instant, sleep};

/// What gives a container the computer's device nodes, those to come included.
pub(crate) const SHARED_DEV: &str = "--volume /dev:/dev --device-cgroup-rule 'c *:* rmw'";
/// What installs the rule by which the group plugdev may open keys.
pub(crate) const UDEV_RULE: &str =
    "faultkey attach --print-udev-rule | sudo tee /etc/udev/rules.d/70-faultkey.rules && sudo udevadm control --reload";

/// From look to look.
const LOOK: Duration = Duration::from_millis(1);
/// The kernel makes the node a moment after it tells its name, and udev, which decides who may open it, another moment later.
const LAG: Duration = Duration::from_secs(1);

/// Waits for the node that `name` finds, and a little for the permission to open it: some never get it.
///
/// # Errors
/// [`io::ErrorKind::TimedOut`] when there is no name after `patience`: one of the `modules` is missing.
pub(crate) async fn appears(name: impl Fn() -> Option<String>, modules: &str, patience: Duration) -> io::Result<PathBuf> {
    let start = Instant::now();
    let node = loop {
        if let Some(name) = name() {
            break Path::new("/dev").join(name);
        }
        if start.elapsed() >= patience {
            let text = format!("the kernel took the key, but made no device node for it: are its modules {modules} there?");
            return Err(io::Error::new(io::ErrorKind::TimedOut, text));
        }
        sleep(LOOK).await;
    };
    let found = Instant::now();
    while obstacle(&node).is_some() && found.elapsed() < LAG {
        sleep(LOOK).await;
    }
    Ok(node)
}

/// Why programs with this program's rights can't open the node, and what mends it; None where they can. Does not open it.
#[must_use]
pub fn obstacle(node: &Path) -> Option<String> {
    let error = access(node, Access::READ_OK | Access::WRITE_OK).err()?;
    let node = node.display();
    Some(match error {
        Errno::NOENT => format!(
            "{node} is not here, so programs that run beside faultkey don't see the key. A container has a /dev of its own; it has the computer's when it is \
             started with {SHARED_DEV}"
        ),
        // The access control list of a file is another error: that one is the control group's.
        Errno::PERM => format!("{node} is here, but programs in this container may not open it. Start the container with {SHARED_DEV}"),
        Errno::ACCESS => format!(
            "{node} is here, but programs of this user may not open it. A udev rule allows it to the group plugdev: {UDEV_RULE}; then plug the key in again"
        ),
        error => format!("{node} can't be opened by programs that run beside faultkey: {}", io::Error::from(error)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_keeps_programs_from_the_node_is_said_with_what_mends_it() {
        let folder = tempfile::tempdir().unwrap();
        let node = folder.path().join("hidraw0");
        let told = obstacle(&node).unwrap();
        assert!(told.contains("hidraw0 is not here, ") && told.ends_with("--volume /dev:/dev --device-cgroup-rule 'c *:* rmw'"), "{told}");
        std::fs::write(&node, []).unwrap();
        assert_eq!(obstacle(&node), None);
        let told = obstacle(&node.join("below")).unwrap();
        assert!(told.contains("can't be opened by programs that run beside faultkey: Not a directory"), "{told}");
    }

    #[tokio::test]
    async fn the_node_is_waited_for() {
        let looks = std::cell::Cell::new(0);
        let late = || {
            looks.set(looks.get() + 1);
            (looks.get() == 3).then(|| "null".to_owned())
        };
        assert_eq!(appears(late, "hidraw", Duration::from_secs(60)).await.unwrap(), Path::new("/dev/null"));
    }

    #[tokio::test]
    async fn so_is_the_right_to_open_it() {
        let folder = tempfile::tempdir().unwrap();
        let node = folder.path().join("hidraw0");
        let is_there = std::cell::Cell::new(false);
        let name = || Some(format!("..{}", node.display()));
        // The first is polled first, and finds a name without a file.
        let (was_there, ()) = tokio::join!(
            async {
                appears(name, "hidraw", Duration::ZERO).await.unwrap();
                is_there.get()
            },
            async {
                std::fs::write(&node, []).unwrap();
                is_there.set(true);
            }
        );
        assert!(was_there);
    }

    #[tokio::test]
    async fn modules_that_are_missing_are_named() {
        let error = appears(|| None, "usbhid and hid_generic", Duration::ZERO).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(
            error.to_string(),
            "the kernel took the key, but made no device node for it: are its modules usbhid and hid_generic there?"
        );
    }
}
