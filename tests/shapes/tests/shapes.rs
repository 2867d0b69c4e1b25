//! Every vector's type has the text and the shape that `tests/vectors/shapes.json` says, with
//! whichever versions are locked. `SHAPES_WRITE=1 cargo test` writes the file anew: a change in it
//! signs people out, and wants a new version of the shape (SPEC).

use sealed_session_shapes::{carried, changed, refused};
use std::collections::HashMap;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors/shapes.json");

#[derive(serde::Serialize, serde::Deserialize, PartialEq, Debug)]
struct Vector {
    r#type: String,
    text: String,
    shape: String,
}

fn present() -> Vec<Vector> {
    let vector = |(name, shape): (&str, sealed_session_shapes::Shape)| {
        let (text, shape) =
            shape.unwrap_or_else(|sentence| panic!("{name} is refused: {sentence}"));
        Vector { r#type: name.to_owned(), text, shape }
    };
    carried::shapes().into_iter().map(vector).collect()
}

#[test]
fn shapes_are_those_of_the_vectors() {
    let present = present();
    if std::env::var_os("SHAPES_WRITE").is_some() {
        let lines: Vec<_> =
            present.iter().map(|vector| serde_json::to_string(vector).unwrap()).collect();
        std::fs::write(FILE, format!("[\n{}\n]\n", lines.join(",\n"))).unwrap();
    }
    let vectors: Vec<Vector> =
        serde_json::from_str(&std::fs::read_to_string(FILE).unwrap()).unwrap();
    assert!(vectors.len() >= 60, "{} vectors", vectors.len());
    for (vector, present) in vectors.iter().zip(&present) {
        assert_eq!(vector, present);
        assert!(!vector.text.contains('?'), "{}", vector.text);
    }
    assert_eq!(vectors.len(), present.len());
}

/// Texts that several vectors have: types that encode alike, and are not named.
const ALIKE: [&str; 15] = [
    "str",
    "bytes",
    "i64",
    "u64",
    "u32",
    "u16",
    "u8",
    "option u64",
    "[u16]",
    "[str]",
    "Visit{user:option u64,cart:[u32]}",
    "Held{before:u8,part:option str,after:str}",
    "Held{before:u8,part:option bytes,after:str}",
    "Held{before:u8,part:option u8,after:str}",
    "Held{before:u8,part:option Around(u8,str,bool),after:str}",
];

#[test]
fn different_types_have_different_shapes() {
    let mut seen: HashMap<String, (String, String)> = HashMap::new();
    for vector in present() {
        if let Some((name, text)) =
            seen.insert(vector.shape.clone(), (vector.r#type.clone(), vector.text.clone()))
        {
            assert_eq!(text, vector.text, "{name} and {} collide", vector.r#type);
            assert!(
                ALIKE.contains(&text.as_str()),
                "{name} and {} share a shape: {text}",
                vector.r#type
            );
        }
    }
}

#[test]
fn an_edit_changes_the_shape() {
    let mut seen = HashMap::new();
    for (edit, shape) in changed::shapes() {
        let (text, shape) =
            shape.unwrap_or_else(|sentence| panic!("{edit} is refused: {sentence}"));
        assert_eq!(seen.insert(shape, edit), None, "{edit}: {text}");
    }
}

#[test]
fn a_shape_is_the_same_each_time_and_in_each_thread() {
    let threads: Vec<_> = (0..3).map(|_| std::thread::spawn(present)).collect();
    let here = present();
    for thread in threads {
        assert_eq!(thread.join().unwrap(), here);
    }
}

#[test]
fn what_cannot_be_carried_is_refused_with_its_place() {
    let mut carried_by_name = 0;
    for (name, word, shape, by_name) in refused::refusals() {
        let sentence = shape.expect_err(name);
        assert!(sentence.contains(word), "{name}: no {word:?} in {sentence:?}");
        // The way out is named if it is one. Other sentences say what to change.
        assert_eq!(sentence.contains("Encoding::Named"), by_name, "{name}: {sentence:?}");
        carried_by_name += usize::from(by_name);
        assert!(!sentence.contains("SECRET") && !sentence.contains("secret@"), "{sentence}");
    }
    assert!(carried_by_name > 20, "{carried_by_name}");
}

#[test]
fn no_text_holds_a_value() {
    for vector in present() {
        assert!(!vector.text.contains("corp") && vector.text.is_ascii(), "{}", vector.text);
    }
}
