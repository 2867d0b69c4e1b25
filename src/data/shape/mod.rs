//! Shapes: a type → the canonical text of its structure. Four bytes of the text's SHA-256 go into
//! each cookie, so that bytes of another structure are not misread. `check.rs` is available without
//! the feature `shape` too. Tracing runs the type's own `Default`, `Serialize` and `Deserialize`,
//! and nothing else.
//!
//! ```text
//! struct Visit { user: Option<u64>, cart: Vec<u32> }  →  Visit{user:option u64,cart:[u32]}
//! shape = SHA-256("postcard Visit{user:option u64,cart:[u32]}")[..4]
//! ```
//!
//! The text contains serde's names, kinds and order. It never contains a value, a path, an address,
//! or the order of a hash map. It is ASCII (RFC 5234):
//!
//! ```text
//! text    = type
//! type    = leaf / "unit" / option / seq / map / tuple / named / ref
//! leaf    = "bool" / "i8" / "i16" / "i32" / "i64" / "i128" / "u8" / "u16" / "u32" / "u64" / "u128" / "f32" / "f64"
//!         / "char" / "str" / "bytes"
//! option  = "option " type
//! seq     = "[" type "]"
//! map     = "{" type ":" type "}"
//! tuple   = "(" [ run *( "," run ) ] ")"
//! run     = [ count "*" ] type                  ; count ≥ 2: so many neighbours of this same text, always contracted
//! named   = name ( tuple / struct / enum )      ; a unit struct is name "()", a newtype has one part
//! struct  = "{" [ field *( "," field ) ] "}"
//!         / "{" name *( "," name ) "|" [ type *( "," type ) ] "}"
//! field   = name ":" type
//! enum    = "<" [ variant *( "," variant ) ] ">"
//! variant = name [ tuple / struct ]
//! ref     = "^" number                          ; a named type written before: they count from 0, in the order in which they begin
//! name    = 1*( ALPHA / DIGIT / "_" / "-" / "." / "%" 2HEXDIG ) / "%"
//! ```
//!
//! - A kind is what the `Deserialize` asks for: `usize` is `u64`, a `String` and a date written as
//!   one are `str`, a `[u8; 16]` is `(16*u8)`, a `Uuid` is `bytes`, and a `Box` is its content.
//!   `with = …`, `transparent` and `try_from` appear as what they read.
//! - Fields and variants are in the order of their bytes. Those that serde skips do not appear.
//!   Names are those that `rename` gives for reading. Bytes in names other than those above are
//!   written in upper-case hexadecimal, and the empty name is `%`.
//! - The second form of a struct is for one with more names than fields, because of `alias`: an
//!   alias counts as a name.
//! - Every named type except a unit struct can be a ref's target. Two named types are the same if
//!   they are the same type (path and arguments).
//!
//! A type is refused if part of it cannot be examined: what follows an element for which no sample
//! was accepted, in a tuple or as a map's value. There are three ways out: a sample from the
//! application, a number in place of the text, or fields by name.
//!
//! The text cannot show two things: a hand-written `Deserialize` that decides by a value what it
//! reads next, beyond the samples, and a changed meaning of a leaf (seconds, milliseconds). A skip
//! predicate that applies to no sample is found when a session meets it, by `postcard::encode`.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a sample that is cut off is another sample"
)]

#[cfg(feature = "shape")]
mod access;
mod check;
#[cfg(feature = "shape")]
mod choose;
#[cfg(feature = "shape")]
mod judge;
#[cfg(feature = "shape")]
mod node;
#[cfg(feature = "shape")]
mod record;
#[cfg(feature = "shape")]
mod samples;
#[cfg(feature = "shape")]
mod text;
#[cfg(feature = "shape")]
mod trace;
#[cfg(feature = "shape")]
mod tree;

#[cfg(feature = "map")]
pub(crate) use check::constant_default;
pub(crate) use check::{Refusal, check_default};
#[cfg(feature = "shape")]
pub(crate) use traced::{Samples, trace};

/// Without the feature `shape` nothing is traced, so samples are not used.
#[cfg(not(feature = "shape"))]
#[derive(Default)]
pub(crate) struct Samples(());

#[cfg(not(feature = "shape"))]
impl Samples {
    pub(crate) fn add<U>(&mut self, _: &U) {}
}

#[cfg(feature = "shape")]
mod traced {
    use super::check::{self, Refusal};
    use super::node::{Check, Kind};
    use super::record::{self, Value};
    use super::samples::Pool;
    use super::text;
    use super::trace::Tracer;
    use super::tree::{ROOT, Tree};
    use serde::Serialize;
    use serde::de::DeserializeOwned;
    use std::any::TypeId;

    /// The application's values that the tracer may offer to the types that it examines.
    #[derive(Default)]
    pub(crate) struct Samples(Vec<(TypeId, Result<Value, Refusal>)>);

    impl Samples {
        pub(crate) fn add<U: Serialize + 'static>(&mut self, sample: &U) {
            let name = format!("the sample {}", check::name_of::<U>());
            self.0.push((TypeId::of::<U>(), record::record(sample, &name)));
        }
    }

    /// Returns the canonical text of `T`'s structure, or why there is none, or `None` if `T` is too
    /// large to be traced. The outer error is why `T` cannot be a session at all.
    pub(crate) fn trace<T>(samples: &Samples) -> Result<Option<Result<String, Refusal>>, Refusal>
    where
        T: Default + Serialize + DeserializeOwned + 'static,
    {
        let whole = check::name_of::<T>();
        let (mut pool, mut current) = (Pool::default(), None);
        for (id, sample) in &samples.0 {
            let sample = sample.as_ref().map_err(Refusal::clone)?;
            pool.take(sample);
            current = current.or((*id == TypeId::of::<T>()).then_some(sample));
        }
        let own = match record::record(&T::default(), &whole) {
            Ok(own) => own,
            // If it cannot be read either, as with `flatten`, that refusal says more.
            Err(refusal) => {
                return run::<T>(&mut Tree::new([None, None], &pool, &whole)).and(Err(refusal));
            }
        };
        let mut tree = Tree::new([Some(&own), current], &pool, &whole);
        let mut barren = 0;
        while tree.begin(barren) {
            let before = tree.changes();
            run::<T>(&mut tree)?;
            barren = if tree.changes() == before { barren + 1 } else { 0 };
        }
        if tree.spent() {
            return Ok(None);
        }
        // Written before the checks: their samples may be refused, which would change the tree.
        let text = text::write(&tree);
        text::refuse_empty_entries(&tree)?;
        check_values::<T>(&mut tree)?;
        Ok(Some(text))
    }

    /// Makes values of the known structure that are full down to one level and empty below. In this
    /// way each field was both empty and full inside the part around it, and each variant was used.
    fn check_values<T: Serialize + DeserializeOwned>(tree: &mut Tree<'_>) -> Result<(), Refusal> {
        let variants = tree
            .nodes
            .iter()
            .map(|node| if let Kind::Enum(_, variants) = node.kind { variants.len() } else { 1 });
        let variants = variants.max().unwrap_or(1);
        for shift in 0..=SHIFTS {
            let turns = variants.min(if shift == 0 { TURNS } else { TURNS_SHIFTED });
            for level in 0..LEVELS {
                let mut deepest = 0;
                for turn in 0..turns {
                    tree.checking = Some(Check { level, turn, shift });
                    tree.begin(0);
                    run::<T>(tree)?;
                    deepest = deepest.max(tree.deepest);
                }
                if deepest <= level || tree.spent() {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Limits of a check: levels of nested choices, and variants of one enum.
    const LEVELS: usize = 8;
    const TURNS: usize = 300;
    /// Further samples that each leaf offers: zeros alone do not distinguish an `i64` from a `u64`,
    /// or a 0 from a `None`.
    const SHIFTS: u32 = 3;
    const TURNS_SHIFTED: usize = 30;

    /// Deserializes one value from the tree's answers. If it is complete, it must survive encoding
    /// and decoding.
    fn run<T: Serialize + DeserializeOwned>(tree: &mut Tree<'_>) -> Result<(), Refusal> {
        let made = T::deserialize(Tracer { tree: &mut *tree, at: ROOT });
        let made = tree.settle(ROOT, made);
        if let Some(refusal) = tree.fatal.take() {
            return Err(refusal);
        }
        let Ok(made) = made else { return Ok(()) };
        let Err(fault) = check::round_trip(&made) else { return Ok(()) };
        let written = record::record(&made, tree.whole)?;
        Err(mismatch(tree, &written).unwrap_or_else(|| fault.sentence(tree.whole)))
    }

    /// Finds where a value was written in another way than its type is read.
    fn mismatch(tree: &Tree<'_>, written: &Value) -> Option<Refusal> {
        let sentence = match written {
            Value::Struct { name, fields, .. } => {
                tree.nodes.iter().find_map(|node| match node.kind {
                    Kind::Struct(read, names) if read == *name => {
                        fields_differ(name, fields, names)
                    }
                    _ => None,
                })
            }
            Value::Variant { name, index, variant, .. } => {
                tree.nodes.iter().find_map(|node| match node.kind {
                    Kind::Enum(read, names) if read == *name => {
                        variants_differ(name, *index, variant, names)
                    }
                    _ => None,
                })
            }
            _ => None,
        };
        sentence
            .map(Refusal)
            .or_else(|| written.parts().iter().find_map(|part| mismatch(tree, part)))
    }

    fn fields_differ(name: &str, written: &[&str], read: &[&str]) -> Option<String> {
        if let Some(field) = read.iter().find(|field| !written.contains(field)) {
            return Some(format!(
                "field `{field}` of {name} is read but never written (`skip_serializing`), so what \
                 follows would be misread: use `skip` instead, or remove the attribute"
            ));
        }
        let field = written.iter().find(|field| !read.contains(field))?;
        Some(format!(
            "field `{field}` of {name} is written but never read (`skip_deserializing`), so what \
             follows would be misread: use `skip` instead, or remove the attribute"
        ))
    }

    fn variants_differ(name: &str, index: u32, variant: &str, read: &[&str]) -> Option<String> {
        let position = read.iter().position(|known| *known == variant);
        if position == usize::try_from(index).ok() {
            return None;
        }
        Some(match position {
            None => format!(
                "variant `{variant}` of {name} is written but never read (`skip_deserializing`): \
                 use `skip` instead, or remove the attribute"
            ),
            Some(position) => format!(
                "variant `{variant}` of {name} is written as number {index} but read as number \
                 {position}, because a variant before it has `skip`: move skipped variants to the \
                 end"
            ),
        })
    }
}
