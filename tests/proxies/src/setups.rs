//! The configuration of every proxy: as little as a reverse proxy needs, all else at its defaults.
//! A listener `h1` or `h2` has the defaults, `h1 lifted` and `h2 lifted` have what docs/size.md
//! says lifts the limits, and the others have a cache.

use crate::client::{Address, Protocol};
use crate::proxy::{Proxy, ending_with_its_input, program, version};
use Protocol::{Http1, Http2};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What lifts nginx's limit to one cookie of any size that browsers keep.
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

pub async fn nginx(site: Address, dir: &Path) -> Setup {
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
        let server = |&(name, protocol): &(&str, Protocol)| {
            let http2 = if protocol == Http2 { " http2" } else { "" };
            let lines = match name {
                "h1 lifted for one cookie" => NGINX_ONE_COOKIE.join("\n"),
                "h1 lifted" | "h2 lifted" => NGINX.join("\n"),
                _ => nginx_cache(name),
            };
            format!(
                "server {{\nlisten 127.0.0.1:{}{http2};\n{lines}\nlocation / {{ proxy_pass http://127.0.0.1:{}; }}\n}}\n",
                ports.of(name),
                ports.site
            )
        };
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path temporary;\n"));
        let text = format!(
            "daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log nginx.log;\n\
             events {{}}\nhttp {{\naccess_log off;\n{}proxy_cache_path cache keys_zone=pages:1m;\n{}}}\n",
            temporary.concat(),
            listeners.iter().map(server).collect::<String>()
        );
        let file = write(dir, "nginx.conf", &text);
        command("nginx", ["-p".into(), dir.into(), "-e".into(), "stderr".into(), "-c".into(), file])
    })
    .await;
    Setup { name: "nginx", version: version("nginx", "-v"), processes: vec![process] }
}

/// Lines that store pages, those without `Cache-Control` too.
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
        "proxy_cache pages;\nproxy_cache_valid 1m;\nproxy_cache_key $server_port$request_uri;\n{ignored}"
    )
}

pub async fn haproxy(site: Address, dir: &Path) -> Setup {
    let process = |listeners: [(&'static str, Protocol); 2], lines: String, dir: PathBuf| async move {
        Proxy::start(site, &dir, &listeners, |dir, ports| {
            let text = format!(
                "global\n{lines}\ndefaults\nmode http\ntimeout connect 5s\ntimeout client 50s\ntimeout server 50s\n\
                 frontend all\nbind 127.0.0.1:{}\nbind 127.0.0.1:{} proto h2\ndefault_backend site\n\
                 backend site\nserver site 127.0.0.1:{}\n",
                ports.of(listeners[0].0),
                ports.of(listeners[1].0),
                ports.site
            );
            command("haproxy", ["-db".into(), "-f".into(), write(dir, "haproxy.cfg", &text)])
        })
        .await
    };
    let (default, lifted) = tokio::join!(
        process([("h1", Http1), ("h2", Http2)], String::new(), dir.join("haproxy")),
        process(
            [("h1 lifted", Http1), ("h2 lifted", Http2)],
            HAPROXY.join("\n"),
            dir.join("haproxy-lifted")
        )
    );
    Setup { name: "HAProxy", version: version("haproxy", "-v"), processes: vec![default, lifted] }
}

pub async fn apache(site: Address, dir: &Path) -> Setup {
    let listeners = [("h1", Http1), ("h2", Http2), ("h1 lifted", Http1), ("h2 lifted", Http2)];
    let process = Proxy::start(
        site,
        &dir.join("apache"),
        &listeners,
        |dir, ports| {
            let host = |&(name, _): &(&str, Protocol)| {
                let lines =
                    if name.ends_with("lifted") { APACHE.join("\n") } else { String::new() };
                let port = ports.of(name);
                format!(
                    "Listen 127.0.0.1:{port}\n<VirtualHost 127.0.0.1:{port}>\nProtocols h2c http/1.1\n{lines}\n\
                     ProxyPass \"/\" \"http://127.0.0.1:{}/\"\n</VirtualHost>\n",
                    ports.site
                )
            };
            let modules = ["mpm_event", "authz_core", "proxy", "proxy_http", "http2"];
            let modules = modules.map(|name| {
                format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n")
            });
            let text = format!(
                "ServerName localhost\nServerRoot \"{0}\"\nDefaultRuntimeDir \"{0}\"\nPidFile apache.pid\n\
                 ErrorLog apache.log\n{1}<IfModule unixd_module>\nUser www-data\nGroup www-data\n</IfModule>\n{2}",
                dir.display(),
                modules.concat(),
                listeners.iter().map(host).collect::<String>()
            );
            // -X: one process, so that none of its children outlives it.
            let file = write(dir, "apache2.conf", &text);
            ending_with_its_input(&command("apache2", ["-X".into(), "-f".into(), file]))
        },
    )
    .await;
    Setup { name: "Apache", version: version("apache2", "-v"), processes: vec![process] }
}

pub async fn caddy(site: Address, dir: &Path) -> Setup {
    let listeners = [("h1", Http1), ("h2", Http2)];
    let process = Proxy::start(site, &dir.join("caddy"), &listeners, |dir, ports| {
        let text = format!(
            "{{\nadmin off\nauto_https off\nservers {{\nprotocols h1 h2 h2c\n}}\n}}\n\
             http://127.0.0.1:{}, http://127.0.0.1:{} {{\nreverse_proxy 127.0.0.1:{}\n}}\n",
            ports.of("h1"),
            ports.of("h2"),
            ports.site
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

pub async fn varnish(site: Address, dir: &Path) -> Setup {
    // `cache` has the rules that are built in: the others replace a part of them.
    let listeners = [
        ("h1", Http1),
        ("cache", Http1),
        ("cache that looks up requests with cookies", Http1),
        ("cache that stores what it likes", Http1),
    ];
    let process = |listeners: Vec<(&'static str, Protocol)>,
                   lines: &'static [&'static str],
                   dir: PathBuf| async move {
        Proxy::start(site, &dir, &listeners, |dir, ports| {
            let text = format!(
                r#"vcl 4.1;
backend default {{ .host = "127.0.0.1"; .port = "{}"; }}
sub vcl_recv {{
    unset req.http.x-stores;
    if (local.socket == "l2" || local.socket == "l3") {{
        if (local.socket == "l3") {{ set req.http.x-stores = "all"; }}
        if (req.method == "GET") {{ return (hash); }}
    }}
}}
sub vcl_backend_response {{
    if (bereq.http.x-stores) {{ return (deliver); }}
}}
"#,
                ports.site
            );
            let mut arguments: Vec<PathBuf> =
                ["-F", "-j", "none", "-s", "malloc,64m", "-n"].map(PathBuf::from).into();
            arguments.push(dir.join("work"));
            arguments.extend(["-f".into(), write(dir, "site.vcl", &text)]);
            for (index, (name, _)) in listeners.iter().enumerate() {
                let listener = format!("l{index}=127.0.0.1:{}", ports.of(name));
                arguments.extend(["-a".into(), listener.into()]);
            }
            arguments.extend(lines.iter().flat_map(|line| line.split(' ')).map(PathBuf::from));
            command("varnishd", arguments)
        })
        .await
    };
    let (default, lifted) = tokio::join!(
        process(listeners.into(), &[], dir.join("varnish")),
        process(vec![("h1 lifted", Http1)], VARNISH, dir.join("varnish-lifted"))
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
