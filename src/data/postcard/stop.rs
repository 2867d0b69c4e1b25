//! The error of a `Serializer` that looks at a value and makes no bytes of it.

use serde::ser;
use std::fmt;

/// The value cannot be looked at. The reason is not kept, since it may hold data.
#[derive(Debug)]
pub(crate) struct Stop;

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value refused to be serialized")
    }
}

impl std::error::Error for Stop {}

impl ser::Error for Stop {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}
