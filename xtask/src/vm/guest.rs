//! What runs inside the machine: the init of the initramfs, and the script that it hands over to.

use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The tag of the share that is this computer's root.
pub const ROOT: &str = "root";

/// The tag of a writable share.
pub fn tag(number: usize) -> String {
    format!("writable{number}")
}

/// The first program: drivers, then the root. It ends the machine if there is none.
pub const INIT: &str = r#"#!/bin/busybox sh
B=/bin/busybox
$B mount -t proc proc /proc
$B mount -t sysfs sys /sys
$B mount -t devtmpfs dev /dev
while read -r module; do
    $B insmod /modules/$module 2>/dev/null || echo "faultkey: module $module can't be loaded" >/dev/kmsg
done </modules/order
# The root only: files that change on the computer during the run may be seen late, or not.
$B mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=1048576,cache=loose root /lower || {
    echo "faultkey: the computer's root can't be mounted" >/dev/kmsg
    $B poweroff -f
}
$B mount -t tmpfs -o size=75% upper /upper
$B mkdir /upper/files /upper/work
$B mount -t overlay -o lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work new /new
for folder in proc sys dev; do $B mount -o move /$folder /new/$folder; done
for word in $($B cat /new/proc/cmdline); do
    case $word in faultkey.start=*) start=${word#*=} ;; esac
done
exec $B switch_root /new /bin/sh "$start"
"#;

/// The second program: what a system has besides its root, then the command.
pub fn start(modules: &Path, writable: &[PathBuf], here: &Path, command: &[String]) -> String {
    let mut script = format!(
        r#"exec </dev/null >/dev/kmsg 2>&1
export PATH={path}:/usr/sbin:/sbin HOME=/root USER=root LANG=C.UTF-8 TERM=dumb XDG_RUNTIME_DIR=/run/user/0
mount -t tmpfs -o mode=755 run /run
mkdir -p /run/user/0 /run/lock /dev/pts /dev/shm
chmod 700 /run/user/0
mount -t devpts -o mode=620,ptmxmode=666 pts /dev/pts
mount -t tmpfs shm /dev/shm
ln -sf /proc/self/fd /dev/fd
ln -sf fd/0 /dev/stdin
ln -sf fd/1 /dev/stdout
ln -sf fd/2 /dev/stderr
mkdir -p /lib/modules
mount --bind {modules} /lib/modules
busybox hostname faultkey-vm
busybox ip link set lo up
"#,
        path = quoted(&std::env::var("PATH").unwrap_or_else(|_| "/usr/sbin:/usr/bin:/sbin:/bin".to_owned())),
        modules = quoted(&modules.display().to_string()),
    );
    for (number, path) in writable.iter().enumerate() {
        let path = quoted(&path.display().to_string());
        let _ = writeln!(
            script,
            "mkdir -p {path}\nmount -t 9p -o rw,trans=virtio,version=9p2000.L,msize=1048576,cache=none {} {path}",
            tag(number)
        );
    }
    // Programs get pipes, as in a shell, not the ports themselves. What the command leaves behind may hold them open: not for long.
    let _ = write!(
        script,
        r#"/lib/systemd/systemd-udevd --daemon
for port in /sys/class/virtio-ports/*; do ln -s /dev/${{port##*/}} /run/port.$(cat $port/name); done
mkfifo /run/out /run/err
cat </run/out >/run/port.out & out=$!
cat </run/err >/run/port.err & err=$!
cd {here}
setsid -w {command} </dev/null >/run/out 2>/run/err
code=$?
for i in 1 2 3 4 5 6 7 8 9 10; do
    kill -0 $out 2>/dev/null || kill -0 $err 2>/dev/null || break
    sleep 0.1
done
echo $code >/run/port.code
busybox poweroff -f
"#,
        here = quoted(&here.display().to_string()),
        command = command.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "),
    );
    script
}

/// One word for a shell.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_words() {
        assert_eq!(quoted("it's $HOME"), r"'it'\''s $HOME'");
        let script = start(Path::new("/m"), &["/w".into()], Path::new("/h"), &["echo".to_owned(), "a b".to_owned()]);
        assert!(script.contains("\nsetsid -w 'echo' 'a b' </dev/null"), "{script}");
        assert!(script.contains("\ncd '/h'\n") && script.contains(" writable0 '/w'\n"), "{script}");
    }
}
