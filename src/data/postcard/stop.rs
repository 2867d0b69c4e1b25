//! The error of a `Serializer` that examines a value and produces no bytes.

use serde::ser;
use std::fmt;

/// The value cannot be examined. The reason is not kept, because it may contain data.
#[derive(Debug)]
pub(crate) struct Stop;

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value's `Serialize` implementation returned an error")
    }
}

impl std::error::Error for Stop {}

impl ser::Error for Stop {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}
