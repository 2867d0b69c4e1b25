//! What the application decides and hears of.

pub(crate) mod on_end;
pub(crate) mod validate;
