//! The finished tree → the canonical text; the grammar is in `shape`'s page. `text_of` calls it once. Also finds elements that
//! encode to nothing.
//!
//! ```text
//! Visit{user:option u64,cart:[u32]}
//! ```

use super::check::Refusal;
use super::node::{Id, Kind, Node};
use super::tree::{ROOT, Tree};

/// The text of the whole type.
pub(super) fn write(tree: &Tree<'_>) -> String {
    let mut writer = Writer { tree, written: Vec::new() };
    writer.part(ROOT)
}

struct Writer<'t, 'v> {
    tree: &'t Tree<'v>,
    /// Definitions in the order of their first mention.
    written: Vec<Id>,
}

impl Writer<'_, '_> {
    fn part(&mut self, id: Id) -> String {
        let tree = self.tree;
        let node = &tree.nodes[id];
        match node.kind {
            Kind::Unknown | Kind::Mixed | Kind::Absent => UNKNOWN.to_owned(),
            Kind::Leaf(leaf) => leaf.word().to_owned(),
            Kind::Unit => "unit".to_owned(),
            Kind::UnitStruct(name) => format!("{}()", word(name)),
            Kind::Option => format!("option {}", self.child(node, 0)),
            Kind::Seq => format!("[{}]", self.child(node, 0)),
            Kind::Map => format!("{{{}:{}}}", self.child(node, 0), self.child(node, 1)),
            Kind::Tuple(length) => self.tuple(node, length),
            Kind::Named(definition) => match self.written.iter().position(|known| *known == definition) {
                Some(number) => format!("^{number}"),
                None => {
                    self.written.push(definition);
                    self.part(definition)
                }
            },
            Kind::Newtype(name) => format!("{}({})", word(name), self.child(node, 0)),
            Kind::TupleStruct(name, length) => format!("{}{}", word(name), self.tuple(node, length)),
            Kind::Struct(name, fields) => format!("{}{}", word(name), self.fields(node, fields)),
            Kind::Enum(name, variants) => {
                let texts: Vec<_> =
                    (0..).zip(variants).map(|(index, variant)| word(variant) + &self.child(node, index)).collect();
                format!("{}<{}>", word(name), texts.join(","))
            }
            Kind::UnitVariant => String::new(),
            Kind::NewtypeVariant => format!("({})", self.child(node, 0)),
            Kind::TupleVariant(length) => self.tuple(node, length),
            Kind::StructVariant(fields) => self.fields(node, fields),
        }
    }

    fn child(&mut self, node: &Node<'_>, index: usize) -> String {
        node.children.get(index).map_or_else(|| UNKNOWN.to_owned(), |child| self.part(*child))
    }

    /// Parts by position; equal ones in a row are counted, and those never reached are unknown.
    fn tuple(&mut self, node: &Node<'_>, length: usize) -> String {
        let mut runs: Vec<(usize, String)> = Vec::new();
        let mut push = |count: usize, text: String| match runs.last_mut() {
            Some((before, last)) if *last == text => *before += count,
            _ => runs.push((count, text)),
        };
        for child in &node.children {
            push(1, self.part(*child));
        }
        if !node.complete && length > node.children.len() {
            push(length - node.children.len(), UNKNOWN.to_owned());
        }
        let runs: Vec<_> =
            runs.into_iter().map(|(count, text)| if count == 1 { text } else { format!("{count}*{text}") }).collect();
        format!("({})", runs.join(","))
    }

    fn fields(&mut self, node: &Node<'_>, names: &[&str]) -> String {
        let present = |child: &&Id| self.tree.nodes[**child].kind != Kind::Absent;
        let children: Vec<Id> = node.children.iter().filter(present).copied().collect();
        let mut texts: Vec<_> = children.iter().map(|child| self.part(*child)).collect();
        if !node.complete && node.children.len() < names.len() {
            texts.resize(names.len(), UNKNOWN.to_owned());
        }
        let names: Vec<_> = names.iter().map(|name| word(name)).collect();
        if texts.len() == names.len() {
            let fields: Vec<_> = names.iter().zip(&texts).map(|(name, text)| format!("{name}:{text}")).collect();
            format!("{{{}}}", fields.join(","))
        } else {
            format!("{{{}|{}}}", names.join(","), texts.join(","))
        }
    }
}

const UNKNOWN: &str = "?";

/// A serde name in the text: ASCII letters, digits, `_`, `-` and `.` as they are, other bytes in hexadecimal, an empty one as `%`.
fn word(name: &str) -> String {
    if name.is_empty() {
        return "%".to_owned();
    }
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.".contains(byte);
    name.bytes().map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// Refuses sequences and maps whose entries have no bytes: a few bytes that claim many of them would keep a decoder busy.
pub(super) fn refuse_empty_entries(tree: &Tree<'_>) -> Result<(), Refusal> {
    for (id, node) in tree.nodes.iter().enumerate() {
        let parts = match node.kind {
            Kind::Seq => 1,
            Kind::Map => 2,
            _ => continue,
        };
        if node.children.len() == parts && node.children.iter().all(|child| encodes_to_nothing(tree, *child, 0)) {
            return Err(Refusal(format!(
                "the entries at {} encode to nothing, so a few bytes could claim any number of them: carry their number instead",
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
        // Deeper than any tree: a type within itself with nothing else, of which there is no value.
        Kind::Named(_) if depth > tree.nodes.len() => false,
        Kind::Named(definition) => encodes_to_nothing(tree, definition, depth + 1),
        Kind::Tuple(_) | Kind::TupleStruct(..) | Kind::Struct(..) | Kind::Newtype(_) => {
            node.complete && parts.all(|child| encodes_to_nothing(tree, *child, depth + 1))
        }
        _ => false,
    }
}
