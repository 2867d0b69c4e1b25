//! Builder settings that protect the application from pages of other origins, and its sessions from
//! theft.

use crate::builder::Builder;
use crate::cross_origin::CrossOrigin;
use crate::data::session_data::SessionData;
#[cfg(feature = "dbsc")]
use crate::dbsc::DeviceBound;

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

    /// Binds sessions to the visitor's device, so that a copied cookie is refused within minutes.
    /// Off by default. Needs the feature `dbsc`, which follows a draft.
    ///
    /// It works in browsers that support Device Bound Session Credentials, for sessions that sign in
    /// after [`offer_binding`](crate::Session::offer_binding). All other sessions are as without
    /// this setting. [`dbsc`](crate::dbsc) has the steps.
    ///
    /// Servers without this setting refuse bound sessions (`unknown-form`). First deploy a release
    /// with the feature and with the setting, and call `offer_binding` in the next one.
    ///
    /// [`build`](Self::build) refuses it together with [`domain`](Self::domain),
    /// [`partitioned`](Self::partitioned), [`development`](Self::development),
    /// [`secure(false)`](Self::secure), or a [`path`](Self::path) other than `/`.
    /// [`with_context`](crate::Sessions::with_context) refuses bound sessions.
    ///
    /// A second call replaces the first.
    #[cfg(feature = "dbsc")]
    pub fn device_bound(mut self, device_bound: DeviceBound) -> Self {
        self.device_bound = Some(device_bound);
        self
    }
}
