//! `Config<T>`: one kind of session, as `build()` made it. It never changes.

pub(crate) mod aliases;
pub(crate) mod legacy;
pub(crate) mod sealing;

use crate::claims::SealedExpiry;
use crate::claims::lifetime::Limits;
use crate::clock::Clock;
use crate::config::aliases::OtherSeals;
use crate::config::legacy::Leftovers;
use crate::data::schema::Types;
use crate::events::Warned;
use crate::headers::cookie;
use crate::headers::set_cookie::{Attributes, Line};
use crate::hooks::on_end::Observers;
use crate::hooks::validate::Admissions;
use crate::keys::KeyRing;
use crate::wire::envelope::Binding;
use std::sync::Arc;

/// What `build()` made of a `Builder`.
pub(crate) struct Config<T> {
    pub(crate) name: Arc<str>,
    pub(crate) binding: Binding,
    pub(crate) other_seals: Arc<OtherSeals>,
    pub(crate) ring: KeyRing,
    pub(crate) clock: Clock,
    pub(crate) limits: Limits,
    /// The expiry that new sessions begin with.
    pub(crate) expiry: SealedExpiry,
    pub(crate) attributes: Attributes,
    pub(crate) line: Line,
    pub(crate) allowed: usize,
    pub(crate) ids: bool,
    pub(crate) protect: bool,
    pub(crate) types: Arc<Types<T>>,
    /// `T::default()`: the empty session.
    pub(crate) default: Arc<T>,
    pub(crate) leftovers: Arc<Leftovers<T>>,
    pub(crate) admissions: Arc<Admissions<T>>,
    pub(crate) observers: Arc<Observers>,
    pub(crate) warned: Arc<Warned>,
}

impl<T> Config<T> {
    /// Returns `true` if a `Cookie` field may hold a cookie that this configuration knows by name.
    /// A cheap test that drops other fields.
    pub(crate) fn may_concern(&self, field: &[u8]) -> bool {
        let others = self.other_seals.names.iter().map(|other| &*other.name);
        cookie::may_hold(field, &self.name)
            || others.chain(self.leftovers.names()).any(|name| cookie::may_hold(field, name))
    }

    pub(crate) fn with_context(&self, context: &[u8]) -> Self {
        Self {
            name: Arc::clone(&self.name),
            binding: Binding::new(&self.name, context),
            other_seals: Arc::default(), // else what is sealed for one purpose would open for another
            ring: self.ring.clone(),
            clock: self.clock.clone(),
            attributes: self.attributes.clone(),
            line: self.line.clone(),
            types: Arc::clone(&self.types),
            default: Arc::clone(&self.default),
            leftovers: Arc::clone(&self.leftovers),
            admissions: Arc::clone(&self.admissions),
            observers: Arc::clone(&self.observers),
            warned: Arc::clone(&self.warned),
            ..*self
        }
    }
}
