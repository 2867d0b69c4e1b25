//! The five sessions that everything is measured with, each as a struct and as the JSON that it is.
//! The benches here and in `benches/instructions` take them; `benches/other-languages` gets their JSON from the
//! bench `times`.

use sealed_session::Map;
use sealed_session::error::MapError;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What a session holds, in one of its forms.
pub trait Payload: Clone + Default + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// What a handler writes in a request that changes the session. `Empty` has nothing to change.
    fn visit(&mut self);
}

/// One session in its two forms.
pub struct Example<T> {
    pub name: &'static str,
    pub typed: T,
    pub json: Value,
}

impl<T: Payload> Example<T> {
    fn new(name: &'static str, json: Value) -> Self {
        let typed = match serde_json::from_value(json.clone()) {
            Ok(typed) => typed,
            Err(error) => panic!("{name} is not of its type: {error}"),
        };
        Self { name, typed, json }
    }

    pub fn map(&self) -> Map {
        match serde_json::from_value(self.json.clone()) {
            Ok(map) => map,
            Err(error) => panic!("{} is no Map: {error}", self.name),
        }
    }
}

#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Empty {}

#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Small {
    pub user_id: u64,
    pub role: Role,
    pub csrf: [u8; 16],
}

/// `tests/data/shop.json` as a Rust developer would type it.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Shop {
    pub user_id: u64,
    pub role: Role,
    pub csrf: [u8; 16],
    pub name: String,
    pub email: String,
    pub locale: String,
    pub theme: String,
    pub cart: Vec<Item>,
    pub notes: Vec<String>,
}

#[derive(Clone, Copy, Default, Serialize, Deserialize)]
pub enum Role {
    #[default]
    Visitor,
    Customer,
    Admin,
}

#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Item {
    pub sku: String,
    pub qty: u32,
    pub price_cents: u32,
}

/// Paragraphs that a visitor has not sent yet: mostly text, which no encoding makes much smaller,
/// so that the peers' JSON fits a cookie too.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Drafts {
    pub user_id: u64,
    pub drafts: Vec<Draft>,
}

#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Draft {
    pub id: u32,
    pub text: String,
}

pub fn empty() -> Example<Empty> {
    Example::new("empty", json!({}))
}

/// The first three fields of the shop.
pub fn small() -> Example<Small> {
    let shop = shop().json;
    Example::new(
        "small",
        json!({"user_id": shop["user_id"], "role": shop["role"], "csrf": shop["csrf"]}),
    )
}

pub fn shop() -> Example<Shop> {
    match serde_json::from_str(include_str!("../../../tests/data/shop.json")) {
        Ok(json) => Example::new("shop", json),
        Err(error) => panic!("tests/data/shop.json is not JSON: {error}"),
    }
}

pub fn one_kilobyte() -> Example<Drafts> {
    drafts("1 KB", 5)
}

pub fn three_kilobytes() -> Example<Drafts> {
    drafts("3 KB", 13)
}

/// Paragraphs of 200 characters, of words drawn from a list by a fixed generator: about as
/// compressible as short English text, for the peers that compress.
fn drafts(name: &'static str, count: u32) -> Example<Drafts> {
    let words: Vec<&str> = WORDS.split_whitespace().collect();
    let mut state = 1_u32;
    let mut word = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        words[(state >> 16) as usize % words.len()]
    };
    let mut text = || (0..60).map(|_| word()).collect::<Vec<_>>().join(" ")[..200].to_owned();
    let drafts: Vec<_> = (1..=count).map(|id| json!({"id": id, "text": text()})).collect();
    Example::new(name, json!({"user_id": 42, "drafts": drafts}))
}

const WORDS: &str = "
    about above across after again against almost along already also although always among another answer around asked away back because
    become before began behind being below between beyond both bring brought build called came cannot carried certain change children city
    clear close cold come could country course dark days different does done door down during each early earth either else end enough even
    evening every everything eyes face fact family far father feel few field find fire first follow food form found four friend from full
    gave general give given glass going good great green ground group grow half hand hard have head hear heart help here high himself hold
    home hour house however hundred idea important inside instead interest just keep kind knew know land large last late later laugh law
    lead learn least leave left less letter life light like line listen little live long look lost love made make many matter mean might
    mind minute moment money month morning most mother mountain move much music must name nature near need never next night nothing number
    often open order other own page paper part past people perhaps picture piece place plan plant point possible power present problem
    question quick quiet reach ready real reason remember rest right river road room round said same school sea second seem several shall
    short should show side simple since small snow some song soon sound speak spring stand start state still stone stop story street strong
    such summer sun sure table take talk tell than that their them then there these they thing think those thought thousand three through
    time together told took toward town tree true turn under until upon usual very voice wait walk wall want warm watch water week well went
    were what when where which while white whole whose wide wind window winter wish with without woman wonder wood word work world would
    write year young";

impl Payload for Empty {
    fn visit(&mut self) {}
}

impl Payload for Small {
    fn visit(&mut self) {
        self.user_id ^= 1;
    }
}

impl Payload for Shop {
    fn visit(&mut self) {
        self.user_id ^= 1;
    }
}

impl Payload for Drafts {
    fn visit(&mut self) {
        self.user_id ^= 1;
    }
}

impl Payload for Map {
    fn visit(&mut self) {
        let flip = |map: &mut Self| {
            let user: Option<u64> = map.get("user_id")?;
            user.map_or(Ok(()), |user| map.insert("user_id", user ^ 1))
        };
        let outcome: Result<(), MapError> = flip(self);
        assert!(outcome.is_ok(), "user_id is a number");
    }
}

impl Payload for Value {
    fn visit(&mut self) {
        if let Some(user) = self.get_mut("user_id") {
            *user = (user.as_u64().unwrap_or(0) ^ 1).into();
        }
    }
}
