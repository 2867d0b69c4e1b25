//! Times of seal, open and whole requests, of this crate, its parts, the floor and the peers in
//! Rust, interleaved in one process. `scripts/performance` runs it and makes docs/performance.md of
//! what it prints: read the times as ratios.
//!
//! - `times`: the measurement, as JSON on standard output.
//! - `times payloads`: the sessions that are measured, as JSON, for the peers outside Rust.
//! - `times serve`: answers `operation payload count` on standard input with the nanoseconds of one
//!   iteration, so that `benches/other-languages` can interleave this process with those of other
//!   languages.

mod floor;
mod interleave;
mod ours;
mod peers;
mod serve;

use interleave::{Group, Start};
use peers::Operations;
use sealed_session_benches::{Example, Payload, empty, one_kilobyte, shop, small, three_kilobytes};

fn main() {
    // `cargo bench` adds `--bench`.
    let mode = std::env::args().nth(1).filter(|argument| argument != "--bench");
    match mode.as_deref() {
        None => measure(),
        Some("payloads") => serve::payloads(),
        Some("serve") => serve::serve(),
        Some(other) => {
            eprintln!("{other}: expected nothing, `payloads` or `serve`");
            std::process::exit(2);
        }
    }
}

fn measure() {
    let mut groups = Vec::new();
    both_forms(&mut groups, &empty());
    both_forms(&mut groups, &small());
    both_forms(&mut groups, &shop());
    both_forms(&mut groups, &one_kilobyte());
    both_forms(&mut groups, &three_kilobytes());
    for groups_of in [
        ours::rejections("shop", "typed", &shop().typed),
        ours::rings("shop", "typed", &shop().typed),
    ] {
        groups.extend(groups_of);
    }
    groups.extend(ours::rejections("3 KB", "typed", &three_kilobytes().typed));
    println!("{}", serde_json::to_string(&groups).expect("numbers and names"));
}

fn both_forms<T: Payload>(groups: &mut Vec<Group>, example: &Example<T>) {
    eprintln!("{}", example.name);
    payload(groups, example.name, "typed", &example.typed, &example.typed, true);
    payload(groups, example.name, "map", &example.map(), &example.json, false);
}

/// `ours` and `theirs` are the same data: peers that keep JSON read a struct into the struct, and a
/// `Map` into `serde_json::Value`.
fn payload<T: Payload, U: Payload>(
    groups: &mut Vec<Group>,
    name: &'static str,
    form: &'static str,
    ours: &T,
    theirs: &U,
    parts: bool,
) {
    let start = |operation| Start::new(name, form, operation);
    let mut operations = Operations {
        seal: start("seal"),
        open: start("open"),
        change: start("change"),
        read: start("read"),
    };
    ours::seal(&mut operations.seal, ours);
    ours::open(&mut operations.open, ours);
    floor::seal(&mut operations.seal, ours);
    floor::open(&mut operations.open, ours);
    if parts {
        floor::seal_parts(&mut operations.seal, ours);
        floor::open_parts(&mut operations.open, ours);
    } else {
        floor::nonce_of_the_system(&mut operations.seal);
    }
    ours::read(&mut operations.read, ours);
    let is_empty = name == "empty";
    if !is_empty {
        ours::change(&mut operations.change, ours);
    }
    peers::add(&mut operations, theirs);
    groups.push(operations.seal.run());
    groups.push(operations.open.run());
    groups.push(operations.read.run());
    // An empty session sets no cookie, so there is nothing to change.
    if !is_empty {
        groups.push(operations.change.run());
    }
}
