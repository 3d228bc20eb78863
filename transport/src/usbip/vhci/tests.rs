//! The driver's files in a folder of the test's own. What the kernel does with them is tried in a virtual machine.

use std::io::Read;

use super::*;

const HEADING: &str = "hub port sta spd dev      sockfd local_busid\n";

fn sysfs(status: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("status"), format!("{HEADING}{status}")).unwrap();
    fs::write(folder.path().join("attach"), "").unwrap();
    folder
}

#[tokio::test]
async fn the_first_free_port_of_the_right_hub_gets_one_end_of_a_socket_pair() {
    let folder = sysfs(
        "hs  0000 006 002 00010001 000003 1-1\nss  0008 004 000 00000000 000000 0-0\nhs  0001 005 000 00000000 000000 0-0\nhs  0002 004 000 00000000 \
         000000 0-0\n",
    );
    let link = plug_at(folder.path(), &Identity::default()).unwrap();
    assert_eq!(link.port(), 2);
    let line = fs::read_to_string(folder.path().join("attach")).unwrap();
    let words: Vec<u32> = line.split(' ').map(|word| word.parse().unwrap()).collect();
    assert_eq!((words[0], words[2], words[3]), (2, link.record.device_id(), 2), "port, socket, device, full speed");
    assert_eq!(link.record.device_id(), 0x0001_0003);
}

#[tokio::test]
async fn more_controllers_have_files_of_their_own() {
    let folder = sysfs("hs  0000 006 002 00010001 000003 1-1\n");
    fs::write(folder.path().join("status.1"), format!("{HEADING}hs  0016 004 000 00000000 000000 0-0\n")).unwrap();
    assert_eq!(plug_at(folder.path(), &Identity::default()).unwrap().port(), 16);
}

#[test]
fn errors_say_what_is_missing_and_what_mends_it() {
    let error = plug_at(Path::new("/nowhere/vhci_hcd.0"), &Identity::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "/nowhere/vhci_hcd.0 is not there: the kernel's module vhci_hcd is not loaded. This loads it: sudo modprobe vhci_hcd (where it is not \
         installed: the package linux-modules-extra-$(uname -r) on Ubuntu; a container has the computer's kernel: load it there)"
    );
    let folder = sysfs("hs  0000 006 002 00010001 000003 1-1\nss  0008 004 000 00000000 000000 0-0\n");
    let error = plug_at(folder.path(), &Identity::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "all 1 ports of vhci_hcd are taken. This lists them: usbip port; this frees one: sudo usbip detach -p NUMBER"
    );

    let explained = |kind: io::ErrorKind, confined: Option<&str>| {
        PlugError::explained(Path::new("/sys/attach"), kind.into(), confined.map(str::to_owned)).to_string()
    };
    let error = |kind: io::ErrorKind| explained(kind, None);
    let refused = error(io::ErrorKind::PermissionDenied);
    assert!(
        refused.starts_with("/sys/attach is there, but you may not write it. ")
            && refused.contains("faultkey attach --print-udev-rule | sudo tee"),
        "{refused}"
    );
    assert_eq!(
        error(io::ErrorKind::ReadOnlyFilesystem),
        "/sys/attach can't be written, because sysfs is read-only here. Start the container with --volume /sys:/sys --volume /dev:/dev \
         --device-cgroup-rule 'c *:* rmw'"
    );
    assert_eq!(
        explained(io::ErrorKind::PermissionDenied, Some("docker-default")),
        "/sys/attach can't be written: this container's AppArmor profile, docker-default, forbids it. Start the container with --security-opt apparmor=unconfined"
    );
    assert_eq!(error(io::ErrorKind::OutOfMemory), "/sys/attach can't be used: out of memory");
}

#[test]
fn only_a_profile_that_is_enforced_confines() {
    assert_eq!(profile_in("docker-default (enforce)\n").as_deref(), Some("docker-default"));
    for label in ["unconfined\n", "docker-default (complain)\n", "system_u:system_r:container_t:s0\0", ""] {
        assert_eq!(profile_in(label), None, "{label}");
    }
}

#[test]
fn the_device_node_is_found_by_the_port() {
    let folder = sysfs("hs  0000 006 002 00010001 000003 3-1\nhs  0001 006 002 00010002 000004 3-2\n");
    let devices = tempfile::tempdir().unwrap();
    for (bus_id, name) in [("3-1", "hidraw0"), ("3-2", "hidraw7")] {
        let interface = devices.path().join(format!("{bus_id}:1.0"));
        fs::create_dir_all(interface.join("power")).unwrap();
        fs::create_dir_all(interface.join("0003:1209:0001.0001/hidraw").join(name)).unwrap();
    }
    let node = |port| Node { port, sysfs: folder.path().to_owned() };
    assert_eq!(node(1).find(devices.path()), Some("hidraw7".to_owned()));
    assert_eq!(node(2).find(devices.path()), None);
}

#[tokio::test]
async fn dropping_the_link_closes_the_socket_that_the_kernel_has() {
    // Stands for the kernel, which holds the other end of the pair.
    let (ours, mut kernels) = UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    let record = DeviceRecord { number: 1, identity: Identity::default() };
    let stream = tokio::net::UnixStream::from_std(ours).unwrap();
    drop(VhciLink { stream, record, port: 0, sysfs: PathBuf::new() });
    assert_eq!(kernels.read(&mut [0]).unwrap(), 0);
}
