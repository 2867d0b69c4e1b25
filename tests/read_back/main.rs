//! docs/rules.md §5.5: what a write accepts, the next request reads as an equal value. Each value
//! of each type is written through `update`, `set` and `seal`. The next request must read an equal
//! value, or the write must have failed and left the session as it was.
#![cfg(all(feature = "shape", feature = "map", feature = "testing"))]

#[allow(dead_code, reason = "the package of the shapes uses the rest")]
#[path = "../support/dynamic.rs"]
mod dynamic;
mod handle;
// Nothing in it depends on the target, and it takes minutes to compile.
#[cfg(not(target_family = "wasm"))]
mod types;

use dynamic::{Body, Dynamic, LEAVES, Quirk, Schema};
use http::{HeaderMap, Method, StatusCode};
use sealed_session::testing::{Visitor, ring};
use sealed_session::{Builder, Encoding, LoadStatus, SessionData, SessionError, Sessions};
use std::fmt::Debug;
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// What happened to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// `build()` refused the type.
    TypeRefused,
    /// The write failed.
    WriteRefused,
    Kept,
}

/// Writes a value in every way and reads it in the next request.
fn outcome<T: SessionData + PartialEq + Clone + Debug>(
    value: &T,
    configure: impl FnOnce(Builder<T>) -> Builder<T>,
) -> Outcome {
    let Ok(sessions) = configure(Sessions::builder(ring())).build() else {
        return Outcome::TypeRefused;
    };
    let by_update =
        written(&sessions, value, |session| session.update(|data| *data = value.clone()));
    let by_set = written(&sessions, value, |session| session.set(value.clone()));
    assert_eq!(by_update, by_set, "{value:?}");
    match sessions.seal(value) {
        Ok(sealed) => {
            assert_eq!(
                (sessions.open(&sealed).as_ref(), by_update),
                (Ok(value), Outcome::Kept),
                "{value:?}"
            );
        }
        Err(error) => assert_eq!(by_update, Outcome::WriteRefused, "{value:?}: {error}"),
    }
    by_update
}

fn written<T: SessionData + PartialEq + Clone + Debug>(
    sessions: &Sessions<T>,
    value: &T,
    write: impl FnOnce(&sealed_session::Session<T>) -> Result<(), SessionError>,
) -> Outcome {
    let session = sessions.load((&Method::POST, &HeaderMap::new()));
    let answer = write(&session);
    let expected = if answer.is_ok() { value.clone() } else { T::default() };
    assert_eq!(session.cloned(), expected, "in this request, {answer:?}");
    let mut headers = HeaderMap::new();
    sessions.commit(&session, StatusCode::OK, &mut headers).unwrap();
    let mut visitor = Visitor::new(sessions);
    visitor.receive(headers.get_all("set-cookie"));
    let next = visitor.session();
    let status =
        if headers.contains_key("set-cookie") { LoadStatus::Restored } else { LoadStatus::New };
    assert_eq!(
        (next.cloned(), next.load_status()),
        (expected, status),
        "in the next request, {answer:?}"
    );
    match answer {
        Ok(()) => Outcome::Kept,
        Err(SessionError::Unencodable(why)) => {
            assert!(
                why.contains("make ") || why.contains("Make ") || why.contains(": "),
                "no way out: {why}"
            );
            Outcome::WriteRefused
        }
        Err(error) => panic!("{error}"),
    }
}

fn by_place<T: SessionData>(builder: Builder<T>) -> Builder<T> {
    builder.max_set_cookie_bytes(4096)
}

fn by_name<T: SessionData>(builder: Builder<T>) -> Builder<T> {
    by_place(builder).encoding(Encoding::Named)
}

/// Numbers below a bound, the same in each run.
struct Chooser(u64);

impl Chooser {
    fn below(&mut self, bound: usize) -> usize {
        // xorshift64* (Vigna, 2016).
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % bound
    }

    fn schema(&mut self, levels: usize) -> Schema {
        let parts = |this: &mut Self, least: usize| {
            let count = least + this.below(3);
            (0..count).map(|_| this.schema(levels - 1)).collect::<Vec<_>>()
        };
        match if levels == 0 { 0 } else { self.below(12) } {
            0..=3 => Schema::Leaf { kind: self.below(LEAVES.len()), quirk: self.quirk() },
            4 => Schema::Unit,
            5 => Schema::Option(Box::new(self.schema(levels - 1))),
            6 => Schema::Seq(Box::new(self.schema(levels - 1))),
            7 => Schema::Map(Box::new(self.schema(0)), Box::new(self.schema(levels - 1))),
            8 => Schema::Tuple(parts(self, 1)),
            9 => {
                let parts = parts(self, 0);
                self.named(Body::Parts(parts))
            }
            10 => {
                let parts = parts(self, 0);
                let names = ["a", "b", "c", "d"][..parts.len()].to_vec();
                self.named(Body::Fields(names, parts))
            }
            _ => {
                let bodies = vec![
                    Body::Parts(Vec::new()),
                    Body::Parts(parts(self, 1)),
                    Body::Parts(vec![self.schema(0)]),
                ];
                self.named(Body::Variants(vec!["None", "Some", "One"], bodies))
            }
        }
    }

    /// Two types of one name would be refused.
    fn named(&mut self, body: Body) -> Schema {
        let name: &'static str = format!("Type{}", self.below(1 << 30)).leak();
        Schema::Named(name, body)
    }

    fn quirk(&mut self) -> Quirk {
        match self.below(12) {
            0 => Quirk::WrittenAs(self.below(LEAVES.len())),
            1 => Quirk::NullAsLeast,
            2 => Quirk::Checked,
            _ => Quirk::Plain,
        }
    }
}

/// A struct around a schema, because only a struct or map can be encoded by name.
fn whole(part: Schema) -> Schema {
    Schema::structure(
        "Whole",
        &[("before", Schema::leaf("u8")), ("part", part), ("after", Schema::leaf("str"))],
    )
}

#[test]
fn random_types_are_refused_or_kept() {
    let mut choose = Chooser(7);
    let mut counts = [[0; 3]; 2];
    for _ in 0..400 {
        let schema = whole(choose.schema(3));
        dynamic::set_schema(&schema);
        if !dynamic::has_value() {
            continue;
        }
        for _ in 0..3 {
            let value = dynamic::any_value(&mut |bound| choose.below(bound));
            for (encoding, outcome) in
                [outcome::<Dynamic>(&value, by_place), outcome(&value, by_name)]
                    .into_iter()
                    .enumerate()
            {
                counts[encoding][outcome as usize] += 1;
            }
        }
    }
    // Each outcome must be frequent, or the test would show less than it claims.
    assert!(counts.iter().flatten().all(|count| *count > 20), "{counts:?}");
}

#[test]
fn a_type_without_quirks_is_kept_by_place() {
    let mut choose = Chooser(11);
    let mut kept = 0;
    for _ in 0..200 {
        let mut schema = choose.schema(3);
        fn plain(schema: &mut Schema) {
            if let Schema::Leaf { quirk, .. } = schema {
                *quirk = Quirk::Plain;
            }
            schema.parts_mut().into_iter().for_each(plain);
        }
        plain(&mut schema);
        dynamic::set_schema(&whole(schema));
        let value = dynamic::any_value(&mut |bound| choose.below(bound));
        match outcome(&value, by_place) {
            Outcome::Kept => kept += 1,
            Outcome::TypeRefused => {} // a sequence of units
            Outcome::WriteRefused => panic!("{value:?}"),
        }
    }
    assert!(kept > 150, "{kept}");
}
