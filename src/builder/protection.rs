//! Builder settings that protect the application's handlers from pages of other origins.

use crate::builder::Builder;
use crate::cross_origin::CrossOrigin;
use crate::data::session_data::SessionData;

impl<T: SessionData> Builder<T> {
    /// Refuses requests that a browser sends because of a page of another origin, before the
    /// handler runs and before the session is loaded. Off by default. Adapters answer 403.
    ///
    /// [`cross_origin`](crate::cross_origin) has the rules. Each adapter's layer checks a request
    /// once: if several layers are around a handler, the outermost whose [`Sessions`] has this
    /// setting decides, with its own `trust` and `exempt`, and layers inside it do not check again.
    /// In Rocket, that is the fairing that was attached first. Code that calls
    /// [`Sessions::load`](crate::Sessions::load) itself also calls
    /// [`Sessions::check_cross_origin`](crate::Sessions::check_cross_origin).
    ///
    /// A second call replaces the first.
    ///
    /// [`Sessions`]: crate::Sessions
    pub fn cross_origin(mut self, cross_origin: CrossOrigin) -> Self {
        self.cross_origin = Some(cross_origin);
        self
    }
}
