//! One struct, and what an edit makes of it; each must have a shape of its own.
//!
//! ```text
//! changed::shapes()  →  [("as it was", Ok((text, shape))), ("a field renamed", …), …]
//! ```

use crate::Shape;

macro_rules! edits {
    ($($module:ident { $($fields:tt)* })*) => {
        $(pub mod $module {
            #![allow(dead_code)]
            use serde::{Deserialize, Serialize};
            #[derive(Serialize, Deserialize)]
            pub struct Item { pub id: u32, pub note: String }
            #[derive(Serialize, Deserialize)]
            pub struct Parcel { pub id: u32, pub note: String }
            #[derive(Serialize, Deserialize)]
            pub enum State { Open, Shut(u8) }
            #[derive(Serialize, Deserialize)]
            pub enum StateWithMore { Open, Shut(u8), Lost }
            #[derive(Serialize, Deserialize)]
            #[serde(rename = "State")]
            pub enum StateTurned { Shut(u8), Open }
            #[derive(Default, Serialize, Deserialize)]
            pub struct Session { $($fields)* }
        })*

        pub fn shapes() -> Vec<(&'static str, Shape)> {
            vec![$((stringify!($module), crate::shape_of::<$module::Session>())),*]
        }
    };
}

edits! {
    as_it_was { user: Option<u64>, items: Vec<Item>, state: Option<State>, count: u8 }
    a_field_renamed { user_id: Option<u64>, items: Vec<Item>, state: Option<State>, count: u8 }
    fields_reordered { items: Vec<Item>, user: Option<u64>, state: Option<State>, count: u8 }
    a_field_retyped { user: Option<u64>, items: Vec<Item>, state: Option<State>, count: u16 }
    a_field_signed { user: Option<u64>, items: Vec<Item>, state: Option<State>, count: i8 }
    a_field_added { user: Option<u64>, items: Vec<Item>, state: Option<State>, count: u8, extra: bool }
    a_field_removed { user: Option<u64>, items: Vec<Item>, state: Option<State> }
    an_option_dropped { user: u64, items: Vec<Item>, state: Option<State>, count: u8 }
    an_entry_renamed { user: Option<u64>, items: Vec<Parcel>, state: Option<State>, count: u8 }
    entries_wrapped { user: Option<u64>, items: Vec<Option<Item>>, state: Option<State>, count: u8 }
    entries_keyed { user: Option<u64>, items: std::collections::BTreeMap<u8, Item>, state: Option<State>, count: u8 }
    a_variant_added { user: Option<u64>, items: Vec<Item>, state: Option<StateWithMore>, count: u8 }
    variants_reordered { user: Option<u64>, items: Vec<Item>, state: Option<StateTurned>, count: u8 }
}
