//! What the shop keeps of a visitor: a plain struct. Serde's derives make it a session; there is
//! nothing else to implement.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Visit {
    pub user: Option<String>,
    pub cart: Vec<Line>,
    pub letter: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
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

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum Colour {
    Red,
    Blue,
    Green,
}

impl Visit {
    /// What the page shows to a browser that sent no session.
    pub fn example() -> Self {
        let wax = Line { article: Article::SealingWax, colour: Some(Colour::Red), count: 2 };
        Self { user: Some("Grace".into()), cart: vec![wax], letter: None }
    }
}

impl Line {
    /// The line as the shop can sell it, whatever the form said.
    pub fn checked(self) -> Self {
        let colour = self.colour.filter(|_| self.article.comes_in_colours());
        Self { colour, count: self.count.clamp(1, 999), ..self }
    }
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
