//! What is published: the archives that the release workflow makes are those that `cargo binstall`
//! looks for, and the package names where it is from.

const MANIFEST: &str = include_str!("../../Cargo.toml");
const WORKFLOW: &str = include_str!("../../../.github/workflows/release.yml");
const WORKSPACE: &str = include_str!("../../../Cargo.toml");

/// The text between quotation marks behind `name = `.
fn value<'a>(manifest: &'a str, name: &str) -> &'a str {
    let begins = format!("{name} = \"");
    let line = manifest.lines().find(|line| line.starts_with(&begins)).unwrap();
    line[begins.len()..].split('"').next().unwrap()
}

#[test]
fn binstall_looks_for_the_archives_that_are_made() {
    // In the workflow the tag is `v` and the version.
    let made = "sealed-session-$TAG-$TARGET";
    assert!(WORKFLOW.contains(&format!("name={made}\n")));
    let name = made.replace("$TAG", "v{ version }").replace("$TARGET", "{ target }");
    let url = value(MANIFEST, "pkg-url");
    assert_eq!(
        url,
        format!("{{ repo }}/releases/download/v{{ version }}/{name}{{ archive-suffix }}")
    );
    assert_eq!(value(MANIFEST, "bin-dir"), format!("{name}/{{ bin }}{{ binary-ext }}"));
    // Its archive-suffix is that of the format.
    assert!(WORKFLOW.contains("tar -czf \"$name.tgz\"") && WORKFLOW.contains("7z a \"$name.zip\""));
    assert_eq!(value(MANIFEST, "pkg-fmt"), "tgz");
    let (_, windows) = MANIFEST.split_once("overrides.x86_64-pc-windows-msvc]\n").unwrap();
    assert_eq!(value(windows, "pkg-fmt"), "zip");
}

#[test]
fn every_system_is_built() {
    for target in [
        "x86_64-unknown-linux-gnu",
        "aarch64-unknown-linux-gnu",
        "x86_64-apple-darwin",
        "aarch64-apple-darwin",
        "x86_64-pc-windows-msvc",
    ] {
        assert!(WORKFLOW.contains(&format!("target: {target},")), "{target}");
    }
}

#[test]
fn both_packages_take_version_and_repository_from_the_workspace() {
    for field in ["version", "repository", "homepage", "documentation", "rust-version", "license"] {
        let inherited = format!("{field}.workspace = true\n");
        assert!(MANIFEST.contains(&inherited) && WORKSPACE.contains(&inherited), "{field}");
    }
    assert_eq!(value(MANIFEST, "name"), "sealed-session-cli");
    let needed = format!("version = \"{}\"", env!("CARGO_PKG_VERSION"));
    assert!(MANIFEST.contains(&needed), "it needs the library of its own version");
    assert_eq!(value(WORKSPACE, "repository"), env!("CARGO_PKG_REPOSITORY"));
}
