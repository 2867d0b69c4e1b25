//! Floods and long requests: what they make a server do.

use crate::client::{Jar, Request};
use crate::device_key::{DeviceKey, base64url};
use crate::pair::Pair;
use crate::site::*;

/// A registration whose key is not on the curve.
fn off_the_curve(challenge: &str) -> String {
    let key = DeviceKey::new(THIEF);
    let [x, _] = key.coordinates().map(base64url);
    let jwk = format!(r#"{{"kty":"EC","crv":"P-256","x":"{x}","y":"{x}"}}"#);
    let header = format!(r#"{{"alg":"ES256","jwk":{jwk},"typ":"dbsc+jwt"}}"#);
    key.token(&header, &format!(r#"{{"jti":"{challenge}"}}"#))
}

/// The first check that fails names the refusal, and the order is: challenge, curve, signature.
#[test]
fn no_flood_reaches_the_curve_without_a_challenge() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let (good, forged) = (offered(home), base64url([1; 58]));
        let thief = DeviceKey::new(THIEF);
        let unsigned = |token: &str| {
            let (signed, _) = token.rsplit_once('.').unwrap();
            format!("{signed}.{}", base64url([1; 64]))
        };
        assert_doubt(&register(away, &off_the_curve(&forged)), "challenge");
        assert_doubt(&register(away, &off_the_curve(&good)), "key");
        assert_doubt(&register(away, &unsigned(&off_the_curve(&good))), "key");
        assert_doubt(&register(away, &unsigned(&thief.registration(&forged))), "challenge");
        assert_doubt(&register(away, &unsigned(&thief.registration(&good))), "signature");

        events(away);
        const FLOOD: usize = 300;
        let tokens = [off_the_curve(&forged), unsigned(&thief.registration(&forged))];
        for token in tokens.iter().cycle().take(FLOOD) {
            register(away, token);
        }
        let events = events(away);
        let count = |name: &str| events.iter().filter(|event| *event == name).count();
        assert_eq!(count("device-refused challenge"), FLOOD);
        assert_eq!(events.len(), FLOOD);
    });
}

/// A registration of exactly this many bytes, made long by an audience that nobody checks.
fn registration_of(bytes: usize, challenge: &str) -> String {
    let key = DeviceKey::new(VICTIM);
    let spaces = (0..4).flat_map(|spaces| (2000..3000).map(move |fill| (spaces, fill)));
    let header = format!(r#"{{"alg":"ES256","jwk":{},"typ":"dbsc+jwt"}}"#, key.jwk());
    for (spaces, fill) in spaces {
        let header = format!("{header}{}", " ".repeat(spaces));
        let payload = format!(r#"{{"aud":"{}","jti":"{challenge}"}}"#, "a".repeat(fill));
        let encoded = |text: &str| (text.len() * 4).div_ceil(3);
        if encoded(&header) + encoded(&payload) + 2 + 86 == bytes {
            return key.token(&header, &payload);
        }
    }
    panic!("no token has {bytes} bytes");
}

#[test]
fn a_token_has_at_most_4096_bytes() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let challenge = offered(home);
        let longest = registration_of(4096, &challenge);
        assert_eq!(longest.len(), 4096);
        assert_eq!(register(away, &longest).status, 200);
        assert_doubt(&register(away, &registration_of(4097, &challenge)), "token");
        // Its quotes count.
        assert_doubt(&register(away, &format!("\"{longest}\"")), "token");
        assert_doubt(&register(away, &"A".repeat(100_000)), "token");
        assert_doubt(&register(away, &".".repeat(4096)), "token");
        let nested = base64url("{\"jwk\":".repeat(400));
        assert_doubt(&register(away, &format!("{nested}.{nested}.{nested}")), "token");
    });
}

#[test]
fn at_most_four_proofs_are_opened() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let (victim, thief) = (Browser::victim(home), Browser::thief(away));
        let (session, own, proof) = (victim.session(), thief.proof(), victim.proof());
        let name = victim.proof_name();
        for (others, counts) in [(3, true), (4, false), (100, false)] {
            let mut cookies = vec![(SESSION, &*session)];
            cookies.extend(vec![(name, &*own); others]);
            cookies.push((name, &proof));
            if counts {
                assert_accepted(away, &jar(&cookies));
            } else {
                assert_refused(away, &jar(&cookies), "unproven other");
            }
        }
    });
}

#[test]
fn long_requests_are_answered_or_cut() {
    let pair = Pair::start();
    pair.each_way(|home, away| {
        let victim = Browser::victim(home);
        // A body is not read.
        let body = Request::new("POST", "/dbsc/register")
            .with("sec-fetch-site", "same-origin")
            .with("sec-fetch-mode", "no-cors")
            .body(&"x".repeat(1 << 20));
        assert_doubt(&ask(away, body, &Jar::default()), "no-token");
        // Fields that nobody asked for.
        let many = (0..80).fold(victim.refresh_request(), |request, _| {
            request.with("secure-session-skipped", "x".repeat(1000))
        });
        assert_doubt(&ask(away, many, &victim.jar), "no-token");
        let too_many = (0..200).fold(victim.refresh_request(), |request, _| request.with("x", "y"));
        assert_eq!(too_many.send(away.address).status, 431);
        let too_long = victim.refresh_request().with("x", "y".repeat(1 << 20));
        let cut = too_long.send_or_cut(away.address);
        assert!(cut.is_err() || cut.is_ok_and(|response| response.status == 431));
        // A long URL is no key.
        let long = endpoint(&format!("/dbsc/refresh?until=9&key={}", "A".repeat(60_000)));
        assert_ended(&ask(away, long, &Jar::default()));
        // The server goes on.
        assert_accepted(away, &victim.jar);
    });
}
