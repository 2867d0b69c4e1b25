//! Types as sessions have them, derived: `carried` lists them.
//!
//! ```text
//! Tree { value: u8, kids: Vec<Tree> }  →  Tree{value:u8,kids:[^0]}
//! ```

use crate::choosy::Colour;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

#[derive(Default, Serialize, Deserialize)]
pub struct Visit {
    pub user: Option<u64>,
    pub cart: Vec<u32>,
}

/// A part that has no `Default`, before and after which others stand.
#[derive(Serialize, Deserialize)]
pub struct Held<T> {
    before: u8,
    part: Option<T>,
    after: String,
}

impl<T> Default for Held<T> {
    fn default() -> Self {
        Self { before: 0, part: None, after: String::new() }
    }
}

/// The same, where the part must be there.
#[derive(Serialize, Deserialize)]
pub struct Around<T>(u8, T, bool);

#[derive(Default, Serialize, Deserialize)]
pub struct Empty {}

#[derive(Default, Serialize, Deserialize)]
pub struct Marker;

#[derive(Default, Serialize, Deserialize)]
pub struct UserId(u64);

#[derive(Default, Serialize, Deserialize)]
pub struct Point(f64, f64);

#[derive(Default, Serialize, Deserialize)]
pub enum Role {
    #[default]
    Guest,
    Member {
        since: u64,
        name: String,
    },
    Admin(u8, bool),
    Robot(UserId),
}

#[derive(Default, Serialize, Deserialize)]
pub struct Tree {
    value: u8,
    kids: Vec<Tree>,
}

#[derive(Default, Serialize, Deserialize)]
pub struct Chain(Option<Box<Chain>>);

#[derive(Serialize, Deserialize)]
pub enum Expression {
    Add(Box<Expression>, Box<Expression>),
    Not(Box<Expression>),
    All(Vec<Expression>),
    Let { name: String, value: Box<Expression>, body: Box<Expression> },
    Number(i64),
}

impl Default for Expression {
    fn default() -> Self {
        Self::Number(0)
    }
}

#[derive(Default, Serialize, Deserialize)]
pub struct Ping {
    next: Option<Box<Pong>>,
    tail: u16,
}

#[derive(Default, Serialize, Deserialize)]
pub struct Pong {
    back: Vec<Ping>,
    role: Role,
}

/// Ten ways into itself: a tracer that explores each inside each never ends.
#[derive(Default, Serialize, Deserialize)]
pub struct Thicket {
    a: Option<Box<Thicket>>,
    b: Option<Box<Thicket>>,
    c: Vec<Thicket>,
    d: BTreeMap<String, Thicket>,
    e: Option<Arc<Thicket>>,
    f: Option<Box<Thicket>>,
    g: Vec<Thicket>,
    h: Vec<Thicket>,
    i: Option<Box<Thicket>>,
    j: (Vec<Thicket>, Vec<Thicket>),
}

macro_rules! ladder {
    ($name:ident $below:ident) => {
        #[derive(Default, Serialize, Deserialize)]
        pub struct $name {
            one: Option<$below>,
            two: Option<$below>,
            role: Role,
            three: Vec<$below>,
        }
    };
}
#[derive(Default, Serialize, Deserialize)]
pub struct Rung0(u8);
ladder!(Rung1 Rung0);
ladder!(Rung2 Rung1);
ladder!(Rung3 Rung2);
ladder!(Rung4 Rung3);
ladder!(Rung5 Rung4);
ladder!(Rung6 Rung5);
ladder!(Rung7 Rung6);
ladder!(Rung8 Rung7);

macro_rules! wide {
    ($($name:ident)*) => {
        #[derive(Default, Serialize, Deserialize)]
        pub enum Wide {
            #[default]
            Zero,
            $($name(Option<Box<Wide>>, u8),)*
        }
    };
}
wide! { V1 V2 V3 V4 V5 V6 V7 V8 V9 V10 V11 V12 V13 V14 V15 V16 V17 V18 V19 V20 V21 V22 V23 V24 V25 V26 V27 V28 V29 V30 }

#[derive(Default, Serialize, Deserialize)]
pub struct Wrap<T>(T);

#[derive(Default, Serialize, Deserialize)]
pub struct Pair<A, B> {
    first: A,
    second: B,
}

pub mod one {
    #[derive(Default, serde::Serialize, serde::Deserialize)]
    pub struct Config {
        level: u8,
    }
}

pub mod two {
    #[derive(Default, serde::Serialize, serde::Deserialize)]
    pub struct Config {
        level: u16,
    }
}

#[derive(Default, Serialize, Deserialize)]
pub struct Configs {
    one: one::Config,
    two: two::Config,
    again: one::Config,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Clear {
    inner: Vec<u16>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Renamed {
    user_id: u64,
    #[serde(rename = "größe, {x}")]
    size: u8,
    #[serde(rename = "")]
    nothing: u8,
}

#[derive(Default, Serialize, Deserialize)]
pub struct Skipping {
    kept: u8,
    #[serde(skip)]
    pub cache: Option<String>,
    #[serde(default)]
    last: u16,
}

#[derive(Default, Serialize, Deserialize)]
pub struct Aliased {
    #[serde(alias = "uid", alias = "id")]
    user: u64,
    name: String,
}

#[derive(Default, Serialize, Deserialize)]
pub struct With {
    #[serde(with = "serde_bytes")]
    blob: Vec<u8>,
    #[serde(with = "time::serde::timestamp::option")]
    when: Option<time::OffsetDateTime>,
    #[serde(with = "chrono::serde::ts_seconds_option")]
    seen: Option<chrono::DateTime<chrono::Utc>>,
    colour: Colour,
}

#[derive(Default, Serialize, Deserialize)]
pub struct Uuids {
    #[serde(with = "uuid::serde::compact")]
    compact: uuid::Uuid,
    plain: Option<uuid::Uuid>,
}

#[derive(Default, Serialize, Deserialize)]
pub struct Shop {
    user_id: Option<u64>,
    role: Role,
    csrf: [u8; 16],
    cart: Vec<Line>,
    address: Option<Address>,
    preferences: BTreeMap<String, String>,
    seen: VecDeque<u32>,
    experiments: HashMap<String, bool>,
}

#[derive(Default, Serialize, Deserialize)]
pub struct Line {
    sku: String,
    quantity: u16,
    price_cents: i64,
}

#[derive(Default, Serialize, Deserialize)]
pub struct Address {
    street: String,
    city: Cow<'static, str>,
    country: (char, char),
}

#[derive(Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Grade {
    #[default]
    A,
    B(u8),
}
