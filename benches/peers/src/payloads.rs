//! The sessions that every peer is measured with: nothing, a shop's visitor, and 3 KB.

use serde::{Deserialize, Serialize};

#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Empty {}

/// `tests/data/shop.json` as a Rust developer would type it.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Shop {
    pub user_id: u64,
    pub role: Role,
    pub csrf: [u8; 16],
    pub name: String,
    pub email: String,
    pub locale: String,
    pub theme: String,
    pub cart: Vec<Item>,
    pub notes: Vec<String>,
}

#[derive(Clone, Copy, Default, Serialize, Deserialize)]
pub enum Role {
    #[default]
    Visitor,
    Customer,
    Admin,
}

#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Item {
    pub sku: String,
    pub qty: u32,
    pub price_cents: u32,
}

/// About 2,800 bytes of text and numbers in postcard: near what one cookie takes.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Large {
    pub lines: Vec<Item>,
}

impl Shop {
    pub fn example() -> Self {
        match serde_json::from_str(include_str!("../../../tests/data/shop.json")) {
            Ok(shop) => shop,
            Err(error) => panic!("tests/data/shop.json is not a Shop: {error}"),
        }
    }
}

impl Large {
    pub fn example() -> Self {
        let item = |n: u32| Item {
            sku: format!("SKU-{n:04}-{:08x}", n.wrapping_mul(2_654_435_761)),
            qty: n % 9 + 1,
            price_cents: 1999 + 37 * n,
        };
        Self { lines: (0..130).map(item).collect() }
    }
}
