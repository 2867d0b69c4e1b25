//! What the tracer knows of a type between its runs: a tree of nodes, one for each part of the
//! type. It depends on no serde trait.
//!
//! ```text
//! site ─ Named(Visit) ─► Struct(Visit, [user, cart]) ─┬─ Option ── Leaf(u64)
//!                                                     └─ Seq ──── Leaf(u32)
//! ```
//!
//! The rules:
//! 1. A node that is not done explores: an option is some, a sequence has one entry, an enum is the
//!    unfinished variant that was tried least. A node that is done answers with the smallest value
//!    that is known to be accepted: none, no entry, the smallest variant.
//! 2. A named type has one definition, and its sites refer to it. A run explores a definition once.
//!    If the definition is met again, further down (recursion) or further on, it is answered with
//!    the least. The length of a run is therefore bounded by the type's, and recursion ends.
//! 3. A refusal is charged to the smallest part around it. A leaf then offers its next sample. A
//!    part with parts makes all its leaves offer theirs. A part that refuses everything is opaque:
//!    its kind stays known, and it is not tried again.
//! 4. An option or sequence with opaque content is none or empty. An enum omits an opaque variant.
//!    A struct offers its other fields by name. Anything else with an opaque part is opaque, and
//!    what follows in it stays unknown.

use super::check::Refusal;
use super::node::{Check, Frame, Id, Key, Kind, Label, Node, Scope, Stop};
use super::record::Value;
use super::samples::{Leaf, Offer, Pool};

#[derive(Debug)]
pub(super) struct Tree<'v> {
    /// The type's name, for refusals.
    pub(super) whole: &'v str,
    pub(super) nodes: Vec<Node<'v>>,
    pool: &'v Pool<'v>,
    definitions: Vec<Id>,
    pub(super) fatal: Option<Refusal>,
    pub(super) scope: Scope,
    pub(super) run: u32,
    pub(super) calls_in_run: u32,
    pub(super) calls: u32,
    /// Counts everything learned, to detect a run that taught nothing.
    pub(super) changes: u32,
    pub(super) checking: Option<Check>,
    /// The deepest nesting of choices in this run.
    pub(super) deepest: usize,
}

pub(super) const ROOT: Id = 0;
/// Nesting of parts. A type without an end (`struct A(Box<A>)`) stops here.
const DEPTH: usize = 96;
const CALLS_IN_RUN: u32 = 50_000;
const CALLS: u32 = 2_000_000;
const RUNS: u32 = 20_000;

impl<'v> Tree<'v> {
    /// `own` holds the default and the application's sample of the whole type.
    pub(super) fn new(own: [Option<&'v Value>; 2], pool: &'v Pool<'v>, whole: &'v str) -> Self {
        let mut tree = Self {
            whole,
            pool,
            nodes: Vec::new(),
            definitions: Vec::new(),
            fatal: None,
            scope: Scope::default(),
            run: 0,
            calls_in_run: 0,
            calls: 0,
            changes: 0,
            checking: None,
            deepest: 0,
        };
        tree.add(ROOT, Label::Silent, own);
        tree
    }

    fn add(&mut self, parent: Id, label: Label, own: [Option<&'v Value>; 2]) -> Id {
        self.nodes.push(Node {
            kind: Kind::Unknown,
            children: Vec::new(),
            parent,
            label,
            position: 0,
            key: None,
            own,
            bad: 0,
            last: 0,
            refusals: 0,
            picks: 0,
            active: 0,
            explored_in: 0,
            cost: None,
            done: false,
            opaque: false,
            complete: false,
            by_name: false,
            by_text: false,
        });
        self.nodes.len() - 1
    }

    /// Begins a run. Returns `false` if there is nothing left to learn, or if the limits are
    /// reached.
    pub(super) fn begin(&mut self, barren: u32) -> bool {
        self.run += 1;
        self.scope =
            Scope { shift: self.checking.map_or(0, |check| check.shift), ..Scope::default() };
        self.calls_in_run = 0;
        self.deepest = 0;
        self.checking.is_some()
            || !(self.nodes[ROOT].done || barren > MAX_IDLE_RUNS || self.spent())
    }

    /// Returns whether the type exceeds the limits of tracing.
    pub(super) fn spent(&self) -> bool {
        self.run > RUNS || self.calls > CALLS
    }

    pub(super) fn changes(&self) -> u32 {
        self.changes
    }

    pub(super) fn fail(&mut self, sentence: String) -> Stop {
        self.fatal.get_or_insert(Refusal(sentence));
        Stop::Fatal
    }

    /// Records that there is no such field.
    pub(super) fn absent(&mut self, node: Id) {
        self.nodes[node].kind = Kind::Absent;
        self.nodes[node].done = true;
        self.changes += 1;
    }

    /// Records that a struct does not accept numbers for its fields, as hand-written ones may not.
    pub(super) fn only_names(&mut self, node: Id) {
        self.changes += u32::from(!self.nodes[node].by_text);
        self.nodes[node].by_text = true;
    }

    /// Returns the child at `index`, and creates it if it is new.
    pub(super) fn child(&mut self, node: Id, index: usize, label: Label) -> Id {
        while self.nodes[node].children.len() <= index {
            let at = self.nodes[node].children.len();
            let own = self.nodes[node].own.map(|own| own.and_then(|own| own.part(at)));
            let id = self.add(node, label, own);
            self.nodes[id].position = at;
            self.nodes[node].children.push(id);
        }
        self.nodes[node].children[index]
    }

    /// Records what was asked for at `site`.
    fn enter(&mut self, site: Id, kind: Kind) -> Result<(), Stop> {
        self.count()?;
        if self.nodes[site].kind == Kind::Unknown {
            self.nodes[site].kind = kind;
            if let Kind::Leaf(leaf) = kind {
                self.nodes[site].bad =
                    leaf.unfit(Offer { own: self.nodes[site].own, pool: self.pool });
            }
            self.changes += 1;
        } else if self.nodes[site].kind != kind {
            return Err(self.mixed(site));
        }
        Ok(())
    }

    fn count(&mut self) -> Result<(), Stop> {
        self.calls += 1;
        self.calls_in_run += 1;
        if self.scope.depth > DEPTH || self.calls_in_run > CALLS_IN_RUN {
            Err(Stop::Refused)
        } else {
            Ok(())
        }
    }

    /// Handles two types with the same path and field names, or a `Deserialize` that decides by a
    /// value what it reads next.
    fn mixed(&mut self, site: Id) -> Stop {
        // With samples other than those that were accepted, the same type may ask for other things.
        if self.scope.borrowed && self.checking.is_none_or(|check| check.shift == 0) {
            let place = self.path(site);
            return self.fail(format!(
                "two types with the same name and fields have different contents at {place}: \
                 rename one, or set a number with `.schema_version(n)`"
            ));
        }
        if self.checking.is_none() {
            self.nodes[site].kind = Kind::Mixed;
            self.give_up(site);
        }
        Stop::Charged
    }

    pub(super) fn give_up(&mut self, node: Id) {
        if !self.nodes[node].opaque {
            self.nodes[node].opaque = true;
            self.nodes[node].done = true;
            self.changes += 1;
        }
    }

    pub(super) fn leaf(&mut self, site: Id, leaf: Leaf) -> Result<(Offer<'v, 'v>, usize), Stop> {
        self.enter(site, Kind::Leaf(leaf))?;
        let shift = self.scope.shift as usize;
        let node = &mut self.nodes[site];
        let number = match shift.checked_sub(SPREAD) {
            Some(beyond) => beyond.wrapping_mul(1 + node.position).wrapping_add(node.position),
            None => shift,
        };
        let good = node.bad.count_zeros() as usize;
        let mut left = if good == 0 { return Err(Stop::Charged) } else { number % good };
        let chosen = (0..64).find(|bit| {
            let fits = node.bad >> bit & 1 == 0;
            let here = fits && left == 0;
            left -= usize::from(fits && left > 0);
            here
        });
        node.last = chosen.unwrap_or(0);
        Ok((Offer { own: node.own, pool: self.pool }, node.last))
    }

    pub(super) fn plain(&mut self, site: Id, kind: Kind) -> Result<(), Stop> {
        self.enter(site, kind)
    }

    /// Enters an anonymous part that has parts.
    pub(super) fn open(&mut self, site: Id, kind: Kind) -> Result<Frame, Stop> {
        self.enter(site, kind)?;
        let frame = Frame {
            node: site,
            chosen: None,
            variant: None,
            scope: self.scope,
            calls: self.calls,
            changes: self.changes,
        };
        self.scope.depth += 1;
        self.scope.shift += self.nodes[site].refusals;
        self.nodes[site].active += 1;
        Ok(frame)
    }

    /// Enters a named type through one of its sites.
    pub(super) fn open_named(&mut self, site: Id, kind: Kind, key: Key) -> Result<Frame, Stop> {
        self.count()?;
        let definition = match self.nodes[site].kind {
            Kind::Unknown => {
                let definition = self.definition(site, kind, key);
                self.nodes[site].kind = Kind::Named(definition);
                self.changes += 1;
                definition
            }
            Kind::Named(definition) => definition,
            _ => return Err(self.mixed(site)),
        };
        let node = &self.nodes[definition];
        let known =
            node.key.is_some_and(|known| known.visitor == key.visitor && known.value == key.value);
        if !known || node.kind != kind {
            return Err(self.mixed(site));
        }
        let frame = Frame {
            node: definition,
            chosen: None,
            variant: None,
            scope: self.scope,
            calls: self.calls,
            changes: self.changes,
        };
        self.scope.borrowed |= node.parent != site;
        if node.key.is_some_and(|known| known.size != key.size) {
            return Err(self.mixed(site));
        }
        self.scope.depth += 1;
        self.scope.shift += self.nodes[site].refusals;
        // A check examines a definition once at each of its sites: with two types of the same name,
        // it may be the other one's.
        let mark = if self.checking.is_some() { site } else { definition };
        self.scope.least |= self.nodes[mark].explored_in == self.run
            || self.checking.is_some() && self.nodes[definition].active > 0;
        if !self.scope.least {
            self.nodes[mark].explored_in = self.run;
        }
        self.nodes[definition].active += 1;
        Ok(frame)
    }

    fn definition(&mut self, site: Id, kind: Kind, key: Key) -> Id {
        let same = |id: &&Id| {
            let node = &self.nodes[**id];
            node.kind == kind
                && node
                    .key
                    .is_some_and(|known| known.visitor == key.visitor && known.value == key.value)
        };
        if let Some(known) = self.definitions.iter().find(same) {
            return *known;
        }
        let own = self.nodes[site].own;
        let definition = self.add(site, Label::Silent, own);
        self.nodes[definition].kind = kind;
        self.nodes[definition].key = Some(key);
        self.definitions.push(definition);
        if let Kind::Enum(_, variants) = kind {
            for (index, variant) in variants.iter().enumerate() {
                let of_variant = |own: &&Value| matches!(own, Value::Variant { index: of_own, .. } if *of_own as usize == index);
                let own = own.map(|own| own.filter(of_variant));
                let id = self.add(definition, Label::Variant(variant), own);
                self.nodes[definition].children.push(id);
            }
        }
        definition
    }
}

/// Refusals in the parts around after which the leaves of one part move on at different speeds: it
/// may require one to be less than the other.
const SPREAD: usize = 50;
/// Runs in a row without anything new after which tracing ends. An enum may need some to reach its
/// next variant.
const MAX_IDLE_RUNS: u32 = 100;
