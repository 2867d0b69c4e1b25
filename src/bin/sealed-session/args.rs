//! The program's arguments: clap's description, from which the help, the completions and the man
//! pages are made.

use crate::ring_file::Place;
use crate::time::{Span, When};
use clap::{Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use sealed_session::Suite;
use sealed_session::keys::KeyId;
use std::path::PathBuf;

/// Key rings of sealed sessions, and what is in a session's cookie.
#[derive(Parser)]
#[command(name = "sealed-session", version, propagate_version = true, after_help = AFTER)]
pub(crate) struct Args {
    /// Answer in JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const AFTER: &str = "A time is RFC 3339 with a zone (2026-12-01T00:00:00Z), `now`, or relative to now (10m, 45d, 2w, -1d).\n\
    Exit status: 0 done, 1 refused or a problem found, 2 wrong use.";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make, edit, check and draw a key ring.
    #[command(subcommand_required = true)]
    Keys {
        #[command(subcommand)]
        command: Keys,
    },
    /// Take a cookie apart: without keys what anybody sees, with keys what is in it, or which step
    /// refuses it and why.
    Inspect(Inspect),
    /// Print completions for a shell.
    Completions { shell: Shell },
    /// Print the man page.
    Man {
        /// Write the pages of all commands into this directory instead.
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
}

#[derive(Subcommand)]
pub(crate) enum Keys {
    /// Make a ring of one new key: into a new file of mode 0600, or to standard output.
    New {
        /// The file to make; `-` is standard output.
        #[arg(value_name = "FILE", default_value = "-")]
        place: Place,
        #[arg(long, value_enum, default_value_t = SuiteName::Xaes256gcm)]
        suite: SuiteName,
    },
    /// Put a new key above the others, to seal from a time that every server has the ring by.
    Add {
        #[command(flatten)]
        ring: Ring,
        #[arg(long, value_enum, default_value_t = SuiteName::Xaes256gcm)]
        suite: SuiteName,
        /// When it begins to seal: by then every server must have the new ring.
        #[arg(long, alias = "seal-from", value_name = "TIME", default_value = "10m")]
        seal_in: When,
        /// Let the keys that seal before it open for so long after that, and no longer (none that
        /// ends earlier is extended).
        #[arg(long, value_name = "SPAN")]
        retire_after: Option<Span>,
    },
    /// Show each key: id, suite, and whether it seals, only opens, will seal, has ended. Never a
    /// secret.
    List {
        #[command(flatten)]
        ring: Ring,
        #[command(flatten)]
        at: At,
    },
    /// Look for problems, one a line; exit status 1 where there is an error.
    Check {
        #[command(flatten)]
        ring: Ring,
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        lifetimes: Lifetimes,
        /// When the last server will have this ring: no key may begin to seal before two minutes
        /// after.
        #[arg(long, value_name = "TIME", default_value = "now", allow_hyphen_values = true)]
        deployed_by: When,
        /// Exit with 1 for warnings, too.
        #[arg(long)]
        strict: bool,
    },
    /// Let a key open until a time, and no longer.
    Retire {
        /// The key's id, as `keys list` shows it.
        #[arg(value_parser = key_id)]
        id: KeyId,
        #[command(flatten)]
        ring: Ring,
        /// When it ends.
        #[arg(long, value_name = "TIME", default_value = "now", allow_hyphen_values = true)]
        at: When,
    },
    /// Take out the keys that have ended.
    Prune {
        #[command(flatten)]
        ring: Ring,
    },
    /// Say which key seals at a time, and which open.
    ShowAt {
        #[arg(allow_hyphen_values = true)]
        time: When,
        #[command(flatten)]
        ring: Ring,
    },
    /// Draw when each key seals and opens, how long its sessions live, and from when on it is safe
    /// to drop.
    Timeline {
        #[command(flatten)]
        ring: Ring,
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        lifetimes: Lifetimes,
        /// Draw it as SVG.
        #[arg(long, conflicts_with = "json")]
        svg: bool,
    },
}

#[derive(clap::Args)]
pub(crate) struct Ring {
    /// The ring's file; `-` is standard input (and output, for what edits), `env:NAME` an
    /// environment variable, to read.
    #[arg(value_name = "FILE")]
    pub(crate) place: Place,
    /// Take the published secrets of the test vectors, which everybody has.
    #[arg(long)]
    pub(crate) danger_published: bool,
}

#[derive(clap::Args)]
pub(crate) struct At {
    /// The time to judge by.
    #[arg(long, value_name = "TIME", default_value = "now", allow_hyphen_values = true)]
    pub(crate) at: When,
}

#[derive(clap::Args)]
pub(crate) struct Lifetimes {
    /// The sessions' idle timeout.
    #[arg(long, value_name = "SPAN", default_value = "14d")]
    pub(crate) idle: Span,
    /// The sessions' absolute timeout.
    #[arg(long, value_name = "SPAN", default_value = "30d")]
    pub(crate) absolute: Span,
}

#[derive(clap::Args)]
pub(crate) struct Inspect {
    /// A cookie's value, `name=value`, or a whole Cookie or Set-Cookie line. `-`, and nothing, is
    /// standard input, which keeps it out of the shell's history.
    #[arg(
        value_name = "COOKIE",
        default_value = "-",
        hide_default_value = true,
        allow_hyphen_values = true
    )]
    pub(crate) cookie: String,
    /// The ring to open it with: a file, `env:NAME`, or `-`.
    #[arg(long, value_name = "FILE")]
    pub(crate) keys: Option<Place>,
    /// The cookie's name, which is in the seal; that of the line, or `__Host-Http-session`.
    #[arg(long, value_name = "NAME")]
    pub(crate) cookie_name: Option<String>,
    /// The application's context, which is in the seal.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub(crate) context: String,
    /// The same, where it is no text: in hexadecimal.
    #[arg(long, value_name = "HEX", value_parser = hexadecimal, conflicts_with = "context")]
    pub(crate) context_hex: Option<Hex>,
    /// The shape expected of the data, in 8 hexadecimal digits; else any.
    #[arg(long, value_name = "HEX", value_parser = four_bytes)]
    pub(crate) shape: Option<[u8; 4]>,
    #[command(flatten)]
    pub(crate) at: At,
    #[command(flatten)]
    pub(crate) lifetimes: Lifetimes,
    /// Take the published secrets of the test vectors, which everybody has.
    #[arg(long)]
    pub(crate) danger_published: bool,
}

/// Bytes given in hexadecimal.
#[derive(Clone)]
pub(crate) struct Hex(pub(crate) Vec<u8>);

/// The suites, by their names in a ring's text.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum SuiteName {
    /// XAES-256-GCM, for servers.
    Xaes256gcm,
    /// XChaCha20-Poly1305, for WebAssembly.
    Xchacha20poly1305,
}

impl From<SuiteName> for Suite {
    fn from(name: SuiteName) -> Self {
        match name {
            SuiteName::Xaes256gcm => Self::Xaes256Gcm,
            SuiteName::Xchacha20poly1305 => Self::XChaCha20Poly1305,
        }
    }
}

fn key_id(text: &str) -> Result<KeyId, String> {
    four_bytes(text).map(KeyId::from)
}

/// The error does not repeat the text, because it could be a secret.
fn four_bytes(text: &str) -> Result<[u8; 4], String> {
    let digits = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = digits.then(|| u32::from_str_radix(text, 16).ok()).flatten();
    number
        .map(u32::to_be_bytes)
        .ok_or_else(|| String::from("expected 8 hexadecimal digits, as 8694fd5e"))
}

fn hexadecimal(text: &str) -> Result<Hex, String> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks(2).map(|pair| match *pair {
        [high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    });
    let bytes: Option<Vec<u8>> = pairs.collect();
    bytes.map(Hex).ok_or_else(|| String::from("expected pairs of hexadecimal digits, as 73686f70"))
}
