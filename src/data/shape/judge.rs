//! Conclusions from a visit of a part: refused, charged, opaque, done. `close` is for leaving a
//! part, and `settle` for being back in the part around it. The rules are in `tree.rs`.
//!
//! ```text
//! Leaf(Str) refused sample 1     →  that sample is bad, the next run offers the next        the last one  →  opaque
//! Struct with an opaque field    →  by name from now on                                   its others done  →  opaque, if it wants it
//! ```

use super::node::{Frame, Id, Kind, Stop};
use super::samples;
use super::tree::Tree;

impl Tree<'_> {
    /// Leaves a part. Decides what is charged to the part itself, and updates what is known of it.
    pub(super) fn close<T>(&mut self, frame: Frame, result: Result<T, Stop>) -> Result<T, Stop> {
        self.closed(frame, result.as_ref().err().copied()).map_or(result, Err)
    }

    fn closed(&mut self, frame: Frame, stop: Option<Stop>) -> Option<Stop> {
        let id = frame.node;
        self.scope = frame.scope;
        self.nodes[id].active -= 1;
        if let Some(chosen) = frame.chosen {
            self.nodes[id].last = chosen;
        }
        let mut stop = stop;
        if let Some(variant) = frame.variant {
            stop = self.close_variant(&frame, variant, stop);
        }
        let taught = self.changes > frame.changes;
        let node = &mut self.nodes[id];
        if stop.is_none() {
            let cost = self.calls - frame.calls;
            node.cost = Some(node.cost.map_or(cost, |known| known.min(cost)));
            node.complete = true;
        } else if node.by_name && stop == Some(Stop::Refused) {
            // The part requires the field that it cannot have. It is opaque as soon as its other
            // fields are known.
            stop = Some(Stop::Charged);
            if !taught || self.children_done(id) {
                self.give_up(id);
            }
        }
        self.weigh(id);
        stop
    }

    fn close_variant(&mut self, frame: &Frame, variant: Id, stop: Option<Stop>) -> Option<Stop> {
        let taught = self.changes > frame.changes;
        let calls = self.calls - frame.calls;
        let node = &mut self.nodes[variant];
        node.active -= 1;
        match stop {
            None => {
                node.complete = true;
                node.cost = Some(node.cost.map_or(calls, |known| known.min(calls)));
            }
            Some(Stop::Refused) if node.by_name => {
                if !taught || self.children_done(variant) {
                    self.give_up(variant);
                }
            }
            Some(Stop::Refused) => {
                node.refusals += 1;
                self.changes += 1;
                if node.refusals > PATIENCE_ONCE {
                    self.give_up(variant);
                }
            }
            Some(_) => {}
        }
        self.weigh(variant);
        stop.map(|stop| if stop == Stop::Refused { Stop::Charged } else { stop })
    }

    /// Settles the result of the part at `site` for the part around it. A refusal that nothing
    /// smaller took is charged to this part.
    pub(super) fn settle<T>(&mut self, site: Id, result: Result<T, Stop>) -> Result<T, Stop> {
        self.settled(site, result.as_ref().err().copied()).map_or(result, Err)
    }

    fn settled(&mut self, site: Id, stop: Option<Stop>) -> Option<Stop> {
        if stop == Some(Stop::Refused) {
            self.charge(site);
        }
        if stop.is_none() && self.nodes[site].cost.is_none() {
            self.nodes[site].cost = Some(0);
        }
        self.weigh(site);
        stop.map(|stop| if stop == Stop::Refused { Stop::Charged } else { stop })
    }

    fn charge(&mut self, site: Id) {
        self.changes += 1;
        let node = &mut self.nodes[site];
        node.refusals += 1;
        let patience = match (node.kind, node.last) {
            (Kind::Leaf(_), _) | (Kind::Option | Kind::Seq | Kind::Map, 0) => 0,
            (Kind::Seq | Kind::Map, 2..) => PATIENCE_ONCE,
            _ => MAX_REFUSALS,
        };
        if node.refusals <= patience {
            return;
        }
        node.refusals = 0;
        node.bad |= 1 << node.last;
        if node.bad.trailing_ones() >= alternatives(node.kind) {
            self.give_up(site);
        }
    }

    fn children_done(&self, id: Id) -> bool {
        self.nodes[id].children.iter().all(|child| self.nodes[*child].done)
    }

    /// Updates `done` and `opaque` from the parts.
    fn weigh(&mut self, id: Id) {
        let node = &self.nodes[id];
        let produced = node.cost.is_some();
        let opaque_part = node.children.iter().any(|child| self.nodes[*child].opaque);
        let (mut opaque, mut by_name) = (node.opaque, node.by_name);
        let done = match node.kind {
            Kind::Unknown => false,
            Kind::Mixed | Kind::Absent => true,
            Kind::Leaf(_) | Kind::Unit | Kind::UnitStruct(_) | Kind::UnitVariant => produced,
            Kind::Option | Kind::Seq | Kind::Map => {
                let empty_only = (node.bad >> 1).trailing_ones() + 1 >= alternatives(node.kind);
                produced && (empty_only || !node.children.is_empty() && self.children_done(id))
            }
            Kind::Struct(..) | Kind::StructVariant(_) => {
                by_name |= opaque_part;
                node.complete && self.children_done(id)
            }
            Kind::Tuple(_)
            | Kind::Newtype(_)
            | Kind::TupleStruct(..)
            | Kind::NewtypeVariant
            | Kind::TupleVariant(_) => {
                opaque |= opaque_part;
                node.complete && self.children_done(id)
            }
            Kind::Enum(..) => {
                opaque |= node.children.iter().all(|child| self.nodes[*child].opaque);
                self.children_done(id)
            }
            Kind::Named(definition) => {
                opaque |= self.nodes[definition].opaque;
                self.nodes[definition].done || self.nodes[definition].active > 0
            }
        };
        let node = &mut self.nodes[id];
        let done = done || opaque || node.done;
        self.changes += u32::from(node.done != done)
            + u32::from(node.opaque != opaque)
            + u32::from(node.by_name != by_name);
        (node.done, node.opaque, node.by_name) = (done, opaque, by_name);
    }
}

/// Returns the number of answers to choose from, one bit of `bad` each.
fn alternatives(kind: Kind) -> u32 {
    match kind {
        Kind::Leaf(_) => u64::BITS,
        Kind::Option => 2,
        Kind::Seq | Kind::Map => samples::LENGTHS.len() as u32,
        _ => 0,
    }
}

/// Refusals after which a part with parts is opaque.
const MAX_REFUSALS: u32 = 64;
/// Refusals after which one number of entries, or one variant as such, is given up.
const PATIENCE_ONCE: u32 = 2;
