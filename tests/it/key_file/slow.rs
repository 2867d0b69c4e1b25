//! docs/rules.md §4 on a slow file system. The kernel delays an open of a file while a process has
//! a lease on it (fcntl(2)), as a network mount that hangs would.

use super::{Node, write};
use crate::support::*;
use std::fs::File;
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, Ordering};

/// Every open of the file waits until this is dropped, or for 45 seconds.
struct Lease(File);

impl Lease {
    fn take(path: &std::path::Path) -> Self {
        // SAFETY: this ignores the signal that reports an opener and would end the process.
        unsafe { libc::signal(libc::SIGIO, libc::SIG_IGN) };
        let file = File::open(path).unwrap();
        // SAFETY: the descriptor is open.
        let taken = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETLEASE, libc::F_WRLCK) };
        assert_eq!(taken, 0, "{}", std::io::Error::last_os_error());
        Self(file)
    }

    /// Returns whether an open is waiting.
    fn is_waited_for(&self) -> bool {
        // SAFETY: a call on a descriptor that is open.
        unsafe { libc::fcntl(self.0.as_raw_fd(), libc::F_GETLEASE) != libc::F_WRLCK }
    }
}

#[test]
fn other_requests_do_not_wait_for_a_reading() {
    let (old, new) = (line(""), line(""));
    let node = Node::new(&old);
    write(&node.path, &new);
    let lease = Lease::take(&node.path);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            node.pass(10);
            done.store(true, Ordering::SeqCst);
        });
        while !lease.is_waited_for() {
            std::thread::yield_now();
        }
        // The next reading is due, and a request with an unknown key would start one early.
        node.pass(10);
        Call::get().cookie(&super::unknown()).run(&node.sessions, |session| session.load_status());
        node.sessions.open(&node.sessions.seal(&visit(1)).unwrap()).unwrap();
        assert!(!done.load(Ordering::SeqCst), "they waited for the look");
        assert!(node.holds(&old));
        drop(lease);
    });
    assert!(node.holds(&new), "the look that was under way has brought it");
}
