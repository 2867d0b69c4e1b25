//! A server's process: started, waited for until it says where it listens, and ended with its
//! value. What it writes is its log.

use std::io::Read;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long a server may take to compile its module and say where it listens. It bounds a failing
/// test, and times none.
const PATIENCE: Duration = Duration::from_secs(180);

/// Ends the process when it is dropped, or when this process ends.
pub struct Process {
    child: Child,
    output: Arc<Output>,
    pub address: SocketAddr,
}

impl Process {
    /// `listens` finds the address in a line that the process writes.
    ///
    /// # Errors
    /// What the process wrote, where it ended or did not say.
    pub fn start(
        mut command: Command,
        listens: fn(&str) -> Option<SocketAddr>,
    ) -> Result<Self, String> {
        let program = command.get_program().to_string_lossy().into_owned();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = sealed_session_child::spawn(command).map_err(|error| {
            format!("{program} does not start ({error}): tests/edge/run installs it")
        })?;
        let output = Arc::new(Output::default());
        keep(child.stdout.take(), &output);
        keep(child.stderr.take(), &output);
        let mut process = Self { child, output, address: SocketAddr::from(([0, 0, 0, 0], 0)) };
        process.address = process
            .wait_for_line(PATIENCE, listens)
            .map_err(|log| format!("{program} does not listen: {log}"))?;
        Ok(process)
    }

    /// What it has written so far, on both its outputs.
    pub fn log(&self) -> String {
        self.output.lock().text()
    }

    /// What `find` makes of a line that is there or comes.
    ///
    /// # Errors
    /// The log, where none has come within that time, or none can come any more.
    pub fn wait_for_line<R>(
        &self,
        within: Duration,
        find: impl Fn(&str) -> Option<R>,
    ) -> Result<R, String> {
        let begun = Instant::now();
        let mut written = self.output.lock();
        loop {
            let log = written.text();
            if let Some(found) = log.lines().find_map(&find) {
                return Ok(found);
            }
            let left = within.saturating_sub(begun.elapsed());
            if left.is_zero() || written.open == 0 {
                return Err(log);
            }
            written = self
                .output
                .grown
                .wait_timeout(written, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[derive(Default)]
struct Output {
    written: Mutex<Written>,
    grown: Condvar,
}

#[derive(Default)]
struct Written {
    bytes: Vec<u8>,
    /// Outputs that may still grow.
    open: u8,
}

impl Output {
    fn lock(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Written)) {
        change(&mut self.lock());
        self.grown.notify_all();
    }
}

impl Written {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

/// Reads one of the outputs to its end, so that the process never waits for a reader.
fn keep(from: Option<impl Read + Send + 'static>, output: &Arc<Output>) {
    let output = Arc::clone(output);
    let Some(mut from) = from else { return };
    output.change(|written| written.open += 1);
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            output.change(|written| written.bytes.extend_from_slice(&buffer[..read]));
        }
        output.change(|written| written.open -= 1);
    });
}
