//! Serde's access types of the tracer: a tuple's parts in order, a struct's parts by name, a
//! sequence's entries, an enum's variant. They find the node of each part and let `Tracer::read`
//! answer for it.
//!
//! ```text
//! SeqParts over Struct(Visit, [user, cart]):  next_element → node of `user`,  next_element → node of `cart`,  then no more
//! ```

use super::node::{Id, Kind, Label, Stop};
use super::trace::Tracer;
use super::tree::Tree;
use serde::de::value::U32Deserializer;
use serde::de::{self, DeserializeSeed, IntoDeserializer, Visitor};

/// The parts of a tuple or struct.
pub(super) struct SeqParts<'t, 'v> {
    pub(super) tree: &'t mut Tree<'v>,
    pub(super) node: Id,
    pub(super) next: usize,
    pub(super) length: usize,
}

impl<'v> de::SeqAccess<'v> for SeqParts<'_, 'v> {
    type Error = Stop;

    fn next_element_seed<S: DeserializeSeed<'v>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Stop> {
        if self.next >= self.length {
            return Ok(None);
        }
        let child = part(self.tree, self.node, self.next);
        self.next += 1;
        Tracer::read(self.tree, child, seed).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.length - self.next)
    }
}

fn part(tree: &mut Tree<'_>, node: Id, index: usize) -> Id {
    let label = match tree.nodes[node].kind {
        Kind::Struct(_, fields) | Kind::StructVariant(fields) => {
            fields.get(index).map_or(Label::Number(index), |name| Label::Field(name))
        }
        _ => Label::Number(index),
    };
    tree.child(node, index, label)
}

/// The fields of a struct that are not opaque, by their numbers: an alias is another name but not
/// another number.
pub(super) struct ByName<'t, 'v> {
    pub(super) tree: &'t mut Tree<'v>,
    pub(super) node: Id,
    pub(super) next: usize,
    pub(super) length: usize,
    pub(super) taken: bool,
}

impl<'v> de::MapAccess<'v> for ByName<'_, 'v> {
    type Error = Stop;

    fn next_key_seed<S: DeserializeSeed<'v>>(&mut self, seed: S) -> Result<Option<S::Value>, Stop> {
        while self.next < self.length {
            let child = part(self.tree, self.node, self.next);
            if !self.tree.nodes[child].opaque && self.tree.nodes[child].kind != Kind::Absent {
                break;
            }
            self.next += 1;
        }
        if self.next == self.length {
            return Ok(None);
        }
        let child = part(self.tree, self.node, self.next);
        let key = match self.tree.nodes[child].label {
            Label::Field(name) if self.tree.nodes[self.node].by_text => {
                seed.deserialize(name.into_deserializer())
            }
            _ => seed.deserialize((self.next as u64).into_deserializer()),
        };
        if key.is_err() && self.taken {
            // `deny_unknown_fields`: the numbers from here on are not fields.
            for index in self.next..self.length {
                let child = part(self.tree, self.node, index);
                self.tree.absent(child);
            }
        } else if key.is_err() {
            self.tree.only_names(self.node);
        }
        self.taken = true;
        key.map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'v>>(&mut self, seed: S) -> Result<S::Value, Stop> {
        let child = part(self.tree, self.node, self.next);
        self.next += 1;
        Tracer::read(self.tree, child, seed)
    }
}

/// The entries of a sequence or map.
pub(super) struct Entries<'t, 'v> {
    pub(super) tree: &'t mut Tree<'v>,
    pub(super) node: Id,
    pub(super) left: usize,
}

impl<'v> de::SeqAccess<'v> for Entries<'_, 'v> {
    type Error = Stop;

    fn next_element_seed<S: DeserializeSeed<'v>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Stop> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        let child = self.tree.child(self.node, 0, Label::Entry);
        Tracer::read(self.tree, child, seed).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

impl<'v> de::MapAccess<'v> for Entries<'_, 'v> {
    type Error = Stop;

    fn next_key_seed<S: DeserializeSeed<'v>>(&mut self, seed: S) -> Result<Option<S::Value>, Stop> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        let child = self.tree.child(self.node, 0, Label::Silent);
        Tracer::read(self.tree, child, seed).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'v>>(&mut self, seed: S) -> Result<S::Value, Stop> {
        let child = self.tree.child(self.node, 1, Label::Entry);
        Tracer::read(self.tree, child, seed)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

/// The variant that was chosen for an enum.
pub(super) struct Chosen<'t, 'v> {
    pub(super) tree: &'t mut Tree<'v>,
    pub(super) variant: Id,
    pub(super) index: u32,
}

impl<'v> de::EnumAccess<'v> for Chosen<'_, 'v> {
    type Error = Stop;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'v>>(self, seed: S) -> Result<(S::Value, Self), Stop> {
        let number: U32Deserializer<Stop> = self.index.into_deserializer();
        Ok((seed.deserialize(number)?, self))
    }
}

impl<'v> de::VariantAccess<'v> for Chosen<'_, 'v> {
    type Error = Stop;

    fn unit_variant(self) -> Result<(), Stop> {
        self.tree.plain(self.variant, Kind::UnitVariant)
    }

    fn newtype_variant_seed<S: DeserializeSeed<'v>>(self, seed: S) -> Result<S::Value, Stop> {
        self.tree.plain(self.variant, Kind::NewtypeVariant)?;
        let child = self.tree.child(self.variant, 0, Label::Silent);
        Tracer::read(self.tree, child, seed)
    }

    fn tuple_variant<V: Visitor<'v>>(self, length: usize, visitor: V) -> Result<V::Value, Stop> {
        self.tree.plain(self.variant, Kind::TupleVariant(length))?;
        Tracer::parts(self.tree, self.variant, length, visitor)
    }

    fn struct_variant<V: Visitor<'v>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stop> {
        self.tree.plain(self.variant, Kind::StructVariant(fields))?;
        Tracer::parts(self.tree, self.variant, fields.len(), visitor)
    }
}
