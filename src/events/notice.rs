//! What is logged and belongs to no `Sessions`, so no hook is called for it: the configuration,
//! keys before a `Sessions` uses them, and mistakes of an application.

use super::level::{self, Topic};
use super::record::{self, Record};
use crate::hooks::EventLevel;
use std::fmt::Display;
use std::sync::atomic::{AtomicBool, Ordering};

/// Defines the notices, each with its name.
macro_rules! notices {
    ($($(#[$attribute:meta])* $name:literal $notice:ident,)*) => {
        /// What is logged. Its name is the field `event`.
        #[derive(Clone, Copy)]
        pub(crate) enum Notice { $($(#[$attribute])* $notice,)* }

        impl Notice {
            fn name(self) -> &'static str {
                match self { $($(#[$attribute])* Self::$notice => $name,)* }
            }
        }
    };
}

notices! {
    "ring-ephemeral" RingEphemeral,
    "ring-published" RingPublished,
    "ring-readable-by-all" RingReadableByAll,
    "development" Development,
    #[cfg(feature = "dbsc")]
    "short-proof" ShortProof,
    "plantable-alias" PlantableAlias,
    "missing-layer" MissingLayer,
    "handler-error" HandlerError,
    "not-opened" NotOpened,
    "csrf-refused" CsrfRefused,
    "hook-panicked" HookPanicked,
}

/// Emits a warning, and does not limit how often.
pub(crate) fn warning(notice: Notice, message: &dyn Display) {
    write(notice, EventLevel::Warn, message, None);
}

pub(crate) fn detail(notice: Notice, message: &dyn Display) {
    write(notice, EventLevel::Debug, message, None);
}

fn write(notice: Notice, level: EventLevel, message: &dyn Display, cookie: Option<&str>) {
    record::write(&Record { cookie, ..Record::new(level, notice.name(), message) });
}

/// Reports that a handler's error was answered with 500.
pub(crate) fn handler_error(message: &str) {
    write(Notice::HandlerError, level::of_mistake(Topic::HandlerError, message), &message, None);
}

/// Reports that a handler asked for a session, and no layer had added one.
pub(crate) fn missing_layer(message: &str) {
    write(Notice::MissingLayer, level::of_mistake(Topic::MissingLayer, message), &message, None);
}

/// Warns that a hook for events panicked.
pub(super) fn hook_panicked(cookie: &str) {
    let message = "a hook given to on_event panicked; the request continues";
    write(Notice::HookPanicked, EventLevel::Warn, &message, Some(cookie));
}

/// Warns once per process that a ring of published secrets is in use. Builds with debug assertions,
/// such as an application's tests, do not warn.
pub(crate) fn published_ring() {
    static WARNED: AtomicBool = AtomicBool::new(false);
    if !cfg!(debug_assertions) && !WARNED.swap(true, Ordering::Relaxed) {
        warning(
            Notice::RingPublished,
            &"a key ring of published secrets is in use, so anyone can forge sessions: do not use \
              it in production",
        );
    }
}
