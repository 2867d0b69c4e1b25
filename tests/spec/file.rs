//! The vectors as they stand in `tests/vectors/v1.json`, the types that their data are of, and the
//! words that they may expect.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The least of all: no bytes of data.
#[derive(Default, Debug, PartialEq, Clone, Serialize, Deserialize)]
pub struct Empty;

#[derive(Default, Debug, PartialEq, Clone, Serialize, Deserialize)]
pub struct Visit {
    pub user: Option<u64>,
    pub cart: Vec<u32>,
}

#[derive(Default, Debug, PartialEq, Clone, Serialize, Deserialize)]
pub struct Every {
    pub yes: bool,
    pub tiny: i8,
    pub byte: u8,
    pub small: i16,
    pub int: i32,
    pub big: i64,
    pub huge: u64,
    pub half: f32,
    pub whole: f64,
    pub letter: char,
    pub text: String,
    pub raw: [u8; 4],
    pub pair: (u8, i16),
    pub who: Who,
    pub marks: BTreeMap<String, u16>,
    pub next: Option<Box<Every>>,
    pub unit: (),
}

#[derive(Default, Debug, PartialEq, Clone, Serialize, Deserialize)]
pub enum Who {
    #[default]
    Guest,
    Member(u32),
    Staff {
        level: u8,
        unit: String,
    },
    Pair(u8, u8),
}

/// What only names can carry: a field that is left out, or read under another name.
#[derive(Default, Debug, PartialEq, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct Loose {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty", alias = "basket")]
    pub cart: Vec<u32>,
}

/// `Visit` as an earlier release had it.
#[derive(Default, Debug, PartialEq, Clone, Serialize, Deserialize)]
#[serde(rename = "Visit")]
pub struct Earlier {
    pub user: Option<u64>,
}

/// Integers of 128 bits, and maps whose keys are no strings.
#[derive(Default, Debug, PartialEq, Clone, Serialize, Deserialize)]
pub struct Wide {
    #[serde(with = "digits")]
    pub large: u128,
    #[serde(with = "digits")]
    pub low: i128,
    pub counts: BTreeMap<i32, u8>,
    pub flags: BTreeMap<bool, u8>,
}

/// Maps whose keys are no strings, for data by name.
#[derive(Default, Debug, PartialEq, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub counts: BTreeMap<i32, u8>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub flags: BTreeMap<bool, u8>,
}

/// A leaf is no level, `One` is one, `Maybe` of a tree is two, and `Many` is two.
#[derive(Default, Debug, PartialEq, Clone, Serialize, Deserialize)]
pub enum Tree {
    #[default]
    Leaf,
    One(Box<Tree>),
    Maybe(Option<Box<Tree>>),
    Many(Vec<Tree>),
}

/// JSON has no integers of 128 bits: there they are a text.
mod digits {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::fmt::Display;
    use std::str::FromStr;

    pub fn serialize<N: Serialize + Display, S: Serializer>(
        number: &N,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(number)
        } else {
            number.serialize(serializer)
        }
    }

    pub fn deserialize<'de, N: Deserialize<'de> + FromStr, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<N, D::Error> {
        if !deserializer.is_human_readable() {
            return N::deserialize(deserializer);
        }
        String::deserialize(deserializer)?.parse().map_err(|_| serde::de::Error::custom("digits"))
    }
}

pub const WIDE: &str = "postcard Wide{large:u128,low:i128,counts:{i32:u8},flags:{bool:u8}}";
pub const TREE: &str = "postcard Tree<Leaf,One(^0),Maybe(option ^0),Many([^0])>";
pub const EARLIER: &str = "postcard Visit{user:option u64}";
pub const NAMED: &str = "named";
pub const EMPTY: &str = "postcard Empty()";
pub const VISIT: &str = "postcard Visit{user:option u64,cart:[u32]}";
pub const EVERY: &str = concat!(
    "postcard Every{yes:bool,tiny:i8,byte:u8,small:i16,int:i32,big:i64,huge:u64,half:f32,whole:f64,letter:char,text:str,raw:(4*u8),",
    "pair:(u8,i16),who:Who<Guest,Member(u32),Staff{level:u8,unit:str},Pair(2*u8)>,marks:{str:u16},next:option ^0,unit:unit}"
);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    pub format: String,
    pub about: Vec<String>,
    pub server: Differences,
    pub secrets: Vec<SecretVector>,
    pub values: Vec<ValueVector>,
    pub requests: Vec<RequestVector>,
    pub responses: Vec<ResponseVector>,
    pub rings: Vec<RingVector>,
    pub accumulated: Vec<AccumulatedVector>,
}

/// The hash of all lines after the first cases of a random test.
#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(deny_unknown_fields)]
pub struct AccumulatedVector {
    pub test: String,
    pub sha256_after: Vec<(u32, String)>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretVector {
    pub n: u8,
    pub secret: String,
    pub suite: String,
    pub key: String,
    pub key_id: String,
    pub aead_key: String,
}

/// How the server that the vector is for is configured. In the file stands what differs from the
/// `server` at its top.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(into = "Differences", from = "Differences")]
pub struct Server {
    pub suites: Vec<String>,
    pub ring: Vec<String>,
    pub cookie_name: String,
    pub context: String,
    pub idle_timeout: u64,
    pub absolute_timeout: u64,
    pub data: String,
    pub shape_text: String,
    pub shape_number: Option<u32>,
    pub shape: String,
    /// Names and contexts under which the session's cookie is opened too.
    pub aliases: Vec<(String, String)>,
    pub protects_unreadable: bool,
    pub reject_created_before: u64,
    pub session_ids: bool,
    pub refresh_millionths: u32,
    pub max_set_cookie: usize,
    pub max_cookies: u8,
    /// What all cookies of a session take in a request.
    pub max_cookie_bytes: usize,
    pub compress: bool,
    /// The multiple to which a plaintext is padded; 0 for none.
    pub pad_to: usize,
    /// Sessions of `Earlier` are read as a `Visit` of an empty cart.
    pub upgrades: bool,
    pub import: Option<Import>,
    /// Copies of the session's cookie at other places: name, domain, path.
    pub copies: Vec<(String, Option<String>, String)>,
}

/// The cookie of another library: a user's number in decimal.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Import {
    pub name: String,
    pub until: u64,
    pub delete_from: Option<u64>,
}

macro_rules! differences {
    ($($field:ident: $type:ty),*) => {
        #[derive(Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct Differences {
            $(#[serde(skip_serializing_if = "Option::is_none")] pub $field: Option<$type>,)*
        }

        impl Differences {
            pub fn all(server: Server) -> Self {
                Self { $($field: Some(server.$field)),* }
            }
        }

        impl From<Server> for Differences {
            fn from(server: Server) -> Self {
                let usual = Server::of("Visit");
                Self { $($field: (server.$field != usual.$field).then_some(server.$field)),* }
            }
        }

        impl From<Differences> for Server {
            fn from(differences: Differences) -> Self {
                let usual = Server::of("Visit");
                Self { $($field: differences.$field.unwrap_or(usual.$field)),* }
            }
        }
    };
}

differences! {
    suites: Vec<String>, ring: Vec<String>, cookie_name: String, context: String, idle_timeout: u64, absolute_timeout: u64,
    data: String, shape_text: String, shape_number: Option<u32>, shape: String, aliases: Vec<(String, String)>,
    protects_unreadable: bool, reject_created_before: u64, session_ids: bool, refresh_millionths: u32, max_set_cookie: usize, max_cookies: u8,
    max_cookie_bytes: usize, compress: bool, pad_to: usize, upgrades: bool,
    import: Option<Import>, copies: Vec<(String, Option<String>, String)>
}

/// A text, or, where it ends in many of one character, its beginning and how many of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Text(pub String);

impl Serialize for Text {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(last) = self.0.chars().last().filter(char::is_ascii) else {
            return self.0.serialize(serializer);
        };
        let head = self.0.trim_end_matches(last);
        let times = self.0.len() - head.len();
        if times < 100 {
            return self.0.serialize(serializer);
        }
        Repeated { head: head.to_owned(), repeat: last, times }.serialize(serializer)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repeated {
    pub head: String,
    pub repeat: char,
    pub times: usize,
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Json::deserialize(deserializer)? {
            Json::String(text) => Ok(Self(text)),
            other => {
                let Repeated { head, repeat, times } =
                    serde_json::from_value(other).map_err(serde::de::Error::custom)?;
                Ok(Self(head + &repeat.to_string().repeat(times)))
            }
        }
    }
}

impl std::ops::Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// A null that is there is a value.
pub fn present<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Json>, D::Error> {
    Json::deserialize(deserializer).map(Some)
}

#[derive(Serialize, Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub struct ValueVector {
    pub name: String,
    pub note: String,
    pub server: Server,
    pub now: u64,
    /// What the clock reads beyond `now`.
    #[serde(skip_serializing_if = "is_default", default)]
    pub milliseconds: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sealed: Option<Sealed>,
    pub value: Text,
    pub expect: String,
    /// The word of a request whose only cookie has the value, if it is another.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub in_request: Option<String>,
}

/// What a value was made of; where it was changed afterwards, or made wrongly on purpose, the
/// vector's note says how.
#[derive(Serialize, Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub struct Sealed {
    pub secret: u8,
    pub suite: String,
    pub key_id: String,
    pub aead_key: String,
    pub nonce: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claims: Option<ClaimsVector>,
    pub claims_bytes: String,
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "present")]
    pub data: Option<Json>,
    pub data_bytes: String,
    /// What comes out of them, if they are compressed and it is short.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub inflated: Option<String>,
    /// Flags (SPEC §3.4) that a reader must know.
    #[serde(skip_serializing_if = "is_default", default)]
    pub flags_known: u8,
    /// Flags of which it must not know at least one.
    #[serde(skip_serializing_if = "is_default", default)]
    pub flags_unknown: u8,
    pub plaintext: String,
    pub aad: String,
    pub envelope: String,
}

#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
#[serde(deny_unknown_fields)]
pub struct ClaimsVector {
    pub issued: u64,
    pub age: u64,
    pub id: Option<String>,
    pub expiry: ExpiryVector,
    pub flashes: Vec<(u8, String)>,
    pub shape: String,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub extensions: Vec<(u8, String)>,
}

#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub enum ExpiryVector {
    Default,
    BrowserSession,
    Idle(u64),
    At(u64),
}

#[derive(Serialize, Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub struct RequestVector {
    pub name: String,
    pub note: String,
    pub server: Server,
    pub same_site: String,
    pub now: u64,
    pub method: String,
    pub sec_fetch_site: Option<String>,
    /// Behind that field, another one of its name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub second_sec_fetch_site: Option<String>,
    pub cookie_fields: Vec<Text>,
    pub expect: String,
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "present")]
    pub data: Option<Json>,
    /// What each of these writes says, each to a session of its own: `ok`, or a word.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub writes: Vec<(Action, String)>,
}

#[derive(Serialize, Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub struct ResponseVector {
    pub name: String,
    pub note: String,
    pub server: Server,
    pub built_at: u64,
    pub now: u64,
    /// What the clock reads beyond `now`.
    #[serde(skip_serializing_if = "is_default", default)]
    pub milliseconds: u64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sec_fetch_site: Option<String>,
    pub cookie_fields: Vec<Text>,
    pub action: Action,
    pub status: u16,
    pub milliseconds_later: u64,
    /// What the application wrote.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub response_fields: Vec<(String, String)>,
    pub expect: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub needed: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sealed_with: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plaintext: Option<String>,
    /// The data are compressed, and `plaintext` has them as they were before, without padding.
    #[serde(skip_serializing_if = "is_default", default)]
    pub compresses: bool,
    /// Lengths of the values of the cookies that are set, if there are several.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub value_lengths: Vec<usize>,
    /// Flags (SPEC §3.4) that the server must know.
    #[serde(skip_serializing_if = "is_default", default)]
    pub flags_known: u8,
    /// An id was drawn: it is all zeros in `plaintext`.
    #[serde(skip_serializing_if = "is_default", default)]
    pub draws_id: bool,
    pub attributes: Vec<String>,
    pub deleted: Vec<String>,
    /// What `response_fields` became, by name.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub fields: Vec<(String, String)>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub enum Action {
    Nothing,
    Read,
    /// Puts a whole new value in the data's place.
    Set(Json),
    Flash(u8, String),
    TakeFlashes,
    SetExpiry(ExpiryVector),
    Purge,
    /// Changes the data to these.
    Update(Json),
    Renew,
    NoRefresh,
    /// One after the other; the first that is refused is the last.
    All(Vec<Action>),
}

#[derive(Serialize, Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub struct RingVector {
    pub name: String,
    pub note: String,
    pub takes_published: bool,
    pub text: Text,
    /// In place of `text`, for what is no UTF-8.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub bytes: Option<String>,
    pub expect: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub keys: Vec<RingKey>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub sealing: Vec<(u64, Option<String>)>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub may_start: Vec<MayStart>,
}

/// Whether a server that has these suites may start at a time.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
#[serde(deny_unknown_fields)]
pub struct MayStart {
    pub now: u64,
    pub suites: Vec<String>,
    pub may: bool,
}

#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
#[serde(deny_unknown_fields)]
pub struct RingKey {
    pub key_id: String,
    pub suite: String,
    pub seal_from: Option<u64>,
    pub open_until: Option<u64>,
}

/// Every word that an `expect` may be: those of SPEC §8 and §11, and what a response does.
pub const REASONS: &[&str] = &[
    "absent",
    "cross-site",
    "too-many",
    "too-long",
    "malformed",
    "unknown-version",
    "pieces",
    "pieces-mixed",
    "unknown-key",
    "key-ended",
    "unsupported-suite",
    "bad-seal",
    "unknown-form",
    "other-shape",
    "undecodable",
    "expired-idle",
    "expired-absolute",
    "expired-at",
    "from-the-future",
    "refused",
    "unproven",
    "too-large",
    "unencodable",
    "no-sealing-key",
    "busy",
    "responded",
    "unreadable",
];
pub const RING_WORDS: &[&str] = &[
    "empty",
    "too-long",
    "not-utf8",
    "not-a-key",
    "unknown-suite",
    "secret-length",
    "secret-alphabet",
    "weak",
    "published",
    "twice",
    "too-many",
    "unknown-attribute",
    "attribute-twice",
    "time",
    "ends-before-it-seals",
    "overshadowed",
];
