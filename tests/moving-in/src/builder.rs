//! The new application's configuration while visitors move in.

use crate::Visit;
use http::HeaderMap;
use sealed_session::migrate::LegacyCookie;
use sealed_session::{Builder, KeyRing, Sessions};
use time::OffsetDateTime;
use time::macros::datetime;

pub const DELETE_FROM: OffsetDateTime = datetime!(2027-01-15 00:00 UTC);
pub const READ_UNTIL: OffsetDateTime = datetime!(2027-01-31 00:00 UTC);

pub fn builder(
    ring: KeyRing,
    old_name: &str,
    read: impl Fn(&HeaderMap) -> Option<Visit> + Send + Sync + 'static,
) -> Builder<Visit> {
    let old = LegacyCookie::new(old_name, READ_UNTIL).delete_after(DELETE_FROM);
    Sessions::builder(ring).import_from(old, read)
}
