//! Types as in applications, with common serde helpers on their fields, by place and by name.

use super::{Outcome, by_name, by_place, outcome};
use sealed_session::testing::ring;
use sealed_session::{KeyRing, Map, SessionData, Sessions};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::fmt::Debug;
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::num::NonZeroU32;
use std::time::{Duration, SystemTime};

/// A field between two others, because a misread field shifts what follows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Held<T> {
    before: u8,
    part: T,
    after: Option<String>,
}

fn held<T>(part: T) -> Held<T> {
    Held { before: 7, part, after: Some("behind".into()) }
}

struct Tally {
    values: usize,
    failures: Vec<String>,
}

impl Tally {
    /// Tries each value by itself, as an option, in a list, and under a key. `wanted` is the
    /// outcome by place and by name, if it is the same for all values.
    fn try_all<T>(
        &mut self,
        name: &str,
        wanted: [Option<Outcome>; 2],
        values: impl IntoIterator<Item = T>,
    ) where
        T: SessionData + Clone + Debug + PartialEq,
    {
        for value in values {
            let outcomes = [
                [outcome(&held(value.clone()), by_place), outcome(&held(value.clone()), by_name)],
                [
                    outcome(&held(Some(value.clone())), by_place),
                    outcome(&held(Some(value.clone())), by_name),
                ],
                [
                    outcome(&held(vec![value.clone()]), by_place),
                    outcome(&held(vec![value.clone()]), by_name),
                ],
            ];
            self.values += outcomes.len();
            for (wanted, outcome) in wanted.iter().zip(outcomes[0]) {
                if wanted.is_some_and(|wanted| wanted != outcome) {
                    self.failures.push(format!("{name}, {value:?}: {:?}", outcomes[0]));
                }
            }
        }
    }
}

const KEPT: [Option<Outcome>; 2] = [Some(Outcome::Kept); 2];
/// Values by place only.
const PLACE: [Option<Outcome>; 2] = [Some(Outcome::Kept), Some(Outcome::WriteRefused)];
/// Types by name only.
const NAME: [Option<Outcome>; 2] = [Some(Outcome::TypeRefused), Some(Outcome::Kept)];
const REFUSED: [Option<Outcome>; 2] = [Some(Outcome::WriteRefused); 2];
/// Equal or refused, depending on the value.
const EITHER: [Option<Outcome>; 2] = [None; 2];

macro_rules! helper {
    ($name:ident($type:ty): |$value:ident| $write:expr, |$read:ident: $as:ty| $back:expr) => {
        #[derive(Clone, Debug, Default, PartialEq)]
        struct $name($type);
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let $value = &self.0;
                ($write).serialize(serializer)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let $read = <$as>::deserialize(deserializer)?;
                let back: Option<$type> = $back;
                back.map(Self).ok_or_else(|| serde::de::Error::custom("refused"))
            }
        }
    };
}

helper!(SignedUser(u64): |value| value.cast_signed(), |read: u64| Some(read));
helper!(NullAsZero(u32): |value| value, |read: Option<u32>| Some(read.unwrap_or_default()));
helper!(AsText(u64): |value| value.to_string(), |read: String| read.parse().ok());
helper!(TextOnlyWritten(u64): |value| value.to_string(), |read: u64| Some(read));
helper!(Trimmed(String): |value| value, |read: String| Some(read.trim().to_owned()));
helper!(Percent(u8): |value| value, |read: u8| (read <= 100).then_some(read));
helper!(Sorted(Vec<u32>): |value| value, |read: Vec<u32>| { let mut read = read; read.sort_unstable(); Some(read) });
helper!(Reversed(Vec<u32>): |value| value, |read: Vec<u32>| Some(read.into_iter().rev().collect()));
helper!(Deduplicated(Vec<u32>): |value| value, |read: Vec<u32>| { let mut read = read; read.dedup(); Some(read) });
helper!(EmptyAsNone(Option<String>): |value| value.clone().unwrap_or_default(), |read: String| Some((!read.is_empty()).then_some(read)));
helper!(Pairs(BTreeMap<u32, String>): |value| value.iter().collect::<Vec<_>>(), |read: Vec<(u32, String)>| Some(read.into_iter().collect()));
helper!(Halves(f64): |value| *value as f32, |read: f32| Some(read.into()));
helper!(Bytes(Vec<u8>): |value| value.iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
    |read: String| (0..read.len() / 2).map(|n| u8::from_str_radix(&read[2 * n..2 * n + 2], 16).ok()).collect());

/// Written as the kind of number that it is, read as one kind.
#[derive(Clone, Debug, PartialEq)]
enum EitherSign {
    Signed(i64),
    Unsigned(u64),
}

impl Default for EitherSign {
    fn default() -> Self {
        Self::Unsigned(0)
    }
}

impl Serialize for EitherSign {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Signed(value) => value.serialize(serializer),
            Self::Unsigned(value) => value.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for EitherSign {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u64::deserialize(deserializer).map(Self::Unsigned)
    }
}

/// A set that does not identify itself as one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
struct Tags(HashSet<String>);

/// A checked key, which a tracer cannot guess.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct Sku(String);

impl Default for Sku {
    fn default() -> Self {
        Self("SKU-000000".into())
    }
}

impl TryFrom<String> for Sku {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let digits = text
            .strip_prefix("SKU-")
            .is_some_and(|digits| digits.len() == 6 && digits.parse::<u32>().is_ok());
        if digits { Ok(Self(text)) } else { Err("expected SKU- and six digits") }
    }
}

impl From<Sku> for String {
    fn from(sku: Sku) -> Self {
        sku.0
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
enum External {
    #[default]
    Unit,
    Newtype(u32),
    Tuple(u8, String),
    Struct {
        since: i64,
        role: Option<bool>,
    },
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Internal {
    #[default]
    Unit,
    Struct {
        since: i64,
    },
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value")]
enum Adjacent {
    #[default]
    Unit,
    Newtype(u32),
    Struct {
        since: i64,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(i64),
    Text(String),
    Pair { low: u8, high: u8 },
}

impl Default for Untagged {
    fn default() -> Self {
        Self::Number(0)
    }
}

/// Two variants that look alike to a reader.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Shadowed {
    Wide(f64),
    Narrow(u8),
}

impl Default for Shadowed {
    fn default() -> Self {
        Self::Wide(0.0)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Flat {
    user: Option<u64>,
    #[serde(flatten)]
    rest: BTreeMap<String, u32>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct FlatNumbers {
    user: Option<u64>,
    #[serde(flatten)]
    rest: BTreeMap<u32, u32>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Skips {
    #[serde(skip_serializing_if = "Option::is_none")]
    nick: Option<String>,
    #[serde(skip_serializing_if = "is_zero", default = "one")]
    count: u32,
}

impl Default for Skips {
    fn default() -> Self {
        Self { nick: None, count: 1 }
    }
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

fn one() -> u32 {
    1
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Unit;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Many {
    id: (u8, i16, char),
    tags: BTreeSet<String>,
    tree: Vec<Many>,
    next: Option<Box<Many>>,
    named: BTreeMap<u8, External>,
}

type FixedSet = HashSet<u32, BuildHasherDefault<DefaultHasher>>;

fn texts(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn each_value_is_kept_or_refused() {
    let mut tally = Tally { values: 0, failures: Vec::new() };
    // Serde's data model.
    tally.try_all("bool", KEPT, [false, true]);
    tally.try_all("i8", KEPT, [0_i8, -1, i8::MIN, i8::MAX]);
    tally.try_all("i16", KEPT, [-1_i16, i16::MIN, i16::MAX]);
    tally.try_all("i32", KEPT, [-1_i32, i32::MIN, i32::MAX]);
    tally.try_all("i64", KEPT, [-1_i64, i64::MIN, i64::MAX]);
    tally.try_all("i128", PLACE, [i128::MIN, i128::MAX]);
    tally.try_all("u8", KEPT, [1_u8, u8::MAX]);
    tally.try_all("u16", KEPT, [300_u16, u16::MAX]);
    tally.try_all("u32", KEPT, [u32::MAX]);
    tally.try_all("u64", KEPT, [1 << 53, u64::MAX]);
    tally.try_all("u128", PLACE, [u128::MAX]);
    tally.try_all("f32", KEPT, [0.1_f32, -0.0, f32::MAX, f32::MIN_POSITIVE]);
    tally.try_all("f32", PLACE, [f32::INFINITY]);
    tally.try_all("f64", KEPT, [0.1_f64, -0.0, f64::MAX, 5e-324]);
    tally.try_all("f64", PLACE, [f64::NEG_INFINITY]);
    tally.try_all("char", KEPT, ['a', '\0', 'ß', '🦀']);
    tally.try_all("String", KEPT, texts(&["", "a", "0123456789abcdef", "ünï\u{0}", " "]));
    tally.try_all("()", KEPT, [()]);
    tally.try_all("Unit", KEPT, [Unit]);
    tally.try_all("Option<u8>", KEPT, [None, Some(0_u8)]);
    tally.try_all("Option<Option<u8>>", EITHER, [None, Some(None), Some(Some(0_u8))]);
    tally.try_all("Option<()>", EITHER, [None, Some(())]);
    tally.try_all("Option<Unit>", EITHER, [None, Some(Unit)]);
    tally.try_all("Vec<u8>", KEPT, [vec![], vec![0, 255], vec![7; 100]]);
    tally.try_all("VecDeque<i64>", KEPT, [VecDeque::from([1, -1])]);
    tally.try_all("Vec<Option<bool>>", KEPT, [vec![None, Some(true), Some(false)]]);
    tally.try_all("(u8, String)", KEPT, [(1, "a".to_owned())]);
    tally.try_all("[u16; 3]", KEPT, [[0, 1, 65_535]]);
    tally.try_all("Result", KEPT, [held(0_u8), held(9)]);
    tally.try_all(
        "External",
        KEPT,
        [External::Unit, External::Newtype(1), External::Tuple(0, "x".into())],
    );
    tally.try_all("External", KEPT, [External::Struct { since: -1, role: Some(false) }]);
    tally.try_all("Internal", NAME, [Internal::Unit, Internal::Struct { since: 5 }]);
    tally.try_all(
        "Adjacent",
        NAME,
        [Adjacent::Unit, Adjacent::Newtype(2), Adjacent::Struct { since: 5 }],
    );
    tally.try_all(
        "Untagged",
        NAME,
        [Untagged::Number(-5), Untagged::Text("5".into()), Untagged::Pair { low: 1, high: 2 }],
    );
    tally.try_all(
        "Shadowed",
        [Some(Outcome::TypeRefused), None],
        [Shadowed::Wide(0.5), Shadowed::Narrow(3)],
    );
    tally.try_all("Flat", NAME, [Flat { user: Some(7), rest: BTreeMap::from([("a".into(), 1)]) }]);
    tally.try_all(
        "FlatNumbers",
        [Some(Outcome::TypeRefused), Some(Outcome::WriteRefused)],
        [FlatNumbers { user: None, rest: BTreeMap::from([(4711, 2)]) }],
    );
    tally.try_all(
        "Skips",
        [Some(Outcome::TypeRefused), Some(Outcome::Kept)],
        [Skips { nick: Some("a".into()), count: 2 }, Skips { nick: None, count: 1 }],
    );
    tally.try_all(
        "Skips",
        [Some(Outcome::TypeRefused), Some(Outcome::WriteRefused)],
        [Skips { nick: None, count: 0 }],
    );
    let many = Many {
        id: (1, -1, 'x'),
        tags: BTreeSet::from(["b".into(), "a".into()]),
        ..Many::default()
    };
    let nested = Many {
        tree: vec![many.clone(), Many::default()],
        next: Some(Box::new(many.clone())),
        ..many.clone()
    };
    tally.try_all("Many", KEPT, [many, nested]);
    // Types of the standard library.
    tally.try_all(
        "BTreeMap<u32, _>",
        KEPT,
        [BTreeMap::from([(1_u32, texts(&["a"])), (u32::MAX, vec![])])],
    );
    tally.try_all("BTreeMap<bool, _>", KEPT, [BTreeMap::from([(true, 1_u8)])]);
    tally.try_all("BTreeMap<char, _>", KEPT, [BTreeMap::from([('x', 1_u8), ('ß', 2)])]);
    tally.try_all("BTreeMap<(u8, u8), _>", PLACE, [BTreeMap::from([((1_u8, 2_u8), 3_u8)])]);
    tally.try_all(
        "HashMap",
        KEPT,
        [(0..20).map(|n| (n.to_string(), n)).collect::<HashMap<String, u32>>()],
    );
    tally.try_all(
        "HashMap of sets",
        KEPT,
        [HashMap::from([(1_u8, (0..9).collect::<HashSet<u32>>()), (2, HashSet::from([4, 5]))])],
    );
    tally.try_all("HashSet", KEPT, (2..6).map(|n| (0..n).collect::<HashSet<u64>>()));
    tally.try_all(
        "Vec<HashSet>",
        KEPT,
        [vec![(0..30).map(|n: u32| n.to_string()).collect::<HashSet<String>>(); 3]],
    );
    let mut grown = FixedSet::default();
    grown.extend((0..200).map(|n| n * 7919));
    grown.retain(|n| *n >= 190 * 7919);
    tally.try_all("a boxed set", KEPT, [Box::new(grown.clone())]);
    tally.try_all("a set of a fixed hasher", KEPT, [grown, (0..40).collect()]);
    tally.try_all("Tags", KEPT, (2..6).map(|n| Tags((0..n).map(|n: u32| n.to_string()).collect())));
    tally.try_all("Duration", KEPT, [Duration::new(5, 999_999_999), Duration::MAX]);
    tally.try_all("NonZeroU32", KEPT, [held(NonZeroU32::new(5)), held(None)]);
    tally.try_all(
        "SystemTime",
        KEPT,
        [held(Some(SystemTime::UNIX_EPOCH + Duration::from_millis(1_500)))],
    );
    // What helpers do that JSON tolerates.
    tally.try_all(
        "SignedUser",
        [Some(Outcome::TypeRefused), Some(Outcome::Kept)],
        [SignedUser(5), SignedUser(0)],
    );
    tally.try_all(
        "SignedUser",
        [Some(Outcome::TypeRefused), Some(Outcome::WriteRefused)],
        [SignedUser(u64::MAX)],
    );
    tally.try_all("EitherSign", KEPT, [EitherSign::Unsigned(7)]);
    tally.try_all("EitherSign", REFUSED, [EitherSign::Signed(-1), EitherSign::Signed(5)]);
    tally.try_all("NullAsZero", NAME, [NullAsZero(0), NullAsZero(1), NullAsZero(300)]);
    tally.try_all("AsText", KEPT, [AsText(0), AsText(u64::MAX)]);
    tally.try_all("TextOnlyWritten", EITHER, [TextOnlyWritten(5)]);
    tally.try_all("Trimmed", KEPT, [Trimmed("a b".into())]);
    tally.try_all("Trimmed", REFUSED, [Trimmed(" a".into()), Trimmed("\t".into())]);
    tally.try_all("Percent", KEPT, [Percent(0), Percent(100)]);
    tally.try_all("Percent", REFUSED, [Percent(101), Percent(255)]);
    tally.try_all("Sorted", KEPT, [Sorted(vec![1, 2, 3])]);
    tally.try_all("Sorted", REFUSED, [Sorted(vec![3, 1]), Sorted(vec![2, 1, 2])]);
    tally.try_all("Reversed", KEPT, [Reversed(vec![1]), Reversed(vec![1, 2, 1])]);
    tally.try_all("Reversed", REFUSED, [Reversed(vec![1, 2])]);
    tally.try_all("Deduplicated", REFUSED, [Deduplicated(vec![1, 1])]);
    tally.try_all("EmptyAsNone", KEPT, [EmptyAsNone(None), EmptyAsNone(Some("a".into()))]);
    tally.try_all("Pairs", KEPT, [Pairs(BTreeMap::from([(5, "a".into()), (6, "b".into())]))]);
    tally.try_all("Halves", KEPT, [Halves(0.5)]);
    tally.try_all("Bytes", KEPT, [Bytes(vec![0, 255, 16])]);
    // Checked types as elements and keys.
    tally.try_all("Sku", KEPT, [Sku("SKU-123456".into())]);
    tally.try_all("Sku", REFUSED, [Sku("123456".into())]);
    let keyed = |key: &str| BTreeMap::from([(Sku(key.into()), 5_u32)]);
    tally.try_all("BTreeMap<Sku, _>", NAME, [keyed("SKU-123456")]);
    assert!(tally.values >= 300, "{}", tally.values);
    assert!(tally.failures.is_empty(), "{:#?}", tally.failures);
}

/// The write changes no byte, but the next request reads something else.
#[test]
fn a_value_with_the_bytes_of_another_is_refused() {
    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Consent {
        given: Option<()>,
        nick: Option<Option<String>>,
    }
    assert_eq!(outcome(&EitherSign::Signed(0), by_place), Outcome::WriteRefused);
    for consent in
        [Consent { given: Some(()), nick: None }, Consent { given: None, nick: Some(None) }]
    {
        assert_eq!(outcome(&consent, by_place), Outcome::Kept);
        assert_eq!(outcome(&consent, by_name), Outcome::WriteRefused);
    }
}

#[test]
fn a_sample_makes_a_checked_key_possible() {
    type Cart = Held<BTreeMap<Sku, (External, Vec<u32>)>>;
    let value: Cart =
        held(BTreeMap::from([(Sku("SKU-123456".into()), (External::Newtype(3), vec![1]))]));
    assert_eq!(outcome(&value, by_place), Outcome::TypeRefused);
    assert_eq!(outcome(&value, |builder| builder.sample(Sku("SKU-999999".into()))), Outcome::Kept);
    assert_eq!(outcome(&value, |builder| builder.sample(value.clone())), Outcome::Kept);
    assert_eq!(outcome(&value, |builder| builder.schema_version(1)), Outcome::Kept);
    assert_eq!(outcome(&value, by_name), Outcome::Kept);
    let text = |sample: bool| {
        let builder = Sessions::<Cart>::builder(ring());
        let builder = if sample {
            builder.sample(Sku("SKU-123456".into()))
        } else {
            builder.sample(value.clone())
        };
        builder.build().unwrap().shape_text().unwrap().to_owned()
    };
    assert_eq!(text(true), text(false));
    assert!(!text(true).contains("123456") && !text(true).contains('?'), "{}", text(true));
}

/// `Member` must not become `Admin` because the tracer could not look at something before it.
#[test]
fn swapped_variants_behind_a_checked_key_are_noticed() {
    mod before {
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        pub enum Role {
            Guest,
            Member,
            Admin,
        }
    }
    mod after {
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        pub enum Role {
            Guest,
            Admin,
            Member,
        }
    }
    fn sessions<R: Serialize + for<'de> Deserialize<'de> + Send + Sync + 'static>(
        ring: &KeyRing,
    ) -> Sessions<BTreeMap<Sku, R>> {
        Sessions::builder(ring.clone()).sample(Sku::default()).build().unwrap()
    }
    let ring = ring();
    assert!(Sessions::<BTreeMap<Sku, before::Role>>::builder(ring.clone()).build().is_err());
    let (old, new) = (sessions::<before::Role>(&ring), sessions::<after::Role>(&ring));
    let sealed = old.seal(&BTreeMap::from([(Sku::default(), before::Role::Member)])).unwrap();
    assert_eq!(new.open(&sealed).unwrap_err().reason(), sealed_session::Reason::OtherShape);
}

/// Whatever can be inserted into a `Map` is read as the same map.
#[test]
fn a_map_reads_as_what_was_inserted() {
    let values = [
        json!(null),
        json!(true),
        json!(-1),
        json!(u64::MAX),
        json!(0.1),
        json!("text"),
        json!([1, "a", null, [], {}]),
        json!({"a": {"b": [{"x": 1, "y": 2}, {"x": 3, "y": 4}]}}),
    ];
    let mut map = Map::new();
    for (index, value) in values.iter().enumerate() {
        map.insert(format!("key {index}"), value).unwrap();
        map.insert(format!("typed {index}"), External::Tuple(1, value.to_string())).unwrap();
        assert_eq!(outcome(&map, |builder| builder), Outcome::Kept);
    }
}
