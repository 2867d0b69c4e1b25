//! The table of sessions: the largest that a configuration admits, through each proxy and back.
//! With another series of a proxy than the document has, only what passes is checked.

use crate::support::{Running, run};
use axum::http::StatusCode;
use sealed_session_proxies::client::{Address, Outcome};
use sealed_session_proxies::measure::{Way, send};
use sealed_session_proxies::setups::{APACHE, HAPROXY, NGINX, NGINX_ONE_COOKIE, VARNISH};
use sealed_session_proxies::site::{CONFIGURATIONS, Configuration, text};
use sealed_session_proxies::tables::{
    document, number, parse_number, row, series, session_cell, table,
};

/// The largest session of a configuration on its way through a proxy, and back.
async fn passes(
    configuration: &Configuration,
    site: Address,
    proxy: Address,
) -> (Outcome, Outcome) {
    let made = configuration.fill(site).await;
    assert!(made.outcome.passed(), "{}: {:?}", configuration.name, made.outcome);
    let out = configuration.fill(proxy).await;
    let cookies = if out.outcome.passed() {
        assert_eq!(out.lines().len(), made.lines().len());
        out.cookies()
    } else {
        made.cookies()
    };
    let back = configuration.read(proxy, &cookies).await;
    if back.outcome.passed() {
        assert_eq!(back.body, made.body, "{}: another session", configuration.name);
    }
    (out.outcome, back.outcome)
}

#[test]
fn the_sessions_pass_that_the_table_says() {
    run(async |running: &'static Running| {
        let rows = table(&document(), "sessions");
        let (head, rows) = rows.split_first().unwrap();
        for configuration in &CONFIGURATIONS {
            let row = rows.iter().find(|row| row[0] == configuration.name).expect("a row");
            for setup in &running.setups {
                let here = format!("{} {}", setup.name, setup.version);
                let column = head.iter().position(|cell| cell.starts_with(setup.name)).unwrap();
                let (out, back) = passes(configuration, running.site, setup.at("h1")).await;
                let cell = session_cell(&out, &back);
                if row[column] == "passes" || series(&head[column]) == series(&here) {
                    assert_eq!(
                        cell, row[column],
                        "{here}, {}: {out:?} {back:?}",
                        configuration.name
                    );
                } else if cell != row[column] {
                    println!("{here}, {}: {cell}, document: {}", configuration.name, row[column]);
                }
            }
        }
    });
}

#[test]
fn sessions_have_the_bytes_that_the_table_says() {
    run(async |running: &'static Running| {
        let rows = table(&document(), "sessions");
        for configuration in &CONFIGURATIONS {
            let row = rows.iter().find(|row| row[0] == configuration.name).expect("a row");
            let found = bytes(configuration, running.site).await;
            for (cell, found) in row[1..3].iter().zip(found) {
                let stated = parse_number(cell);
                assert!(stated.abs_diff(found) <= 10, "{}: {found}, not {stated}", row[0]);
            }
        }
    });
}

/// What nginx passes depends on them. The document says that they are more than 400 bytes.
#[test]
fn the_sites_other_headers_are_as_long_as_usual() {
    run(async |running: &'static Running| {
        let made = CONFIGURATIONS[0].fill(running.site).await;
        let others = made.headers.iter().filter(|(name, _)| *name != "set-cookie");
        let fields = others.map(|(name, value)| name.as_str().len() + ": \r\n".len() + value.len());
        let head = "HTTP/1.1 200 OK\r\n\r\n".len() + fields.sum::<usize>();
        assert!((400..500).contains(&head), "{head}");
    });
}

/// Bytes of the `Set-Cookie` lines and of the `Cookie` field of the largest session.
async fn bytes(configuration: &Configuration, site: Address) -> [usize; 2] {
    let made = configuration.fill(site).await;
    [made.lines().iter().map(String::len).sum(), made.cookies().join("; ").len()]
}

/// The document says so, and that no handler can help.
#[test]
fn nginx_refuses_every_request_with_too_many_cookies() {
    run(async |running: &'static Running| {
        let cookies = [format!("session={}", text(40_000))];
        let page = running.setup("nginx").at("h1").get("/shop/public", &cookies).await;
        assert_eq!(page.outcome, Outcome::Status(StatusCode::BAD_REQUEST));
        assert!(!page.headers.contains_key("x-request-id"), "the site answered");
    });
}

#[test]
fn the_lines_of_the_document_lift_the_limits() {
    run(async |running: &'static Running| {
        let document = document();
        let lines =
            [("nginx", NGINX), ("HAProxy", HAPROXY), ("Apache", APACHE), ("Varnish", VARNISH)];
        for (name, lines) in lines {
            for line in lines {
                assert!(document.contains(line), "the document does not have {line}");
            }
            let setup = running.setup(name);
            for listener in ["h1 lifted", "h2 lifted"] {
                let Some(lifted) = setup.find(listener) else { continue };
                for configuration in &CONFIGURATIONS {
                    let (out, back) = passes(configuration, running.site, lifted).await;
                    let cell = session_cell(&out, &back);
                    assert_eq!(cell, "passes", "{name}, {listener}, {}", configuration.name);
                }
                // Beside 2,000 bytes of other cookies, which nothing passes by default.
                let outcome = send(lifted, Way::Cookies, 16_000).await;
                assert!(outcome.passed(), "{name}, {listener}: {outcome:?}");
            }
        }
    });
}

#[test]
fn one_line_lets_one_cookie_through_nginx() {
    run(async |running: &'static Running| {
        let document = document();
        assert!(NGINX_ONE_COOKIE.iter().all(|line| document.contains(line)));
        let lifted = running.setup("nginx").at("h1 lifted for one cookie");
        let (out, back) = passes(&CONFIGURATIONS[1], running.site, lifted).await;
        assert_eq!(session_cell(&out, &back), "passes");
        let outcome = send(lifted, Way::OneLine, 4096).await;
        assert!(outcome.passed(), "the longest line that a configuration admits: {outcome:?}");
    });
}

#[test]
#[ignore = "prints the table"]
fn print_the_sessions() {
    run(async |running: &'static Running| {
        let names = running.setups.iter().map(|setup| format!("{} {}", setup.name, setup.version));
        println!("{}", row(["", "", ""].map(str::to_owned).into_iter().chain(names)));
        for configuration in &CONFIGURATIONS {
            let mut cells = vec![configuration.name.to_owned()];
            cells.extend(bytes(configuration, running.site).await.map(number));
            for setup in &running.setups {
                let (out, back) = passes(configuration, running.site, setup.at("h1")).await;
                cells.push(session_cell(&out, &back));
            }
            println!("{}", row(cells));
        }
    });
}
