//! The function as Lambda runs it: the real process, which asks the Runtime API for events and
//! posts its answers there. The Runtime API is on loopback here and hands out the events of a
//! function URL or HTTP API (payload 2.0), of a REST API (payload 1.0), and of a load balancer with
//! and without multi-value headers.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sealed_session::{KeyRing, Sessions, Suite};
use serde_json::{Map, Value, json};
use shop::Visit;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

const PROXIES: [Proxy; 4] =
    [Proxy::FunctionUrl, Proxy::RestApi, Proxy::LoadBalancer, Proxy::SingleValueLoadBalancer];

#[test]
fn behind_each_proxy_it_takes_the_same_visit() {
    let ring = KeyRing::generate(Suite::Xaes256Gcm).unwrap();
    let mut function = Function::start(&ring);
    for proxy in PROXIES {
        println!("behind {proxy:?}");
        let mut browser = Browser::new(proxy);

        let page = browser.get(&mut function);
        assert!(page.contains("AWS Lambda"));
        assert!(page.contains("Nothing yet.") && page.contains("Your name"));
        assert_eq!(browser.cookies(), [""; 0], "an empty session sets no cookie");

        browser.post(&mut function, "/cart", "article=sealing-wax");
        let page = browser.get(&mut function);
        assert!(page.contains("Sealing wax is in your cart.") && page.contains("1 × Sealing wax"));
        assert!(
            !browser.get(&mut function).contains("is in your cart."),
            "a message is shown once"
        );

        browser.post(&mut function, "/sign-in", "name=Ada+%3Cb%3Ex");
        let page = browser.get(&mut function);
        assert!(page.contains("Signed in as <strong>Ada &lt;b&gt;x</strong>"));
        assert!(page.contains("1 × Sealing wax"), "the cart is kept");

        browser.post(&mut function, "/sign-out", "");
        assert!(browser.get(&mut function).contains("Signed out."));
        assert_eq!(
            browser.cookies(),
            [""; 0],
            "the cookie goes with the page that shows the message"
        );
    }
}

#[test]
fn one_visit_goes_through_all_proxies() {
    let ring = KeyRing::generate(Suite::Xaes256Gcm).unwrap();
    let mut function = Function::start(&ring);
    let mut browser = Browser::new(Proxy::FunctionUrl);
    browser.post(&mut function, "/sign-in", "name=Ada");
    for (before, proxy) in (0..).zip(PROXIES) {
        browser.proxy = proxy;
        let page = browser.get(&mut function);
        assert!(page.contains("Signed in as <strong>Ada</strong>"), "{proxy:?}");
        assert!(before == 0 || page.contains(&format!("{before} × Signet ring")), "{proxy:?}");
        browser.post(&mut function, "/cart", "article=signet-ring");
    }
    let sessions = Sessions::<Visit>::new(ring).unwrap();
    let cookie = browser.cookies().join("; ");
    let session = sessions.load(("GET", &[("cookie", cookie.as_str())][..]));
    assert_eq!(session.read(|visit| visit.cart[0].count), 4);
}

#[test]
fn every_set_cookie_line_arrives() {
    let ring = KeyRing::generate(Suite::Xaes256Gcm).unwrap();
    let mut function = Function::start(&ring);
    for proxy in PROXIES {
        let mut browser = Browser::new(proxy);
        // The rest of a session that once took two cookies. A response that sets the session
        // deletes it, on a line before the session's own.
        browser.keep("__Host-Http-session.1=AAAA; Path=/");
        browser.post(&mut function, "/cart", "article=sealing-wax");
        let names: Vec<_> = browser.jar.iter().map(|(name, _)| name.as_str()).collect();
        if proxy == Proxy::SingleValueLoadBalancer {
            assert_eq!(names, [""; 0], "such a load balancer passes one line, the first");
        } else {
            assert_eq!(names, ["__Host-Http-session"], "{proxy:?}");
            assert!(browser.get(&mut function).contains("1 × Sealing wax"));
        }
    }
}

#[test]
fn two_cookies_of_one_request_are_both_read() {
    let ring = KeyRing::generate(Suite::Xaes256Gcm).unwrap();
    let mut function = Function::start(&ring);
    for proxy in PROXIES {
        let mut browser = Browser::new(proxy);
        browser.post(&mut function, "/sign-in", "name=Ada");
        browser.keep("theme=dark; Path=/");
        browser.jar.reverse();
        assert!(browser.get(&mut function).contains("<strong>Ada</strong>"), "{proxy:?}");
        browser.jar.reverse();
        assert!(browser.get(&mut function).contains("<strong>Ada</strong>"), "{proxy:?}");
    }
}

#[test]
fn without_keys_it_does_not_start_and_says_why() {
    let mut command = Function::command("127.0.0.1:9");
    command.env("SESSION_KEYS", "no key").stderr(Stdio::piped());
    let output = sealed_session_child::spawn(command).unwrap().wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("SESSION_KEYS: "), "{said}");
}

/// What stands between the visitor and the function, and decides the form of the events.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Proxy {
    FunctionUrl,
    RestApi,
    LoadBalancer,
    SingleValueLoadBalancer,
}

impl Proxy {
    fn event(self, method: &str, path: &str, cookies: &[String], form: &str) -> Value {
        let mut fields = vec![("host", "shop.example".to_owned())];
        fields.push(("sec-fetch-site", "same-origin".to_owned()));
        if method == "POST" {
            fields.push(("content-type", "application/x-www-form-urlencoded".to_owned()));
        }
        if !cookies.is_empty() && self != Self::FunctionUrl {
            fields.push(("Cookie", cookies.join("; "))); // as browsers write it in HTTP/1.1
        }
        let one = |(name, value): &(&str, String)| ((*name).to_owned(), json!(value));
        let many = |(name, value): &(&str, String)| ((*name).to_owned(), json!([value]));
        let one: Map<_, _> = fields.iter().map(one).collect();
        let many: Map<_, _> = fields.iter().map(many).collect();
        let elb = json!({ "elb": { "targetGroupArn": "arn:aws:elasticloadbalancing:eu-north-1:1:targetgroup/shop/1" } });
        match self {
            Self::FunctionUrl => json!({
                "version": "2.0",
                "routeKey": "$default",
                "rawPath": path,
                "rawQueryString": "",
                "cookies": cookies,
                "headers": one,
                "requestContext": {
                    "accountId": "anonymous",
                    "apiId": "shop",
                    "domainName": "shop.example",
                    "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1" },
                    "requestId": "1",
                    "routeKey": "$default",
                    "stage": "$default",
                    "timeEpoch": 1,
                },
                // As it sends every body that is not text or JSON.
                "body": STANDARD.encode(form),
                "isBase64Encoded": true,
            }),
            Self::RestApi => json!({
                "resource": "/{proxy+}",
                "path": path,
                "httpMethod": method,
                "headers": one,
                "multiValueHeaders": many,
                "queryStringParameters": null,
                "multiValueQueryStringParameters": null,
                "pathParameters": { "proxy": path.trim_start_matches('/') },
                "stageVariables": null,
                "requestContext": {
                    "accountId": "1",
                    "apiId": "shop",
                    "domainName": "shop.example",
                    "httpMethod": method,
                    "identity": { "sourceIp": "192.0.2.1" },
                    "path": format!("/prod{path}"),
                    "protocol": "HTTP/1.1",
                    "requestId": "1",
                    "resourcePath": "/{proxy+}",
                    "stage": "prod",
                },
                "body": form,
                "isBase64Encoded": false,
            }),
            Self::LoadBalancer => json!({
                "requestContext": elb,
                "httpMethod": method,
                "path": path,
                "multiValueQueryStringParameters": {},
                "multiValueHeaders": many,
                "body": form,
                "isBase64Encoded": false,
            }),
            Self::SingleValueLoadBalancer => json!({
                "requestContext": elb,
                "httpMethod": method,
                "path": path,
                "queryStringParameters": {},
                "headers": one,
                "body": form,
                "isBase64Encoded": false,
            }),
        }
    }

    /// The fields of a name that the visitor gets: each proxy looks in its own place.
    fn fields(self, answer: &Value, name: &str) -> Vec<String> {
        let texts = |value: &Value| match value {
            Value::Array(values) => {
                values.iter().map(|value| value.as_str().unwrap().to_owned()).collect()
            }
            Value::String(value) => vec![value.clone()],
            other => panic!("{name}: {other}"),
        };
        let place = match (self, name) {
            (Self::FunctionUrl, "set-cookie") => {
                assert!(answer["headers"].get(name).is_none(), "it would be joined with commas");
                return answer.get("cookies").map(texts).unwrap_or_default();
            }
            (Self::FunctionUrl | Self::SingleValueLoadBalancer, _) => "headers",
            (Self::RestApi | Self::LoadBalancer, _) => "multiValueHeaders",
        };
        answer[place].get(name).map(texts).unwrap_or_default()
    }
}

/// The Runtime API, and the function's process, which ends with this.
struct Function {
    api: TcpListener,
    process: Child,
    events: u32,
}

impl Function {
    /// With the variables that Lambda sets and the function reads.
    fn command(api: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bootstrap"));
        command
            .env("AWS_LAMBDA_RUNTIME_API", api)
            .env("AWS_LAMBDA_FUNCTION_NAME", "shop")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            // Without it, the stage of a REST API is put before the paths of its events.
            .env("AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH", "true")
            .stdin(Stdio::null());
        command
    }

    fn start(ring: &KeyRing) -> Self {
        let api = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        api.set_nonblocking(true).unwrap();
        let mut command = Self::command(&api.local_addr().unwrap().to_string());
        command.env("SESSION_KEYS", ring.expose_secrets().as_str());
        Self { process: sealed_session_child::spawn(command).unwrap(), api, events: 0 }
    }

    fn invoke(&mut self, event: &Value) -> Value {
        self.events += 1;
        let id = self.events;
        let (line, _, stream) = self.next_request();
        assert_eq!(line, "GET /2018-06-01/runtime/invocation/next HTTP/1.1");
        let fields = format!(
            "Lambda-Runtime-Aws-Request-Id: {id}\r\nLambda-Runtime-Deadline-Ms: 4102444800000\r\n\
             Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-north-1:1:function:shop\r\n"
        );
        respond(stream, "200 OK", &fields, &event.to_string());
        let (line, body, stream) = self.next_request();
        assert_eq!(line, format!("POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1"));
        respond(stream, "202 Accepted", "", "{\"status\":\"OK\"}");
        serde_json::from_slice(&body).unwrap()
    }

    /// The first line and the body of the function's next request, and where to answer it.
    fn next_request(&mut self) -> (String, Vec<u8>, TcpStream) {
        let began = Instant::now();
        let stream = loop {
            match self.api.accept() {
                Ok((stream, _)) => break stream,
                Err(why) if why.kind() == ErrorKind::WouldBlock => {}
                Err(why) => panic!("{why}"),
            }
            assert_eq!(self.process.try_wait().unwrap(), None, "the function has ended");
            assert!(began.elapsed() < Duration::from_secs(60), "the function asks for nothing");
            sleep(Duration::from_millis(2));
        };
        stream.set_nonblocking(false).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let mut reader = BufReader::new(stream);
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            match line.trim_end() {
                "" => break,
                text => lines.push(text.to_owned()),
            }
        }
        let mut fields = lines.iter().filter_map(|line| line.split_once(": "));
        let length = fields.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        let mut body = vec![0; length.map_or(0, |(_, length)| length.parse().unwrap())];
        reader.read_exact(&mut body).unwrap();
        (lines.swap_remove(0), body, reader.into_inner())
    }
}

fn respond(mut stream: TcpStream, status: &str, fields: &str, body: &str) {
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
         Connection: close\r\n{fields}\r\n{body}"
    )
    .unwrap();
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// As much of a browser as a visit needs.
struct Browser {
    proxy: Proxy,
    jar: Vec<(String, String)>,
}

impl Browser {
    fn new(proxy: Proxy) -> Self {
        Self { proxy, jar: Vec::new() }
    }

    /// The page as HTML.
    fn get(&mut self, function: &mut Function) -> String {
        let page = self.send(function, "GET", "/", "");
        assert_eq!(page["statusCode"], 200);
        page["body"].as_str().unwrap().to_owned()
    }

    /// Posts a form, and is sent back to the page.
    fn post(&mut self, function: &mut Function, path: &str, form: &str) {
        let answer = self.send(function, "POST", path, form);
        assert_eq!(answer["statusCode"], 303, "{answer}");
        assert_eq!(self.proxy.fields(&answer, "location"), ["/"]);
    }

    fn send(&mut self, function: &mut Function, method: &str, path: &str, form: &str) -> Value {
        let answer = function.invoke(&self.proxy.event(method, path, &self.cookies(), form));
        let touched = self.proxy.fields(&answer, "cache-control");
        assert!(touched.iter().any(|field| field.contains("private")), "{answer}");
        for line in self.proxy.fields(&answer, "set-cookie") {
            self.keep(&line);
        }
        answer
    }

    fn cookies(&self) -> Vec<String> {
        self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect()
    }

    fn keep(&mut self, line: &str) {
        let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
        self.jar.retain(|(known, _)| known != name);
        if !line.contains("Max-Age=0") {
            self.jar.push((name.to_owned(), value.to_owned()));
        }
    }
}
