//! `Builder::build`: what it refuses, and the `Config` that it makes of the rest.

use crate::builder::{Builder, OnUnreadable};
use crate::claims::SealedExpiry;
use crate::claims::lifetime::Limits;
use crate::config::Config;
use crate::config::aliases::Aliases;
use crate::data::schema::Schemas;
use crate::data::session_data::SessionData;
#[cfg(feature = "dbsc")]
use crate::dbsc::Others;
use crate::error::BuildError;
use crate::events::{self, EventLog, Notice};
use crate::headers::cookie_name::{CookieName, without_prefix};
use crate::headers::session_cookie::{Budget, SessionCookie};
use crate::headers::set_cookie::SameSite;
use crate::limits;
use crate::sessions::Sessions;
use crate::wire::envelope::Binding;
use std::sync::Arc;
use std::time::Duration;

impl<T: SessionData> Builder<T> {
    /// Checks all settings and returns the [`Sessions`]. Needs no randomness. If the platform has
    /// no time yet, does not check whether the ring seals now.
    ///
    /// # Errors
    /// [`BuildError`] if two settings contradict each other, if the data type cannot be a session
    /// as it is, or if the ring cannot seal now.
    pub fn build(mut self) -> Result<Sessions<T>, BuildError> {
        if self.development {
            self.enter_development()?;
        }
        let name = CookieName::parse_session(&self.name, &self.attributes)
            .map_err(|why| BuildError::new(format!("cookie_name: {why}")))?;
        self.check_attributes()?;
        let aliases = Aliases::new(self.aliases, &name, &self.context, &self.attributes)
            .map_err(BuildError::new)?;
        let legacy =
            self.legacy.parse(&name, &self.attributes, &aliases).map_err(BuildError::new)?;
        let limits = check_limits(self.idle, self.absolute, self.refresh_share)?;
        let expiry = SealedExpiry::from(self.expiry);
        limits.accept_for_all(expiry).map_err(BuildError::new)?;
        let cross_origin = self.cross_origin.map(|setting| setting.parse()).transpose();
        let cross_origin = cross_origin.map_err(BuildError::new)?;
        #[cfg(feature = "dbsc")]
        let device = match self.device_bound {
            Some(setting) => {
                if setting.may_exceed_quota() {
                    events::warning(Notice::ShortProof, &SHORT_PROOF);
                }
                let others = Others {
                    names: aliases.names.iter().map(|other| other.name.clone()).collect(),
                    contexts: aliases.other_contexts(&self.context),
                };
                let absolute = limits.absolute;
                let parsed =
                    setting.parse(&name, &self.attributes, &self.context, others, absolute);
                Some(parsed.map_err(|why| BuildError::new(format!("device_bound: {why}")))?)
            }
            None => None,
        };
        let schemas = Schemas::new(self.shape, self.changes)?;
        self.ring.adopt(&self.clock)?;
        for warning in aliases.warnings(&name) {
            events::warning(Notice::PlantableAlias, &warning);
        }
        let log = Arc::new(EventLog::new(name.shared(), self.event_hooks));
        if log.has_hooks() {
            self.ring.observe(&log);
        }
        Ok(Sessions::from_config(Config {
            binding: Binding::new(&name, &self.context),
            log,
            cookie: Arc::new(SessionCookie::new(
                name,
                self.attributes,
                self.budget,
                limits.longest_max_age(),
            )),
            aliases: Arc::new(aliases),
            ring: self.ring,
            clock: self.clock,
            limits,
            expiry,
            form: self.form,
            session_ids: self.session_ids,
            refuse_unreadable: self.on_unreadable == OnUnreadable::Refuse,
            cross_origin: cross_origin.map(Arc::new),
            #[cfg(feature = "dbsc")]
            device: device.map(Arc::new),
            schemas: Arc::new(schemas),
            default: Arc::new(T::default()),
            legacy: Arc::new(legacy),
            validators: Arc::new(self.validators),
            end_hooks: Arc::new(self.end_hooks),
        }))
    }

    fn enter_development(&mut self) -> Result<(), BuildError> {
        let allowed = cfg!(debug_assertions)
            || std::env::var_os("SEALED_SESSION_DEVELOPMENT").is_some_and(|value| value == "1");
        if !allowed {
            return Err(BuildError::new(
                "development() in a build without debug assertions needs \
                 SEALED_SESSION_DEVELOPMENT=1 in the environment: remove the call in production",
            ));
        }
        self.name = without_prefix(&self.name).to_owned();
        for (name, _) in &mut self.aliases {
            *name = without_prefix(name).to_owned();
        }
        // Names that differed only in their prefix are the same now.
        self.aliases.retain(|(name, context)| *name != self.name || *context != self.context);
        self.attributes.secure = false;
        let message = format!(
            "development(): the cookie {} is sent over plain HTTP, without Secure and without a \
             name prefix: do not use this in production",
            self.name
        );
        events::warning(Notice::Development, &message);
        Ok(())
    }

    fn check_attributes(&self) -> Result<(), BuildError> {
        let attributes = &self.attributes;
        attributes.check_place().map_err(BuildError::new)?;
        let development = if self.development {
            "; development() sets secure(false), so omit this setting in development"
        } else {
            ""
        };
        if attributes.same_site == SameSite::None && !attributes.secure {
            return Err(BuildError::new(format!(
                "same_site(SameSite::None) needs secure(true): browsers drop the cookie \
                 otherwise{development}"
            )));
        }
        if attributes.partitioned && !attributes.secure {
            return Err(BuildError::new(format!(
                "partitioned(true) needs secure(true): browsers drop the cookie \
                 otherwise{development}"
            )));
        }
        if attributes.partitioned && attributes.was_partitioned {
            return Err(BuildError::new(
                "delete_partitioned_copy(true) conflicts with partitioned(true), because the copy \
                 would be the session's own cookie: remove one of the two",
            ));
        }
        self.check_budget()
    }

    fn check_budget(&self) -> Result<(), BuildError> {
        let Budget { line, cookies, request } = self.budget;
        if !limits::SET_COOKIE_RANGE.contains(&line) {
            return Err(BuildError::new(
                "max_set_cookie_bytes must be between 256 and 4096: browsers drop longer cookies",
            ));
        }
        if !limits::COOKIES_RANGE.contains(&cookies) {
            return Err(BuildError::new(
                "max_cookies must be between 1 and 4: browsers send all of them with every request",
            ));
        }
        if !limits::REQUEST_RANGE.contains(&request) {
            return Err(BuildError::new(
                "max_cookie_bytes must be between 256 and 14000: servers refuse requests with \
                 larger header fields before any handler runs",
            ));
        }
        if self.attributes.partitioned && request > limits::PARTITION {
            return Err(BuildError::new(
                "max_cookie_bytes must be at most 10240 with partitioned(true): browsers keep no \
                 more than that for one site, and would delete the session's first cookie",
            ));
        }
        self.form.check().map_err(BuildError::new)
    }
}

#[cfg(feature = "dbsc")]
const SHORT_PROOF: &str = "device_bound: proofs live less than 5 minutes, so a browser with two \
    sessions on this site runs out of its quota of signatures: use proof_lifetime of 5 minutes or \
    more";

fn check_limits(
    idle: Duration,
    absolute: Duration,
    refresh_share: f64,
) -> Result<Limits, BuildError> {
    let (idle, absolute) = (idle.as_secs(), absolute.as_secs());
    if idle == 0 {
        return Err(BuildError::new(
            "idle_timeout must be at least one second: a shorter one would end every session \
             immediately",
        ));
    }
    if idle > absolute {
        return Err(BuildError::new(format!(
            "idle_timeout ({idle} s) is longer than absolute_timeout ({absolute} s) and would \
             never take effect: lower it, or raise absolute_timeout"
        )));
    }
    if !(0.0..=1.0).contains(&refresh_share) {
        return Err(BuildError::new(
            "refresh_after must be between 0.0 and 1.0: it is a fraction of the idle timeout",
        ));
    }
    // A share below a millionth must not become 0, which would remove the minimum of a second.
    let least = if refresh_share > 0.0 { 1.0 } else { 0.0 };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the share was just seen to be within 0.0 to 1.0"
    )]
    let refresh_share = (refresh_share * f64::from(limits::MILLION)).round().max(least) as u32;
    Ok(Limits { idle, absolute, refresh_share })
}
