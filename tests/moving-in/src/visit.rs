//! The session of the application that moves.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Visit {
    pub user: Option<u64>,
    pub cart: Vec<u32>,
}
