//! The choice of an alternative for a node that has several: none or some, how many entries, which
//! variant. The choice is made once a part is open, by the rules in `tree.rs`. This file also names
//! the place of a node, for refusals.
//!
//! ```text
//! Option, not done  →  some          Option, done  →  none          Enum, not done  →  its unfinished variant tried least
//! Visit.cart[].price                 ← the place of a node
//! ```

use super::node::{Frame, Id, Label, Stop};
use super::tree::{ROOT, Tree};

impl Tree<'_> {
    /// Returns whether the node just opened must show a part, because the part is not known yet or
    /// because of a check.
    fn explores(&mut self, node: Id) -> bool {
        let level = self.scope.level;
        self.scope.level += 1;
        self.deepest = self.deepest.max(level);
        let node = &self.nodes[node];
        let wanted = self.checking.map_or(!node.done, |check| level <= check.level);
        wanted && !self.scope.least && node.active == 1
    }

    /// Returns one of `count` alternatives. Number 0 is the empty one.
    pub(super) fn alternative(&mut self, frame: &mut Frame, count: usize) -> Result<usize, Stop> {
        let explores = self.explores(frame.node);
        let node = &self.nodes[frame.node];
        let content_known_bad = node.children.iter().any(|child| self.nodes[*child].opaque);
        let allowed =
            |index: &usize| node.bad >> *index & 1 == 0 && (*index == 0 || !content_known_bad);
        let chosen = if explores {
            (1..count).chain([0]).find(allowed)
        } else if self.scope.least {
            (0..count).find(allowed)
        } else {
            // The part around this one has refused, perhaps because it needs an entry, so the first
            // few take turns.
            let choices = (0..count).filter(allowed).count().min(TURNS);
            (0..count).filter(allowed).nth(frame.scope.shift as usize % choices.max(1))
        };
        let Some(chosen) = chosen else {
            self.give_up(frame.node);
            return Err(Stop::Charged);
        };
        frame.chosen = Some(chosen);
        Ok(chosen)
    }

    /// Returns the variant of an enum to answer with: its number and node.
    pub(super) fn variant(&mut self, frame: &mut Frame) -> Result<(u32, Id), Stop> {
        let explores = self.explores(frame.node);
        let chosen = self
            .on_show(frame.node, explores)
            .or_else(|| self.unfinished(frame.node, explores))
            .or_else(|| self.produced(frame))
            .or_else(|| self.untried(frame.node));
        let Some(index) = chosen else {
            if self.nodes[frame.node].active > 1 {
                return Err(Stop::Refused);
            }
            self.give_up(frame.node);
            return Err(Stop::Charged);
        };
        let variant = self.nodes[frame.node].children[index];
        self.nodes[variant].picks += 1;
        self.nodes[variant].active += 1;
        (frame.chosen, frame.variant) = (Some(index), Some(variant));
        Ok((u32::try_from(index).unwrap_or(u32::MAX), variant))
    }

    /// In a check, returns the variant whose turn it is.
    fn on_show(&self, node: Id, explores: bool) -> Option<usize> {
        let check = self.checking.filter(|_| explores)?;
        let children = &self.nodes[node].children;
        let index = check.turn.checked_rem(children.len())?;
        (!self.nodes[children[index]].opaque).then_some(index)
    }

    fn unfinished(&self, node: Id, explores: bool) -> Option<usize> {
        let children = self.nodes[node].children.iter().enumerate();
        let open = children.filter(|(_, child)| explores && !self.nodes[**child].done);
        open.min_by_key(|(_, child)| self.nodes[**child].picks).map(|(index, _)| index)
    }

    /// Returns a variant that was produced before: the cheapest, or, if the part around has
    /// refused, each in turn.
    fn produced(&self, frame: &Frame) -> Option<usize> {
        let children = self.nodes[frame.node].children.iter().enumerate();
        let usable = children.filter(|(_, child)| !self.nodes[**child].opaque);
        let mut known: Vec<_> =
            usable.filter_map(|(index, child)| Some((self.nodes[*child].cost?, index))).collect();
        let turn = if self.scope.least { 0 } else { frame.scope.shift as usize };
        let turn = turn.checked_rem(known.len())?;
        Some(known.select_nth_unstable(turn).1.1)
    }

    /// Returns a variant that is not already being visited, for an enum inside itself of which no
    /// variant was produced yet.
    fn untried(&self, node: Id) -> Option<usize> {
        let children = self.nodes[node].children.iter().enumerate();
        let free = children
            .filter(|(_, child)| !self.nodes[**child].opaque && self.nodes[**child].active == 0);
        free.min_by_key(|(_, child)| self.nodes[**child].picks).map(|(index, _)| index)
    }

    /// Returns the place of a node, as its author would write it: `Visit.cart[].price`.
    pub(super) fn path(&self, node: Id) -> String {
        let (mut steps, mut at) = (Vec::new(), node);
        while at != ROOT {
            steps.push(match self.nodes[at].label {
                Label::Silent => String::new(),
                Label::Entry => "[]".to_owned(),
                Label::Number(number) => format!(".{number}"),
                Label::Field(name) => format!(".{name}"),
                Label::Variant(name) => format!("::{name}"),
            });
            at = self.nodes[at].parent;
        }
        steps.push(self.whole.to_owned());
        steps.reverse();
        steps.concat()
    }
}

/// Alternatives that take turns, at most: more would multiply in nested sequences.
const TURNS: usize = 3;
