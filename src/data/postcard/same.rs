//! Comparison of two values as serde sees them, however their collections order their entries. This
//! is the slow way. It is used if the two do not encode to the same bytes, and for data by name,
//! where different values may have the same encoding (`Some(())` and `None` are both null).
//!
//! Each value becomes a tree of its `Serialize`'s calls (`tree.rs`). Two trees are the same if
//!
//! - maps have the same entries, in any order;
//! - sequences have the same elements: in any order if the sequence is a hash set, otherwise in the
//!   same order. A sequence is a hash set if its type has that name, or if decoding the same bytes
//!   again gives another order;
//! - everything else is equal: kinds, numbers, floats by their bits, texts, variants, field names.

use super::tree::Tree;
use crate::limits;
use serde::ser::Serialize;
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// Returns `true` if `back` is the same as `value`. `again` makes more values in the way `back` was
/// made. `readable` is what the types see as `is_human_readable`.
pub(crate) fn is_same<T: Serialize>(
    value: &T,
    back: &T,
    readable: bool,
    again: impl Fn() -> Option<T>,
) -> bool {
    // By name, newtypes and options count as levels only here.
    let room = if readable { u8::MAX } else { limits::NESTING };
    let tree = |value: &T| Tree::of(value, room, readable);
    let (Some(mut value), Some(mut back)) = (tree(value), tree(back)) else { return false };
    let mut sets = Sets::default();
    value.sort_if(&|name| sets.has(name));
    back.sort_if(&|name| sets.has(name));
    for _ in 0..DECODES {
        if value == back {
            return true;
        }
        // Only a different order can be excused.
        if value.sorted() != back.sorted() {
            return false;
        }
        let Some(mut other) = again().and_then(|other| tree(&other)) else { return false };
        other.sort_if(&|name| sets.has(name));
        let known = sets.0.len();
        sets.learn(&back, &other);
        if sets.0.len() > known {
            value.sort_if(&|name| sets.has(name));
            back.sort_if(&|name| sets.has(name));
        }
    }
    value == back
}

/// Returns `false` if `bytes` cannot decode to the value whose encoding is `encoded`. This detects
/// most changes without looking at the values. The bytes of an equal value can differ only in the
/// order of a map or set, or in over-long varints, which end in a zero.
pub(crate) fn may_be_same(encoded: &[u8], bytes: &[u8]) -> bool {
    let sum = |bytes: &[u8]| bytes.iter().fold(0_u8, |sum, &byte| sum.wrapping_add(byte));
    let long_varint = |pair: &[u8]| matches!(pair, [0x80..=0xff, 0]);
    match bytes.len().cmp(&encoded.len()) {
        Ordering::Less => false,
        Ordering::Equal => sum(encoded) == sum(bytes),
        Ordering::Greater => bytes.windows(2).any(long_varint),
    }
}

/// Decodes until a sequence counts as ordered. Two elements in a hash set change places in one of
/// two decodes.
const DECODES: usize = 24;

/// Types of sequences whose order has no meaning.
#[derive(Default)]
struct Sets(BTreeSet<&'static str>);

impl Sets {
    fn has(&self, name: &'static str) -> bool {
        let mut path = name;
        while let Some((outer, inner)) = path.split_once('<') {
            path = outer;
            if !["::Box", "::Rc", "::Arc"].iter().any(|pointer| outer.ends_with(pointer)) {
                break;
            }
            path = inner;
        }
        path.ends_with("HashSet") || path.ends_with("HashMap") || self.0.contains(name)
    }

    /// Records the sequences that two decodes of the same bytes order differently.
    fn learn(&mut self, one: &Tree, other: &Tree) {
        match (one, other) {
            (Tree::Seq(name, ones), Tree::Seq(_, others)) => {
                if ones != others && one.sorted() == other.sorted() {
                    let inner =
                        ones.iter().zip(others).all(|(one, other)| one.sorted() == other.sorted());
                    if !inner {
                        self.0.insert(name);
                        return;
                    }
                }
                ones.iter().zip(others).for_each(|(one, other)| self.learn(one, other));
            }
            (Tree::Parts(_, _, ones), Tree::Parts(_, _, others)) => {
                ones.iter().zip(others).for_each(|(one, other)| self.learn(one, other));
            }
            (Tree::Map(ones), Tree::Map(others)) => {
                for ((key, value), (other_key, other_value)) in ones.iter().zip(others) {
                    self.learn(key, other_key);
                    self.learn(value, other_value);
                }
            }
            _ => {}
        }
    }
}
