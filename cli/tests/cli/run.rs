//! Runs the program in a directory of its own, and looks at what it said and left.

use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_sealed-session");

/// Removes the variables that decide on colours and width, which the tests' own environment may
/// have. In CI's, output gets colours even with `TERM=dumb`.
pub(crate) fn without_terminal_variables(command: &mut Command) -> &mut Command {
    for name in ["CI", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "NO_COLOR"] {
        command.env_remove(name);
    }
    command
}

/// A directory that is gone when the test is over.
pub(crate) struct Dir(PathBuf);

impl Dir {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("cli-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// One that holds this ring in a file `ring`, of mode 0600.
    pub(crate) fn with_ring(text: &str) -> Self {
        let dir = Self::new();
        dir.write("ring", text);
        dir
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), text).unwrap();
        self.set_mode(name, 0o600);
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    pub(crate) fn mode(&self, name: &str) -> u32 {
        use std::os::unix::fs::PermissionsExt;
        std::fs::metadata(self.path(name)).unwrap().permissions().mode() & 0o7777
    }

    pub(crate) fn set_mode(&self, name: &str, mode: u32) {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(self.path(name), std::fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Runs it with words separated by blanks, and nothing on standard input. No secret may be in
    /// what it says.
    pub(crate) fn run(&self, words: &str) -> Said {
        self.run_with(&words.split(' ').collect::<Vec<_>>(), "")
    }

    pub(crate) fn run_with(&self, words: &[&str], input: &str) -> Said {
        let said = self.run_exposing(words, input);
        assert!(!shows_a_key(&said.out), "{words:?} shows a secret: {said:?}");
        said
    }

    /// As `run_with`, where the ring is to go to standard output. It never is to go to standard
    /// error.
    pub(crate) fn run_exposing(&self, words: &[&str], input: &str) -> Said {
        let mut command = Command::new(PROGRAM);
        without_terminal_variables(&mut command);
        command.args(words).current_dir(&self.0).env("PRINTED_RING", input);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that does not want its input may be gone already.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert!(!shows_a_key(&err), "{words:?} shows a secret: {err}");
        Said {
            status: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err,
        }
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What a run said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    /// Standard output of a run that did what was asked.
    pub(crate) fn ok(self) -> String {
        assert_eq!((self.status, self.err.as_str()), (0, ""), "{self:?}");
        self.out
    }

    /// Standard error of a run that was refused, with nothing on standard output.
    pub(crate) fn refused(self) -> String {
        assert_eq!((self.status, self.out.as_str()), (1, ""), "{self:?}");
        self.err
    }

    /// Standard error of a run that was asked in the wrong way.
    pub(crate) fn wrong_use(self) -> String {
        assert_eq!((self.status, self.out.as_str()), (2, ""), "{self:?}");
        self.err
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Whether more stands behind an `ssk1.` than the advice on how to make a key has there.
pub(crate) fn shows_a_key(text: &str) -> bool {
    text.split("ssk1.").skip(1).any(|behind| {
        let advice = ["xaes256gcm.$(", "xchacha20poly1305.$(", "<suite>"];
        !advice.iter().any(|advice| behind.starts_with(advice))
    })
}

/// A new key's token.
pub(crate) fn token() -> String {
    let key = sealed_session::keys::Key::generate(sealed_session::Suite::Xaes256Gcm).unwrap();
    key.expose_secret().to_string()
}

/// The id of the key in a line.
pub(crate) fn id_of(line: &str) -> String {
    line.parse::<sealed_session::KeyRing>().unwrap().keys()[0].id.to_string()
}
