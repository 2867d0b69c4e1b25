//! The finished tree → the canonical text, in the grammar of `mod.rs`. This file also finds
//! elements that encode to nothing.
//!
//! ```text
//! Visit{user:option u64,cart:[u32]}
//! ```

use super::check::Refusal;
use super::node::{Id, Kind};
use super::tree::{ROOT, Tree};

/// Returns the text of the whole type, or, if it contains a `?`, the message that names the place.
pub(super) fn write(tree: &Tree<'_>) -> Result<String, Refusal> {
    let mut writer = Writer { tree, written: Vec::new(), unknown: None };
    let text = writer.part(ROOT);
    writer.unknown.map_or(Ok(text), |(place, why)| {
        let sample =
            if why == REFUSES { "pass an accepted value to `.sample(value)`, or " } else { "" };
        Err(Refusal(format!(
            "the structure at {place} cannot be traced, because {why}, so data of another type \
             could be mistaken for it: {sample}set a number with `.schema_version(n)` (for an older \
             type, `upgrade_from_version`){BY_NAME}"
        )))
    })
}

const BY_NAME: &str = if cfg!(feature = "map") {
    ", or store fields by name with `.encoding(Encoding::Named)`"
} else {
    ""
};
const REFUSES: &str = "a part before it accepts none of the values that were tried";
const BRANCHES: &str = "its `Deserialize` does not always ask for the same types";

struct Writer<'t, 'v> {
    tree: &'t Tree<'v>,
    /// Definitions in the order of their first mention.
    written: Vec<Id>,
    /// The first place that could not be examined, and why.
    unknown: Option<(String, &'static str)>,
}

impl Writer<'_, '_> {
    fn part(&mut self, id: Id) -> String {
        let tree = self.tree;
        let node = &tree.nodes[id];
        match node.kind {
            Kind::Mixed => self.unknown(id, "", BRANCHES),
            Kind::Unknown | Kind::Absent => self.unknown(id, "", REFUSES),
            Kind::Leaf(leaf) => leaf.word().to_owned(),
            Kind::Unit => "unit".to_owned(),
            Kind::UnitStruct(name) => format!("{}()", word(name)),
            Kind::Option => format!("option {}", self.child(id, 0)),
            Kind::Seq => format!("[{}]", self.child(id, 0)),
            Kind::Map => format!("{{{}:{}}}", self.child(id, 0), self.child(id, 1)),
            Kind::Tuple(length) => self.tuple(id, length),
            Kind::Named(definition) => {
                match self.written.iter().position(|known| *known == definition) {
                    Some(number) => format!("^{number}"),
                    None => {
                        self.written.push(definition);
                        self.part(definition)
                    }
                }
            }
            Kind::Newtype(name) => format!("{}({})", word(name), self.child(id, 0)),
            Kind::TupleStruct(name, length) => format!("{}{}", word(name), self.tuple(id, length)),
            Kind::Struct(name, fields) => format!("{}{}", word(name), self.fields(id, fields)),
            Kind::Enum(name, variants) => {
                let texts: Vec<_> = (0..)
                    .zip(variants)
                    .map(|(index, variant)| word(variant) + &self.child(id, index))
                    .collect();
                format!("{}<{}>", word(name), texts.join(","))
            }
            Kind::UnitVariant => String::new(),
            Kind::NewtypeVariant => format!("({})", self.child(id, 0)),
            Kind::TupleVariant(length) => self.tuple(id, length),
            Kind::StructVariant(fields) => self.fields(id, fields),
        }
    }

    /// Records that a part is not known.
    fn unknown(&mut self, id: Id, below: &str, why: &'static str) -> String {
        self.unknown.get_or_insert_with(|| (self.tree.path(id) + below, why));
        UNKNOWN.to_owned()
    }

    fn child(&mut self, id: Id, index: usize) -> String {
        match self.tree.nodes[id].children.get(index) {
            Some(child) => self.part(*child),
            None if matches!(self.tree.nodes[id].kind, Kind::Seq | Kind::Map) => {
                self.unknown(id, "[]", REFUSES)
            }
            None => self.unknown(id, "", REFUSES),
        }
    }

    /// Writes parts by position. Equal neighbours are counted, and parts that were never reached
    /// are unknown.
    fn tuple(&mut self, id: Id, length: usize) -> String {
        let node = &self.tree.nodes[id];
        let mut texts: Vec<_> = node.children.iter().map(|child| self.part(*child)).collect();
        if !node.complete && length > node.children.len() {
            let unknown = self.unknown(id, &format!(".{}", node.children.len()), REFUSES);
            texts.resize(length, unknown);
        }
        let mut runs: Vec<(usize, String)> = Vec::new();
        for text in texts {
            match runs.last_mut() {
                Some((before, last)) if *last == text => *before += 1,
                _ => runs.push((1, text)),
            }
        }
        let runs: Vec<_> = runs
            .into_iter()
            .map(|(count, text)| if count == 1 { text } else { format!("{count}*{text}") })
            .collect();
        format!("({})", runs.join(","))
    }

    fn fields(&mut self, id: Id, names: &[&str]) -> String {
        let node = &self.tree.nodes[id];
        let present = |child: &&Id| self.tree.nodes[**child].kind != Kind::Absent;
        let children: Vec<Id> = node.children.iter().filter(present).copied().collect();
        let mut texts: Vec<_> = children.iter().map(|child| self.part(*child)).collect();
        if !node.complete && node.children.len() < names.len() {
            let next = names.get(node.children.len()).unwrap_or(&"");
            let unknown = self.unknown(id, &format!(".{next}"), REFUSES);
            texts.resize(names.len(), unknown);
        }
        let names: Vec<_> = names.iter().map(|name| word(name)).collect();
        if texts.len() == names.len() {
            let fields: Vec<_> =
                names.iter().zip(&texts).map(|(name, text)| format!("{name}:{text}")).collect();
            format!("{{{}}}", fields.join(","))
        } else {
            format!("{{{}|{}}}", names.join(","), texts.join(","))
        }
    }
}

const UNKNOWN: &str = "?";

/// Writes a serde name: ASCII letters, digits, `_`, `-` and `.` as they are, other bytes in
/// hexadecimal, and an empty name as `%`.
fn word(name: &str) -> String {
    if name.is_empty() {
        return "%".to_owned();
    }
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.".contains(byte);
    name.bytes()
        .map(
            |byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") },
        )
        .collect()
}

/// Refuses sequences and maps whose entries have no bytes: a few bytes that claim many such entries
/// would keep a decoder busy.
pub(super) fn refuse_empty_entries(tree: &Tree<'_>) -> Result<(), Refusal> {
    for (id, node) in tree.nodes.iter().enumerate() {
        let parts = match node.kind {
            Kind::Seq => 1,
            Kind::Map => 2,
            _ => continue,
        };
        if node.children.len() == parts
            && node.children.iter().all(|child| encodes_to_nothing(tree, *child, 0))
        {
            return Err(Refusal(format!(
                "the entries at {} encode to zero bytes, so a few bytes could claim any number of \
                 them: store their count instead",
                tree.path(id)
            )));
        }
    }
    Ok(())
}

fn encodes_to_nothing(tree: &Tree<'_>, id: Id, depth: usize) -> bool {
    let node = &tree.nodes[id];
    let mut parts = node.children.iter().filter(|child| tree.nodes[**child].kind != Kind::Absent);
    match node.kind {
        Kind::Unit | Kind::UnitStruct(_) => true,
        // Deeper than any tree: a type that contains only itself and therefore has no value.
        Kind::Named(_) if depth > tree.nodes.len() => false,
        Kind::Named(definition) => encodes_to_nothing(tree, definition, depth + 1),
        Kind::Tuple(_) | Kind::TupleStruct(..) | Kind::Struct(..) | Kind::Newtype(_) => {
            node.complete && parts.all(|child| encodes_to_nothing(tree, *child, depth + 1))
        }
        _ => false,
    }
}
