//! The marker of an ended session: a cookie that tells the refresh endpoint to end the browser's
//! DBSC session too.
//!
//! ```text
//! Set-Cookie: __Host-session-ended-AAAA=AAAAAAAAAAAAAAAAAAAAAA; HttpOnly; SameSite=None; …
//!                                  └ the first characters of the id
//! ```
//! A sign-out cannot end it by itself: browsers end one only by the answer to a refresh. The absence
//! of the session cookie says nothing there, because on a link from another site the refresh
//! carries no `SameSite=Lax` cookie. The marker has `SameSite=None` for the same reason.
//!
//! The marker lives as long as the device key can, so a browser that was closed after the sign-out
//! still finds it. The endpoint deletes it.

use crate::dbsc::device::Device;
use crate::dbsc::key::Thumbprint;
use crate::headers::cookie::{self, Fields};
use crate::headers::set_cookie::{Attributes, MAX_AGE, SameSite};
use crate::limits;

impl Device {
    fn marker_name(&self, thumbprint: Thumbprint) -> String {
        format!("{}{}", self.marker_prefix, &thumbprint.id()[..limits::device::SHORT_ID])
    }

    fn marker_attributes(&self) -> Attributes {
        Attributes { same_site: SameSite::None, ..self.attributes.clone() }
    }

    pub(super) fn set_marker(&self, thumbprint: Thumbprint) -> String {
        let (name, id) = (self.marker_name(thumbprint), thumbprint.id());
        let max_age = self.key_lifetime.min(limits::MAX_AGE);
        format!("{name}={id}{}{MAX_AGE}{max_age}", self.marker_attributes().write())
    }

    pub(super) fn delete_marker(&self, thumbprint: Thumbprint) -> String {
        self.marker_attributes().remove(&self.marker_name(thumbprint))
    }

    /// Returns `true` if the request has the marker of this key.
    pub(super) fn is_marked(&self, fields: &Fields, thumbprint: Thumbprint) -> bool {
        let (mut is_marked, id) = (false, thumbprint.id());
        cookie::find(fields, &self.marker_name(thumbprint), &mut |value| {
            is_marked |= value == id.as_bytes();
        });
        is_marked
    }
}
