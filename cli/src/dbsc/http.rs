//! One HTTP request, sent by the program `curl`.
//!
//! curl brings TLS, HTTP/2, proxies and the system's certificates, so none of them is a dependency
//! of this program. Its configuration goes to its standard input (`curl --disable --config -`): no
//! shell reads an address or a field, nobody sees them in a list of processes, and the user's own
//! `.curlrc` changes nothing. Redirects are not followed.

use super::address::Address;
use super::cookies::SetCookie;
use crate::failure::Failure;
use std::io::{ErrorKind, Read, Write};
use std::process::{Child, Command, Stdio};

/// The most bytes of a body that are read.
const LONGEST_BODY: usize = 64 * 1024;
/// The most bytes of a head and a body together. curl itself refuses a head above 300 KB.
const LONGEST_RESPONSE: u64 = 384 * 1024;
/// The most bytes of curl's own message that are read.
const LONGEST_MESSAGE: u64 = 4096;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    /// With an empty body.
    Post,
}

pub(super) struct Response {
    pub(super) status: u16,
    fields: Vec<(String, String)>,
    pub(super) body: String,
}

impl Response {
    /// Returns the lines of a field, joined with a comma (RFC 9110 §5.3).
    pub(super) fn field(&self, name: &str) -> Option<String> {
        let lines: Vec<&str> = self.lines(name).collect();
        (!lines.is_empty()).then(|| lines.join(", "))
    }

    /// Returns the cookies that the response sets.
    pub(super) fn cookies(&self) -> Vec<SetCookie> {
        self.lines("set-cookie").filter_map(SetCookie::parse).collect()
    }

    /// Returns `true` if no cache may store the response.
    pub(super) fn is_no_store(&self) -> bool {
        let mut directives = self.lines("cache-control").flat_map(|line| line.split(','));
        directives.any(|directive| directive.trim().eq_ignore_ascii_case("no-store"))
    }

    fn lines<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let found = self.fields.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// Why there is no response.
pub(super) enum Trouble {
    /// No request can be sent at all.
    NoCurl(Failure),
    /// curl's exit status and its message.
    Failed(Option<i32>, String),
}

/// The exit statuses of curl that have an advice of their own.
pub(super) mod status {
    pub(in crate::dbsc) const NO_HOST: i32 = 6;
    pub(in crate::dbsc) const NO_CONNECTION: i32 = 7;
    pub(in crate::dbsc) const TIMEOUT: i32 = 28;
    pub(in crate::dbsc) const TLS: [i32; 7] = [35, 51, 58, 60, 77, 83, 91];
}

/// Sends a request and reads the response. `timeout` is in seconds.
pub(super) fn send(
    method: Method,
    address: &Address,
    fields: &[(&str, &str)],
    timeout: u64,
) -> Result<Response, Trouble> {
    let configuration = configuration(method, address, fields, timeout)?;
    let mut child = Command::new("curl")
        .args(["--disable", "--config", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| Trouble::NoCurl(no_curl(&error)))?;
    let answered = exchange(&mut child, &configuration);
    if answered.is_err() || answered.as_ref().is_ok_and(|bytes| is_too_long(bytes)) {
        // It may still be sending.
        let _ = child.kill();
    }
    let message = message(&mut child);
    let ended = child.wait().map_err(|error| Trouble::NoCurl(no_curl(&error)))?;
    let bytes = answered.map_err(|error| Trouble::Failed(None, error.to_string()))?;
    if !ended.success() && !is_too_long(&bytes) {
        return Err(Trouble::Failed(ended.code(), message));
    }
    parse(&bytes).ok_or_else(|| Trouble::Failed(None, String::from("the answer is not HTTP")))
}

/// Writes the configuration, and reads what curl prints.
fn exchange(child: &mut Child, configuration: &str) -> std::io::Result<Vec<u8>> {
    let missing = || std::io::Error::from(ErrorKind::BrokenPipe);
    let mut input = child.stdin.take().ok_or_else(missing)?;
    // If curl has ended before it read everything, its message says why.
    let _ = input.write_all(configuration.as_bytes());
    drop(input);
    let mut bytes = Vec::new();
    let output = child.stdout.take().ok_or_else(missing)?;
    output.take(LONGEST_RESPONSE).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn is_too_long(bytes: &[u8]) -> bool {
    bytes.len() as u64 >= LONGEST_RESPONSE
}

/// Reads the first line of curl's message. Those behind it are general advice.
fn message(child: &mut Child) -> String {
    let mut bytes = Vec::new();
    if let Some(errors) = child.stderr.take() {
        let _ = errors.take(LONGEST_MESSAGE).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).lines().next().unwrap_or_default().trim().to_owned()
}

fn no_curl(error: &std::io::Error) -> Failure {
    if error.kind() == ErrorKind::NotFound {
        return Failure::refused(
            "the program curl was not found, and this command sends its requests with it: install \
             curl (on Debian and Ubuntu: apt-get install curl), or add its directory to PATH",
        );
    }
    Failure::refused(format!(
        "cannot run curl, with which this command sends its requests: {error}: try `curl --version`"
    ))
}

/// Returns curl's configuration. Fields hold what a server answered, so control characters are
/// refused: a line feed would begin another option.
fn configuration(
    method: Method,
    address: &Address,
    fields: &[(&str, &str)],
    timeout: u64,
) -> Result<String, Trouble> {
    let mut text = format!(
        "silent\nshow-error\ninclude\ngloboff\nsuppress-connect-headers\nproto = \"=http,https\"\n\
         max-time = {timeout}\nuser-agent = \"Mozilla/5.0 (compatible; sealed-session/{})\"\n",
        env!("CARGO_PKG_VERSION")
    );
    if method == Method::Post {
        // A browser's request has an empty body, without a type.
        text.push_str("data = \"\"\nheader = \"Content-Type:\"\n");
    }
    let lines = fields.iter().map(|(name, value)| ("header", format!("{name}: {value}")));
    for (option, value) in lines.chain([("url", address.whole())]) {
        if value.chars().any(char::is_control) {
            let message = "the server sent a control character that must go back to it";
            return Err(Trouble::Failed(None, String::from(message)));
        }
        let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
        text.push_str(&format!("{option} = \"{escaped}\"\n"));
    }
    Ok(text)
}

/// Reads head and body of the last response. Those before it are informational (1xx). A body that
/// is too long is cut: a sign-in page may be, and no other answer makes sense then.
fn parse(bytes: &[u8]) -> Option<Response> {
    let mut rest = bytes;
    loop {
        let end = rest.windows(4).position(|four| four == b"\r\n\r\n")?;
        let (head, behind) = (rest.get(..end)?, rest.get(end + 4..)?);
        let head = String::from_utf8_lossy(head);
        let mut lines = head.split("\r\n");
        let mut words = lines.next()?.strip_prefix("HTTP/")?.split(' ');
        let status: u16 = words.nth(1)?.parse().ok()?;
        if (100..200).contains(&status) && status != 101 {
            rest = behind;
            continue;
        }
        let fields = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
            .collect();
        let body = behind.get(..LONGEST_BODY).unwrap_or(behind);
        return Some(Response { status, fields, body: String::from_utf8_lossy(body).into_owned() });
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_BODY, Method, Trouble, configuration, parse};

    #[test]
    fn the_last_response_counts() {
        let early = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
        let last = "HTTP/2 403 \r\nX-A: 1\r\nCache-Control: private, No-Store\r\nx-a:2\r\n\r\n\
                    device binding: token\n";
        let response = parse(format!("{early}{last}").as_bytes()).unwrap();
        assert_eq!((response.status, &*response.body), (403, "device binding: token\n"));
        assert_eq!(response.field("X-a").as_deref(), Some("1, 2"));
        assert!(response.is_no_store());
        assert!(response.field("set-cookie").is_none() && response.cookies().is_empty());
    }

    #[test]
    fn a_body_is_cut_and_nonsense_is_not_a_response() {
        let long = format!("HTTP/1.1 200 OK\r\nA: b\r\n\r\n{}", "x".repeat(LONGEST_BODY + 1));
        assert_eq!(parse(long.as_bytes()).unwrap().body.len(), LONGEST_BODY);
        for text in ["", "HTTP/1.1 200 OK\r\n", "hello\r\n\r\n", "HTTP/1.1 OK\r\n\r\n"] {
            assert!(parse(text.as_bytes()).is_none(), "{text:?}");
        }
    }

    #[test]
    fn a_value_cannot_leave_its_line() {
        let address = "https://shop.example/".parse().unwrap();
        let text = |value: &str| configuration(Method::Get, &address, &[("Cookie", value)], 20);
        let Ok(written) = text(r#"a="\"; b"#) else { panic!() };
        assert!(written.contains("\nheader = \"Cookie: a=\\\"\\\\\\\"; b\"\n"), "{written}");
        assert!(written.ends_with("\nurl = \"https://shop.example/\"\n"), "{written}");
        for value in ["a\nurl = \"https://thief.example/\"", "a\rb", "a\tb", "a\u{85}b"] {
            assert!(matches!(text(value), Err(Trouble::Failed(None, _))), "{value:?}");
        }
    }
}
