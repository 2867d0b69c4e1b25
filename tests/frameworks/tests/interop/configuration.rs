//! `SessionConfig` read by `figment` and by `config`: from TOML, from YAML, and from the
//! environment, which has only text.

use figment::Figment;
use figment::providers::{Env, Format, Toml, Yaml};
use sealed_session::{KeyRing, Map, SameSite, SessionConfig, Sessions};
use serde::Deserialize;
use std::time::Duration;

const TOML: &str = r#"
name = "shop"

[session]
cookie_name = "session"
idle_timeout = "1 day"
absolute_timeout = "1 week"
refresh_after = 0.5
same_site = "Strict"
secure = false
max_cookies = 2
pad_to = 64
"#;

const YAML: &str = "
name: shop
session:
  cookie_name: session
  idle_timeout: 1 day
  absolute_timeout: 1 week
  refresh_after: 0.5
  same_site: Strict
  secure: false
  max_cookies: 2
  pad_to: 64
  domain: ~
";

/// The same settings as variables of the environment.
const VARIABLES: [(&str, &str); 9] = [
    ("APP_NAME", "shop"),
    ("APP_SESSION__COOKIE_NAME", "session"),
    ("APP_SESSION__IDLE_TIMEOUT", "1 day"),
    ("APP_SESSION__ABSOLUTE_TIMEOUT", "1 week"),
    ("APP_SESSION__REFRESH_AFTER", "0.5"),
    ("APP_SESSION__SAME_SITE", "Strict"),
    ("APP_SESSION__SECURE", "false"),
    ("APP_SESSION__MAX_COOKIES", "2"),
    ("APP_SESSION__PAD_TO", "64"),
];

/// An application's own configuration, with the sessions' as a part.
#[derive(Debug, Deserialize)]
struct Settings {
    name: String,
    #[serde(default)]
    session: SessionConfig,
}

fn check(settings: Settings) {
    let mut expected = SessionConfig::default();
    expected.cookie_name = Some("session".to_owned());
    expected.idle_timeout = Some(Duration::from_secs(86_400));
    expected.absolute_timeout = Some(Duration::from_secs(7 * 86_400));
    expected.refresh_after = Some(0.5);
    expected.same_site = Some(SameSite::Strict);
    expected.secure = Some(false);
    expected.max_cookies = Some(2);
    expected.pad_to = Some(64);
    assert_eq!((settings.name.as_str(), &settings.session), ("shop", &expected));
    let ring = KeyRing::ephemeral().unwrap();
    let sessions = Sessions::<Map>::builder(ring).config(&settings.session).build().unwrap();
    assert_eq!(sessions.cookie_name(), "session");
}

fn environment() -> config::Environment {
    let source = VARIABLES.map(|(name, value)| (name.to_owned(), value.to_owned()));
    config::Environment::with_prefix("APP")
        .prefix_separator("_")
        .separator("__")
        .source(Some(source.into()))
}

fn by_config<S>(source: S) -> Result<Settings, config::ConfigError>
where
    S: config::Source + Send + Sync + 'static,
{
    config::Config::builder().add_source(source).build()?.try_deserialize()
}

#[test]
#[expect(clippy::result_large_err, reason = "the error is figment's own")]
fn figment_reads_files_and_the_environment() {
    check(Figment::from(Toml::string(TOML)).extract().unwrap());
    check(Figment::from(Yaml::string(YAML)).extract().unwrap());
    figment::Jail::expect_with(|jail| {
        VARIABLES.iter().for_each(|(name, value)| jail.set_env(name, value));
        check(Figment::from(Env::prefixed("APP_").split("__")).extract()?);
        // One setting of a file is replaced.
        jail.set_env("APP_SESSION__IDLE_TIMEOUT", "30m");
        let both = Figment::from(Toml::string(TOML)).merge(Env::prefixed("APP_").split("__"));
        let session: SessionConfig = both.extract_inner("session")?;
        assert_eq!(session.idle_timeout, Some(Duration::from_secs(1800)));
        Ok(())
    });
}

#[test]
fn config_reads_files_and_the_environment() {
    check(by_config(config::File::from_str(TOML, config::FileFormat::Toml)).unwrap());
    check(by_config(environment()).unwrap());
    check(by_config(environment().try_parsing(true)).unwrap());
}

#[test]
fn a_mistake_is_named_by_both() {
    for (text, expected) in [
        ("session.idle_timeout = 14", "idle_timeout: 14 has no unit"),
        ("session.same_site = 'off'", "same_site: expected"),
        ("session.cookie-name = 'session'", "cookie-name"),
        ("session.max_cookies = 'two'", "max_cookies"),
    ] {
        let text = format!("name = 'shop'\n{text}");
        let by_figment = Figment::from(Toml::string(&text)).extract::<Settings>().unwrap_err();
        assert!(by_figment.to_string().contains(expected), "{by_figment}");
        let source = config::File::from_str(&text, config::FileFormat::Toml);
        let by_config = by_config(source).unwrap_err();
        assert!(by_config.to_string().contains(expected), "{by_config}");
    }
}

#[test]
fn figment_reads_what_is_written() {
    let settings: Settings = Figment::from(Toml::string(TOML)).extract().unwrap();
    let written = Figment::from(figment::providers::Serialized::defaults(&settings.session));
    assert_eq!(written.extract::<SessionConfig>().unwrap(), settings.session);
}
