//! The tracer's data types: a node of the tree, the kinds of nodes, and the state in force during a
//! visit. There are no rules here.
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
    /// A field number that the type does not have.
    Absent,
    Leaf(Leaf),
    Unit,
    Option,
    Seq,
    Map,
    Tuple(usize),
    /// A place where a named type is used, with the node of its definition.
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

/// The name of a part in a path.
#[derive(Clone, Copy, Debug)]
pub(super) enum Label {
    Silent,
    Entry,
    Number(usize),
    Field(&'static str),
    Variant(&'static str),
}

/// What distinguishes named types. The type's path is used only for that and is not written.
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
    /// Position among its parent's children.
    pub(super) position: usize,
    pub(super) key: Option<Key>,
    /// The values of the default and of the application's sample at this place.
    pub(super) own: [Option<&'v Value>; 2],
    /// The samples or alternatives that were refused, one bit each, and the one offered last.
    pub(super) bad: u64,
    pub(super) last: usize,
    pub(super) refusals: u32,
    pub(super) picks: u32,
    pub(super) active: u32,
    pub(super) explored_in: u32,
    /// The fewest calls that it took, once it was produced.
    pub(super) cost: Option<u32>,
    pub(super) done: bool,
    pub(super) opaque: bool,
    /// Its visitor has once taken all that it wanted, so the number of children is the type's.
    pub(super) complete: bool,
    /// Whether its fields are offered as in a map: by number (`by_name`), because one field is
    /// opaque, or by name (`by_text`), because it does not accept numbers.
    pub(super) by_name: bool,
    pub(super) by_text: bool,
}

/// The state for everything below a frame.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Scope {
    pub(super) depth: usize,
    /// Number of choices around.
    pub(super) level: usize,
    /// Answer with the least, and explore nothing.
    pub(super) least: bool,
    /// Below a site other than the one at which the definition was first met.
    pub(super) borrowed: bool,
    /// Refusals charged to the parts around: the number of samples that each leaf moves on by.
    pub(super) shift: u32,
}

/// A part that is being visited.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) node: Id,
    /// The alternative, and for an enum the variant's node. The node's own record of it is
    /// overwritten if it recurs inside itself.
    pub(super) chosen: Option<usize>,
    pub(super) variant: Option<Id>,
    pub(super) scope: Scope,
    pub(super) calls: u32,
    pub(super) changes: u32,
}

/// Why a run ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The type refused; not yet charged to a part.
    Refused,
    Charged,
    /// The type can never be a session; `Tree::fatal` says why.
    Fatal,
}

/// A run after everything is known, made for the value that it produces. Choices within at most
/// `level` others show something, deeper ones are empty, and enums show variant number `turn`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Check {
    pub(super) level: usize,
    pub(super) turn: usize,
    /// The number of samples that each leaf moves on by.
    pub(super) shift: u32,
}
