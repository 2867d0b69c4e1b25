//! Two types that differ in one small thing have two shapes, or one of them is refused: each edit
//! of each vector's type, by itself and behind leaves of every kind.

use sealed_session_shapes::dynamic::{Body, Dynamic, LEAVES, Quirk, Schema, has_value, set_schema};
use sealed_session_shapes::shape_of;

/// A vector's text, where it is not too long to be tried hundreds of times.
fn vectors() -> Vec<Schema> {
    let file = include_str!("../../vectors/shapes.json");
    let vectors: Vec<serde_json::Value> = serde_json::from_str(file).unwrap();
    let texts = vectors
        .iter()
        .map(|vector| vector["text"].as_str().unwrap())
        .filter(|text| text.len() < 200);
    let mut texts: Vec<_> = texts.collect();
    texts.sort_unstable();
    texts.dedup();
    texts.into_iter().filter_map(Schema::parse).collect()
}

/// The text of a schema's type, or why it is refused.
fn text(schema: &Schema) -> Result<String, String> {
    set_schema(schema);
    if !has_value() {
        return Err("it has no value".to_owned());
    }
    shape_of::<Dynamic>().map(|(text, _)| text)
}

/// Every schema that differs from this one in one place.
fn edits(schema: &Schema) -> Vec<Schema> {
    let mut edits = Vec::new();
    match schema {
        Schema::Leaf { kind, quirk } => {
            edits.push(Schema::Leaf { kind: (kind + 5) % LEAVES.len(), quirk: *quirk })
        }
        Schema::Option(part) => edits.push((**part).clone()),
        Schema::Seq(part) => edits.push(Schema::Seq(Box::new(Schema::Option(part.clone())))),
        Schema::Tuple(parts) => edits.extend(swapped(parts).map(Schema::Tuple)),
        Schema::Named(name, body) => {
            edits.push(Schema::Named("Relabelled", body.clone()));
            edits.extend(body_edits(body).into_iter().map(|body| Schema::Named(name, body)));
        }
        Schema::Unit | Schema::Map(..) | Schema::Ref(_) => {}
    }
    for index in 0..schema.parts().len() {
        for edit in self::edits(schema.parts()[index]) {
            let mut edited = schema.clone();
            *edited.parts_mut()[index] = edit;
            edits.push(edited);
        }
    }
    edits
}

fn body_edits(body: &Body) -> Vec<Body> {
    match body {
        Body::Parts(parts) => swapped(parts).map(Body::Parts).collect(),
        Body::Fields(names, parts) => {
            let renamed = (0..names.len()).map(|index| {
                let mut names = names.clone();
                names[index] = "renamed";
                Body::Fields(names, parts.clone())
            });
            let reordered = (1..names.len()).map(|index| {
                let (mut names, mut parts) = (names.clone(), parts.clone());
                names.swap(index - 1, index);
                parts.swap(index - 1, index);
                Body::Fields(names, parts)
            });
            renamed.chain(reordered).collect()
        }
        Body::Variants(names, bodies) => {
            let turned = (1..names.len()).map(|index| {
                let (mut names, mut bodies) = (names.clone(), bodies.clone());
                names.swap(index - 1, index);
                bodies.swap(index - 1, index);
                Body::Variants(names, bodies)
            });
            turned.collect()
        }
    }
}

fn swapped(parts: &[Schema]) -> impl Iterator<Item = Vec<Schema>> {
    (1..parts.len()).filter(|index| parts[index - 1] != parts[*index]).map(|index| {
        let mut parts = parts.to_vec();
        parts.swap(index - 1, index);
        parts
    })
}

/// Ways to stand behind a leaf, where the default has none of it.
const BEHIND: [fn(Schema, Schema) -> Schema; 6] = [
    |leaf, rest| Schema::Map(Box::new(leaf), Box::new(rest)),
    |leaf, rest| Schema::Seq(Box::new(Schema::Tuple(vec![leaf, rest]))),
    |leaf, rest| Schema::Option(Box::new(Schema::named("Behind", vec![leaf, rest]))),
    |leaf, rest| {
        Schema::Option(Box::new(Schema::structure("Behind", &[("leaf", leaf), ("rest", rest)])))
    },
    |leaf, rest| {
        let variants = vec![Body::Parts(Vec::new()), Body::Parts(vec![leaf, rest])];
        Schema::Named("Behind", Body::Variants(vec!["Nothing", "Both"], variants))
    },
    |leaf, rest| {
        Schema::Seq(Box::new(Schema::Map(Box::new(Schema::Option(Box::new(leaf))), Box::new(rest))))
    },
];

fn assert_differ(one: &Schema, other: &Schema) {
    let (first, second) = (text(one), text(other));
    if let (Ok(first), Ok(second)) = (&first, &second) {
        assert_ne!(first, second, "{one:?} and {other:?}");
    }
}

#[test]
fn each_edit_of_each_vector_changes_the_text() {
    let (mut tried, mut refused, mut alike) = (0, 0, 0);
    for schema in vectors() {
        let first = match text(&schema) {
            Ok(first) => first,
            // Two types of one name, which the tracer tells apart by their paths: this one has only
            // one path.
            Err(sentence) if sentence.contains("same name and fields") => {
                alike += 1;
                continue;
            }
            Err(sentence) => panic!("{schema:?}: {sentence}"),
        };
        for edit in edits(&schema) {
            tried += 1;
            match text(&edit) {
                Ok(second) => assert_ne!(first, second, "{schema:?} and {edit:?}"),
                Err(_) => refused += 1,
            }
        }
    }
    assert!(
        tried > 500 && refused < tried / 4 && alike == 3,
        "{tried}, {refused} of them refused, {alike} alike"
    );
}

#[test]
fn an_edit_behind_any_leaf_changes_the_text_or_is_refused() {
    let vectors = vectors();
    let mut turn = 0;
    for schema in &vectors {
        for edit in edits(schema) {
            // Each pair behind one way and one leaf, both in turn, accepted and refused.
            turn += 1;
            let (behind, kind) = (BEHIND[turn % BEHIND.len()], turn / 2 % LEAVES.len());
            let quirk = if turn % 2 == 0 { Quirk::Refuses } else { Quirk::Plain };
            let leaf = Schema::Leaf { kind, quirk };
            assert_differ(&behind(leaf.clone(), schema.clone()), &behind(leaf, edit));
        }
    }
    assert!(turn > 500);
}

#[test]
fn what_stands_behind_a_leaf_that_refuses_is_refused() {
    for kind in 0..LEAVES.len() {
        for (number, behind) in BEHIND.iter().enumerate() {
            let leaf = |quirk| Schema::Leaf { kind, quirk };
            let rest = || Schema::parse("Role<Guest,Member,Admin(u8)>").unwrap();
            assert!(text(&behind(leaf(Quirk::Plain), rest())).is_ok(), "{kind} {number}");
            let refused = text(&behind(leaf(Quirk::Refuses), rest()));
            // A struct offers its other fields by name, and an option is none: then nothing is
            // hidden.
            match number {
                3 | 5 => assert!(
                    refused.unwrap().contains(":Role<Guest,Member,Admin(u8)>"),
                    "{kind} {number}"
                ),
                _ => assert!(
                    refused.is_err_and(|sentence| sentence.contains(".sample(")),
                    "{kind} {number}"
                ),
            }
        }
    }
}
