//! A child process that ends with the process that started it, however that ends: by a panic, by
//! `exit`, or by a signal that nobody can handle. On Linux the kernel sees to it. Elsewhere a child
//! ends only when its owner kills it.

use std::io;
use std::process::{Child, Command};

/// Starts a program.
///
/// # Errors
/// Those of [`Command::spawn`].
pub fn spawn(command: Command) -> io::Result<Child> {
    #[cfg(target_os = "linux")]
    return linux::spawn(command);
    #[cfg(not(target_os = "linux"))]
    return { command }.spawn();
}

#[cfg(target_os = "linux")]
mod linux {
    use std::io;
    use std::os::unix::process::CommandExt;
    use std::process::{Child, Command};
    use std::sync::mpsc::{Sender, channel};
    use std::sync::{LazyLock, Mutex};
    use std::thread;

    type Order = (Command, Sender<io::Result<Child>>);

    /// The thread that starts all children. The kernel ends a child with the thread that started
    /// it, and the threads of tests end early.
    static PARENT: LazyLock<Mutex<Sender<Order>>> = LazyLock::new(|| {
        let (orders, ordered) = channel::<Order>();
        thread::spawn(move || {
            for (command, answer) in ordered {
                // Nobody waits for the answer any more if the send fails; then the child has no
                // owner.
                if let Err(unsent) = answer.send(start(command))
                    && let Ok(mut child) = unsent.0
                {
                    let _ = child.kill();
                    let _ = child.wait();
                }
            }
        });
        Mutex::new(orders)
    });

    pub fn spawn(command: Command) -> io::Result<Child> {
        let (answer, answered) = channel();
        let ordered = PARENT.lock().is_ok_and(|parent| parent.send((command, answer)).is_ok());
        let started = if ordered { answered.recv().ok() } else { None };
        started
            .unwrap_or_else(|| Err(io::Error::other("the thread that starts children has ended")))
    }

    fn start(mut command: Command) -> io::Result<Child> {
        let parent = std::process::id();
        // SAFETY: between fork and exec it makes two system calls and allocates nothing.
        unsafe {
            command.pre_exec(move || {
                if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) != 0 {
                    return Err(io::Error::last_os_error());
                }
                // The parent ended before the kernel knew what to do then.
                if libc::getppid().cast_unsigned() != parent {
                    return Err(io::ErrorKind::NotFound.into());
                }
                Ok(())
            });
        }
        command.spawn()
    }
}
