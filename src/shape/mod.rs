//! A type → the canonical text of its structure, of which four bytes of SHA-256 go into each cookie, so that bytes of another
//! structure are not misread. The builder calls `text_of` once, with the feature `shape`, and `check_default` with or without it.
//! Runs the type's own `Default`, `Serialize` and `Deserialize`, and touches nothing else.
//!
//! ```text
//! struct Visit { user: Option<u64>, cart: Vec<u32> }  →  Visit{user:option u64,cart:[u32]}
//! shape = SHA-256("postcard Visit{user:option u64,cart:[u32]}")[..4]
//! ```
//!
//! The text holds serde's names, kinds and order; never a value, a path, an address, or the order of a hash map. It is ASCII (RFC 5234):
//!
//! ```text
//! text    = type
//! type    = leaf / "unit" / option / seq / map / tuple / named / ref / "?"
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
//! variant = name [ tuple / struct / "?" ]
//! ref     = "^" number                          ; a named type written before: they count from 0, in the order in which they begin
//! name    = 1*( ALPHA / DIGIT / "_" / "-" / "." / "%" 2HEXDIG ) / "%"
//! ```
//!
//! - A kind is what the `Deserialize` asks for: `usize` is `u64`, a `String` and a date written as one are `str`, a `[u8; 16]` is
//!   `(16*u8)`, a `Uuid` is `bytes`, a `Box` is what is in it. `with = …`, `transparent`, `try_from` show as what they read.
//! - Fields and variants stand in the order of their bytes. Those that serde skips are not there. Names are those that `rename` gives
//!   for reading; in them other bytes than those above are upper-case hexadecimal, and the empty name is `%`.
//! - The second form of a struct is for one whose names are more than its fields, as `alias` makes them: an alias counts as a name.
//! - Named types that can be a ref's target are all but unit structs; two are the same if they are the same type (path and arguments).
//! - `?` is a part that could not be looked into: what follows, in a tuple, an element for which no sample served.
//!
//! What it cannot see: what comes after such an element of a tuple, or the value of a map with such a key; a hand-written `Deserialize`
//! that decides by a value what it reads next; a changed meaning of a leaf (seconds, milliseconds). A skip predicate that no sample
//! meets is found when a session meets it, by `data::encode`. Samples are the default's own values and then common ones, so where only
//! the default's own serves, a default without it makes a `?` of what comes after.

#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a sample that is cut off is another sample")]

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

pub(crate) use check::check_default;
#[cfg(feature = "shape")]
pub(crate) use traced::text_of;

#[cfg(feature = "shape")]
mod traced {
    use super::check::{self, Refusal};
    use super::node::{Check, Kind};
    use super::record::{self, Value};
    use super::text;
    use super::trace::Tracer;
    use super::tree::{ROOT, Tree};
    use serde::Serialize;
    use serde::de::DeserializeOwned;

    /// The canonical text of `T`'s structure; none where that is too large to be traced. Or why `T` cannot be carried.
    pub(crate) fn text_of<T: Default + Serialize + DeserializeOwned>() -> Result<Option<String>, Refusal> {
        let whole = check::name_of::<T>();
        let own = match record::record(&T::default(), &whole) {
            Ok(own) => own,
            // Where it cannot be read either, as with `flatten`, that says more.
            Err(refusal) => return run::<T>(&mut Tree::new(&Value::Nothing, &whole)).and(Err(refusal)),
        };
        let mut tree = Tree::new(&own, &whole);
        let mut barren = 0;
        while tree.begin(barren) {
            let before = tree.changes();
            run::<T>(&mut tree)?;
            barren = if tree.changes() == before { barren + 1 } else { 0 };
        }
        if tree.spent() {
            return Ok(None);
        }
        check_values::<T>(&mut tree)?;
        text::refuse_empty_entries(&tree)?;
        Ok(Some(text::write(&tree)))
    }

    /// Makes values of the known structure that are full down to one level and empty below, so that each field was empty and was full
    /// within what is around it, and all variants had their turn.
    fn check_values<T: Serialize + DeserializeOwned>(tree: &mut Tree<'_>) -> Result<(), Refusal> {
        let variants = tree.nodes.iter().map(|node| if let Kind::Enum(_, variants) = node.kind { variants.len() } else { 1 });
        let turns = variants.max().unwrap_or(1).min(TURNS);
        for level in 0..LEVELS {
            let mut deepest = 0;
            for turn in 0..turns {
                tree.checking = Some(Check { level, turn });
                tree.begin(0);
                run::<T>(tree)?;
                deepest = deepest.max(tree.deepest);
            }
            if deepest <= level || tree.spent() {
                break;
            }
        }
        Ok(())
    }

    /// Choices within choices, and variants of one enum, that are checked at the most.
    const LEVELS: usize = 8;
    const TURNS: usize = 300;

    /// Deserializes one value from the tree's answers; one that comes out whole must survive the way through bytes.
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

    /// Where a value was written otherwise than its type is read.
    fn mismatch(tree: &Tree<'_>, written: &Value) -> Option<Refusal> {
        let sentence = match written {
            Value::Struct { name, fields, .. } => tree.nodes.iter().find_map(|node| match node.kind {
                Kind::Struct(read, names) if read == *name => fields_differ(name, fields, names),
                _ => None,
            }),
            Value::Variant { name, index, variant, .. } => tree.nodes.iter().find_map(|node| match node.kind {
                Kind::Enum(read, names) if read == *name => variants_differ(name, *index, variant, names),
                _ => None,
            }),
            _ => None,
        };
        sentence.map(Refusal).or_else(|| written.parts().iter().find_map(|part| mismatch(tree, part)))
    }

    fn fields_differ(name: &str, written: &[&str], read: &[&str]) -> Option<String> {
        if let Some(field) = read.iter().find(|field| !written.contains(field)) {
            return Some(format!(
                "field `{field}` of {name} is read and never written (`skip_serializing`), so what follows would be misread: use `skip` in its place, or neither"
            ));
        }
        let field = written.iter().find(|field| !read.contains(field))?;
        Some(format!(
            "field `{field}` of {name} is written and never read (`skip_deserializing`), so what follows would be misread: use `skip` in its place, or neither"
        ))
    }

    fn variants_differ(name: &str, index: u32, variant: &str, read: &[&str]) -> Option<String> {
        let position = read.iter().position(|known| *known == variant);
        if position == usize::try_from(index).ok() {
            return None;
        }
        Some(match position {
            None => format!(
                "variant `{variant}` of {name} is written and never read (`skip_deserializing`): use `skip` in its place, or neither"
            ),
            Some(position) => format!(
                "variant `{variant}` of {name} is written as number {index} and read as number {position}, since a variant before it has `skip`: move skipped variants to the end"
            ),
        })
    }
}
