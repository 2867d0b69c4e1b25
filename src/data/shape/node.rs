//! What the tracer's files share: a node of the tree, what it can be, and what is in force while it
//! is visited. No rules here.
//!
//! ```text
//! Node { kind: Leaf(U64), parent: …, bad: 0b1, done: true, … }      a u64 that accepted a sample; it has none of the default
//! ```

use super::record::Value;
use super::samples::Leaf;

pub(super) type Id = usize;

/// What a `Deserialize` asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Unknown,
    /// It asked for different things at different times.
    Mixed,
    /// A field's number that the type does not have.
    Absent,
    Leaf(Leaf),
    Unit,
    Option,
    Seq,
    Map,
    Tuple(usize),
    /// The site of a named type: its definition is there.
    Named(Id),
    UnitStruct(&'static str),
    Newtype(&'static str),
    TupleStruct(&'static str, usize),
    Struct(&'static str, &'static [&'static str]),
    Enum(&'static str, &'static [&'static str]),
    UnitVariant,
    NewtypeVariant,
    TupleVariant(usize),
    StructVariant(&'static [&'static str]),
}

/// How a part is called in a path.
#[derive(Clone, Copy, Debug)]
pub(super) enum Label {
    Silent,
    Entry,
    Number(usize),
    Field(&'static str),
    Variant(&'static str),
}

/// What tells named types apart; the type's path only serves that, and is not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) visitor: &'static str,
    pub(super) value: &'static str,
    pub(super) size: usize,
}

#[derive(Debug)]
pub(super) struct Node<'v> {
    pub(super) kind: Kind,
    pub(super) children: Vec<Id>,
    pub(super) parent: Id,
    pub(super) label: Label,
    /// Among its parent's children.
    pub(super) position: usize,
    pub(super) key: Option<Key>,
    /// What the default and the application's sample hold there.
    pub(super) own: [Option<&'v Value>; 2],
    /// Samples or alternatives that were refused, one bit each, and the one offered last.
    pub(super) bad: u64,
    pub(super) last: usize,
    pub(super) refusals: u32,
    pub(super) picks: u32,
    pub(super) active: u32,
    pub(super) explored_in: u32,
    /// Calls that it took at the least, once it was produced.
    pub(super) cost: Option<u32>,
    pub(super) done: bool,
    pub(super) opaque: bool,
    /// Its visitor once took all that it wanted, so the number of children is the type's.
    pub(super) complete: bool,
    /// Its fields are offered by their numbers, as in a map, since one is opaque; or by their
    /// names, where it knows no numbers.
    pub(super) by_name: bool,
    pub(super) by_text: bool,
}

/// What holds for everything below a frame.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Scope {
    pub(super) depth: usize,
    /// Choices around.
    pub(super) level: usize,
    /// Answer with the least, explore nothing.
    pub(super) least: bool,
    /// Below a site other than the one where the definition was met first.
    pub(super) borrowed: bool,
    /// Refusals charged to the parts around: how far each leaf moves on in its samples.
    pub(super) shift: u32,
}

/// A part being visited.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) node: Id,
    /// The alternative, and for an enum the variant's node. The node's own note of it is
    /// overwritten where it recurs inside.
    pub(super) chosen: Option<usize>,
    pub(super) variant: Option<Id>,
    pub(super) scope: Scope,
    pub(super) calls: u32,
    pub(super) changes: u32,
}

/// Why a run broke off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The type refused; not yet charged to a part.
    Refused,
    Charged,
    /// Never to be carried: `Tree::fatal` says why.
    Fatal,
}

/// A run after all is known, for the sake of the value it makes: choices within at most `level`
/// others show something, deeper ones are empty, and enums show variant number `turn`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Check {
    pub(super) level: usize,
    pub(super) turn: usize,
    /// How far each leaf is on in its samples.
    pub(super) shift: u32,
}
