//! The proof: a cookie that says that the browser used a device key at a time.
//!
//! ```text
//! Set-Cookie: __Host-session-proof-AAAA=<ticket>; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=600
//!                                  └ the first characters of the key's id
//! ```
//! The name cannot begin with `__Host-Http-`: Chromium 156 refuses that prefix for a bound cookie.
//! The sealed end is 60 s after the cookie's, so that a request that was on its way counts.

use crate::clock::unix_time::UnixTime;
use crate::dbsc::device::Device;
use crate::dbsc::key::{THUMBPRINT_LEN, Thumbprint};
use crate::dbsc::sealed::{Purpose, maybe_opens_elsewhere};
use crate::error::{Reason, Unproven};
use crate::headers::cookie::{self, Fields};
use crate::headers::cookie_name::{CookieName, without_prefix};
use crate::headers::set_cookie::MAX_AGE;
use crate::keys::Ring;
use crate::limits;
use crate::wire::envelope::Envelope;
use std::iter;

/// A proof that is fresh.
#[derive(Clone, Copy)]
pub(crate) struct Proof {
    pub(crate) thumbprint: Thumbprint,
    pub(crate) issued: UnixTime,
}

/// Why a bound session is not proven.
#[derive(Clone, Copy)]
pub(crate) struct NotProven {
    pub(crate) why: Unproven,
    /// Another server may be able to open a proof.
    maybe_opens_elsewhere: bool,
}

/// Returns how the names of proofs begin, for sessions of this cookie name.
pub(super) fn name_prefix(session: &str) -> String {
    format!("__Host-{}-proof-", without_prefix(session))
}

/// Returns the same for the sessions' other names, without those that give no other prefix.
pub(super) fn other_prefixes(session: &str, others: &[CookieName]) -> Vec<String> {
    let mut prefixes = vec![name_prefix(session)];
    for name in others {
        let prefix = name_prefix(name);
        if !prefixes.contains(&prefix) {
            prefixes.push(prefix);
        }
    }
    prefixes.split_off(1)
}

fn with_short_id(prefix: &str, thumbprint: Thumbprint) -> String {
    format!("{prefix}{}", &thumbprint.id()[..limits::device::SHORT_ID])
}

impl Device {
    /// Returns how the names of proofs begin: its own, then those of aliases. A browser that has a
    /// proof under one name may still have its session under the other.
    fn proof_prefixes(&self) -> impl Iterator<Item = &str> {
        let others = self.other_proof_prefixes.iter().map(|prefix| &**prefix);
        iter::once(&*self.proof_prefix).chain(others)
    }

    /// Returns the name of a key's proof.
    pub(super) fn proof_name(&self, thumbprint: Thumbprint) -> String {
        with_short_id(&self.proof_prefix, thumbprint)
    }

    /// Returns the names that it can come under.
    fn proof_names(&self, thumbprint: Thumbprint) -> impl Iterator<Item = String> + '_ {
        self.proof_prefixes().map(move |prefix| with_short_id(prefix, thumbprint))
    }

    /// Returns the line that sets a new proof. `None` if nothing can be sealed.
    pub(crate) fn new_proof(
        &self,
        ring: &Ring,
        now: UnixTime,
        thumbprint: Thumbprint,
    ) -> Option<String> {
        let lifetime = self.proof_lifetime + limits::device::PROOF_SLACK;
        let data = &thumbprint.0;
        let sealed = self.contexts.seal(ring, now, Purpose::Proof, &[], lifetime, data)?;
        let max_age = self.proof_lifetime.min(sealed.end.since(now));
        let (name, attributes) = (self.proof_name(thumbprint), self.attributes.write());
        Some(format!("{name}={}{attributes}{MAX_AGE}{max_age}", sealed.text))
    }

    /// Returns the lines that delete the proof of a key, under its name and under each other name
    /// that it came under.
    pub(crate) fn delete_proof(&self, fields: &Fields, thumbprint: Thumbprint) -> Vec<String> {
        let came = |name: &String| cookie::find(fields, name, &mut |_| {}).came();
        let own = self.proof_name(thumbprint);
        let others = self.proof_names(thumbprint).skip(1).filter(came);
        iter::once(own).chain(others).map(|name| self.attributes.remove(&name)).collect()
    }

    /// Returns when the key of a bound session was last used.
    pub(crate) fn prove(
        &self,
        ring: &Ring,
        now: UnixTime,
        fields: &Fields,
        thumbprint: Thumbprint,
    ) -> Result<UnixTime, NotProven> {
        let mut proven_at = None;
        let mut not_proven = NotProven { why: Unproven::Missing, maybe_opens_elsewhere: false };
        let id = thumbprint.id();
        let is_of_key = |short_id: &[u8]| id.as_bytes().starts_with(short_id);
        self.for_each_proof(
            fields,
            &is_of_key,
            &mut |value| match self.open_proof(ring, now, value) {
                Ok(proof) if proof.thumbprint == thumbprint => {
                    proven_at = proven_at.max(Some(proof.issued));
                }
                Err(Reason::ExpiredAt) => not_proven.why = Unproven::Late,
                other => {
                    not_proven.maybe_opens_elsewhere |=
                        other.err().is_some_and(maybe_opens_elsewhere);
                    if not_proven.why == Unproven::Missing {
                        not_proven.why = Unproven::Other;
                    }
                }
            },
        );
        proven_at.ok_or(not_proven)
    }

    /// Returns the lines that delete a proof that does not prove this key. There are none if
    /// another server may be able to open it: the browser would get a new one for every request
    /// that reaches this server, and run out of its quota of signatures.
    pub(crate) fn delete_useless_proof(
        &self,
        ring: &Ring,
        now: UnixTime,
        fields: &Fields,
        thumbprint: Thumbprint,
    ) -> Vec<String> {
        match self.prove(ring, now, fields, thumbprint) {
            Err(NotProven { maybe_opens_elsewhere: false, .. }) => {
                self.delete_proof(fields, thumbprint)
            }
            _ => Vec::new(),
        }
    }

    /// Returns the newest fresh proof of any key that no marker ends. A refresh may bring a proof
    /// after the sign-out that set the marker, and the next refresh ends that key.
    pub(crate) fn newest_proof(
        &self,
        ring: &Ring,
        now: UnixTime,
        fields: &Fields,
    ) -> Option<Proof> {
        let mut newest: Option<Proof> = None;
        self.for_each_proof(fields, &|_| true, &mut |value| {
            let Ok(proof) = self.open_proof(ring, now, value) else { return };
            let is_newer = newest.is_none_or(|newest| proof.issued > newest.issued);
            if is_newer && !self.is_marked(fields, proof.thumbprint) {
                newest = Some(proof);
            }
        });
        newest
    }

    /// Returns `true` if a proof names a key that is not in the ring.
    pub(crate) fn lacks_a_key(&self, ring: &Ring, fields: &Fields) -> bool {
        let mut lacks = false;
        self.for_each_proof(fields, &|_| true, &mut |value| {
            let envelope = Envelope::parse_ticket(value);
            lacks |= envelope.is_ok_and(|envelope| ring.find(envelope.key_id()).is_none());
        });
        lacks
    }

    /// Finds the first proofs of a request, unopened. `is_wanted` is asked with the first characters
    /// of a key's id.
    fn for_each_proof(
        &self,
        fields: &Fields,
        is_wanted: &dyn Fn(&[u8]) -> bool,
        each: &mut dyn FnMut(&[u8]),
    ) {
        let mut found = 0;
        for prefix in self.proof_prefixes() {
            cookie::find_short_ids(fields, prefix, &mut |short_id, value| {
                if found < limits::device::PROOFS_OPENED && is_wanted(short_id) {
                    found += 1;
                    each(value);
                }
            });
        }
    }

    fn open_proof(&self, ring: &Ring, now: UnixTime, value: &[u8]) -> Result<Proof, Reason> {
        let text = std::str::from_utf8(value).map_err(|_| Reason::Malformed)?;
        let opened = self.contexts.open(ring, now, Purpose::Proof, &[], text)?;
        let thumbprint: [u8; THUMBPRINT_LEN] =
            opened.data.try_into().map_err(|_| Reason::Undecodable)?;
        Ok(Proof { thumbprint: Thumbprint(thumbprint), issued: opened.issued })
    }
}
