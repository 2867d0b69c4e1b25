//! Seal and open, by suite and size, beside `cookie`'s PrivateJar with serde_json: nanoseconds, the
//! median of rounds that take turns.

use cookie::{Cookie, CookieJar, Key};
use sealed_session::{KeyRing, Sessions, Suite};
use serde::{Deserialize, Serialize};
use shop::{Article, Visit};
use std::hint::black_box;
use std::time::Instant;

const ROUNDS: usize = 15;
const CALLS: u32 = 200;

#[derive(Default, Serialize, Deserialize)]
struct Text(String);

/// A measured call: the name of what seals, the session's, what it does, and it itself.
struct Call(&'static str, &'static str, &'static str, Box<dyn Fn()>, Vec<u64>);

fn calls<T>(size: &'static str, data: fn() -> T, into: &mut Vec<Call>)
where
    T: Default + Serialize + for<'a> Deserialize<'a> + Send + Sync + 'static,
{
    for (name, suite) in
        [("XChaCha20-Poly1305", Suite::XChaCha20Poly1305), ("XAES-256-GCM", Suite::Xaes256Gcm)]
    {
        let ring = KeyRing::generate(suite).expect("randomness");
        let sessions = Sessions::<T>::builder(ring)
            .schema_version(1)
            .build()
            .expect("a configuration that stands");
        let value = sessions.seal(&data()).expect("it fits");
        let seal = sessions.clone();
        into.push(Call(
            name,
            size,
            "seal",
            Box::new(move || drop(black_box(seal.seal(&data())))),
            Vec::new(),
        ));
        into.push(Call(
            name,
            size,
            "open",
            Box::new(move || drop(black_box(sessions.open(&value)))),
            Vec::new(),
        ));
    }
    let key = Key::generate();
    let jar = move |key: &Key| {
        let mut jar = CookieJar::new();
        jar.private_mut(key)
            .add(Cookie::new("session", serde_json::to_string(&data()).expect("JSON")));
        jar
    };
    let sealed = jar(&key);
    let again = key.clone();
    into.push(Call(
        "PrivateJar",
        size,
        "seal",
        Box::new(move || drop(black_box(jar(&again)))),
        Vec::new(),
    ));
    let open = move || {
        serde_json::from_str::<T>(sealed.private(&key).get("session").expect("it opens").value())
            .expect("JSON")
    };
    into.push(Call(
        "PrivateJar",
        size,
        "open",
        Box::new(move || drop(black_box(open()))),
        Vec::new(),
    ));
}

fn full() -> Visit {
    let mut visit = Visit::default();
    visit.sign_in("Ada Lovelace, Countess");
    Article::ALL.iter().cycle().take(9).for_each(|article| visit.add(*article));
    visit
}

fn main() {
    let mut all = Vec::new();
    calls("empty", || (), &mut all);
    calls("shop", full, &mut all);
    calls("3 KB", || Text("x".repeat(2_800)), &mut all);
    for round in 0..ROUNDS {
        for Call(_, _, _, call, times) in &mut all {
            let begun = Instant::now();
            (0..CALLS).for_each(|_| call());
            // The first round warms up.
            if round > 0 {
                times.push(
                    u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX)
                        / u64::from(CALLS),
                );
            }
        }
    }
    for Call(name, size, what, _, mut times) in all {
        times.sort_unstable();
        println!("{name}\t{size}\t{what}\t{}", times[times.len() / 2]);
    }
}
