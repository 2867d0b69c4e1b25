//! What `inspect` says of a cookie: of every vector the vectors' word, of sessions of this crate
//! what the crate itself says.

use super::run::{Dir, Said, id_of, token};
use super::support::{DAY, NAME, START, Visit, at, clock, secs, visit};
use base64::engine::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use sealed_session::{DeviceBound, Encoding, Expiry, Level, Map, Sessions};
use serde_json::{Value, json};

const VECTORS: &str = include_str!("../../../tests/vectors/v1.json");

/// The whole text of a value, which the file may have shortened.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(
        || {
            let times = usize::try_from(value["times"].as_u64().unwrap()).unwrap();
            value["head"].as_str().unwrap().to_owned()
                + &value["repeat"].as_str().unwrap().repeat(times)
        },
        str::to_owned,
    )
}

/// The words of SPEC.md §8 and the steps that refuse with them.
const STEPS: [(&str, &[u64]); 16] = [
    ("too-long", &[1]),
    ("pieces", &[3]),
    ("malformed", &[4, 5]),
    ("unknown-version", &[5]),
    ("unknown-key", &[6]),
    ("key-ended", &[7]),
    ("unsupported-suite", &[8]),
    ("bad-seal", &[10]),
    ("unknown-form", &[11]),
    ("other-shape", &[12]),
    ("from-the-future", &[13]),
    ("expired-at", &[14]),
    ("expired-absolute", &[14]),
    ("expired-idle", &[14]),
    ("unproven", &[15]),
    ("undecodable", &[11, 16]),
];

#[test]
fn of_every_vector_it_says_the_vectors_word() {
    let file: Value = serde_json::from_str(VECTORS).unwrap();
    let dir = Dir::new();
    let mut said_words: Vec<String> = Vec::new();
    for vector in file["values"].as_array().unwrap() {
        let server = |field: &str| vector["server"].get(field).unwrap_or(&file["server"][field]);
        if server("suites") != &file["server"]["suites"] {
            continue; // of an implementation with one suite, and the program has both
        }
        let unknown = vector["sealed"]["flags_unknown"].as_u64().unwrap_or(0);
        if unknown != 0 && unknown & !7 == 0 {
            continue; // of one without compression, and the program has it
        }
        let lines: Vec<&str> =
            server("ring").as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
        dir.write("ring", lines.join("\n"));
        let seconds = |field: &str| format!("{}s", server(field));
        let (name, shape) =
            (server("cookie_name").as_str().unwrap(), server("shape").as_str().unwrap());
        let now = time_of(vector["now"].as_u64().unwrap());
        let (idle, absolute) = (seconds("idle_timeout"), seconds("absolute_timeout"));
        let context = server("context").as_str().unwrap();
        let input = format!("{name}={}", text(&vector["value"]));
        let words = [
            "inspect",
            "--json",
            "--danger-published",
            "--keys",
            "ring",
            "--at",
            &now,
            "--idle",
            &idle,
            "--absolute",
            &absolute,
        ];
        let words =
            [&words[..], &["--cookie-name", name, "--context-hex", context, "--shape", shape]]
                .concat();
        let said = dir.run_with(&words, &input);
        let cookie = &said.json()["cookies"][0];
        let label = vector["name"].as_str().unwrap();
        let expected = match label {
            // The server of these is without device binding, and the program has it.
            "extensions_binding" => "unproven",
            "extensions_binding_short" => "undecodable",
            _ => vector["expect"].as_str().unwrap(),
        };
        let (typed, by_name) = (server("data") != "Map", server("shape_text") == "named");
        // A server that also reads the type's other encoding, or an older type, knows more shapes
        // than the program was told.
        let is_of_another_shape =
            vector["sealed"]["claims"]["shape"].as_str().is_some_and(|sealed| sealed != shape);
        if is_of_another_shape && ["ok", "undecodable"].contains(&expected) {
            assert_eq!(cookie["verdict"], "other-shape", "{label}");
            continue;
        }
        if expected == "refused" {
            // That is the application's word, which the program has not.
            assert_eq!(cookie["verdict"], "ok", "{label}");
            continue;
        }
        if typed
            && expected == "undecodable"
            && label.starts_with("data_")
            && !label.starts_with("data_named_bytes_")
            && !label.starts_with("data_compressed_")
        {
            // It cannot know that: the bytes of a type are those that they are, and the fields of
            // one by name those that came.
            assert_eq!(cookie["verdict"], "ok", "{}", vector["name"]);
            continue;
        }
        assert_eq!(cookie["verdict"], expected, "{}: {said:?}", vector["name"]);
        assert_eq!(said.status, i32::from(expected != "ok"), "{}", vector["name"]);
        if expected != "ok" {
            let steps = STEPS.iter().find(|(word, _)| *word == expected).unwrap().1;
            assert!(
                steps.contains(&cookie["refused"]["step"].as_u64().unwrap()),
                "{}: {cookie}",
                vector["name"]
            );
            said_words.push(expected.to_owned());
        }
        if let (Some(claims), "ok") = (vector["sealed"].get("claims"), expected) {
            let session = &cookie["session"];
            assert_eq!(
                session["issued"],
                time_of(claims["issued"].as_u64().unwrap()),
                "{}",
                vector["name"]
            );
            assert_eq!(session["age"], claims["age"], "{}", vector["name"]);
            assert_eq!(session["id"], claims["id"], "{}", vector["name"]);
            assert_eq!(session["shape"], claims["shape"], "{}", vector["name"]);
            let sealed = &vector["sealed"];
            let is_compressed = sealed["flags_known"].as_u64().unwrap_or(0) & 1 != 0;
            let data = if is_compressed { &sealed["inflated"] } else { &sealed["data_bytes"] };
            // The file has no long ones that were compressed.
            assert!(data.is_null() || session["data_bytes"] == *data, "{}", vector["name"]);
            // What a type reads by name is not always what came: fields that it does not have, an
            // integer for a float.
            let otherwise = [
                "other_fields",
                "float",
                "struct_as_array",
                "variant_as",
                "unknown",
                "option_absent",
            ];
            let reads_otherwise = label == "ok_compressed_65536"
                || otherwise.iter().any(|what| label.starts_with(&format!("ok_named_{what}")));
            if !typed || by_name && !reads_otherwise {
                assert_eq!(session["data"], vector["sealed"]["data"], "{label}");
            }
        }
    }
    said_words.sort();
    said_words.dedup();
    assert_eq!(
        said_words.len(),
        STEPS.len() - 1,
        "every word but unsupported-suite: {said_words:?}"
    );
}

/// Unix seconds as the program prints them.
fn time_of(seconds: u64) -> String {
    let time = time::OffsetDateTime::from_unix_timestamp(i64::try_from(seconds).unwrap()).unwrap();
    let (hour, minute, second) = time.to_hms();
    let (year, month, day) = time.to_calendar_date();
    format!("{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z", u8::from(month))
}

/// Registers a device key and signs in. Returns the key's id and the cookies.
fn bound(sessions: &Sessions<Map>) -> (String, String) {
    let get = |cookies: &str| {
        let mut fields = http::HeaderMap::new();
        fields.insert("cookie", cookies.parse().unwrap());
        sessions.load((&http::Method::GET, &fields))
    };
    let mut response = http::HeaderMap::new();
    let page = get("");
    page.offer_binding();
    sessions.commit(&page, http::StatusCode::OK, &mut response).unwrap();
    let offer = response["secure-session-registration"].to_str().unwrap();
    let challenge = offer.split('"').nth(3).unwrap();

    let key = SigningKey::from_slice(&[1; 32]).unwrap();
    let point = key.verifying_key().to_sec1_point(false);
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let (x, y) = (encode(&point.as_bytes()[1..33]), encode(&point.as_bytes()[33..]));
    let jwk = json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y });
    let header = json!({ "alg": "ES256", "typ": "dbsc+jwt", "jwk": jwk }).to_string();
    let payload = json!({ "jti": challenge }).to_string();
    let signed = format!("{}.{}", encode(header.as_bytes()), encode(payload.as_bytes()));
    let signature: Signature = key.sign(signed.as_bytes());
    let request = http::Request::post("/dbsc/register")
        .header("sec-fetch-site", "same-origin")
        .header("sec-fetch-mode", "no-cors")
        .header("secure-session-response", format!("{signed}.{}", encode(&signature.to_bytes())))
        .body(())
        .unwrap();
    let registered = sessions.answer_dbsc(&request).unwrap();
    let pair =
        |line: &http::HeaderValue| line.to_str().unwrap().split(';').next().unwrap().to_owned();
    let proof = pair(&registered.headers()["set-cookie"]);
    let id: Value = serde_json::from_str(registered.body()).unwrap();

    let session = get(&proof);
    session.renew().unwrap();
    session.insert("user", 7).unwrap();
    let cookies = format!("{NAME}={}; {proof}", session.seal().unwrap());
    (id["session_identifier"].as_str().unwrap().to_owned(), cookies)
}

/// Sessions of `Visit` on a ring in a file `ring`, at `START`.
fn sealed(ring: &str) -> (Dir, Sessions<Visit>) {
    let sessions = Sessions::builder(ring.parse().unwrap()).clock(clock()).build().unwrap();
    (Dir::with_ring(ring), sessions)
}

const AT_START: &str = "2027-01-15T08:00:00Z";

fn inspect(dir: &Dir, options: &str, input: &str) -> Said {
    let words: Vec<&str> = "inspect --at 2027-01-15T08:00:00Z"
        .split(' ')
        .chain(options.split(' '))
        .filter(|w| !w.is_empty())
        .collect();
    dir.run_with(&words, input)
}

#[test]
fn without_keys_it_says_what_anybody_sees() {
    let ring = token();
    let (dir, sessions) = sealed(&ring);
    let value = sessions.seal(&visit(7)).unwrap();
    let said = inspect(&dir, "", &value).ok();
    let bytes = value.len() * 3 / 4;
    for line in [
        format!("value\t{} characters\n", value.len()),
        String::from("pieces\t1\n"),
        String::from("version\t1\n"),
        format!("key\t{}\n", id_of(&ring)),
        format!("envelope\t{bytes} bytes\n"),
        format!("content\t{} bytes of claims and data\n", bytes - 45),
        String::from("opens\tnot tried: give the ring with --keys\n"),
    ] {
        assert!(said.contains(&line), "{line} in {said}");
    }
    assert!(!said.contains("issued"));
}

#[test]
fn of_a_typed_session_it_shows_claims_bytes_and_shape() {
    let ring = token();
    let (dir, sessions) = sealed(&ring);
    let session = sessions.load((&http::Method::POST, &http::HeaderMap::new()));
    session.set(visit(7)).unwrap();
    session.renew().unwrap();
    session.flash(Level::SUCCESS, "Saved.").unwrap();
    session.set_expiry(Expiry::Idle(secs(DAY))).unwrap();
    let value = session.seal().unwrap();
    let cookie = &inspect(&dir, "--json --keys ring", &value).json()["cookies"][0];
    assert_eq!(cookie["verdict"], "ok");
    let inside = &cookie["session"];
    assert_eq!((&inside["issued"], &inside["created"]), (&json!(AT_START), &json!(AT_START)));
    assert_eq!(inside["id"], hex::encode(session.id().unwrap().to_bytes()));
    assert_eq!(inside["ends"], time_of(START + DAY));
    assert_eq!(inside["refreshes_from"], time_of(START + DAY / 10));
    assert_eq!(
        (&inside["expiry"], &inside["refresh_due"]),
        (&json!("idle for 86400 seconds"), &json!(false))
    );
    assert_eq!(inside["flashes"], json!([{ "level": 25, "text": "Saved." }]));
    assert_eq!(
        (&inside["data"], &inside["data_bytes"]),
        (&Value::Null, &json!(hex::encode(postcard::to_allocvec(&visit(7)).unwrap())))
    );
    let text = inspect(&dir, "--keys ring", &value).ok();
    for line in [
        "flash\tsuccess (25): Saved.\n",
        "refreshes\tat the first access from 2027-01-15T10:24:00Z (in 2 hours)\n",
        "opens\tok\n",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
}

#[test]
fn of_a_map_it_shows_the_data_as_json() {
    let ring = token();
    let sessions = Sessions::<Map>::builder(ring.parse().unwrap()).clock(clock()).build().unwrap();
    let mut map = Map::new();
    map.insert("cart", json!([{ "sku": "a", "qty": 1 }])).unwrap();
    let dir = Dir::with_ring(&ring);
    let value = sessions.seal(&map).unwrap();
    assert_eq!(
        inspect(&dir, "--json --keys ring", &value).json()["cookies"][0]["session"]["data"],
        json!({ "cart": [{ "sku": "a", "qty": 1 }] })
    );
    assert!(
        inspect(&dir, "--keys ring", &value)
            .ok()
            .contains(r#"a Map: {"cart":[{"qty":1,"sku":"a"}]}"#)
    );
}

#[test]
fn of_a_session_by_name_it_shows_the_fields_as_json() {
    let ring = token();
    let sessions = Sessions::<Visit>::builder(ring.parse().unwrap())
        .clock(clock())
        .encoding(Encoding::Named)
        .build()
        .unwrap();
    let value = sessions.seal(&visit(7)).unwrap();
    let dir = Dir::with_ring(&ring);
    let cookie = &inspect(&dir, "--json --keys ring", &value).json()["cookies"][0];
    let fields = serde_json::to_value(visit(7)).unwrap();
    assert_eq!((&cookie["verdict"], &cookie["session"]["data"]), (&json!("ok"), &fields));
    assert_eq!(fields["user"], 7);
    let text = inspect(&dir, "--keys ring", &value).ok();
    assert!(
        text.contains(&format!("by name: {fields}\n")) && text.contains("shape\ta157d36a\n"),
        "{text}"
    );
    let positional =
        Sessions::<Visit>::builder(ring.parse().unwrap()).clock(clock()).build().unwrap();
    let bytes = inspect(&dir, "--json --keys ring", &positional.seal(&visit(7)).unwrap()).json();
    assert_eq!(
        bytes["cookies"][0]["session"]["data"],
        Value::Null,
        "by place there are no names to show"
    );
}

#[test]
fn it_says_when_the_session_ends_and_that_its_key_ends_it() {
    let (new, old) = (token(), token());
    let ring =
        format!("{new} seal-from=2027-01-16T00:00:00Z\n{old} open-until=2027-01-20T00:00:00Z\n");
    let (dir, sessions) = sealed(&ring);
    let value = sessions.seal(&visit(7)).unwrap();
    let inside =
        inspect(&dir, "--json --keys ring", &value).json()["cookies"][0]["session"].clone();
    assert_eq!(
        (&inside["key_end"], &inside["ends"]),
        (&json!("2027-01-20T00:00:00Z"), &json!("2027-01-20T00:00:00Z"))
    );
    assert_eq!(inside["refresh_due"], false, "the next key does not seal yet");
    let options = ["inspect", "--at", "2027-01-16T00:00:00Z", "--keys", "ring"];
    assert!(
        dir.run_with(&options, &value).ok().contains("refreshes\tat the next access\n"),
        "it does now"
    );
}

#[test]
fn an_expired_session_is_refused_and_shown_nevertheless() {
    let ring = token();
    let (dir, sessions) = sealed(&ring);
    let value = sessions.seal(&visit(7)).unwrap();
    let said = dir.run_with(&["inspect", "--at", "2027-01-29T08:00:00Z", "--keys", "ring"], &value);
    assert_eq!(said.status, 1);
    assert!(
        said.out
            .contains("refused\texpired-idle: the idle timeout has passed (SPEC.md §8, step 14)\n"),
        "{said:?}"
    );
    assert!(said.out.contains("issued\t2027-01-15T08:00:00Z (14 days ago)\n"));
    assert_eq!(
        dir.run_with(&["inspect", "--at", "2027-01-29T07:59:59Z", "--keys", "ring"], &value).status,
        0
    );
}

#[test]
fn of_a_bound_session_it_shows_the_device_key_and_that_a_proof_is_missing() {
    let ring = token();
    let sessions = Sessions::<Map>::builder(ring.parse().unwrap())
        .clock(clock())
        .device_bound(DeviceBound::at("/dbsc"))
        .build()
        .unwrap();
    let (id, cookies) = bound(&sessions);

    let dir = Dir::with_ring(&ring);
    let said = inspect(&dir, "--keys ring", &format!("Cookie: {cookies}"));
    assert_eq!(said.status, 1, "it does not open by itself");
    for line in [
        format!("binding\tto the device key {id}\n"),
        String::from("refused\tunproven: the session is bound to a device, so it opens only in a "),
        String::from("{\"user\":7}\n"),
        String::from("(SPEC.md §8, step 15)\n"),
    ] {
        assert!(said.out.contains(&line), "{line} in {said:?}");
    }
    assert!(!said.out.contains("later release"), "{said:?}");
    let cookie = &inspect(&dir, "--json --keys ring", &cookies).json()["cookies"][0];
    assert_eq!((&cookie["verdict"], &cookie["refused"]["step"]), (&json!("unproven"), &json!(15)));
    assert_eq!(cookie["session"]["binding"], id);
    assert_eq!(cookie["session"]["extensions"], json!([{ "tag": 1, "bytes": 16 }]));

    let unbound = sessions.seal(&Map::new()).unwrap();
    let said = inspect(&dir, "--json --keys ring", &unbound).json();
    assert_eq!(said["cookies"][0]["session"]["binding"], Value::Null);
    assert!(!inspect(&dir, "--keys ring", &unbound).ok().contains("binding"));
}

#[test]
fn name_and_context_are_in_the_seal() {
    let ring = token();
    let sessions = Sessions::builder(ring.parse().unwrap())
        .clock(clock())
        .cookie_name("basket")
        .context("shop 1")
        .build()
        .unwrap();
    let value = sessions.seal(&visit(7)).unwrap();
    let dir = Dir::with_ring(&ring);
    let open = |name: &str, context: &str| {
        let words = [
            "inspect",
            "--at",
            AT_START,
            "--keys",
            "ring",
            "--cookie-name",
            name,
            "--context",
            context,
        ];
        dir.run_with(&words, &value).status
    };
    assert_eq!(open("basket", "shop 1"), 0);
    assert_eq!((open("basket", "shop 2"), open("Basket", "shop 1"), open("basket", "")), (1, 1, 1));
    let in_hex = [
        "inspect",
        &value,
        "--at",
        AT_START,
        "--keys",
        "ring",
        "--cookie-name",
        "basket",
        "--context-hex",
        "73686F702031",
    ];
    assert_eq!(dir.run_with(&in_hex, "").status, 0);
    let line = format!("Set-Cookie: basket={value}; Path=/; Secure");
    let said = dir.run_with(
        &["inspect", &line, "--at", AT_START, "--keys", "ring", "--context", "shop 1"],
        "",
    );
    assert!(said.ok().contains("cookie\tbasket\n"), "the name of the line is taken");
}

#[test]
fn a_cookie_is_taken_as_value_pair_or_line() {
    let ring = token();
    let (dir, sessions) = sealed(&ring);
    let (value, other) = (sessions.seal(&visit(7)).unwrap(), sessions.seal(&visit(8)).unwrap());
    for (line, cookies) in [
        (value.clone(), 1),
        (format!("{value}\r\n"), 1),
        (format!("{NAME}={value}"), 1),
        (format!("{NAME}={value}; Max-Age=1209600; Path=/; Secure; HttpOnly; SameSite=Lax"), 1),
        (format!("set-cookie: {NAME}={value}; Path=/"), 1),
        (format!("Cookie: theme=dark; {NAME}={value}"), 1),
        (format!("theme=dark; {NAME}={value}; {NAME}={other}"), 2),
    ] {
        let said = inspect(&dir, "--json --keys ring", &line);
        let found = said.json()["cookies"].as_array().unwrap().clone();
        assert_eq!((said.status, found.len()), (0, cookies), "{line}");
        assert!(
            found.iter().all(|cookie| cookie["verdict"] == "ok" && cookie["name"] == NAME),
            "{line}"
        );
        // Written behind the command instead of piped in, and as the explicit `-`.
        assert_eq!(
            dir.run_with(
                &["inspect", line.trim_end(), "--keys", "ring", "--at", AT_START, "--json"],
                ""
            )
            .json(),
            said.json()
        );
        assert_eq!(
            dir.run_with(&["inspect", "-", "--keys", "ring", "--at", AT_START, "--json"], &line)
                .json(),
            said.json()
        );
    }
}

#[test]
fn a_request_without_the_cookie_has_none() {
    let said = inspect(&Dir::new(), "--json", "Cookie: theme=dark; other=AQ");
    assert_eq!((said.status, &said.json()["verdict"]), (1, &json!("absent")));
    assert!(inspect(&Dir::new(), "", "Cookie: theme=dark").out.starts_with("absent\t"));
    let other =
        inspect(&Dir::new(), "--cookie-name theme --json", "Cookie: theme=dark; other=AQ").json();
    assert_eq!(
        other["cookies"][0]["verdict"], "unknown-version",
        "'dark' is base64url of another version"
    );
}

#[test]
fn a_set_cookie_line_sets_one_cookie_and_the_rest_are_attributes() {
    let json = inspect(&Dir::new(), "--json", &format!("Set-Cookie: theme=AQ; {NAME}=AQ")).json();
    let names: Vec<&Value> =
        json["cookies"].as_array().unwrap().iter().map(|cookie| &cookie["name"]).collect();
    assert_eq!(names, ["theme"]);
}

#[test]
fn the_first_of_several_pieces_is_told_as_such() {
    let said = inspect(&Dir::new(), "", "3.AYaU_V4WEJY9R0EtUn1rTWXIWnvJ");
    assert_eq!(said.status, 1);
    assert!(
        said.out.contains("pieces\t3, of which this is the first\n")
            && said.out.contains("refused\tpieces: "),
        "{said:?}"
    );
}

#[test]
fn what_a_cookie_holds_cannot_move_the_cursor() {
    let ring = token();
    let (dir, sessions) = sealed(&ring);
    let session = sessions.load((&http::Method::POST, &http::HeaderMap::new()));
    session.flash(Level::INFO, "a\x1b[2Jb").unwrap();
    let value = session.seal().unwrap();
    assert!(!inspect(&dir, "--keys ring", &value).ok().contains('\x1b'));
    assert!(!inspect(&dir, "", "x\x1b[2J=AQ").out.contains('\x1b'));
}

/// C0, DEL, C1, separators of lines and paragraphs, and what turns the direction of text.
fn steering() -> impl Iterator<Item = char> {
    let bidi = ['\u{61c}', '\u{200e}', '\u{200f}', '\u{2028}', '\u{2029}'];
    let controls = ('\0'..='\u{1f}').chain('\u{7f}'..='\u{9f}');
    controls.chain(bidi).chain('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}')
}

#[test]
fn what_a_cookie_holds_is_shown_escaped_and_read_back_the_same() {
    let ring = token();
    let dir = Dir::with_ring(&ring);
    let sessions = Sessions::<Map>::builder(ring.parse().unwrap()).clock(clock()).build().unwrap();
    let hostile: String = steering().flat_map(|character| ['a', character]).collect();
    let session = sessions.load((&http::Method::POST, &http::HeaderMap::new()));
    session.insert(&hostile, &hostile).unwrap();
    session.flash(Level::INFO, &hostile).unwrap();
    let value = session.seal().unwrap();

    let json = inspect(&dir, "--json --keys ring", &value);
    let raw = |text: &str| {
        text.chars()
            .filter(|character| *character != '\n' && steering().any(|other| other == *character))
            .count()
    };
    assert_eq!(raw(&json.out), 0, "{:?}", json.out);
    let inside = &json.json()["cookies"][0]["session"];
    assert_eq!(
        (&inside["flashes"][0]["text"], &inside["data"][&hostile]),
        (&json!(hostile), &json!(hostile))
    );

    let text = inspect(&dir, "--keys ring", &value).ok();
    // Columns are separated by tabs.
    assert_eq!(raw(&text.replace('\t', "")), 0, "{text:?}");
    for shown in ["\\u001b", "\\u007f", "\\u009b", "\\u202e", "\\u2066"] {
        assert!(text.matches(shown).count() >= 2, "{shown}: {text}");
    }
    let harmless = "Grüße, 世界 👋🏽 שלום";
    session.take_flashes().unwrap();
    session.flash(Level::INFO, harmless).unwrap();
    assert!(inspect(&dir, "--keys ring", &session.seal().unwrap()).ok().contains(harmless));

    let named = dir.run_with(&["inspect", "--at", AT_START], "x\u{202e}\u{9b}=AQ");
    assert_eq!(raw(&named.out.replace('\t', "")), 0, "{named:?}");
    let failed = dir.run_with(&["keys", "list", "no\u{9b}file"], "").refused();
    assert!(failed.contains("no\\u009bfile"), "{failed}");
}

#[test]
fn it_says_which_limits_it_assumes() {
    let ring = token();
    let (dir, sessions) = sealed(&ring);
    let value = sessions.seal(&visit(7)).unwrap();
    let said = inspect(&dir, "--keys ring", &value).ok();
    assert!(said.contains(
        "limits\tidle 14 days, absolute 30 days (assumed: give the application's with --idle \
             and --absolute)\n"
    ));
    assert_eq!(
        inspect(&dir, "--json --keys ring", &value).json()["limits"],
        json!({ "idle": 14 * DAY, "absolute": 30 * DAY })
    );
    let said = inspect(&dir, "--keys ring --idle 1h --absolute 2d", &value).ok();
    assert!(said.contains("limits\tidle 1 hour, absolute 2 days ("), "{said}");
    assert!(
        !inspect(&dir, "", &value).ok().contains("limits"),
        "without a ring it judges nothing by them"
    );
}

#[test]
fn the_ring_may_come_from_a_variable_or_standard_input() {
    let ring = token();
    let (dir, sessions) = sealed(&ring);
    let value = sessions.seal(&visit(7)).unwrap();
    for keys in ["env:PRINTED_RING", "-"] {
        let said = dir.run_with(&["inspect", &value, "--at", AT_START, "--keys", keys], &ring);
        assert!(said.ok().contains("opens\tok\n"), "{keys}");
    }
    assert!(
        dir.run_with(&["inspect", "-", "--keys", "-"], &ring)
            .wrong_use()
            .contains("cannot both come from standard input")
    );
    assert_eq!(
        at(START),
        sessions.load((&http::Method::GET, &http::HeaderMap::new())).info().issued_at()
    );
}
