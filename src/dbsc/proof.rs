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
use crate::dbsc::sealed::Purpose;
use crate::error::{Reason, Unproven};
use crate::headers::cookie::{self, Fields};
use crate::headers::cookie_name::without_prefix;
use crate::headers::set_cookie::MAX_AGE;
use crate::keys::Ring;
use crate::limits;

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
    /// A proof names a key that is not in the ring.
    pub(crate) unknown_key: bool,
}

/// Returns how the names of proofs begin, for sessions of this cookie name.
pub(super) fn name_prefix(session: &str) -> String {
    format!("__Host-{}-proof-", without_prefix(session))
}

impl Device {
    pub(super) fn proof_name(&self, thumbprint: Thumbprint) -> String {
        format!("{}{}", self.proof_prefix, &thumbprint.id()[..limits::device::SHORT_ID])
    }

    /// Returns the line that sets a new proof. `None` if nothing can be sealed.
    pub(super) fn new_proof(
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

    pub(crate) fn delete_proof(&self, thumbprint: Thumbprint) -> String {
        self.attributes.remove(&self.proof_name(thumbprint))
    }

    /// Returns when the key of a bound session was last used. `session` is the name that the
    /// session's cookie came under.
    pub(crate) fn prove(
        &self,
        ring: &Ring,
        now: UnixTime,
        (session, fields): (&str, &Fields),
        thumbprint: Thumbprint,
    ) -> Result<UnixTime, NotProven> {
        let name =
            format!("{}{}", name_prefix(session), &thumbprint.id()[..limits::device::SHORT_ID]);
        let mut best: Result<UnixTime, NotProven> =
            Err(NotProven { why: Unproven::Missing, unknown_key: false });
        let mut opened = 0;
        cookie::find(fields, &name, &mut |value| {
            opened += 1;
            if opened > limits::device::PROOFS_OPENED {
                return;
            }
            best = match (self.open_proof(ring, now, value), best) {
                (Ok(proof), Ok(issued)) if proof.thumbprint == thumbprint => {
                    Ok(issued.max(proof.issued))
                }
                (Ok(proof), _) if proof.thumbprint == thumbprint => Ok(proof.issued),
                (_, Ok(issued)) => Ok(issued),
                (Err(Reason::ExpiredAt), Err(known)) => {
                    Err(NotProven { why: Unproven::Late, ..known })
                }
                (refused, Err(NotProven { why, unknown_key })) => Err(NotProven {
                    why: if why == Unproven::Late { why } else { Unproven::Other },
                    unknown_key: unknown_key
                        || refused.is_err_and(|reason| reason == Reason::UnknownKey),
                }),
            };
        });
        best
    }

    /// Returns the newest fresh proof of any key.
    pub(crate) fn newest_proof(
        &self,
        ring: &Ring,
        now: UnixTime,
        fields: &Fields,
    ) -> Option<Proof> {
        let mut newest: Option<Proof> = None;
        let mut opened = 0;
        cookie::find_short_ids(fields, &self.proof_prefix, &mut |value| {
            opened += 1;
            if opened > limits::device::PROOFS_OPENED {
                return;
            }
            let Ok(proof) = self.open_proof(ring, now, value) else { return };
            if newest.is_none_or(|newest| proof.issued > newest.issued) {
                newest = Some(proof);
            }
        });
        newest
    }

    fn open_proof(&self, ring: &Ring, now: UnixTime, value: &[u8]) -> Result<Proof, Reason> {
        let text = std::str::from_utf8(value).map_err(|_| Reason::Malformed)?;
        let opened = self.contexts.open(ring, now, Purpose::Proof, &[], text)?;
        let thumbprint: [u8; THUMBPRINT_LEN] =
            opened.data.try_into().map_err(|_| Reason::Undecodable)?;
        Ok(Proof { thumbprint: Thumbprint(thumbprint), issued: opened.issued })
    }
}
