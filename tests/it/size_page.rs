//! docs/size.md: the table of what fits. `SEALED_SESSION_SIZES=write cargo test --test it size_page::`
//! writes it again.

use crate::support::{clock, ring};
use sealed_session::{Map, SessionData, Sessions};
use serde::{Deserialize, Serialize};
use std::fmt::Write;

const BEGIN: &str = "<!-- what fits, made by tests/it/size_page.rs -->\n";
const END: &str = "<!-- end of what fits -->\n";

/// The columns: the default behind nginx's default buffers, the default, two cookies, and four.
const BUDGETS: [(u8, usize, usize); 4] =
    [(1, 3_600, 7_900), (1, 4_093, 7_900), (2, 4_093, 7_900), (4, 4_093, 14_000)];

#[derive(Default, Serialize, Deserialize)]
struct Of<T>(Vec<T>);

#[derive(Default, Serialize, Deserialize)]
struct Text {
    text: String,
}

#[derive(Default, Serialize, Deserialize)]
struct Tokens {
    id_token: String,
    access_token: String,
    refresh_token: String,
}

#[derive(Clone, Default, Serialize, Deserialize)]
struct Line {
    article: u32,
    quantity: u8,
    cents: u32,
}

fn sessions<T: SessionData>(
    (cookies, line, request): (u8, usize, usize),
    compress: bool,
) -> Sessions<T> {
    Sessions::builder(ring())
        .clock(clock())
        .max_cookies(cookies)
        .max_set_cookie_bytes(line)
        .max_cookie_bytes(request)
        .compress(compress)
        .build()
        .unwrap()
}

/// The most of something that fits with each budget, `None` if all of it does.
fn most<T: SessionData>(compress: bool, all: usize, of: impl Fn(usize) -> T) -> Vec<Option<usize>> {
    let fits = |sessions: &Sessions<T>, count: usize| sessions.seal(&of(count)).is_ok();
    let longest = |budget| {
        let sessions = sessions::<T>(budget, compress);
        let counts: Vec<usize> = (0..=all).collect();
        let longest = counts.partition_point(|count| fits(&sessions, *count)) - 1;
        (longest < all).then_some(longest)
    };
    BUDGETS.into_iter().map(longest).collect()
}

/// Numbers that look random, the same in every run.
fn random(number: u64) -> u64 {
    let mixed = (number.wrapping_add(1)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

/// A text that is drawn from these characters.
fn drawn(characters: &str, length: usize, seed: u64) -> String {
    let characters: Vec<char> = characters.chars().collect();
    let at = |index| (random(seed * 1_000_003 + index) >> 33) as usize % characters.len();
    (0..length as u64).map(|index| characters[at(index)]).collect()
}

const HEX: &str = "0123456789abcdef";
const BASE64URL: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// English, which does not change.
const PROSE: &str =
    concat!(include_str!("../../LICENSE-APACHE"), include_str!("../../LICENSE-MIT"));

fn map_of(key: &str, value: &impl Serialize) -> Map {
    let mut map = Map::new();
    map.insert(key, value).unwrap();
    map
}

fn table() -> String {
    let mut table = String::from(
        "| what | one cookie of 3,600 bytes | one of 4,093 (default) | two, 7,900 in a request | four, 14,000 |\n\
         | --- | --: | --: | --: | --: |\n",
    );
    let mut row = |what: &str, counts: Vec<Option<usize>>, all: usize| {
        let shown = counts.into_iter().map(|count| match count {
            Some(count) => thousands(count),
            None => format!("over {}", thousands(all)),
        });
        let cells: Vec<String> = shown.collect();
        writeln!(table, "| {what} | {} |", cells.join(" | ")).unwrap();
    };
    let numbers = |bits: u32| {
        move |count: usize| {
            Of((0..count as u64).map(|number| random(number) >> (64 - bits)).collect())
        }
    };
    row("numbers below 16,384", most(false, 6_000, numbers(14)), 6_000);
    row("numbers below 2³²", most(false, 6_000, numbers(32)), 6_000);
    row("random `u64`", most(false, 6_000, numbers(64)), 6_000);
    let uuids = |count: usize| {
        Of((0..count as u64).map(|number| [random(number).to_le_bytes(); 2]).collect())
    };
    row("UUIDs, as 16 bytes", most(false, 2_000, uuids), 2_000);
    let hex = |count: usize| Of((0..count as u64).map(|seed| drawn(HEX, 32, seed)).collect());
    row("ids of 32 hexadecimal digits, as text", most(false, 1_000, hex), 1_000);
    let hex_map = |count: usize| {
        let ids: Vec<String> = (0..count as u64).map(|seed| drawn(HEX, 32, seed)).collect();
        map_of("ids", &ids)
    };
    row("the same in a `Map`, which packs them", most(false, 1_000, hex_map), 1_000);
    let names = |count: usize| Of((0..count as u64).map(|seed| drawn(HEX, 10, seed)).collect());
    row("texts of 10 characters", most(false, 2_000, names), 2_000);
    let line = |number: u64| Line {
        article: (random(number) >> 44) as u32,
        quantity: 1 + (number % 3) as u8,
        cents: (random(number + 5) >> 48) as u32,
    };
    let cart = |count: usize| Of((0..count as u64).map(line).collect());
    row("lines of a cart: article, quantity, price", most(false, 2_000, cart), 2_000);
    let cart_map = |count: usize| {
        let lines: Vec<Line> = (0..count as u64).map(line).collect();
        map_of("cart", &lines)
    };
    row("the same in a `Map`", most(false, 2_000, cart_map), 2_000);
    let tokens = |length: usize| Tokens {
        id_token: drawn(BASE64URL, length, 1),
        access_token: drawn(BASE64URL, length, 2),
        refresh_token: drawn(BASE64URL, length, 3),
    };
    row("characters in each of three OIDC tokens", most(false, 5_000, tokens), 5_000);
    row("the same, compressed", most(true, 6_000, tokens), 6_000);
    let prose = |length: usize| Text { text: PROSE[..length].to_owned() };
    row("characters of English text", most(false, PROSE.len(), prose), PROSE.len() / 1_000 * 1_000);
    row("the same, compressed", most(true, PROSE.len(), prose), PROSE.len() / 1_000 * 1_000);
    table
}

fn thousands(number: usize) -> String {
    match number {
        0..1_000 => number.to_string(),
        _ => format!("{},{:03}", number / 1_000, number % 1_000),
    }
}

#[test]
fn the_table_says_what_fits() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/size.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (written, after) = rest.split_once(END).unwrap();
    let table = table();
    if std::env::var("SEALED_SESSION_SIZES").is_ok_and(|value| value == "write") {
        std::fs::write(path, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
    } else {
        assert_eq!(written, table);
    }
}
