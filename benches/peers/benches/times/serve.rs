//! What `benches/other-languages` asks of this binary: the payloads, and single batches of seal and open.
//! Called by `main`.

use crate::interleave::time;
use crate::ours::sessions;
use sealed_session::{Map, Suite};
use sealed_session_benches::{Example, Payload, empty, one_kilobyte, shop, small, three_kilobytes};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::io::{BufRead, Write};

type Run = Box<dyn FnMut(u64)>;

/// The payloads as JSON, by name.
pub fn payloads() {
    let all: BTreeMap<&str, Value> = [
        (empty().name, empty().json),
        (small().name, small().json),
        (shop().name, shop().json),
        (one_kilobyte().name, one_kilobyte().json),
        (three_kilobytes().name, three_kilobytes().json),
    ]
    .into();
    println!("{}", json!(all));
}

/// First the lengths of the cookies, by peer and payload; then an answer for each line
/// `peer<TAB>operation<TAB>payload<TAB>count`.
pub fn serve() {
    let mut lengths: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    let mut runs = BTreeMap::new();
    add(&mut lengths, &mut runs, &empty());
    add(&mut lengths, &mut runs, &small());
    add(&mut lengths, &mut runs, &shop());
    add(&mut lengths, &mut runs, &one_kilobyte());
    add(&mut lengths, &mut runs, &three_kilobytes());
    println!("{}", json!(lengths));
    let mut answers = std::io::stdout();
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("standard input is text");
        let (run, count) = line.rsplit_once('\t').expect("four fields");
        let run: &mut Run = runs.get_mut(run).expect("a peer, an operation and a payload of ours");
        writeln!(answers, "{}", time(run, count.parse().expect("a number")))
            .expect("somebody asked");
        answers.flush().expect("somebody asked");
    }
}

fn add<T: Payload>(
    lengths: &mut BTreeMap<&str, BTreeMap<&str, usize>>,
    runs: &mut BTreeMap<String, Run>,
    example: &Example<T>,
) {
    let mut add_form = |peer: &'static str, length: usize, seal: Run, open: Run| {
        lengths.entry(peer).or_default().insert(example.name, length);
        runs.insert(format!("{peer}\tseal\t{}", example.name), seal);
        runs.insert(format!("{peer}\topen\t{}", example.name), open);
    };
    let (length, seal, open) = both(&example.typed);
    add_form("sealed-session", length, seal, open);
    let (length, seal, open) = both::<Map>(&example.map());
    add_form("sealed-session, Map", length, seal, open);
}

fn both<T: Payload>(data: &T) -> (usize, Run, Run) {
    let sessions = sessions::<T>(Suite::Xaes256Gcm);
    let value = sessions.seal(data).expect("it fits");
    let (length, sealer, data) = (value.len(), sessions.clone(), data.clone());
    let seal = move |count| (0..count).for_each(|_| _ = black_box(sealer.seal(black_box(&data))));
    let open =
        move |count| (0..count).for_each(|_| _ = black_box(sessions.open(black_box(&value))));
    (length, Box::new(seal), Box::new(open))
}
