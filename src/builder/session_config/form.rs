//! How serde reads and writes a `SessionConfig`: a map whose keys are the names of the fields. It
//! is written by hand, because the error for a bad value must name the setting, and because this
//! crate uses serde's derive macros nowhere else.

use crate::builder::session_config::SessionConfig;
use crate::builder::session_config::setting::Setting;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::fmt;

macro_rules! settings {
    ($($(#[$attribute:meta])* $name:ident)*) => {
        const NAMES: &[&str] = &[$($(#[$attribute])* stringify!($name)),*];

        impl<'de> Visitor<'de> for SettingsVisitor {
            type Value = SessionConfig;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the settings of a session, by name")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SessionConfig, A::Error> {
                let mut config = SessionConfig::default();
                while let Some(name) = map.next_key::<String>()? {
                    match &*name {
                        $($(#[$attribute])* stringify!($name) => {
                            read(&mut map, stringify!($name), &mut config.$name)?;
                        })*
                        unknown => return Err(A::Error::unknown_field(unknown, NAMES)),
                    }
                }
                Ok(config)
            }
        }

        /// Writes what is set.
        impl Serialize for SessionConfig {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let set = [$($(#[$attribute])* self.$name.is_some()),*].iter().filter(|set| **set).count();
                let mut map = serializer.serialize_map(Some(set))?;
                $($(#[$attribute])* if let Some(value) = &self.$name {
                    map.serialize_entry(stringify!($name), &value.write())?;
                })*
                map.end()
            }
        }
    };
}

settings! {
    cookie_name
    context
    idle_timeout
    absolute_timeout
    expiry
    refresh_after
    path
    domain
    secure
    http_only
    same_site
    partitioned
    delete_partitioned_copy
    max_set_cookie_bytes
    max_cookies
    max_cookie_bytes
    compress
    pad_to
    session_ids
    on_unreadable
    schema_version
    encoding
    cross_origin
    #[cfg(feature = "dbsc")]
    device_bound
    reject_created_before
    development
}

/// Accepts a map of names, and refuses unknown ones.
impl<'de> Deserialize<'de> for SessionConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_struct("SessionConfig", NAMES, SettingsVisitor)
    }
}

struct SettingsVisitor;

/// Reads one value. A null leaves the setting unset.
fn read<'de, A: MapAccess<'de>, S: Setting>(
    map: &mut A,
    name: &'static str,
    setting: &mut Option<S>,
) -> Result<(), A::Error> {
    if setting.is_some() {
        return Err(A::Error::duplicate_field(name));
    }
    if let Some(raw) = map.next_value::<Option<S::Raw>>()? {
        let value = S::read(raw).map_err(|why| A::Error::custom(format_args!("{name}: {why}")))?;
        *setting = Some(value);
    }
    Ok(())
}
