//! SPEC §6.2: `Map` through its public API. What goes in comes out, equal maps seal to equally many
//! bytes, sizes are those in SPEC.md, and absent, differently typed, too deep and unrepresentable
//! values each have their error.

use proptest::prelude::*;
use sealed_session::error::MapError;
use sealed_session::{KeyRing, Map, Session, SessionError, Sessions};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::net::IpAddr;
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn sessions() -> Sessions<Map> {
    Sessions::new(KeyRing::ephemeral().unwrap()).unwrap()
}

fn session() -> Session<Map> {
    sessions().load((&http::Method::POST, &http::HeaderMap::new()))
}

fn map_of(value: Value) -> Map {
    serde_json::from_value(value).unwrap()
}

/// The bytes of a map's data in the plaintext: the difference between its sealed value and that of
/// the empty map.
fn data_len(map: &Map) -> usize {
    let sessions = sessions();
    let bytes = |map: &Map| sessions.seal(map).unwrap().len() * 3 / 4;
    bytes(map) - bytes(&Map::new())
}

/// Writes a value and reads it again, through the map and through a sealed value.
fn round<V: Serialize + DeserializeOwned>(value: V) -> V {
    let mut map = Map::new();
    map.insert("v", &value).unwrap();
    let sessions = sessions();
    let opened = sessions.open(&sessions.seal(&map).unwrap()).unwrap();
    assert_eq!(opened, map);
    opened.get("v").unwrap().unwrap()
}

fn same<V: Serialize + DeserializeOwned + PartialEq + Debug + Clone>(value: V) {
    assert_eq!(round(value.clone()), value);
}

fn json_of(value: impl Serialize) -> Value {
    let mut map = Map::new();
    map.insert("v", value).unwrap();
    map.get("v").unwrap().unwrap()
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-300_i64..10_000).prop_map(Value::from),
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(Value::from),
        ".{0,50}".prop_map(Value::from),
        "[0-9a-f]{4,10}".prop_map(Value::from),
    ];
    leaf.prop_recursive(8, 64, 10, |inner| {
        let fields = proptest::collection::btree_map("[a-c]{0,2}|.{0,70}", inner.clone(), 0..8);
        prop_oneof![
            proptest::collection::vec(inner, 0..20).prop_map(Value::from),
            fields.prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn inserted_values_come_back_from_a_cookie(fields in proptest::collection::btree_map(".{0,20}", values(), 0..6)) {
        let mut map = Map::new();
        for (key, value) in &fields {
            map.insert(key, value).unwrap();
        }
        let sessions = sessions();
        if let Ok(sealed) = sessions.seal(&map) {
            prop_assert_eq!(&sessions.open(&sealed).unwrap(), &map);
        }
        let entries: BTreeMap<String, Value> = map.entries().map(|(key, value)| (key.to_owned(), value.unwrap())).collect();
        prop_assert_eq!(&entries, &fields);
        // JSON shows the object that it holds.
        prop_assert_eq!(serde_json::to_value(&map).unwrap(), Value::Object(fields.into_iter().collect()));
        prop_assert_eq!(&map_of(serde_json::to_value(&map).unwrap()), &map);
        // In a typed session it is bytes.
        let (typed, sessions) = (Typed { user: 7, extra: map, after: 9 }, typed_sessions());
        if let Ok(sealed) = sessions.seal(&typed) {
            prop_assert_eq!(sessions.open(&sealed).unwrap(), typed);
        }
    }

    #[test]
    fn the_order_of_insertion_does_not_matter(fields in proptest::collection::btree_map("[a-z]{1,8}", values(), 0..6)) {
        let (mut forth, mut back) = (Map::new(), Map::new());
        fields.iter().for_each(|(key, value)| forth.insert(key, value).unwrap());
        fields.iter().rev().for_each(|(key, value)| back.insert(key, value).unwrap());
        prop_assert_eq!(&forth, &back);
        let sessions = sessions();
        let sealed_len = |map: &Map| sessions.seal(map).ok().map(|sealed| sealed.len());
        prop_assert_eq!(sealed_len(&forth), sealed_len(&back));
    }
}

/// A typed session with a `Map` as a field, which is stored as bytes.
#[derive(Default, Debug, PartialEq, Serialize, Deserialize)]
struct Typed {
    user: u64,
    extra: Map,
    after: u8,
}

fn typed_sessions() -> Sessions<Typed> {
    Sessions::new(KeyRing::ephemeral().unwrap()).unwrap()
}

#[test]
fn a_map_inside_a_typed_session_comes_back() {
    let sessions = typed_sessions();
    for extra in [json!({}), json!({"a": [1, {"b": null}], "c": 1.5})] {
        let typed = Typed { user: 7, extra: map_of(extra), after: 9 };
        assert_eq!(sessions.open(&sessions.seal(&typed).unwrap()).unwrap(), typed);
    }
}

#[test]
fn sizes_are_the_documented_ones() {
    let shop: Map = serde_json::from_str(include_str!("../data/shop.json")).unwrap();
    let csrf = [48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 97, 98, 99, 100, 101, 102];
    let small = map_of(json!({"user_id": 42, "role": "Admin", "csrf": csrf}));
    let item = |i: u32| json!({"sku": format!("SKU-{i:04}"), "qty": i % 9 + 1, "price_cents": 1999 + 100 * i});
    let cart = map_of(json!({"cart": (0..30).map(item).collect::<Vec<_>>()}));
    for (name, map, data, sealed) in
        [("shop", &shop, 240, 399), ("small", &small, 44, 138), ("cart", &cart, 389, 598)]
    {
        let characters = sessions().seal(map).unwrap().len();
        assert_eq!((data_len(map), characters), (data, sealed), "{name}");
    }
    assert_eq!(sessions().seal(&Map::new()).unwrap().len(), 79);
}

#[test]
fn a_repeated_key_is_written_once() {
    let records = |count: usize| {
        map_of(json!({"v": vec![json!({"a_long_name": 1, "another_long_name": 2}); count]}))
    };
    assert!(data_len(&records(41)) - data_len(&records(1)) <= 82);
    // This includes a record inside another of its kind.
    let leaf = json!({"left_branch": null, "right_branch": null});
    let node = json!({"left_branch": leaf, "right_branch": leaf});
    assert!(
        data_len(&map_of(json!({"tree": node}))) - data_len(&map_of(json!({"tree": leaf}))) <= 5
    );
}

#[test]
fn absent_null_and_another_type_are_three_cases() {
    let mut map = map_of(json!({"none": null, "text": "7"}));
    assert_eq!(map.get::<u32>("absent"), Ok(None));
    assert_eq!(map.get::<Option<u32>>("none"), Ok(Some(None)));
    assert!(map.get::<u32>("none").is_err());
    let error = map.remove::<u32>("text").unwrap_err();
    assert!(
        matches!(&error, MapError::OtherType { key, wanted: "u32", found: "a string", .. } if key == "text")
    );
    assert_eq!(
        error.to_string(),
        r#"the session's value "text" is a string and cannot be read as u32: a part has the wrong type"#
    );
    assert!(map.contains_key("text"), "what is not popped stays");
    assert_eq!(map.remove::<String>("text"), Ok(Some("7".to_owned())));
    assert!(!map.delete("text") && map.delete("none") && map.is_empty());
}

#[test]
fn error_messages_hold_no_value() {
    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Narrow {
        #[allow(dead_code)]
        id: u8,
    }
    struct Loud;
    impl Serialize for Loud {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("hunter2"))
        }
    }
    let mut map =
        map_of(json!({"v": {"hunter2": "hunter2"}, "w": "hunter2", "x": {"id": 31_337}, "y": {}}));
    let mut texts = vec![map.insert("z", Loud).unwrap_err().to_string()];
    for key in ["v", "w", "x", "y"] {
        texts.push(map.get::<Narrow>(key).unwrap_err().to_string());
    }
    texts.extend(["w", "x"].map(|key| map.get::<IpAddr>(key).unwrap_err().to_string()));
    assert!(
        texts.iter().all(|text| !text.contains("hunter2") && !text.contains("31337")),
        "{texts:?}"
    );
    assert!(texts[4].ends_with("missing field `id`"), "{}", texts[4]);
}

#[test]
fn a_value_nests_at_most_64_deep() {
    #[derive(Serialize, Deserialize)]
    struct Nest(Vec<Nest>);
    #[derive(Serialize, Deserialize)]
    struct Chain(Option<Box<Chain>>);

    let nest = |levels: usize| (1..levels).fold(json!([]), |inner, _| json!([inner]));
    same(nest(64));
    // Each record holds the next, which makes two levels each.
    let records = (1..32).fold(json!([[]]), |inner, _| json!([{"next": inner}, {"next": null}]));
    same(records.clone());
    assert!(matches!(Map::new().insert("v", [records]), Err(MapError::TooDeep { .. })));
    let mut map = Map::new();
    assert!(matches!(map.insert("v", nest(65)), Err(MapError::TooDeep { key, .. }) if key == "v"));
    let deep = (1..20_000).fold(Nest(vec![]), |inner, _| Nest(vec![inner]));
    assert!(matches!(map.insert("v", &deep), Err(MapError::TooDeep { .. })));
    let chain = (0..20_000).fold(Chain(None), |inner, _| Chain(Some(Box::new(inner))));
    assert!(map.insert("v", &chain).is_err());
    assert!(map.is_empty());
    map.insert("v", 1).unwrap();
    assert!(map.get::<Chain>("v").is_err(), "a type that never comes to an end");
    std::mem::forget((deep, chain)); // dropping them would recurse as deeply

    let text = |levels: usize| format!(r#"{{"v":{}{}}}"#, "[".repeat(levels), "]".repeat(levels));
    assert!(serde_json::from_str::<Map>(&text(64)).is_ok());
    assert!(serde_json::from_str::<Map>(&text(65)).is_err());
}

#[test]
fn values_that_json_does_not_have_are_refused() {
    let mut map = map_of(json!({"v": 1}));
    let before = map.clone();
    let refused = |value: Result<(), MapError>| {
        assert!(matches!(value, Err(MapError::Unrepresentable { .. })), "{value:?}")
    };
    refused(map.insert("v", f64::NAN));
    refused(map.insert("v", [f32::INFINITY]));
    refused(map.insert("v", u128::from(u64::MAX) + 1));
    refused(map.insert("v", i128::from(i64::MIN) - 1));
    refused(map.insert("v", BTreeMap::from([((1, 2), 3)])));
    refused(map.insert("v", BTreeMap::from([(None::<u8>, 3)])));
    assert_eq!(map, before);
}

#[test]
fn numbers_keep_their_kind() {
    for number in
        [0, 1, 63, 64, 255, 8255, 8256, 65_535, 65_536, 1 << 24, 1 << 32, 1 << 48, u64::MAX]
    {
        same(number);
    }
    for number in [-1, -4, -5, -256, -257, -65_537, i64::from(i32::MIN), i64::MIN] {
        same(number);
        same(i128::from(number));
    }
    same(u128::from(u64::MAX));
    for number in [0.0, 1.0, -1.5, 0.1, 1e300, f64::MIN_POSITIVE] {
        same(number);
    }
    assert!(round(-0.0_f64).is_sign_negative());
    same(0.1_f32);
    assert_eq!(json_of(1.0), json!(1.0));
    assert_eq!(json_of(1), json!(1));
    let map = map_of(json!({"whole": 1, "float": 1.0, "large": 300}));
    assert_eq!(map.get::<f64>("whole"), Ok(Some(1.0)));
    assert!(map.get::<u64>("float").is_err());
    assert!(map.get::<u8>("large").is_err());
}

#[test]
fn a_float_reads_floats_and_exact_integers() {
    let map = map_of(json!({
        "even": 1_u64 << 53, "odd": (1_u64 << 53) + 1, "minus": -(1_i64 << 53) - 1, "most": u64::MAX, "least": i64::MIN,
        "short": 1 << 24, "long": (1 << 24) + 1, "tenth": 0.1, "small": 5e-324, "edge": 3.402_823_5e38, "huge": 1e300
    }));
    let double = |key: &str| map.get::<f64>(key).ok().flatten();
    assert_eq!(double("even"), Some(9_007_199_254_740_992.0));
    assert_eq!(
        (double("odd"), double("minus"), double("most")),
        (None, None, None),
        "integers that no float is"
    );
    assert_eq!(double("least"), Some(-9_223_372_036_854_775_808.0));
    let single = |key: &str| map.get::<Option<f32>>(key).ok().flatten().flatten();
    assert_eq!((single("short"), single("long")), (Some(16_777_216.0), None));
    assert_eq!(
        (single("tenth"), single("small"), single("edge")),
        (Some(0.1), Some(0.0), Some(f32::MAX))
    );
    assert_eq!(single("huge"), None, "it would be infinite");
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Kind {
    Unit,
    Newtype(Option<u8>),
    Tuple(u8, String),
    Struct { a: f32, b: Vec<Kind> },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(u64),
    Words(Vec<String>),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Tagged {
    User { id: u64 },
    Guest,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Flat {
    id: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    nick: Option<String>,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[test]
fn every_serde_type_comes_back() {
    same(());
    same((1_u8, 'x', "y".to_owned(), [true, false], Some(3_i16), None::<u8>));
    same(vec![Kind::Unit, Kind::Newtype(None), Kind::Newtype(Some(2)), Kind::Tuple(1, "t".into())]);
    same(Kind::Struct { a: 0.5, b: vec![Kind::Unit] });
    same(vec![Untagged::Number(1), Untagged::Words(vec!["w".into()])]);
    same(vec![Tagged::User { id: 1 }, Tagged::Guest]);
    same(Flat { id: 1, nick: None, rest: BTreeMap::from([("more".into(), json!([1, null]))]) });
    same(HashMap::from([(-1_i8, "a".to_owned()), (7, "b".into())]));
    same(BTreeMap::from([(u128::MAX, 1)]));
    same(BTreeMap::from([(true, 1), (false, 2)]));
    same(BTreeMap::from([('é', Some(BTreeMap::from([(String::new(), ())])))]));
    same(std::time::Duration::from_millis(1500));
    same("127.0.0.1".parse::<IpAddr>().unwrap());
    same(map_of(json!({"a": {"b": 1}})));
    same((
        String::from("123e4567-e89b-12d3-a456-426614174000"),
        String::from("00ff"),
        String::from("00FF"),
        String::from("00f"),
    ));

    assert_eq!(json_of(Kind::Tuple(1, "t".into())), json!({"Tuple": [1, "t"]}));
    assert_eq!(json_of("127.0.0.1".parse::<IpAddr>().unwrap()), json!("127.0.0.1"));
    assert_eq!(json_of(BTreeMap::from([(7, 1)])), json!({"7": 1}));

    let map =
        map_of(json!({"07": {"07": 1}, "kinds": {"Unit": null, "Newtype": 1}, "pair": [1, 2, 3]}));
    assert!(map.get::<BTreeMap<u8, u8>>("07").is_err(), "07 is not how 7 is written");
    assert!(map.get::<Kind>("kinds").is_err(), "two variants at once");
    assert!(map.get::<(u8, u8)>("pair").is_err(), "an element too many");
}

#[test]
fn bytes_are_a_packed_array() {
    #[derive(Debug, PartialEq)]
    struct Bytes(Vec<u8>);
    impl Serialize for Bytes {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_bytes(&self.0)
        }
    }
    impl<'de> Deserialize<'de> for Bytes {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Visitor;
            impl serde::de::Visitor<'_> for Visitor {
                type Value = Bytes;
                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("bytes")
                }
                fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Bytes, E> {
                    Ok(Bytes(bytes))
                }
            }
            deserializer.deserialize_byte_buf(Visitor)
        }
    }
    let bytes: Vec<u8> = (0..=255).collect();
    assert_eq!(round(Bytes(bytes.clone())), Bytes(bytes.clone()));
    assert_eq!(json_of(Bytes(vec![1, 255])), json!([1, 255]));
    let mut map = Map::new();
    map.insert("v", bytes).unwrap();
    assert!(data_len(&map) <= 256 + 6);
}

#[test]
fn a_random_map_behaves_as_a_btree_map() {
    let mut map = Map::new();
    map.insert("b", 1).unwrap();
    map.insert(String::from("a"), "x").unwrap();
    map.insert("b", 2).unwrap();
    assert_eq!(map.keys().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!((map.len(), map.is_empty()), (2, false));
    assert_eq!(map.get_or("b", 9), Ok(2));
    assert_eq!(map.get_or("c", 9), Ok(9));
    assert!(map.get_or("a", 9).is_err(), "another type is not the default");
    assert!(!map.contains_key("c"), "a default that is only asked for is not put there");
    assert_eq!(map.get_or_insert("b", 9), Ok(2));
    assert!(map.get_or_insert("a", 9).is_err());
    assert_eq!(map.get_or_insert("c", 9), Ok(9));
    map.extend(map_of(json!({"c": 3, "d": [4]})));
    assert_eq!(map, map_of(json!({"a": "x", "b": 2, "c": 3, "d": [4]})));
    let values: Vec<Value> = map.values().map(Result::unwrap).collect();
    assert_eq!(values, [json!("x"), json!(2), json!(3), json!([4])]);
    assert_eq!(map.values::<u8>().filter(Result::is_ok).count(), 2);
    assert_ne!(map, map_of(json!({"a": "x", "b": 2.0, "c": 3, "d": [4]})));
    assert_eq!(format!("{map:?}"), r#"{"a": "x", "b": 2, "c": 3, "d": [4]}"#);
    assert_eq!(
        serde_json::from_str::<Map>(r#"{"a": 1, "a": 2}"#).unwrap(),
        map_of(json!({"a": 2}))
    );
    assert!(serde_json::from_str::<Map>("[1]").is_err());
    map.clear();
    assert_eq!(map, Map::default());
}

#[test]
fn a_session_has_the_methods_of_its_map() {
    let session = session();
    assert_eq!(session.get::<u8>("a").unwrap(), None);
    session.insert("a", 1).unwrap();
    session.insert("b", "two").unwrap();
    assert_eq!(session.get("a").unwrap(), Some(1));
    assert!(matches!(session.get::<u8>("b"), Err(MapError::OtherType { .. })));
    assert_eq!((session.len(), session.contains_key("b")), (2, true));
    assert_eq!(session.keys(), ["a", "b"]);
    assert_eq!(
        session.entries::<Value>().unwrap(),
        [("a".to_owned(), json!(1)), ("b".to_owned(), json!("two"))]
    );
    assert!(session.entries::<u8>().is_err());
    assert_eq!(session.values::<Value>().unwrap(), [json!(1), json!("two")]);
    assert!(session.values::<u8>().is_err());
    assert_eq!((session.get_or("a", 5).unwrap(), session.get_or("c", 5).unwrap()), (1, 5));
    assert!(session.get_or("b", 5).is_err());
    assert_eq!(session.get_or_insert("a", 5).unwrap(), 1);
    assert_eq!(session.get_or_insert("c", 5).unwrap(), 5);
    assert!(matches!(
        session.insert("a", f64::NAN),
        Err(SessionError::Map(MapError::Unrepresentable { .. }))
    ));
    assert_eq!(session.get("a").unwrap(), Some(1));
    assert!(matches!(session.remove::<u8>("b"), Err(SessionError::Map(_))));
    assert_eq!(session.remove::<String>("b").unwrap().as_deref(), Some("two"));
    assert!(session.delete("c").unwrap() && !session.delete("c").unwrap());
    session.extend(map_of(json!({"a": 2, "z": null}))).unwrap();
    assert_eq!(session.keys(), ["a", "z"]);

    // All or nothing: if it does not fit, the session stays as it was.
    let large = map_of(json!({"a": 3, "large": "x".repeat(5000)}));
    assert!(matches!(session.extend(large), Err(SessionError::TooLarge { .. })));
    assert_eq!(session.get("a").unwrap(), Some(2));

    session.clear().unwrap();
    assert!(session.is_empty());
}

#[test]
fn an_unneeded_default_is_not_refused() {
    let (sessions, session) = (sessions(), session());
    session.insert("a", 1).unwrap();
    sessions.commit(&session, http::StatusCode::OK, &mut http::HeaderMap::new()).unwrap();
    assert_eq!(session.get_or_insert("a", 5).unwrap(), 1);
    assert!(matches!(session.get_or_insert("b", 5), Err(SessionError::Responded)));
}

mod typed_keys {
    use super::*;
    use sealed_session::MapKey;
    #[cfg(all(target_family = "wasm", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const USER: MapKey<u64> = MapKey::new("user");
    const NAME: MapKey<String> = MapKey::new("name");
    const SEEN: MapKey<Vec<u32>> = MapKey::new("seen");

    #[test]
    fn the_next_request_reads_them() {
        let sessions = sessions();
        let session = sessions.load((&http::Method::POST, &http::HeaderMap::new()));
        USER.insert(&session, &7).unwrap();
        NAME.insert(&session, "Ada").unwrap(); // a str for a String
        SEEN.insert(&session, &[1, 2][..]).unwrap(); // a slice for a Vec
        let value = format!("{}={}", sessions.cookie_name(), session.seal().unwrap());

        let next = sessions.load(("GET", &[("cookie", &value)][..]));
        assert_eq!(USER.get(&next).unwrap(), Some(7));
        assert_eq!(NAME.get(&next).unwrap().as_deref(), Some("Ada"));
        assert_eq!(SEEN.get(&next).unwrap(), Some(vec![1, 2]));
        assert_eq!(next.keys(), ["name", "seen", "user"]);
        assert_eq!(next.get::<u64>(USER.name()).unwrap(), Some(7));
    }

    #[test]
    fn a_value_of_another_type_is_an_error() {
        let session = session();
        session.insert("user", "an earlier release's").unwrap();
        for error in [USER.get(&session).unwrap_err(), USER.get_or(&session, 0).unwrap_err()] {
            assert!(matches!(error, MapError::OtherType { key, .. } if key == "user"));
        }
        assert!(USER.remove(&session).is_err() && USER.get_or_insert(&session, 1).is_err());
        assert!(session.contains_key("user"));
    }

    #[test]
    fn an_update_uses_them_on_the_map() {
        let session = session();
        USER.insert(&session, &7).unwrap();
        let refused = session.try_update(|map| {
            USER.insert_in(map, &8)?;
            assert_eq!(USER.get_in(map)?, Some(8));
            assert_eq!(USER.remove_in(map)?, Some(8));
            map.insert("price", f64::NAN)?;
            Ok::<_, SessionError>(())
        });
        assert!(refused.is_err());
        assert_eq!(USER.get(&session).unwrap(), Some(7));
    }

    #[test]
    fn a_key_is_copied_whatever_its_value_is() {
        struct NotClone;
        const KEY: MapKey<NotClone> = MapKey::new("key");
        fn shared<K: Copy + Send + Sync + Debug + 'static>(key: K) -> [K; 2] {
            [key, key]
        }
        assert_eq!(shared(KEY).map(MapKey::name), ["key"; 2]);
        assert_eq!(format!("{KEY:?}"), r#"MapKey("key")"#);
    }
}
