//! Other names and contexts under which this session's cookie may come: [`Builder::also_open`]. `builder` makes them, `state` looks for
//! the names at first touch, `candidate` tries the contexts, `commit` deletes the cookies of the names.
//!
//! - Another name counts only where no cookie of the present one came, and no piece of one: of several, the first that came. So a copy
//!   of an earlier session never stands in for the present one.
//! - Another context of the name that came is tried where a cookie is `bad-seal` under those before it.
//! - Whatever sets or deletes the session deletes the cookies of the other names that came with the request. A server that is still to
//!   use the other name then finds no stale session there, but the present one.

use crate::builder::Builder;
use crate::cookies::{self, Found};
use crate::envelope::Binding;
use crate::session_data::SessionData;
use crate::set_cookie::{Attributes, is_name, prefix_contradiction};

#[derive(Default)]
pub(crate) struct OtherSeals {
    /// Of the present name.
    pub(crate) contexts: Vec<Binding>,
    /// In the order of the calls.
    pub(crate) names: Vec<OtherName>,
}

pub(crate) struct OtherName {
    pub(crate) name: String,
    pub(crate) first: Binding,
    pub(crate) others: Vec<Binding>,
}

impl OtherSeals {
    /// From names and contexts as the builder was given them; or why not.
    pub(crate) fn new(
        given: Vec<(String, Vec<u8>)>,
        name: &str,
        context: &[u8],
        attributes: &Attributes,
    ) -> Result<Self, String> {
        let mut this = Self::default();
        for (index, (other, its_context)) in given.iter().enumerate() {
            let is_ours = other == name && its_context == context;
            if is_ours || given[..index].contains(&given[index]) {
                return Err(format!(
                    "also_open({other}): the same name and context are opened already: give those of the earlier configuration"
                ));
            }
            check(other, attributes).map_err(|why| format!("also_open: {why}"))?;
            let binding = Binding::new(other, its_context);
            if other == name {
                this.contexts.push(binding);
            } else if let Some(known) = this.names.iter_mut().find(|known| known.name == *other) {
                known.others.push(binding);
            } else {
                this.names.push(OtherName { name: other.clone(), first: binding, others: Vec::new() });
            }
        }
        Ok(this)
    }

    /// What came of each of the names.
    pub(crate) fn find<'a>(&self, fields: impl Iterator<Item = &'a [u8]> + Clone) -> Vec<Found> {
        self.names.iter().map(|other| cookies::find(fields.clone(), &other.name, |_| ())).collect()
    }
}

fn check(name: &str, attributes: &Attributes) -> Result<(), String> {
    if !is_name(name) {
        return Err("the name must be 1 to 256 characters of an RFC 9110 token".to_owned());
    }
    if let [.., b'.', b'0'..=b'9'] = name.as_bytes() {
        return Err(format!("{name} ends in a dot and a digit, which is how the pieces of a long session are named"));
    }
    prefix_contradiction(name, attributes).map_or(Ok(()), Err)
}

impl<T: SessionData> Builder<T> {
    /// Also opens this session's cookie under another name or context, which an earlier configuration had or the next one will have, so that
    /// nobody is signed out by the change. Can be called for several.
    ///
    /// A cookie of another name is looked at only where none of the present name came: it is never a second chance for one that
    /// does not open. The present name under another context is tried where a cookie does not open under ours. The session keeps all
    /// that it carries. The next write or refresh moves it under the present name and context, and deletes what came under another
    /// name, as [`purge`](crate::Session::purge) and an update that empties it do. Other names share `Path` and `Domain` with the present
    /// one; for a cookie that was set with others, add [`also_delete`](Self::also_delete). Those two are not part of the seal: where nothing
    /// else changes, it alone is enough.
    ///
    /// In two steps no server is without a visitor's session meanwhile: first deploy the present name with `also_open` of the next one; once
    /// all servers have that, the next name with `also_open` of the former one. Remove it once no session of it can be alive (the
    /// absolute timeout).
    ///
    /// Whatever can seal under that other context is let in: it must be a context of this same session's, and of no other purpose. It is not
    /// for [`with_context`](crate::Sessions::with_context), which opens one context and nothing else.
    ///
    /// [`build`](Self::build) refuses what is opened already, names that are none, and those whose prefix contradicts the attributes.
    ///
    /// ```
    /// use http::{HeaderMap, Method};
    /// use sealed_session::{KeyRing, Map, Sessions, Status};
    ///
    /// let ring = KeyRing::ephemeral()?;
    /// let before = Sessions::<Map>::builder(ring.clone()).cookie_name("__Host-shop").build()?;
    /// let sessions = Sessions::<Map>::builder(ring).also_open("__Host-shop", "").build()?;
    ///
    /// let mut headers = HeaderMap::new();
    /// headers.insert("cookie", format!("__Host-shop={}", before.seal(&Map::new())?).parse()?);
    /// assert_eq!(sessions.load(&Method::GET, &headers).status(), Status::Restored);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn also_open(mut self, name: impl Into<String>, context: impl Into<Vec<u8>>) -> Self {
        self.also_open.push((name.into(), context.into()));
        self
    }
}
