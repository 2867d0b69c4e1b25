//! The sessions that are compressed, each as a struct and as a `Map`. `text` holds names, titles and
//! paragraphs, `ids` random ids and tokens. `draft` is of docs/performance.md, whose lengths of
//! Flask's and Django's cookies are the mark.

use sealed_session::inspect::Inspector;
use sealed_session::{KeyRing, Map, Sessions, Suite};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::hint::black_box;

#[derive(Clone, Default, Serialize, Deserialize)]
struct Text {
    user_id: u64,
    role: Role,
    name: String,
    email: String,
    locale: String,
    address: Address,
    articles: Vec<Article>,
    cart: Vec<Item>,
    undo: String,
    notes: Vec<String>,
}

#[derive(Clone, Copy, Default, Serialize, Deserialize)]
enum Role {
    #[default]
    Visitor,
    Customer,
}

#[derive(Clone, Default, Serialize, Deserialize)]
struct Address {
    street: String,
    city: String,
    postcode: String,
    country: String,
}

#[derive(Clone, Default, Serialize, Deserialize)]
struct Article {
    id: u32,
    title: String,
}

#[derive(Clone, Default, Serialize, Deserialize)]
struct Item {
    sku: String,
    title: String,
    quantity: u32,
    price_cents: u32,
}

/// Ids as text, as most applications keep those that others gave them.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Ids {
    user: String,
    csrf: String,
    state: String,
    nonce: String,
    cart: Vec<String>,
    devices: Vec<Device>,
    access_token: String,
    refresh_token: String,
}

#[derive(Clone, Default, Serialize, Deserialize)]
struct Device {
    id: String,
    fingerprint: String,
}

/// A session, and what sealing and opening it take.
pub struct Case {
    pub name: String,
    pub typed: bool,
    /// What a compressor gets.
    pub data: Vec<u8>,
    /// Bytes of the envelope besides the data.
    pub overhead: usize,
    pub plain: Sealed,
    /// The same with the crate's own compression.
    pub compressed: Sealed,
}

pub struct Sealed {
    /// Characters of the value.
    pub characters: usize,
    pub seal: Box<dyn Fn()>,
    pub open: Box<dyn Fn()>,
}

impl Case {
    /// Characters of the value if the data had this many bytes.
    pub fn characters_of(&self, data: usize) -> usize {
        (4 * (self.overhead + data)).div_ceil(3)
    }
}

/// Name and JSON of each session.
pub fn payloads() -> Vec<(&'static str, Value)> {
    let parse = |text| serde_json::from_str(text).expect("the files are JSON");
    vec![
        ("text 200 B", parse(include_str!("../sessions/text-200.json"))),
        ("text 1 KB", parse(include_str!("../sessions/text-1k.json"))),
        ("text 3 KB", parse(include_str!("../sessions/text-3k.json"))),
        ("ids 200 B", parse(include_str!("../sessions/ids-200.json"))),
        ("ids 1 KB", parse(include_str!("../sessions/ids-1k.json"))),
        ("ids 3 KB", parse(include_str!("../sessions/ids-3k.json"))),
        ("draft 1 KB", sealed_session_benches::one_kilobyte().json),
        ("draft 3 KB", sealed_session_benches::three_kilobytes().json),
    ]
}

/// All sessions, first those of structs, then those of `Map`.
pub fn all(suite: Suite) -> Vec<Case> {
    let mut typed = Vec::new();
    let mut maps = Vec::new();
    for (name, json) in payloads() {
        typed.push(match name.split(' ').next() {
            Some("text") => case::<Text>(suite, name, true, &json),
            Some("ids") => case::<Ids>(suite, name, true, &json),
            _ => case::<sealed_session_benches::Drafts>(suite, name, true, &json),
        });
        maps.push(case::<Map>(suite, name, false, &json));
    }
    typed.extend(maps);
    typed
}

fn case<T>(suite: Suite, name: &str, typed: bool, json: &Value) -> Case
where
    T: Clone + Default + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    let session: T = serde_json::from_value(json.clone()).expect("it is of its type");
    let ring = KeyRing::generate(suite).expect("randomness");
    let sessions = |compress| {
        let builder = Sessions::<T>::builder(ring.clone()).compress(compress);
        builder.build().expect("the type is supported")
    };
    let value = sessions(false).seal(&session).expect("it fits");
    let seen = Inspector::new().ring(&ring).inspect(&value);
    let data = seen.contents.as_ref().expect("the key is there").data.clone();
    let overhead = seen.envelope_bytes.expect("it was opened") - data.len();
    let case = Case {
        name: name.to_owned(),
        typed,
        data,
        overhead,
        plain: sealed(sessions(false), session.clone()),
        compressed: sealed(sessions(true), session),
    };
    assert_eq!(case.characters_of(case.data.len()), case.plain.characters, "of the same data");
    case
}

fn sealed<T>(sessions: Sessions<T>, session: T) -> Sealed
where
    T: Default + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    let value = sessions.seal(&session).expect("it fits");
    let opener = sessions.clone();
    Sealed {
        characters: value.len(),
        seal: Box::new(move || drop(black_box(sessions.seal(&session)))),
        open: Box::new(move || drop(black_box(opener.open(&value)))),
    }
}
