//! Types that must be carried; each is a vector.
//!
//! ```text
//! carried::shapes()  →  [("Visit", Ok((text, shape))), …]
//! ```

use crate::Shape;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::num::{NonZeroU32, NonZeroU64, Wrapping};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

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

/// Refuses what has no `@`; the default has one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

impl TryFrom<String> for Email {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.contains('@') { Ok(Self(text)) } else { Err("no at sign") }
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

#[derive(Serialize, Deserialize)]
pub struct Account {
    email: Email,
    spare: Option<Email>,
    age: u8,
}

impl Default for Account {
    fn default() -> Self {
        Self { email: Email("secret@corp.example".into()), spare: None, age: 0 }
    }
}

/// Refuses every sample but one that nobody guesses.
#[derive(Serialize)]
pub struct Password(String);

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "xyzzy-1977" { Ok(Self(text)) } else { Err(serde::de::Error::custom(format!("wrong: {text}"))) }
    }
}

/// The same as a map's key.
#[derive(PartialEq, Eq, Hash, Serialize)]
pub struct Keyword(String);

impl<'de> Deserialize<'de> for Keyword {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Password::deserialize(deserializer).map(|word| Self(word.0))
    }
}

/// What follows the part that refuses must be seen all the same.
#[derive(Serialize, Deserialize)]
pub struct Vault {
    word: Password,
    role: Role,
    tail: Vec<u32>,
}

#[derive(Default, Serialize, Deserialize)]
pub struct Vaults {
    vault: Option<Vault>,
    words: Vec<Password>,
    end: u64,
}

/// Without end, so there is no value of them.
#[derive(Serialize, Deserialize)]
pub struct Endless(Box<Endless>);

#[derive(Serialize, Deserialize)]
pub enum Loops {
    A(Box<Loops>),
    B(u8, Box<Loops>),
}

#[derive(Serialize, Deserialize)]
pub enum Nothing {}

#[derive(Default, Serialize, Deserialize)]
pub struct Hopeless {
    endless: Option<Endless>,
    loops: Vec<Loops>,
    nothing: Option<Nothing>,
    role: Role,
}

/// Fields by name where one refuses, with an alias and with unknown names denied.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Strict {
    #[serde(alias = "pass")]
    word: Password,
    #[serde(alias = "also")]
    count: u32,
    role: Role,
}

#[derive(Serialize, Deserialize)]
pub enum Door {
    Locked { word: Password, tries: u8 },
    Open(Password, u8),
    Gone,
}

#[derive(Serialize, Deserialize)]
pub struct Loose {
    #[serde(alias = "pass")]
    word: Option<Around<Password>>,
    #[serde(alias = "also")]
    count: u32,
    seen: Vec<Loose>,
}

/// Written by hand as serde's book shows it: it knows its fields by name only.
#[derive(Serialize)]
pub struct ByHand {
    word: Password,
    count: u16,
}

impl<'de> Deserialize<'de> for ByHand {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::{Error, MapAccess, SeqAccess};
        enum Field {
            Word,
            Count,
        }
        impl<'de> Deserialize<'de> for Field {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Names;
                impl serde::de::Visitor<'_> for Names {
                    type Value = Field;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("word or count")
                    }
                    fn visit_str<E: Error>(self, name: &str) -> Result<Field, E> {
                        match name {
                            "word" => Ok(Field::Word),
                            "count" => Ok(Field::Count),
                            _ => Err(E::unknown_field(name, &["word", "count"])),
                        }
                    }
                }
                deserializer.deserialize_identifier(Names)
            }
        }
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = ByHand;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("struct ByHand")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<ByHand, A::Error> {
                let word = parts.next_element()?.ok_or_else(|| A::Error::invalid_length(0, &self))?;
                let count = parts.next_element()?.ok_or_else(|| A::Error::invalid_length(1, &self))?;
                Ok(ByHand { word, count })
            }
            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<ByHand, A::Error> {
                let (mut word, mut count) = (None, None);
                while let Some(field) = fields.next_key()? {
                    match field {
                        Field::Word => word = Some(fields.next_value()?),
                        Field::Count => count = Some(fields.next_value()?),
                    }
                }
                let word = word.ok_or_else(|| A::Error::missing_field("word"))?;
                Ok(ByHand { word, count: count.ok_or_else(|| A::Error::missing_field("count"))? })
            }
        }
        deserializer.deserialize_struct("ByHand", &["word", "count"], Visitor)
    }
}

/// Decides by a value what it reads next: beyond the first way it is not seen.
#[derive(Default, Serialize)]
pub struct Branching(u8, u16);

impl<'de> Deserialize<'de> for Branching {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Branching;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a pair")
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut parts: A) -> Result<Branching, A::Error> {
                let missing = || serde::de::Error::custom("missing");
                match parts.next_element()?.ok_or_else(missing)? {
                    0 => Ok(Branching(0, parts.next_element()?.ok_or_else(missing)?)),
                    tag => parts.next_element::<String>()?.map(|_| Branching(tag, 0)).ok_or_else(missing),
                }
            }
        }
        deserializer.deserialize_tuple(2, Visitor)
    }
}

/// Two numbers, the first less than the second.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "Bounds")]
pub struct Span(Bounds);

#[derive(Clone, Serialize, Deserialize)]
pub struct Bounds {
    low: u32,
    high: u32,
}

impl TryFrom<Bounds> for Span {
    type Error = &'static str;
    fn try_from(bounds: Bounds) -> Result<Self, Self::Error> {
        if bounds.low < bounds.high { Ok(Self(bounds)) } else { Err("empty") }
    }
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct NonEmpty(Vec<String>);

impl TryFrom<Vec<String>> for NonEmpty {
    type Error = &'static str;
    fn try_from(list: Vec<String>) -> Result<Self, Self::Error> {
        if list.is_empty() { Err("empty") } else { Ok(Self(list)) }
    }
}

/// Hand-written both ways: a string such as `#ff8800`.
#[derive(Default)]
pub struct Colour([u8; 3]);

impl Serialize for Colour {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("#{:02x}{:02x}{:02x}", self.0[0], self.0[1], self.0[2]))
    }
}

impl<'de> Deserialize<'de> for Colour {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let hex = text.strip_prefix('#').ok_or_else(|| serde::de::Error::custom("no #"))?;
        let part = |at: usize| u8::from_str_radix(hex.get(at..at + 2).unwrap_or("?"), 16).map_err(serde::de::Error::custom);
        Ok(Self([part(0)?, part(2)?, part(4)?]))
    }
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

pub fn shapes() -> Vec<(&'static str, Shape)> {
    let mut shapes = standard();
    shapes.extend(own());
    shapes.extend(others());
    shapes
}

fn standard() -> Vec<(&'static str, Shape)> {
    crate::shapes![
        (),
        bool,
        i8,
        i16,
        i32,
        i64,
        i128,
        isize as "isize (i64)",
        u8,
        u16,
        u32,
        u64,
        u128,
        usize as "usize (u64)",
        f32,
        f64,
        char,
        String,
        Box<str>,
        Cow<'static, str>,
        Option<u8>,
        Option<Option<u8>>,
        Option<()>,
        Vec<u8>,
        Vec<Vec<String>>,
        VecDeque<i32>,
        Box<[u16]>,
        BTreeSet<String>,
        HashSet<u64>,
        BTreeMap<String, u64>,
        HashMap<u32, Vec<bool>>,
        HashMap<Grade, BTreeMap<u8, Option<char>>>,
        (u8,),
        (u8, String, Option<i16>),
        [u8; 0],
        [u8; 16],
        [u8; 32],
        [(u8, bool); 3],
        [[u16; 2]; 2],
        Box<u8>,
        Arc<Visit>,
        Wrapping<u32>,
        Held<NonZeroU32>,
        Option<NonZeroU64>,
        Held<Result<u8, String>>,
        Duration,
        Held<SystemTime>,
        Held<IpAddr>,
        Held<SocketAddr>,
        PathBuf,
        std::ops::Range<u32>,
        Held<std::ops::RangeInclusive<i8>>,
        Held<std::ops::Bound<u8>>,
        std::marker::PhantomData<u8>,
        std::sync::Mutex<u32>,
        std::sync::atomic::AtomicU16,
        std::cmp::Reverse<i64>,
    ]
}

fn own() -> Vec<(&'static str, Shape)> {
    crate::shapes![
        Visit,
        Empty,
        Marker,
        UserId,
        Point,
        Role,
        Tree,
        Chain,
        Expression,
        Ping,
        Thicket,
        Rung8,
        Wide,
        Wrap<u8>,
        Wrap<Wrap<u16>>,
        Wrap<Option<Marker>>,
        Pair<Wrap<u8>, Wrap<u16>>,
        Pair<Wrap<u8>, Wrap<u8>>,
        Configs,
        Clear,
        Renamed,
        Skipping,
        Aliased,
        Account,
        Vaults,
        Held<Password>,
        Held<Vault>,
        Held<Span>,
        Hopeless,
        Held<Strict>,
        Held<Door>,
        Held<ByHand>,
        Held<HashMap<Keyword, u8>>,
        Held<Vec<(Span, Option<Span>)>>,
        Held<Loose>,
        Branching,
        Held<Vec<Branching>>,
        HashMap<String, (Grade, Branching)>,
        Held<NonEmpty>,
        Held<Around<NonEmpty>>,
        Held<Around<Password>>,
        HashMap<String, Around<Span>>,
        Held<BTreeMap<Email, u8>>,
        Colour,
        With,
        Shop,
    ]
}

fn others() -> Vec<(&'static str, Shape)> {
    crate::shapes![
        uuid::Uuid,
        Held<uuid::Uuid>,
        Uuids,
        chrono::NaiveDate,
        chrono::NaiveTime,
        chrono::NaiveDateTime,
        chrono::DateTime<chrono::Utc>,
        Held<chrono::DateTime<chrono::FixedOffset>>,
        Held<chrono::Weekday>,
        Held<chrono::Month>,
        Held<Around<chrono::DateTime<chrono::Utc>>>,
        Held<time::OffsetDateTime>,
        Held<time::PrimitiveDateTime>,
        Held<time::Date>,
        Held<time::Time>,
        Held<time::Duration>,
        Held<time::UtcOffset>,
        Held<time::Month>,
        Held<time::Weekday>,
        Held<Around<time::OffsetDateTime>>,
        jiff::Timestamp,
        Held<jiff::Zoned>,
        Held<Around<jiff::Zoned>>,
        Held<jiff::civil::Date>,
        Held<jiff::civil::DateTime>,
        Held<jiff::civil::Time>,
        Held<jiff::Span>,
        Held<jiff::SignedDuration>,
        jiff_1::Timestamp,
        Held<Around<jiff_1::ZonedDateTime>>,
        Held<jiff_1::civil::Date>,
        Held<jiff_1::SignedDuration>,
        Option<url::Url>,
        Held<url::Url>,
        Held<Around<url::Url>>,
        Held<url::Host>,
        Held<semver::Version>,
        Held<semver::VersionReq>,
        smol_str::SmolStr,
        serde_bytes::ByteBuf,
        Held<serde_bytes::ByteArray<20>>,
    ]
}
