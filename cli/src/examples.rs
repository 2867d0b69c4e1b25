//! The examples below every command's help. Each line is a valid command; a test runs them.

/// Returns the examples of a command, by its words behind `sealed-session`.
pub(crate) fn of(command: &str) -> &'static [&'static str] {
    match command {
        "" => &[
            "sealed-session keys new session.keys",
            "sealed-session keys add session.keys --seal-in 1h --retire-after 45d",
            "sealed-session keys check session.keys --deployed-by 30min",
            "sealed-session inspect --keys session.keys < cookie.txt",
            "sealed-session dbsc check https://shop.example/sign-in",
        ],
        "keys" => &[
            "sealed-session keys new session.keys",
            "sealed-session keys list session.keys",
            "sealed-session keys add session.keys --seal-in 1h --retire-after 45d --dry-run",
        ],
        "keys new" => &[
            "sealed-session keys new session.keys",
            "sealed-session keys new edge.keys --suite xchacha20poly1305",
            "sealed-session keys new | vault kv put -mount=secret shop/sessions ring=-",
        ],
        "keys add" => &[
            "sealed-session keys add session.keys --seal-in 1h --retire-after 45d",
            "sealed-session keys add session.keys --seal-in 2026-12-01T00:00:00Z --dry-run",
            "sealed-session keys add - --seal-in 1.5h < old.keys > new.keys",
        ],
        "keys list" => &[
            "sealed-session keys list session.keys",
            "sealed-session keys list env:SESSION_KEYS --at 2w --json",
        ],
        "keys check" => &[
            "sealed-session keys check session.keys --deployed-by 30min",
            "sealed-session keys check env:SESSION_KEYS --idle 30d --absolute 90d --strict",
            "sealed-session keys check session.keys --ticket-lifetime 60d",
        ],
        "keys retire" => &[
            "sealed-session keys retire session.keys 651cffc6 --at 45d",
            "sealed-session keys retire session.keys 651cffc6 --dry-run",
        ],
        "keys prune" => &[
            "sealed-session keys prune session.keys --dry-run",
            "sealed-session keys prune session.keys",
        ],
        "keys rotate" => &[
            "sealed-session keys rotate session.keys --every 30d --lead 1h --keep 45d",
            "sealed-session keys rotate session.keys --every 90d --lead 1d --keep 120d --dry-run",
            "sealed-session keys rotate session.keys --at 31d --dry-run",
        ],
        "keys diff" => &[
            "sealed-session keys diff deployed.keys session.keys",
            "sealed-session keys diff env:SESSION_KEYS session.keys --absolute 90d --json",
        ],
        "keys show-at" => &[
            "sealed-session keys show-at session.keys",
            "sealed-session keys show-at session.keys 2026-12-01T00:00:00Z",
            "sealed-session keys show-at session.keys -1d",
        ],
        "keys timeline" => &[
            "sealed-session keys timeline session.keys",
            "sealed-session keys timeline session.keys --absolute 90d --svg > timeline.svg",
        ],
        "inspect" => &[
            "sealed-session inspect < cookie.txt",
            "sealed-session inspect --keys session.keys < cookie.txt",
            "sealed-session inspect --keys env:SESSION_KEYS --context shop --at -1h < cookie.txt",
        ],
        "dbsc" => &["sealed-session dbsc check https://shop.example/sign-in"],
        "dbsc check" => &[
            "sealed-session dbsc check https://shop.example/sign-in",
            "sealed-session dbsc check https://shop.example/sign-in --json",
        ],
        "completions" => &[
            "sealed-session completions bash > /etc/bash_completion.d/sealed-session",
            "sealed-session completions fish > ~/.config/fish/completions/sealed-session.fish",
        ],
        "man" => &[
            "sealed-session man | man -l -",
            "sealed-session man --dir /usr/local/share/man/man1 --dry-run",
        ],
        _ => &[],
    }
}
