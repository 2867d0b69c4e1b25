//! The configuration of every proxy: as little as a reverse proxy needs, all else at its defaults.
//! A listener `h1` or `h2` has the defaults, `h1 lifted` and `h2 lifted` have what docs/size.md
//! says lifts the limits, and the others have a cache.

use crate::client::{Address, Protocol};
use crate::proxy::{Proxy, ending_with_its_input, program, version};
use Protocol::{Http1, Http2};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Raises nginx's limit so that one cookie of any size that browsers keep passes.
pub const NGINX_ONE_COOKIE: &[&str] = &["proxy_buffer_size 8k;"];
/// What lifts nginx's limits to four cookies.
pub const NGINX: &[&str] =
    &["proxy_buffer_size 16k;", "proxy_buffers 8 16k;", "large_client_header_buffers 4 16k;"];
pub const HAPROXY: &[&str] = &["tune.bufsize 32768"];
pub const APACHE: &[&str] = &["LimitRequestFieldSize 16380"];
pub const VARNISH: &[&str] = &["-p http_req_hdr_len=16k"];

/// A proxy in front of the site.
pub struct Setup {
    /// Its name in the document.
    pub name: &'static str,
    pub version: String,
    /// More than one if limits hold for a whole process.
    processes: Vec<Proxy>,
}

impl Setup {
    /// The address of the listener of this name, if the proxy has one.
    pub fn find(&self, listener: &str) -> Option<Address> {
        self.processes.iter().find_map(|process| process.find(listener))
    }

    /// The address of the listener of this name.
    pub fn at(&self, listener: &str) -> Address {
        self.find(listener).unwrap_or_else(|| panic!("{} has no listener {listener}", self.name))
    }
}

/// All of them. They start at the same time.
pub async fn all(site: Address, dir: &Path) -> [Setup; 5] {
    let (nginx, haproxy, apache, caddy, varnish) = tokio::join!(
        nginx(site, dir),
        haproxy(site, dir),
        apache(site, dir),
        caddy(site, dir),
        varnish(site, dir)
    );
    [nginx, haproxy, apache, caddy, varnish]
}

async fn nginx(site: Address, dir: &Path) -> Setup {
    let listeners = [
        ("h1", Http1),
        ("h2", Http2),
        ("h1 lifted for one cookie", Http1),
        ("h1 lifted", Http1),
        ("h2 lifted", Http2),
        ("cache", Http1),
        ("cache that ignores Set-Cookie", Http1),
        ("cache that ignores Cache-Control", Http1),
        ("cache that ignores both", Http1),
    ];
    let process = Proxy::start(site, &dir.join("nginx"), &listeners, |dir, ports| {
        let servers = listeners.map(|(name, protocol)| {
            let (port, site) = (ports.of(name), ports.site);
            let http2 = if protocol == Http2 { " http2" } else { "" };
            let lines = match name {
                "h1 lifted for one cookie" => NGINX_ONE_COOKIE.join("\n"),
                "h1 lifted" | "h2 lifted" => NGINX.join("\n"),
                _ => nginx_cache(name),
            };
            format!(
                r"server {{
    listen 127.0.0.1:{port}{http2};
    {lines}
    location / {{ proxy_pass http://127.0.0.1:{site}; }}
}}
"
            )
        });
        let servers = servers.concat();
        let text = format!(
            r"daemon off;
master_process off;
pid nginx.pid;
error_log nginx.log;
events {{}}
http {{
access_log off;
client_body_temp_path temporary;
proxy_temp_path temporary;
fastcgi_temp_path temporary;
uwsgi_temp_path temporary;
scgi_temp_path temporary;
proxy_cache_path cache keys_zone=pages:1m;
{servers}}}
"
        );
        let file = write(dir, "nginx.conf", &text);
        command("nginx", ["-p".into(), dir.into(), "-e".into(), "stderr".into(), "-c".into(), file])
    })
    .await;
    Setup { name: "nginx", version: version("nginx", "-v"), processes: vec![process] }
}

/// The lines of a listener with a cache. It stores pages without `Cache-Control` too.
fn nginx_cache(listener: &str) -> String {
    let ignored = match listener {
        "cache" => "",
        "cache that ignores Set-Cookie" => "proxy_ignore_headers Set-Cookie;",
        "cache that ignores Cache-Control" => "proxy_ignore_headers Cache-Control;",
        "cache that ignores both" => "proxy_ignore_headers Set-Cookie Cache-Control;",
        _ => return String::new(),
    };
    // The port is part of the key, since the listeners share one cache.
    format!(
        r"proxy_cache pages;
    proxy_cache_valid 1m;
    proxy_cache_key $server_port$request_uri;
    {ignored}"
    )
}

async fn haproxy(site: Address, dir: &Path) -> Setup {
    let start = async |[h1, h2]: [&'static str; 2], lines: &[&str], dir: PathBuf| {
        Proxy::start(site, &dir, &[(h1, Http1), (h2, Http2)], |dir, ports| {
            let (h1, h2, site) = (ports.of(h1), ports.of(h2), ports.site);
            let lines = lines.join("\n");
            let text = format!(
                r"global
    {lines}
defaults
    mode http
    timeout connect 5s
    timeout client 50s
    timeout server 50s
frontend all
    bind 127.0.0.1:{h1}
    bind 127.0.0.1:{h2} proto h2
    default_backend site
backend site
    server site 127.0.0.1:{site}
"
            );
            command("haproxy", ["-db".into(), "-f".into(), write(dir, "haproxy.cfg", &text)])
        })
        .await
    };
    let (default, lifted) = tokio::join!(
        start(["h1", "h2"], &[], dir.join("haproxy")),
        start(["h1 lifted", "h2 lifted"], HAPROXY, dir.join("haproxy-lifted"))
    );
    Setup { name: "HAProxy", version: version("haproxy", "-v"), processes: vec![default, lifted] }
}

async fn apache(site: Address, dir: &Path) -> Setup {
    let listeners = [("h1", Http1), ("h2", Http2), ("h1 lifted", Http1), ("h2 lifted", Http2)];
    let process = Proxy::start(site, &dir.join("apache"), &listeners, |dir, ports| {
        let hosts = listeners.map(|(name, _)| {
            let (port, site) = (ports.of(name), ports.site);
            let lines = if name.ends_with("lifted") { APACHE.join("\n") } else { String::new() };
            format!(
                r#"Listen 127.0.0.1:{port}
<VirtualHost 127.0.0.1:{port}>
    Protocols h2c http/1.1
    {lines}
    ProxyPass "/" "http://127.0.0.1:{site}/"
</VirtualHost>
"#
            )
        });
        let modules = ["mpm_event", "authz_core", "proxy", "proxy_http", "http2"].map(|name| {
            format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n")
        });
        let (hosts, modules, root) = (hosts.concat(), modules.concat(), dir.display());
        let text = format!(
            r#"ServerName localhost
ServerRoot "{root}"
DefaultRuntimeDir "{root}"
PidFile apache.pid
ErrorLog apache.log
User www-data
Group www-data
{modules}{hosts}"#
        );
        let file = write(dir, "apache2.conf", &text);
        // -X: one process, so that none of its children outlives it.
        ending_with_its_input(&command("apache2", ["-X".into(), "-f".into(), file]))
    })
    .await;
    Setup { name: "Apache", version: version("apache2", "-v"), processes: vec![process] }
}

async fn caddy(site: Address, dir: &Path) -> Setup {
    let listeners = [("h1", Http1), ("h2", Http2)];
    let process = Proxy::start(site, &dir.join("caddy"), &listeners, |dir, ports| {
        let (h1, h2, site) = (ports.of("h1"), ports.of("h2"), ports.site);
        let text = format!(
            r"{{
    admin off
    auto_https off
    servers {{
        protocols h1 h2 h2c
    }}
}}
http://127.0.0.1:{h1}, http://127.0.0.1:{h2} {{
    reverse_proxy 127.0.0.1:{site}
}}
"
        );
        let file = write(dir, "Caddyfile", &text);
        let mut command = command(
            "caddy",
            ["run".into(), "--adapter".into(), "caddyfile".into(), "--config".into(), file],
        );
        command.env("HOME", dir).env("XDG_DATA_HOME", dir).env("XDG_CONFIG_HOME", dir);
        command
    })
    .await;
    Setup { name: "Caddy", version: version("caddy", "version"), processes: vec![process] }
}

async fn varnish(site: Address, dir: &Path) -> Setup {
    // What a listener is called in Varnish's own language. `cache` has the built-in rules; the next
    // ones replace a part of them.
    let names = [
        ("h1", "plain"),
        ("h1 lifted", "plain"),
        ("cache", "builtin"),
        ("cache that looks up requests with cookies", "looks_up"),
        ("cache that stores every response", "stores"),
    ];
    let start = async |names: Vec<(&'static str, &str)>, lines: &[&str], dir: PathBuf| {
        let listeners: Vec<_> = names.iter().map(|(name, _)| (*name, Http1)).collect();
        Proxy::start(site, &dir, &listeners, |dir, ports| {
            let site = ports.site;
            let text = format!(
                r#"vcl 4.1;
backend default {{ .host = "127.0.0.1"; .port = "{site}"; }}
sub vcl_recv {{
    unset req.http.x-stores;
    if (local.socket == "stores") {{ set req.http.x-stores = "yes"; }}
    if (req.method == "GET" && (local.socket == "looks_up" || local.socket == "stores")) {{
        return (hash);
    }}
}}
sub vcl_backend_response {{
    if (bereq.http.x-stores) {{ return (deliver); }}
}}
"#
            );
            let mut arguments: Vec<PathBuf> =
                ["-F", "-j", "none", "-s", "malloc,64m", "-p", "vsl_space=1M", "-n"]
                    .map(PathBuf::from)
                    .into();
            arguments.push(dir.join("work"));
            arguments.extend(["-f".into(), write(dir, "site.vcl", &text)]);
            for (name, socket) in &names {
                let listener = format!("{socket}=127.0.0.1:{}", ports.of(name));
                arguments.extend(["-a".into(), listener.into()]);
            }
            arguments.extend(lines.iter().flat_map(|line| line.split(' ')).map(PathBuf::from));
            command("varnishd", arguments)
        })
        .await
    };
    let (lifted, default) = names.into_iter().partition(|(name, _)| *name == "h1 lifted");
    let (default, lifted) = tokio::join!(
        start(default, &[], dir.join("varnish")),
        start(lifted, VARNISH, dir.join("varnish-lifted"))
    );
    Setup { name: "Varnish", version: version("varnishd", "-V"), processes: vec![default, lifted] }
}

fn write(dir: &Path, name: &str, text: &str) -> PathBuf {
    let path = dir.join(name);
    fs::write(&path, text).unwrap();
    path
}

fn command(name: &str, arguments: impl IntoIterator<Item = PathBuf>) -> Command {
    let mut command = Command::new(program(name));
    command.args(arguments);
    command
}
