//! Other names and contexts under which this session's cookie may come: `Builder::accept_alias`.
//!
//! - Another name counts only if no cookie of the current name came, and no piece of one. If there
//!   are several other names, only the first under which something came counts, in the order of the
//!   calls. So a copy of an earlier session never replaces the current one.
//! - On a cross-site request no other name counts. The browser may have held the current cookie
//!   back, and what came may be planted.
//! - Another context of the name is tried if a cookie is `bad-seal` under the contexts before it.
//! - Every response that sets or deletes the session deletes the cookies of the other names that
//!   came with the request. A server that still uses the other name then finds no stale session
//!   under it, but the current one.

use crate::headers::cookie::{self, Fields, ReceivedCookies};
use crate::headers::cookie_name::CookieName;
use crate::headers::set_cookie::Attributes;
use crate::wire::envelope::Binding;
#[cfg(feature = "dbsc")]
use std::iter;

#[derive(Default)]
pub(crate) struct Aliases {
    /// Of the current name.
    pub(crate) contexts: Vec<Binding>,
    /// In the order of the calls.
    pub(crate) names: Vec<OtherName>,
}

pub(crate) struct OtherName {
    pub(crate) name: CookieName,
    pub(crate) first: Binding,
    pub(crate) others: Vec<Binding>,
}

impl Aliases {
    /// Returns the contexts of all aliases, except `own`.
    #[cfg(feature = "dbsc")]
    pub(crate) fn other_contexts(&self, own: &[u8]) -> Vec<Vec<u8>> {
        let of_names =
            self.names.iter().flat_map(|name| iter::once(&name.first).chain(&name.others));
        let mut contexts: Vec<Vec<u8>> = Vec::new();
        for binding in self.contexts.iter().chain(of_names) {
            let context = binding.context();
            if context != own && !contexts.iter().any(|known| known == context) {
                contexts.push(context.to_vec());
            }
        }
        contexts
    }

    /// Makes them from names and contexts as given to the builder, or returns why not.
    pub(crate) fn new(
        given: Vec<(String, Vec<u8>)>,
        name: &CookieName,
        context: &[u8],
        attributes: &Attributes,
    ) -> Result<Self, String> {
        let mut this = Self::default();
        for (index, (other, its_context)) in given.iter().enumerate() {
            let is_ours = **other == **name && its_context == context;
            if is_ours || given[..index].contains(&given[index]) {
                return Err(format!(
                    "accept_alias({other}): this name and context are already opened: pass those \
                     of the earlier configuration"
                ));
            }
            let other = CookieName::parse_session(other, attributes)
                .map_err(|why| format!("accept_alias: {why}"))?;
            let binding = Binding::new(&other, its_context);
            if other == *name {
                this.contexts.push(binding);
            } else if let Some(known) = this.names.iter_mut().find(|known| known.name == other) {
                known.others.push(binding);
            } else {
                this.names.push(OtherName { name: other, first: binding, others: Vec::new() });
            }
        }
        Ok(this)
    }

    /// Returns a warning for each name that is easier to plant than the session's own, with who can
    /// plant it.
    pub(crate) fn warnings<'a>(
        &'a self,
        name: &'a CookieName,
    ) -> impl Iterator<Item = String> + 'a {
        self.names.iter().filter_map(move |other| {
            let other = &other.name;
            Some(format!(
                "accept_alias({other}): {} can plant a session under this name, which lacks the \
                 prefix of {name}: remove accept_alias as soon as all sessions under {other} have \
                 expired",
                who_can_plant(other, name)?
            ))
        })
    }

    /// Finds what came under each of the names.
    pub(crate) fn find(&self, fields: &Fields) -> Box<[ReceivedCookies]> {
        self.names.iter().map(|other| cookie::find(fields, &other.name, &mut |_| ())).collect()
    }
}

/// Returns who can set a cookie called `other` in a browser, but not one called `name`.
fn who_can_plant(other: &CookieName, name: &CookieName) -> Option<&'static str> {
    let lacks = |prefixes: &[&str]| {
        let has_one = |name: &CookieName| prefixes.iter().any(|prefix| name.has_prefix(prefix));
        has_one(name) && !has_one(other)
    };
    if lacks(&["__Host-"]) {
        Some("a sibling domain")
    } else if lacks(&["__Host-Http-", "__Http-"]) {
        Some("a script on the page")
    } else if lacks(&["__Host-", "__Secure-", "__Http-"]) {
        Some("a page over plain HTTP")
    } else {
        None
    }
}
