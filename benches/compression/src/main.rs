//! Prints, as Markdown, how long compressed sessions are and how long compressing takes, as a
//! multiple of sealing the same session, and decompressing, as a multiple of opening it.
//! With `payloads` it prints the sessions' JSON instead; with `times`, those of typed sessions alone.

use sealed_session::Suite;
use sealed_session_compression::codecs::{self, Codec, LIMIT};
use sealed_session_compression::sessions::{self, Case};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Rounds in which everything that is compared takes its turn.
const ROUNDS: usize = 21;
/// How long one turn takes, about.
const TURN: Duration = Duration::from_micros(150);

/// On WebAssembly the one that docs/edge.md recommends.
const SUITE: Suite =
    if cfg!(target_family = "wasm") { Suite::XChaCha20Poly1305 } else { Suite::Xaes256Gcm };

fn main() {
    let argument = std::env::args().nth(1);
    let cases = sessions::all(SUITE);
    let typed: Vec<_> = cases.iter().filter(|case| case.typed).collect();
    let maps: Vec<_> = cases.iter().filter(|case| !case.typed).collect();
    let mut codecs = codecs::all();
    match argument.as_deref() {
        Some("payloads") => println!("{}", serde_json::json!(sessions::payloads())),
        Some("times") => times("typed", &typed, &mut codecs),
        Some(other) => panic!("{other} is neither payloads nor times"),
        None => {
            lengths("typed", &typed, &mut codecs);
            lengths("`Map`", &maps, &mut codecs);
            times("typed", &typed, &mut codecs);
            times("`Map`", &maps, &mut codecs);
            let mut levels = codecs::miniz_levels();
            lengths("miniz_oxide by level, typed", &typed, &mut levels);
            times("miniz_oxide by level, typed", &typed, &mut levels);
            levels.extend(codecs::flate2_levels());
            larger(&mut levels);
        }
    }
}

fn head(title: &str, first: &str, cases: &[&Case]) {
    println!("\n### {title}\n");
    let names: Vec<_> = cases.iter().map(|case| case.name.as_str()).collect();
    println!("| {first} | {} |", names.join(" | "));
    println!("| --- |{}", " ---: |".repeat(cases.len()));
}

fn row(name: &str, cells: &[String]) {
    println!("| {name} | {} |", cells.join(" | "));
}

fn lengths(title: &str, cases: &[&Case], codecs: &mut [Codec]) {
    head(&format!("Characters of the value: {title}"), "", cases);
    let of = |f: &dyn Fn(&Case) -> usize| -> Vec<String> {
        cases.iter().map(|case| f(case).to_string()).collect()
    };
    row("*bytes of the data*", &of(&|case| case.data.len()));
    row("plain", &of(&|case| case.plain.characters));
    row("**`.compress(true)`**", &of(&|case| case.compressed.characters));
    // The state makes no difference to the length, so each compressor has one row.
    let mut last = (String::new(), Vec::new());
    for codec in codecs {
        let lengths: Vec<_> = cases.iter().map(|case| checked(codec, case)).collect();
        if codec.name == last.0 {
            assert!(lengths == last.1, "{} depends on its state", codec.name);
        } else {
            row(&codec.name, &lengths);
            last = (codec.name.clone(), lengths);
        }
    }
}

/// The length with this compressor, which gives the data back.
fn checked(codec: &mut Codec, case: &Case) -> String {
    let compressed = (codec.compress)(&case.data);
    assert!((codec.decompress)(&compressed) == case.data, "{} gives it back", codec.name);
    case.characters_of(compressed.len()).to_string()
}

fn times(title: &str, cases: &[&Case], codecs: &mut [Codec]) {
    head(&format!("Compress, times seal / decompress, times open: {title}"), "", cases);
    // What runs WebAssembly compiles once more what it has seen to be hot.
    measure(cases[0], codecs);
    let measured: Vec<_> = cases.iter().map(|case| measure(case, codecs)).collect();
    let micros = |Measured { seal, open, .. }: &Measured| format!("{seal:.1} / {open:.1}");
    row("*seal / open, µs*", &measured.iter().map(micros).collect::<Vec<_>>());
    let pair = |(up, down): (f64, f64)| format!("{up:.2} / {down:.2}");
    let whole: Vec<_> = measured.iter().map(|measured| pair(measured.compressed)).collect();
    row("**whole seal / open with `.compress(true)`**", &whole);
    for (at, codec) in codecs.iter().enumerate() {
        let state = if codec.reuses { ", state reused" } else { "" };
        let name = format!("{}{state}", codec.name);
        let cells: Vec<_> = measured.iter().map(|measured| pair(measured.codecs[at])).collect();
        row(&name, &cells);
    }
}

/// The medians of one session: microseconds of seal and open; then pairs of multiples of these, each
/// taken in one round: of the whole seal and open with compression, and of compressing and
/// decompressing alone.
struct Measured {
    seal: f64,
    open: f64,
    compressed: (f64, f64),
    codecs: Vec<(f64, f64)>,
}

fn measure(case: &Case, codecs: &mut [Codec]) -> Measured {
    let compressed: Vec<_> = codecs.iter_mut().map(|codec| (codec.compress)(&case.data)).collect();
    let mut samples = vec![(Vec::new(), Vec::new()); codecs.len()];
    let mut whole = (Vec::new(), Vec::new());
    let mut plain = (Vec::new(), Vec::new());
    let mut order: Vec<_> = (0..codecs.len()).collect();
    for round in 0..ROUNDS {
        shuffle(&mut order, round);
        let (seal, open) =
            (per_call(&mut || (case.plain.seal)()), per_call(&mut || (case.plain.open)()));
        plain.0.push(seal * 1e6);
        plain.1.push(open * 1e6);
        whole.0.push(per_call(&mut || (case.compressed.seal)()) / seal);
        whole.1.push(per_call(&mut || (case.compressed.open)()) / open);
        for &at in &order {
            let Codec { compress, decompress, .. } = &mut codecs[at];
            let up = per_call(&mut || drop(black_box(compress(black_box(&case.data)))));
            let down = per_call(&mut || drop(black_box(decompress(black_box(&compressed[at])))));
            samples[at].0.push(up / seal);
            samples[at].1.push(down / open);
        }
    }
    let medians = |(up, down)| (median(up), median(down));
    Measured {
        seal: median(plain.0),
        open: median(plain.1),
        compressed: medians(whole),
        codecs: samples.into_iter().map(medians).collect(),
    }
}

/// More than one cookie holds: a text of 11 KB, and what a visitor who chooses the text can make
/// compressing cost. That is two letters at random, in which every position has as many candidates
/// for a match as the level looks at.
fn larger(codecs: &mut [Codec]) {
    let mut state = 1_u32;
    let letters: Vec<u8> = (0..LIMIT)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            b'a' + u8::from(state >> 31 == 1)
        })
        .collect();
    let text = include_bytes!("../../../LICENSE-APACHE");
    println!("\n### Larger data\n");
    println!(
        "| | LICENSE-APACHE, {} bytes | compress, ms | decompress, ms \
         | two letters at random, {LIMIT} bytes | compress, ms | decompress, ms |",
        text.len()
    );
    println!("| --- |{}", " ---: |".repeat(6));
    let mut fresh: Vec<_> = codecs.iter_mut().filter(|codec| !codec.reuses).collect();
    // The least of several times, which other work on the machine disturbs the least.
    let mut least = vec![[f64::INFINITY; 4]; fresh.len()];
    let mut lengths = vec![[0; 2]; fresh.len()];
    for _ in 0..ROUNDS {
        for ((codec, least), lengths) in fresh.iter_mut().zip(&mut least).zip(&mut lengths) {
            for (at, data) in [text.as_slice(), &letters].into_iter().enumerate() {
                let compressed = (codec.compress)(data);
                lengths[at] = compressed.len();
                let up = per_call(&mut || drop(black_box((codec.compress)(data))));
                let down = per_call(&mut || drop(black_box((codec.decompress)(&compressed))));
                least[2 * at] = least[2 * at].min(up * 1e3);
                least[2 * at + 1] = least[2 * at + 1].min(down * 1e3);
            }
        }
    }
    for ((codec, least), lengths) in fresh.iter().zip(least).zip(lengths) {
        let [text_up, text_down, up, down] = least.map(|time| format!("{time:.2}"));
        let [text, letters] = lengths.map(|length| length.to_string());
        row(&codec.name, &[text, text_up, text_down, letters, up, down]);
    }
}

/// Another order in each round: a compressor that runs after itself, at another level, finds the
/// processor's predictions made.
fn shuffle(order: &mut [usize], round: usize) {
    let mut state = u32::try_from(round).expect("it is small");
    for last in (1..order.len()).rev() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        order.swap(last, (state >> 16) as usize % (last + 1));
    }
}

/// Seconds of one call, of as many as fill a turn.
fn per_call(call: &mut dyn FnMut()) -> f64 {
    let begun = Instant::now();
    let mut calls = 0;
    loop {
        // Twice as many before each look at the clock, which takes as long as some of the calls.
        let batch = u32::max(calls, 1);
        (0..batch).for_each(|_| call());
        calls += batch;
        let elapsed = begun.elapsed();
        if elapsed >= TURN {
            return elapsed.as_secs_f64() / f64::from(calls);
        }
    }
}

fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}
