//! What the shop keeps of a visitor: a plain struct. Serde's derives make it a session; there is
//! nothing else to implement.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Visit {
    pub user: Option<String>,
    pub cart: Vec<Line>,
    pub dedication: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub article: Article,
    pub colour: Option<Colour>,
    pub count: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Article {
    Envelopes,
    SealingWax,
    SignetRing,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Colour {
    Red,
    Blue,
    Green,
}

impl Article {
    pub const ALL: [Self; 3] = [Self::Envelopes, Self::SealingWax, Self::SignetRing];

    pub fn name(self) -> &'static str {
        match self {
            Self::Envelopes => "Envelopes",
            Self::SealingWax => "Sealing wax",
            Self::SignetRing => "Signet ring",
        }
    }

    pub fn comes_in_colours(self) -> bool {
        self != Self::SignetRing
    }
}
