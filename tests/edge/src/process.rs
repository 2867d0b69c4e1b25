//! A server's process: started, waited for until it says where it listens, and ended with its value. What it writes is its log.

use std::io::Read;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long a server may take to compile its module and say where it listens. It bounds a failing test, and times none.
const PATIENCE: Duration = Duration::from_secs(180);

/// Ends the process when it is dropped.
pub struct Process {
    child: Child,
    log: Arc<Mutex<Vec<u8>>>,
    pub address: SocketAddr,
}

impl Process {
    /// `listens` finds the address in a line that the process writes.
    ///
    /// # Errors
    /// What the process wrote, where it ended or did not say.
    pub fn start(mut command: Command, listens: fn(&str) -> Option<SocketAddr>) -> Result<Self, String> {
        let program = command.get_program().to_string_lossy().into_owned();
        let started = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = started.map_err(|error| format!("{program} does not start ({error}): tests/edge/run installs it"))?;
        let log = Arc::new(Mutex::new(Vec::new()));
        keep(child.stdout.take(), &log);
        keep(child.stderr.take(), &log);
        let mut process = Self { child, log, address: SocketAddr::from(([0, 0, 0, 0], 0)) };
        let begun = Instant::now();
        loop {
            let ended = process.child.try_wait().map_err(|error| error.to_string())?;
            let log = process.log();
            if let Some(address) = log.lines().find_map(listens) {
                process.address = address;
                return Ok(process);
            }
            if ended.is_some() || begun.elapsed() > PATIENCE {
                return Err(format!("{program} does not listen: {log}"));
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// What it has written so far, on both its outputs.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&self.log.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads an output to its end, so that the process never waits for a reader.
fn keep(output: Option<impl Read + Send + 'static>, log: &Arc<Mutex<Vec<u8>>>) {
    let log = Arc::clone(log);
    let Some(mut output) = output else { return };
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(read @ 1..) = output.read(&mut buffer) {
            log.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&buffer[..read]);
        }
    });
}
