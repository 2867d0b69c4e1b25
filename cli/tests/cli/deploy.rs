//! The files of `deploy/`: what they run is run here with the program, the script of the CronJob
//! against a kubectl that is a script, and what other tools can check without a cluster or an
//! account is checked, if the tools are there. With `DEPLOY_TOOLS=1` those of Debian must be there.

use super::run::{Dir, PROGRAM, Said, id_of, shows_a_key, token};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy").join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(file(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Whether the tools that Debian has must be there. The others need not be.
fn must_be_there(program: &str) -> bool {
    std::env::var_os("DEPLOY_TOOLS").is_some() && !["kubectl", "terraform"].contains(&program)
}

/// Runs a tool, if it is there.
fn tool(program: &str, arguments: &[&str]) -> Option<Output> {
    match Command::new(program).args(arguments).output() {
        Ok(output) => Some(output),
        Err(error) => {
            assert!(!must_be_there(program), "{program}: {error}");
            println!("not checked, because {program} is not there");
            None
        }
    }
}

/// The documents of a YAML file, if Python is there with PyYAML.
fn yaml(name: &str) -> Option<Vec<Value>> {
    let script = "import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(sys.stdin))))";
    let path = file(name);
    let shell = format!("exec python3 -c '{script}' < {}", path.display());
    tool("python3", &["-c", "import yaml"]).filter(|output| {
        assert!(output.status.success() || !must_be_there("python3"), "PyYAML is missing");
        output.status.success()
    })?;
    let output = Command::new("sh").args(["-c", &shell]).output().unwrap();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// A kubectl that knows one Secret: `version` and `data` in its directory. It writes its arguments
/// into `calls`. `FAIL` names what goes wrong.
const KUBECTL: &str = r#"#!/bin/sh
set -eu
cd "$(dirname "$0")/../cluster"
echo "$*" >>calls
case $1 in
get)
    [ "$FAIL" != get ] || { echo "Unable to connect to the server" >&2; exit 1; }
    [ "$*" = "get secret session-keys -o jsonpath={.metadata.resourceVersion} {.data.session\.keys}" ]
    printf '%s %s' "$(cat version)" "$(cat data)"
    # Somebody edits it now.
    [ "$FAIL" != edited ] || { echo 99 >version; cp theirs data; }
    ;;
patch)
    [ "$FAIL" != patch ] || { echo "Error from server (Forbidden)" >&2; exit 1; }
    [ "$1 $2 $3 $4 $5 $6" = "patch secret session-keys --type merge --patch-file" ]
    read=$(sed -E 's/^\{"metadata":\{"resourceVersion":"([^"]*)"\},"data":\{"session\.keys":"([^"]*)"\}\}$/\1 \2/' "$7")
    [ "${read%% *}" = "$(cat version)" ] || { echo "Error from server (Conflict)" >&2; exit 1; }
    printf %s "${read#* }" >data
    echo $((${read%% *} + 1)) >version
    echo secret/session-keys
    ;;
*) exit 64 ;;
esac
"#;

struct Cluster(Dir);

impl Cluster {
    fn with_ring(ring: &str) -> Self {
        let dir = Dir::new();
        for name in ["bin", "cluster", "tmp"] {
            std::fs::create_dir(dir.path(name)).unwrap();
        }
        dir.write("bin/kubectl", KUBECTL);
        dir.set_mode("bin/kubectl", 0o755);
        std::os::unix::fs::symlink(PROGRAM, dir.path("bin/sealed-session")).unwrap();
        dir.write("cluster/version", "41\n");
        let cluster = Self(dir);
        cluster.put("data", ring);
        cluster
    }

    fn put(&self, name: &str, ring: &str) {
        self.0.write("plain", ring);
        let shell = format!("base64 < plain | tr -d '\\n' > cluster/{name}");
        let shell = Command::new("sh").args(["-c", &shell]).current_dir(self.0.path("")).status();
        assert!(shell.unwrap().success());
    }

    fn ring(&self) -> String {
        let shell = Command::new("sh")
            .args(["-c", "base64 -d < cluster/data"])
            .current_dir(self.0.path(""))
            .output();
        String::from_utf8(shell.unwrap().stdout).unwrap()
    }

    fn version(&self) -> String {
        self.0.read("cluster/version").trim().to_owned()
    }

    /// Runs the script, with a command before it. It leaves no file, and shows no secret.
    fn rotate(&self, fail: &str, first: &str) -> Said {
        let path = format!(
            "{}:{}",
            self.0.path("bin").display(),
            std::env::var("PATH").unwrap_or_default()
        );
        let output = Command::new("sh")
            .args(["-c", &format!("{first}; exec sh {}", file("kubernetes/rotate.sh").display())])
            .env("PATH", path)
            .env("TMPDIR", self.0.path("tmp"))
            .env("FAIL", fail)
            .output()
            .unwrap();
        let [out, err] = [output.stdout, output.stderr].map(|b| String::from_utf8(b).unwrap());
        let (calls, data) = (self.0.read("cluster/calls"), self.0.read("cluster/data"));
        for text in [&out, &err, &calls] {
            let shown = shows_a_key(text) || (!data.is_empty() && text.contains(&data));
            assert!(!shown, "a secret: {text}");
        }
        assert_eq!(std::fs::read_dir(self.0.path("tmp")).unwrap().count(), 0, "a file is left");
        Said { status: output.status.code().unwrap(), out, err }
    }
}

#[test]
fn the_cronjob_rotates_a_secret_and_writes_only_what_is_due() {
    let first = format!("# shop\n{}\n", token());
    let cluster = Cluster::with_ring(&first);
    let said = cluster.rotate("", "true").ok();
    assert!(said.starts_with("added ") && said.ends_with("secret/session-keys\n"), "{said}");
    let ring = cluster.ring();
    assert!(ring.lines().count() == 3 && ring.contains(first.lines().last().unwrap()), "{said}");
    assert_eq!(cluster.version(), "42");
    let said = cluster.rotate("", "true").ok();
    assert!(said.starts_with("nothing is due"), "{said}");
    assert_eq!((cluster.ring(), cluster.version()), (ring, String::from("42")));
}

#[test]
fn whatever_fails_the_secret_stays() {
    let first = format!("{}\n", token());
    let full = "trap '' XFSZ; ulimit -f 0";
    for (fail, before, why) in [
        ("get", "true", "Unable to connect"),
        ("patch", "true", "Forbidden"),
        ("", "export SECRET=other", ""),
        ("", "export EVERY=1h LEAD=1h", "--lead is not shorter"),
        ("", "rm $TMPDIR/../bin/sealed-session", "sealed-session"),
        ("", full, ""),
    ] {
        let cluster = Cluster::with_ring(&first);
        cluster.0.write("cluster/calls", "");
        let said = cluster.rotate(fail, before);
        assert!(said.status != 0 && said.err.contains(why), "{fail} {before}: {said:?}");
        assert_eq!((cluster.ring(), &*cluster.version()), (first.clone(), "41"), "{before}");
    }
    // What is in the Secret is not a ring, or not there.
    for content in ["", "no ring", "ssk1.xaes256gcm.short"] {
        let cluster = Cluster::with_ring(content);
        assert_ne!(cluster.rotate("", "true").status, 0);
        assert_eq!((cluster.ring(), &*cluster.version()), (content.to_owned(), "41"));
    }
    let cluster = Cluster::with_ring("");
    cluster.0.write("cluster/data", "not/base64!");
    assert_ne!(cluster.rotate("", "true").status, 0);
    assert_eq!((cluster.0.read("cluster/data"), &*cluster.version()), ("not/base64!".into(), "41"));
}

#[test]
fn a_secret_that_is_edited_meanwhile_keeps_the_edit() {
    let cluster = Cluster::with_ring(&format!("{}\n", token()));
    let theirs = format!("{}\n", token());
    cluster.put("theirs", &theirs);
    let said = cluster.rotate("edited", "true");
    assert!(said.status != 0 && said.err.contains("Conflict"), "{said:?}");
    assert_eq!((cluster.ring(), &*cluster.version()), (theirs.clone(), "99"));
    // The Job's next attempt reads the edit.
    cluster.rotate("", "true").ok();
    assert!(cluster.ring().contains(theirs.trim_end()) && cluster.ring().lines().count() == 2);
}

#[test]
fn the_manifests_fit_together() {
    let all = |name: &str| yaml(&format!("kubernetes/{name}.yaml"));
    let (Some(rbac), Some(job), Some(shop), Some(kustomization)) =
        (all("rbac"), all("cronjob"), all("deployment"), all("kustomization"))
    else {
        return;
    };
    let [account, role, binding] = &rbac[..] else { panic!("{rbac:?}") };
    let names: Vec<&Value> = rbac.iter().map(|document| &document["metadata"]["name"]).collect();
    assert!(names.iter().all(|name| *name == names[0]), "{names:?}");
    // The least rights: one Secret, to read and to patch.
    assert_eq!(
        role["rules"],
        serde_json::json!([{
            "apiGroups": [""],
            "resources": ["secrets"],
            "resourceNames": ["session-keys"],
            "verbs": ["get", "patch"],
        }])
    );
    assert_eq!(binding["roleRef"]["name"], role["metadata"]["name"]);
    assert_eq!(binding["subjects"][0]["name"], account["metadata"]["name"]);

    let pod = &job[0]["spec"]["jobTemplate"]["spec"]["template"]["spec"];
    assert_eq!(pod["serviceAccountName"], account["metadata"]["name"]);
    assert_eq!(job[0]["spec"]["concurrencyPolicy"], "Forbid");
    let generated = &kustomization[0]["configMapGenerator"][0];
    assert_eq!(pod["volumes"][0]["configMap"]["name"], generated["name"]);
    let [directory, script] = ["/scripts", generated["files"][0].as_str().unwrap()];
    let container = &pod["containers"][0];
    assert_eq!(container["command"][1], format!("{directory}/{script}"));
    assert!(file("kubernetes").join(script).exists());
    let volumes: Vec<&Value> =
        container["volumeMounts"].as_array().unwrap().iter().map(|mount| &mount["name"]).collect();
    assert!(pod["volumes"].as_array().unwrap().iter().all(|v| volumes.contains(&&v["name"])));
    let variable = |container: &Value, name: &str| {
        let variables = container["env"].as_array().unwrap().clone();
        variables.into_iter().find(|variable| variable["name"] == name).unwrap()["value"].clone()
    };
    assert_eq!(variable(container, "SECRET"), role["rules"][0]["resourceNames"][0]);

    let pod = &shop[0]["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    let mount = &container["volumeMounts"][0];
    assert!(mount["subPath"].is_null(), "such a file is never updated");
    assert_eq!(pod["volumes"][0]["secret"]["secretName"], "session-keys");
    assert_eq!(pod["volumes"][0]["secret"]["defaultMode"], 0o440);
    let mounted = format!("{}/session.keys", mount["mountPath"].as_str().unwrap());
    assert_eq!(variable(container, "SESSION_KEYS_FILE"), mounted);
    assert_eq!(
        shop[0]["spec"]["selector"]["matchLabels"],
        shop[0]["spec"]["template"]["metadata"]["labels"]
    );

    let external = yaml("external-secrets/external-secret.yaml").unwrap();
    assert_eq!(external[1]["spec"]["secretStoreRef"]["name"], external[0]["metadata"]["name"]);
    assert_eq!(external[1]["spec"]["target"]["name"], "session-keys");
    assert_eq!(external[1]["spec"]["data"][0]["secretKey"], "session.keys");
}

#[test]
fn kustomize_builds_the_manifests() {
    let directory = file("kubernetes");
    let Some(output) = tool("kubectl", &["kustomize", directory.to_str().unwrap()]) else { return };
    let built = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(built.contains("kind: CronJob") && built.contains("rotate.sh: |"), "{built}");
}

/// Runs a command line of a file of `deploy/`, on a ring in place of the one that it names.
fn run_on_a_ring(line: &str, path: &str) {
    let words: Vec<&str> = line.split_whitespace().skip(1).collect();
    assert_eq!(words[2], path, "{line}");
    let words: Vec<&str> =
        words.iter().map(|word| if *word == path { "ring" } else { word }).collect();
    let text = format!("{}\n", token());
    let dir = Dir::with_ring(&text);
    let said = dir.run_with(&words, "").ok();
    assert!(said.contains(&format!("{} opens until", id_of(&text))), "{said}");
    assert!(dir.run_with(&words, "").ok().starts_with("nothing is due"), "{line}");
}

#[test]
fn compose_mounts_a_directory_and_rotates_in_it() {
    let Some(compose) = yaml("compose/compose.yaml") else { return };
    let services = &compose[0]["services"];
    let (shop, rotate) = (&services["shop"], &services["rotate"]);
    assert_eq!(shop["volumes"][0]["source"], rotate["volumes"][0]["source"]);
    assert_eq!(
        (&shop["volumes"][0]["read_only"], &rotate["volumes"][0]["read_only"]),
        (&true.into(), &Value::Null)
    );
    assert_eq!((&rotate["network_mode"], &shop["user"]), (&"none".into(), &rotate["user"]));
    let ring = shop["environment"]["SESSION_KEYS_FILE"].as_str().unwrap();
    assert!(ring.starts_with(rotate["volumes"][0]["target"].as_str().unwrap()));
    let script = rotate["command"][0].as_str().unwrap();
    let line = script.lines().find(|line| line.contains("sealed-session")).unwrap();
    run_on_a_ring(line.trim(), ring);
    let cron = text("compose/crontab");
    let line = cron.lines().last().unwrap();
    let (_, line) = line.split_once(" root ").unwrap();
    run_on_a_ring(line.trim_end_matches(" > /dev/null"), "/srv/shop/keys/session.keys");
}

#[test]
fn the_units_run_and_are_valid() {
    let ring = "/var/lib/session-keys/session.keys";
    let rotate = text("systemd/session-keys-rotate.service");
    let line = rotate.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
    run_on_a_ring(line, ring);
    assert!(
        text("systemd/shop.service").contains(&format!("LoadCredential=session.keys:{ring}\n"))
    );
    assert!(text("systemd/session-keys-changed.path").contains(&format!("PathChanged={ring}\n")));

    // The programs must exist where the units say, so they are others here.
    let dir = Dir::new();
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(file("systemd")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let unit = text(&format!("systemd/{name}"));
        let unit = unit.lines().map(|line| match line.strip_prefix("ExecStart=") {
            Some(_) => String::from("ExecStart=/bin/true\n"),
            None => format!("{line}\n"),
        });
        dir.write(&name, unit.collect::<String>());
        paths.push(dir.path(&name).to_str().unwrap().to_owned());
    }
    let mut words = vec!["verify", "--man=no"];
    words.extend(paths.iter().map(String::as_str));
    if let Some(output) = tool("systemd-analyze", &words) {
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && !said.contains("session"), "{said}");
    }
}

#[test]
fn terraform_formats_the_snippets_as_they_are() {
    let directory = file("terraform");
    let Some(output) = tool("terraform", &["fmt", "-check", directory.to_str().unwrap()]) else {
        return;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    for name in ["aws", "gcp", "azure"] {
        let text = text(&format!("terraform/{name}.tf"));
        assert!(!text.contains("_secret_version\"") && !text.contains("secret_string"), "{name}");
    }
}
