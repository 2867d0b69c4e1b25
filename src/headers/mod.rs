//! Header fields of requests and responses, independent of a framework's types.

pub(crate) mod caching;
pub(crate) mod cookie;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod set_cookie;
