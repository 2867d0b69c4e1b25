//! The program's arguments: clap's description, from which the help, the completions and the man
//! pages are made. Every command takes its file first.

use crate::dbsc::address::Address;
use crate::examples;
use crate::ring_file::Place;
use crate::time::{Span, When};
use clap::{ColorChoice, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use sealed_session::Suite;
use sealed_session::keys::KeyId;
use std::path::PathBuf;

/// Manages the key rings of sealed sessions, shows what is in a session's cookie, and checks that
/// browsers can bind sessions to the device.
#[derive(Parser)]
#[command(name = "sealed-session", version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Args {
    /// Print the answer as JSON.
    #[arg(long, global = true, display_order = 901)]
    pub(crate) json: bool,
    /// When to print colours. `auto` prints them on a terminal, unless NO_COLOR is set.
    #[arg(
        long,
        global = true,
        display_order = 902,
        value_enum,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true,
        hide_default_value = true
    )]
    pub(crate) color: ColorChoice,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What the help of the program itself says about all of its commands.
const CONVENTIONS: &str = "\
Times: RFC 3339 with a zone (2026-12-01T00:00:00Z), `now`, or a span from now (1.5h, 45d, -1d).
Spans: a number with a unit (30s, 10min, 1.5h, 90d, 2w), or several (1d12h).
Exit status: 0 done, 1 refused or a problem found, 2 wrong use.";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make, edit, check and draw a key ring.
    #[command(subcommand_required = true, arg_required_else_help = true)]
    Keys {
        #[command(subcommand)]
        command: Keys,
    },
    /// Take a cookie apart, and show why it does not open.
    ///
    /// Without keys it shows what everyone can see. With keys it shows the contents, or the step
    /// that refuses the cookie.
    Inspect(Inspect),
    /// Check that browsers can bind a site's sessions to the device.
    #[command(subcommand_required = true, arg_required_else_help = true)]
    Dbsc {
        #[command(subcommand)]
        command: Dbsc,
    },
    /// Print completions for a shell.
    Completions {
        /// The shell to print completions for.
        shell: Shell,
    },
    /// Print the man page, or write the man pages of all commands.
    Man {
        /// Write the pages of all commands into this directory.
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
        /// Print the names of the pages, and write nothing.
        #[arg(long, requires = "dir")]
        dry_run: bool,
    },
}

#[derive(Subcommand)]
pub(crate) enum Keys {
    /// Make a ring of one new key.
    New {
        /// The file to make, readable only by you; `-` prints the ring.
        #[arg(value_name = "FILE", default_value = "-")]
        place: Place,
        /// The new key's suite.
        #[arg(long, value_enum, default_value_t = SuiteName::Xaes256gcm)]
        suite: SuiteName,
        #[command(flatten)]
        dry: DryRun,
    },
    /// Add a new key above the others.
    ///
    /// Every server must have the new ring before the new key begins to seal.
    Add {
        #[command(flatten)]
        ring: Ring,
        /// The new key's suite.
        #[arg(long, value_enum, default_value_t = SuiteName::Xaes256gcm)]
        suite: SuiteName,
        /// When the key begins to seal. Every server must have the new ring by then.
        #[arg(long, alias = "seal-from", value_name = "TIME", default_value = "10min")]
        seal_in: When,
        /// How long the earlier keys continue to open after the new key begins to seal.
        ///
        /// A key that ends earlier is not extended.
        #[arg(long, value_name = "SPAN")]
        retire_after: Option<Span>,
        #[command(flatten)]
        dry: DryRun,
    },
    /// Show each key's id, suite and state, and never a secret.
    List {
        #[command(flatten)]
        ring: Ring,
        #[command(flatten)]
        at: At,
    },
    /// Look for problems, and exit with status 1 if there is an error.
    Check {
        #[command(flatten)]
        ring: Ring,
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        lifetimes: Lifetimes,
        /// The longest time that a ticket is valid, if the application issues tickets.
        #[arg(long, value_name = "SPAN")]
        ticket_lifetime: Option<Span>,
        /// When the last server will have this ring.
        ///
        /// No key may begin to seal until two minutes after that.
        #[arg(long, value_name = "TIME", default_value = "now", allow_hyphen_values = true)]
        deployed_by: When,
        /// Exit with status 1 for warnings too.
        #[arg(long)]
        strict: bool,
    },
    /// Set when a key ends.
    Retire {
        #[command(flatten)]
        ring: Ring,
        /// The key's id, as `keys list` shows it.
        #[arg(value_parser = key_id)]
        id: KeyId,
        /// When the key ends.
        #[arg(long, value_name = "TIME", default_value = "now", allow_hyphen_values = true)]
        at: When,
        #[command(flatten)]
        dry: DryRun,
    },
    /// Remove the keys that have ended.
    Prune {
        #[command(flatten)]
        ring: Ring,
        #[command(flatten)]
        dry: DryRun,
    },
    /// Add, retire and remove keys when that is due; otherwise change nothing.
    ///
    /// Run it daily, with cron, a systemd timer or a Kubernetes CronJob. A new key is added if
    /// the newest one has sealed for `--every`. Each key that stops sealing gets the time at which
    /// it ends, and is removed after that.
    Rotate {
        #[command(flatten)]
        ring: Ring,
        #[command(flatten)]
        rotation: Rotation,
        #[command(flatten)]
        at: At,
        /// Trust this machine's clock.
        ///
        /// Without this, a clock that may be wrong changes less. If the newest key has sealed for
        /// more than twice `--every`, or for more than `--keep` if that is shorter, no key is
        /// removed. If no key has begun to seal, nothing is changed.
        #[arg(long)]
        force: bool,
        /// Exit with status 3 if nothing is due.
        #[arg(long)]
        exit_code: bool,
        #[command(flatten)]
        dry: DryRun,
    },
    /// Show what differs between two rings, and whether servers can change to the new one.
    ///
    /// Compares keys, dates and order, and not comments. The exit status is that of diff: 0 if the
    /// rings are the same, 1 if they differ, 2 if one cannot be read.
    Diff {
        #[command(flatten)]
        ring: Ring,
        /// The new ring: a file, `-`, or `env:NAME`.
        #[arg(value_name = "NEW")]
        new: Place,
        #[command(flatten)]
        at: At,
        /// How long a session or a ticket may live after it was sealed.
        #[arg(long, value_name = "SPAN", default_value = "30d")]
        absolute: Span,
    },
    /// Show which key seals at a time, and which keys open.
    ShowAt {
        #[command(flatten)]
        ring: Ring,
        /// The time.
        #[arg(allow_hyphen_values = true, default_value = "now")]
        time: When,
    },
    /// Draw when each key seals and opens, and how long its sessions live.
    ///
    /// Also shows when the oldest key becomes safe to remove.
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

#[derive(Subcommand)]
pub(crate) enum Dbsc {
    /// Register and refresh as a browser does, and show what is in the way.
    ///
    /// Opens the sign-in page as a visitor without cookies, registers a new key as the page offers
    /// it, and refreshes once. It finds proxies that remove fields or cookies, endpoints that
    /// cannot be reached, cached offers, and servers that do not share a ring. Nobody is signed in.
    /// Run it from outside, on the address that visitors use. The requests are sent by the program
    /// `curl`, which must be installed.
    Check {
        /// The address of the sign-in page, where the application calls `offer_binding`.
        #[arg(value_name = "URL")]
        url: Address,
        /// How long to wait for each answer. Browsers wait 20 seconds.
        #[arg(long, value_name = "SPAN", default_value = "20s")]
        timeout: Span,
    },
}

#[derive(clap::Args)]
pub(crate) struct Ring {
    /// The ring's file. `-` is standard input (and output, for commands that edit), `env:NAME` an
    /// environment variable (for commands that read).
    #[arg(value_name = "FILE")]
    pub(crate) place: Place,
    /// Accept the published secrets of the test vectors, which everyone has.
    #[arg(long, display_order = 900)]
    pub(crate) danger_published: bool,
}

#[derive(clap::Args)]
pub(crate) struct DryRun {
    /// Print what would change, and write nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(clap::Args)]
pub(crate) struct Rotation {
    /// How long a key seals before the next one is added.
    #[arg(long, value_name = "SPAN", default_value = "30d")]
    pub(crate) every: Span,
    /// How long a new key is in the ring before it seals. Every server must have it by then.
    #[arg(long, value_name = "SPAN", default_value = "1h")]
    pub(crate) lead: Span,
    /// How long a key continues to open after it stops sealing.
    ///
    /// At least the sessions' absolute timeout, and the longest time that a ticket is valid. A key
    /// that has an end keeps it.
    #[arg(long, value_name = "SPAN", default_value = "45d")]
    pub(crate) keep: Span,
    /// The new key's suite [default: that of the newest key].
    #[arg(long, value_enum)]
    pub(crate) suite: Option<SuiteName>,
}

#[derive(clap::Args)]
pub(crate) struct At {
    /// The time to use instead of the current time.
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
    /// A cookie's value, `name=value`, or a whole Cookie or Set-Cookie line.
    ///
    /// `-`, or nothing, reads standard input, which keeps the cookie out of the shell's history.
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
    /// The cookie's name, which is part of the seal [default: the line's, or __Host-Http-session].
    #[arg(long, value_name = "NAME")]
    pub(crate) cookie_name: Option<String>,
    /// The application's context, which is part of the seal.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub(crate) context: String,
    /// The context in hexadecimal, if it is not text.
    #[arg(long, value_name = "HEX", value_parser = hexadecimal, conflicts_with = "context")]
    pub(crate) context_hex: Option<Hex>,
    /// The expected shape of the data, in 8 hexadecimal digits [default: any].
    #[arg(long, value_name = "HEX", value_parser = four_bytes)]
    pub(crate) shape: Option<[u8; 4]>,
    #[command(flatten)]
    pub(crate) at: At,
    #[command(flatten)]
    pub(crate) lifetimes: Lifetimes,
    /// Accept the published secrets of the test vectors, which everyone has.
    #[arg(long, display_order = 900)]
    pub(crate) danger_published: bool,
}

/// Returns clap's description of the program, with examples below the help of every command.
pub(crate) fn command() -> clap::Command {
    with_examples(Args::command(), "")
}

fn with_examples(command: clap::Command, words: &str) -> clap::Command {
    let mut after = format!("Examples:\n  {}", examples::of(words).join("\n  "));
    if words.is_empty() {
        after = format!("{CONVENTIONS}\n\n{after}");
    }
    let names: Vec<String> =
        command.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    let command = command.after_help(after);
    names.iter().fold(command, |command, name| {
        let words = format!("{words} {name}");
        command.mut_subcommand(name, |command| with_examples(command, words.trim_start()))
    })
}

/// Bytes given in hexadecimal.
#[derive(Clone)]
pub(crate) struct Hex(pub(crate) Vec<u8>);

/// The suites, by their names in a ring's text.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum SuiteName {
    /// XAES-256-GCM, for servers
    Xaes256gcm,
    /// XChaCha20-Poly1305, for WebAssembly
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
        .ok_or_else(|| String::from("expected 8 hexadecimal digits, such as 8694fd5e"))
}

fn hexadecimal(text: &str) -> Result<Hex, String> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks(2).map(|pair| match *pair {
        [high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    });
    let bytes: Option<Vec<u8>> = pairs.collect();
    bytes
        .map(Hex)
        .ok_or_else(|| String::from("expected pairs of hexadecimal digits, such as 73686f70"))
}
