//! `Config<T>`: one kind of session, as `build()` made it. It never changes.

pub(crate) mod aliases;
pub(crate) mod legacy;
pub(crate) mod sealing;

use crate::claims::SealedExpiry;
use crate::claims::lifetime::Limits;
use crate::clock::Clock;
use crate::config::aliases::Aliases;
use crate::config::legacy::Legacy;
use crate::cross_origin::Rules;
use crate::data::schema::Schemas;
#[cfg(feature = "dbsc")]
use crate::dbsc::device::Device;
use crate::events::EventLog;
use crate::headers::cookie;
use crate::headers::session_cookie::SessionCookie;
use crate::hooks::on_end::EndHooks;
use crate::hooks::validate::Validators;
use crate::keys::KeyRing;
use crate::wire::envelope::Binding;
use crate::wire::form::FormSettings;
use std::sync::Arc;

/// What `build()` made of a `Builder`.
pub(crate) struct Config<T> {
    pub(crate) cookie: Arc<SessionCookie>,
    pub(crate) binding: Binding,
    pub(crate) aliases: Arc<Aliases>,
    pub(crate) ring: KeyRing,
    pub(crate) clock: Clock,
    pub(crate) limits: Limits,
    /// The expiry that new sessions begin with.
    pub(crate) expiry: SealedExpiry,
    pub(crate) form: FormSettings,
    /// A session gets an id at its first write.
    pub(crate) session_ids: bool,
    /// Writes are refused if another server may be able to read the cookies that came.
    pub(crate) refuse_unreadable: bool,
    /// Which requests of other origins are refused; `None` if none are.
    pub(crate) cross_origin: Option<Arc<Rules>>,
    /// How sessions are bound to devices; `None` if they are not.
    #[cfg(feature = "dbsc")]
    pub(crate) device: Option<Arc<Device>>,
    pub(crate) schemas: Arc<Schemas<T>>,
    /// `T::default()`: the empty session.
    pub(crate) default: Arc<T>,
    pub(crate) legacy: Arc<Legacy<T>>,
    pub(crate) validators: Arc<Validators<T>>,
    pub(crate) end_hooks: Arc<EndHooks>,
    pub(crate) log: Arc<EventLog>,
}

impl<T> Config<T> {
    /// Returns `true` if a `Cookie` field may hold a cookie that this configuration knows by name.
    /// A cheap test that drops other fields.
    pub(crate) fn may_concern(&self, field: &[u8]) -> bool {
        let others = self.aliases.names.iter().map(|other| &*other.name);
        #[cfg(feature = "dbsc")]
        if self.device.as_ref().is_some_and(|device| device.may_concern(field)) {
            return true;
        }
        cookie::may_hold(field, self.cookie.name())
            || others.chain(self.legacy.names()).any(|name| cookie::may_hold(field, name))
    }

    /// Returns the path of the endpoints of `Builder::device_bound`.
    #[cfg(feature = "dbsc")]
    pub(crate) fn device_path(&self) -> Option<&str> {
        self.device.as_ref().map(|device| device.path())
    }

    /// Returns `true` if this configuration reads sessions that are bound to a device.
    pub(crate) fn knows_bindings(&self) -> bool {
        #[cfg(feature = "dbsc")]
        return self.device.is_some();
        #[cfg(not(feature = "dbsc"))]
        false
    }

    pub(crate) fn with_context(&self, context: &[u8]) -> Self {
        Self {
            cookie: Arc::clone(&self.cookie),
            binding: Binding::new(self.cookie.name(), context),
            aliases: Arc::default(), // else what is sealed for one purpose would open for another
            ring: self.ring.clone(),
            clock: self.clock.clone(),
            cross_origin: self.cross_origin.clone(),
            // Its proofs are sealed under the other context.
            #[cfg(feature = "dbsc")]
            device: None,
            schemas: Arc::clone(&self.schemas),
            default: Arc::clone(&self.default),
            legacy: Arc::clone(&self.legacy),
            validators: Arc::clone(&self.validators),
            end_hooks: Arc::clone(&self.end_hooks),
            log: Arc::clone(&self.log),
            ..*self
        }
    }
}
