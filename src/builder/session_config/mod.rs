//! `SessionConfig`: the settings of a `Builder` that are plain data, as a configuration file or the
//! environment has them. `form.rs` reads and writes it as a whole, `setting.rs` one setting of each
//! type, `cross_origin_form.rs` and `device_bound_form.rs` those that have parts, and
//! `duration_text.rs` durations.

mod cross_origin_form;
#[cfg(feature = "dbsc")]
mod device_bound_form;
mod duration_text;
mod form;
mod setting;

use crate::builder::{Builder, OnUnreadable};
use crate::claims::lifetime::Expiry;
use crate::cross_origin::CrossOrigin;
use crate::data::encoding::Encoding;
use crate::data::session_data::SessionData;
#[cfg(feature = "dbsc")]
use crate::dbsc::DeviceBound;
use crate::headers::set_cookie::SameSite;
use std::time::{Duration, SystemTime};

/// Settings of a [`Builder`] from a configuration file or the environment. Needs the feature
/// `config`.
///
/// It implements serde's `Deserialize`, for crates such as `figment` and `config`, and for a
/// configuration of your own that holds it as a field. [`Builder::config`] applies it. Every
/// setting has the name of the builder's method, and all are optional. What the configuration does
/// not set stays as it was.
///
/// ```
/// use sealed_session::{KeyRing, Map, SessionConfig, Sessions};
///
/// let text = r#"{
///     "cookie_name": "__Host-Http-admin",
///     "idle_timeout": "15 minutes",
///     "absolute_timeout": "8h",
///     "same_site": "Strict"
/// }"#;
/// let config: SessionConfig = serde_json::from_str(text)?;
/// let sessions = Sessions::<Map>::builder(KeyRing::ephemeral()?).config(&config).build()?;
/// assert_eq!(sessions.cookie_name(), "__Host-Http-admin");
///
/// let error = serde_json::from_str::<SessionConfig>(r#"{"idle_timeout": 15}"#).unwrap_err();
/// assert!(error.to_string().starts_with("idle_timeout: 15 has no unit"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Forms
/// - **Durations** are text of numbers and units, as the crate `humantime` reads them: `"14 days"`,
///   `"30m"`, `"1h 30m"`. The units are seconds, minutes, hours, days and weeks. A number without a
///   unit is refused, and so are months and years, which have no fixed length, and parts of a
///   second.
/// - **`same_site`** is `"Strict"`, `"Lax"` or `"None"`, in any letter case.
/// - **`expiry`** is `"default"`, `"browser_session"`, a duration for [`Expiry::Idle`], or a time
///   as for `reject_created_before`, for [`Expiry::At`].
/// - **`on_unreadable`** is `"replace"` or `"refuse"`.
/// - **`encoding`** is `"positional"` or `"named"`.
/// - **`cross_origin`** is `"refuse"`, or a table with the lists of text `trust` and `exempt`, which
///   also refuses. Both lists are optional.
/// - **`device_bound`** (feature `dbsc`) is the path of the endpoints, or a table with `path`, and
///   optionally `origin`, the duration `proof_lifetime`, the list `exclude`, the duration `require`,
///   and `off`, which is `"readable"` or `"ended"`.
/// - **`reject_created_before`** is a time in RFC 3339 with a zone and in whole seconds, such as
///   `"2026-01-31T12:00:00Z"`.
/// - The others are text, numbers, and `true` or `false`.
///
/// An unknown name is refused, and the error lists the known ones. Otherwise a misspelled setting
/// would silently leave the default in force. So do not put this struct under `#[serde(flatten)]`.
///
/// Sources that give all values as text, such as the environment, must convert numbers and
/// booleans. `figment`'s `Env` and the `Environment` of `config` do so.
///
/// # No keys
/// Configurations get printed and logged, so this struct holds no secret. Keys come from
/// [`KeyRing::from_env_or_file`]. The struct implements `Serialize` and `Debug`, so that an
/// application can show which configuration it runs with. Only what is set is written. Reading it
/// back gives an equal value if durations are whole seconds, and times are whole seconds from 1970
/// to 9999.
///
/// [`KeyRing::from_env_or_file`]: crate::KeyRing::from_env_or_file
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct SessionConfig {
    /// [`Builder::cookie_name`].
    pub cookie_name: Option<String>,
    /// [`Builder::context`].
    pub context: Option<String>,
    /// [`Builder::idle_timeout`].
    pub idle_timeout: Option<Duration>,
    /// [`Builder::absolute_timeout`].
    pub absolute_timeout: Option<Duration>,
    /// [`Builder::expiry`].
    pub expiry: Option<Expiry>,
    /// [`Builder::refresh_after`].
    pub refresh_after: Option<f64>,
    /// [`Builder::path`].
    pub path: Option<String>,
    /// [`Builder::domain`].
    pub domain: Option<String>,
    /// [`Builder::secure`].
    pub secure: Option<bool>,
    /// [`Builder::http_only`].
    pub http_only: Option<bool>,
    /// [`Builder::same_site`].
    pub same_site: Option<SameSite>,
    /// [`Builder::partitioned`].
    pub partitioned: Option<bool>,
    /// [`Builder::delete_partitioned_copy`].
    pub delete_partitioned_copy: Option<bool>,
    /// [`Builder::max_set_cookie_bytes`].
    pub max_set_cookie_bytes: Option<usize>,
    /// [`Builder::max_cookies`].
    pub max_cookies: Option<u8>,
    /// [`Builder::max_cookie_bytes`].
    pub max_cookie_bytes: Option<usize>,
    /// `Builder::compress`. Without the feature `compression`, [`Builder::build`] refuses `true`.
    pub compress: Option<bool>,
    /// [`Builder::pad_to`].
    pub pad_to: Option<usize>,
    /// [`Builder::session_ids`].
    pub session_ids: Option<bool>,
    /// [`Builder::on_unreadable`].
    pub on_unreadable: Option<OnUnreadable>,
    /// [`Builder::schema_version`].
    pub schema_version: Option<u32>,
    /// [`Builder::encoding`].
    pub encoding: Option<Encoding>,
    /// [`Builder::cross_origin`].
    pub cross_origin: Option<CrossOrigin>,
    /// [`Builder::device_bound`](crate::Builder::device_bound).
    #[cfg(feature = "dbsc")]
    pub device_bound: Option<DeviceBound>,
    /// [`Builder::reject_created_before`].
    pub reject_created_before: Option<SystemTime>,
    /// [`Builder::development`]; `false` switches it off. A build without debug assertions also
    /// needs `SEALED_SESSION_DEVELOPMENT=1` in its environment, so a configuration file alone does
    /// not remove `Secure` in production.
    pub development: Option<bool>,
}

impl<T: SessionData> Builder<T> {
    /// Applies what a configuration sets, as if each setting's method were called. Of several calls
    /// for the same setting, the last one counts: call this before what the program fixes, and
    /// after what a configuration may change. [`build`](Self::build) refuses the same values. Needs
    /// the feature `config`.
    ///
    /// ```
    /// use sealed_session::{KeyRing, Map, SessionConfig, Sessions};
    ///
    /// let config: SessionConfig = serde_json::from_str(r#"{"secure": false}"#)?;
    /// let error = Sessions::<Map>::builder(KeyRing::ephemeral()?).config(&config).build().unwrap_err();
    /// assert!(error.to_string().contains("needs secure(true)"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn config(mut self, config: &SessionConfig) -> Self {
        macro_rules! apply {
            ($($name:ident)*) => {
                $(if let Some(value) = &config.$name {
                    self = self.$name(value.to_owned());
                })*
            };
        }
        apply! {
            cookie_name context idle_timeout absolute_timeout expiry refresh_after path domain
            secure http_only same_site partitioned delete_partitioned_copy max_set_cookie_bytes
            max_cookies max_cookie_bytes pad_to session_ids on_unreadable schema_version encoding
            cross_origin reject_created_before
        }
        #[cfg(feature = "dbsc")]
        apply!(device_bound);
        if let Some(compress) = config.compress {
            self.form.compress = compress;
        }
        if let Some(development) = config.development {
            self.development = development;
        }
        self
    }
}
