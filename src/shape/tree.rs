//! What the tracer knows of a type, between its runs: a tree of nodes, one for each part of the type. `trace` asks it what to answer
//! at each call of a `Deserialize` and tells it how that went; `text` writes it down in the end. Knows no serde trait.
//!
//! ```text
//! site ─ Named(Visit) ─► Struct(Visit, [user, cart]) ─┬─ Option ── Leaf(u64)
//!                                                     └─ Seq ──── Leaf(u32)
//! ```
//!
//! The rules:
//! 1. A node that is not done explores: an option is some, a sequence has one entry, an enum is its unfinished variant tried least.
//!    One that is done answers with what is known to be fine, and least of it: none, no entry, the smallest variant.
//! 2. A named type has one definition, and its sites refer to it. A run explores a definition once; met again, further down (recursion)
//!    or further on, it is answered with the least. So a run's length is bounded by the type's, and recursion ends.
//! 3. A refusal is charged to the smallest part around it. A leaf offers its next sample then; a part with parts makes all its leaves
//!    offer theirs. What refuses everything is opaque: its kind stays known, and it is not tried again.
//! 4. An option or sequence whose content is opaque is none or empty; an enum does without an opaque variant; a struct offers its
//!    other fields by name; anything else with an opaque part is opaque, and what follows in it stays unknown.

use super::check::Refusal;
use super::record::Value;
use super::samples::{self, Leaf};

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
    key: Option<Key>,
    pub(super) own: Option<&'v Value>,
    /// Samples or alternatives that were refused, one bit each, and the one offered last.
    pub(super) bad: u64,
    pub(super) last: usize,
    refusals: u32,
    pub(super) picks: u32,
    pub(super) active: u32,
    explored_in: u32,
    /// Calls that it took at the least, once it was produced.
    pub(super) cost: Option<u32>,
    pub(super) done: bool,
    pub(super) opaque: bool,
    /// Its visitor once took all that it wanted, so the number of children is the type's.
    pub(super) complete: bool,
    pub(super) by_name: bool,
}

/// What holds for everything below a frame.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Scope {
    depth: usize,
    /// Answer with the least, explore nothing.
    pub(super) least: bool,
    /// Below a site other than the one where the definition was met first.
    borrowed: bool,
    /// Refusals charged to the parts around: how far each leaf moves on in its samples.
    pub(super) shift: u32,
}

#[derive(Debug)]
pub(super) struct Frame {
    pub(super) node: Id,
    /// The alternative, and for an enum the variant's node. The node's own note of it is overwritten where it recurs inside.
    pub(super) chosen: Option<usize>,
    pub(super) variant: Option<Id>,
    pub(super) scope: Scope,
    calls: u32,
    changes: u32,
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

#[derive(Debug)]
pub(super) struct Tree<'v> {
    pub(super) nodes: Vec<Node<'v>>,
    definitions: Vec<Id>,
    pub(super) fatal: Option<Refusal>,
    pub(super) scope: Scope,
    run: u32,
    calls_in_run: u32,
    calls: u32,
    /// Counts everything learnt, so that a run that taught nothing is noticed.
    changes: u32,
    pub(super) checking: bool,
}

pub(super) const ROOT: Id = 0;
/// Parts within parts; a type that cannot end (`struct A(Box<A>)`) stops here.
const DEPTH: usize = 96;
/// Refusals of a part with parts before it is opaque; from `SPREAD` on its leaves move on at different speeds.
const PATIENCE: u32 = 64;
const SPREAD: u32 = 50;
/// Refusals of one number of entries, and of a variant as such.
const PATIENCE_ONCE: u32 = 2;
const CALLS_IN_RUN: u32 = 50_000;
const CALLS: u32 = 2_000_000;
const RUNS: u32 = 20_000;

impl<'v> Tree<'v> {
    pub(super) fn new(own: &'v Value) -> Self {
        let mut tree = Self {
            nodes: Vec::new(),
            definitions: Vec::new(),
            fatal: None,
            scope: Scope::default(),
            run: 0,
            calls_in_run: 0,
            calls: 0,
            changes: 0,
            checking: false,
        };
        tree.add(ROOT, Label::Silent, Some(own));
        tree
    }

    fn add(&mut self, parent: Id, label: Label, own: Option<&'v Value>) -> Id {
        self.nodes.push(Node {
            kind: Kind::Unknown,
            children: Vec::new(),
            parent,
            label,
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
        });
        self.nodes.len() - 1
    }

    /// Begins a run; false if there is nothing left to learn, or no more may be spent.
    pub(super) fn begin(&mut self, barren: u32) -> bool {
        self.run += 1;
        self.scope = Scope::default();
        self.calls_in_run = 0;
        self.checking || !(self.nodes[ROOT].done || barren > BARREN || self.spent())
    }

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

    /// The child at `index`, made where it is new.
    pub(super) fn child(&mut self, node: Id, index: usize, label: Label) -> Id {
        while self.nodes[node].children.len() <= index {
            let at = self.nodes[node].children.len();
            let own = self.nodes[node].own.and_then(|own| own.part(at));
            let id = self.add(node, label, own);
            self.nodes[node].children.push(id);
        }
        self.nodes[node].children[index]
    }

    /// Notes what was asked for at `site`.
    fn enter(&mut self, site: Id, kind: Kind) -> Result<(), Stop> {
        self.count()?;
        if self.nodes[site].kind == Kind::Unknown {
            self.nodes[site].kind = kind;
            if let Kind::Leaf(leaf) = kind {
                self.nodes[site].bad = leaf.unfit(self.nodes[site].own);
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
        if self.scope.depth > DEPTH || self.calls_in_run > CALLS_IN_RUN { Err(Stop::Refused) } else { Ok(()) }
    }

    /// Two types of one path and field names, or a `Deserialize` that decides by a value what it reads next.
    fn mixed(&mut self, site: Id) -> Stop {
        if self.scope.borrowed {
            let place = self.path(site);
            return self.fail(format!(
                "two types that are named alike, with the same fields, hold different things at {place}: rename one, or set a shape of your own with `.shape(n)`"
            ));
        }
        if !self.checking {
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

    pub(super) fn leaf(&mut self, site: Id, leaf: Leaf) -> Result<(Option<&'v Value>, usize), Stop> {
        self.enter(site, Kind::Leaf(leaf))?;
        let shift = self.scope.shift as usize;
        let node = &mut self.nodes[site];
        let number = match (shift.checked_sub(SPREAD as usize), node.label) {
            (Some(beyond), Label::Number(position)) => beyond * (1 + position) + position,
            (Some(beyond), _) => beyond,
            (None, _) => shift,
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
        Ok((node.own, node.last))
    }

    pub(super) fn plain(&mut self, site: Id, kind: Kind) -> Result<(), Stop> {
        self.enter(site, kind)
    }

    /// Enters an anonymous part with parts.
    pub(super) fn open(&mut self, site: Id, kind: Kind) -> Result<Frame, Stop> {
        self.enter(site, kind)?;
        let frame =
            Frame { node: site, chosen: None, variant: None, scope: self.scope, calls: self.calls, changes: self.changes };
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
        let known = node.key.is_some_and(|known| known.visitor == key.visitor && known.value == key.value);
        if !known || node.kind != kind {
            return Err(self.mixed(site));
        }
        let frame =
            Frame { node: definition, chosen: None, variant: None, scope: self.scope, calls: self.calls, changes: self.changes };
        self.scope.borrowed |= node.parent != site;
        if node.key.is_some_and(|known| known.size != key.size) {
            return Err(self.mixed(site));
        }
        self.scope.depth += 1;
        self.scope.shift += self.nodes[site].refusals;
        // The checking run looks into every site again, as far as its calls go.
        let again = match self.checking {
            true => node.active > 0 || self.calls_in_run > CALLS_IN_RUN / 10,
            false => node.explored_in == self.run,
        };
        self.scope.least |= again;
        if !self.scope.least {
            self.nodes[definition].explored_in = self.run;
        }
        self.nodes[definition].active += 1;
        Ok(frame)
    }

    fn definition(&mut self, site: Id, kind: Kind, key: Key) -> Id {
        let same = |id: &&Id| {
            let node = &self.nodes[**id];
            node.kind == kind && node.key.is_some_and(|known| known.visitor == key.visitor && known.value == key.value)
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
                let own = own.filter(|own| matches!(own, Value::Variant { index: of_own, .. } if *of_own as usize == index));
                let id = self.add(definition, Label::Variant(variant), own);
                self.nodes[definition].children.push(id);
            }
        }
        definition
    }

    /// Leaves a part: what is charged to it as such, and what is now known of it.
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
            // It wants the field that it cannot have: opaque as soon as its other fields are known.
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

    /// What came of the part at `site`, seen from the part around it: a refusal that nothing smaller took is this part's.
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
            _ => PATIENCE,
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

    /// Brings `done` and `opaque` up to date with the parts.
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
            Kind::Tuple(_) | Kind::Newtype(_) | Kind::TupleStruct(..) | Kind::NewtypeVariant | Kind::TupleVariant(_) => {
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
        self.changes += u32::from(node.done != done) + u32::from(node.opaque != opaque) + u32::from(node.by_name != by_name);
        (node.done, node.opaque, node.by_name) = (done, opaque, by_name);
    }
}

/// Answers that there are to choose from, a bit of `bad` each.
fn alternatives(kind: Kind) -> u32 {
    match kind {
        Kind::Leaf(_) => u64::BITS,
        Kind::Option => 2,
        Kind::Seq | Kind::Map => samples::LENGTHS.len() as u32,
        _ => 0,
    }
}

/// Runs in a row that taught nothing, after which the tracer is content: an enum may need some to get round to its next variant.
const BARREN: u32 = 100;
