//! Contenders → nanoseconds per iteration, round by round. All of a group run in every round, each
//! for one short batch, in an order that shifts from round to round: what slows the machine down
//! slows all of them, and the ratio within a round stays. Called by `main`.

use serde::Serialize;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Rounds of each group. The page reports the median of the rounds' ratios, and their quartiles.
pub const ROUNDS: usize = 101;
const BATCH: Duration = Duration::from_micros(400);

/// Something that can be done a number of times.
pub struct Contender<'a> {
    name: String,
    /// What is to be subtracted in each round: the name of a contender that does all but what is
    /// measured.
    less: Option<String>,
    /// Characters of the cookie's value that it makes or takes.
    characters: Option<usize>,
    run: Box<dyn FnMut(u64) + 'a>,
}

impl<'a> Contender<'a> {
    pub fn new<R>(name: impl Into<String>, mut once: impl FnMut() -> R + 'a) -> Self {
        Self::batched(name, move |count| {
            for _ in 0..count {
                black_box(once());
            }
        })
    }

    /// For what cannot be entered once per iteration, such as an asynchronous runtime.
    pub fn batched(name: impl Into<String>, run: impl FnMut(u64) + 'a) -> Self {
        Self { name: name.into(), less: None, characters: None, run: Box::new(run) }
    }

    pub fn less(mut self, name: &str) -> Self {
        self.less = Some(name.to_owned());
        self
    }

    pub fn characters(mut self, characters: usize) -> Self {
        self.characters = Some(characters);
        self
    }
}

/// What the page is made from.
#[derive(Serialize)]
pub struct Group {
    payload: &'static str,
    form: &'static str,
    operation: &'static str,
    contenders: Vec<Measured>,
    /// Peers that refuse this payload, with their reason.
    refused: Vec<(String, String)>,
}

#[derive(Serialize)]
struct Measured {
    name: String,
    less: Option<String>,
    characters: Option<usize>,
    /// Nanoseconds per iteration in each round.
    rounds: Vec<f64>,
}

/// Contenders of one operation on one payload, until they run.
pub struct Start<'a> {
    payload: &'static str,
    form: &'static str,
    operation: &'static str,
    contenders: Vec<Contender<'a>>,
    refused: Vec<(String, String)>,
}

impl<'a> Start<'a> {
    pub fn new(payload: &'static str, form: &'static str, operation: &'static str) -> Self {
        Self { payload, form, operation, contenders: Vec::new(), refused: Vec::new() }
    }

    pub fn add(&mut self, contender: Contender<'a>) {
        self.contenders.push(contender);
    }

    pub fn refuse(&mut self, name: &str, reason: &str) {
        self.refused.push((name.to_owned(), reason.to_owned()));
    }

    pub fn run(mut self) -> Group {
        let count = self.contenders.len();
        let batches: Vec<u64> =
            self.contenders.iter_mut().map(|contender| batch(&mut contender.run)).collect();
        let mut rounds = vec![Vec::with_capacity(ROUNDS); count];
        for round in 0..ROUNDS {
            for index in (0..count).map(|index| (index + round) % count) {
                rounds[index].push(time(&mut self.contenders[index].run, batches[index]));
            }
        }
        let measured =
            self.contenders.into_iter().zip(rounds).map(|(contender, rounds)| Measured {
                name: contender.name,
                less: contender.less,
                characters: contender.characters,
                rounds,
            });
        Group {
            payload: self.payload,
            form: self.form,
            operation: self.operation,
            contenders: measured.collect(),
            refused: self.refused,
        }
    }
}

/// Nanoseconds per iteration.
pub fn time(run: &mut dyn FnMut(u64), count: u64) -> f64 {
    let start = Instant::now();
    run(count);
    start.elapsed().as_nanos() as f64 / count as f64
}

/// How many iterations take about as long as a batch is to. The least of several times decides: one
/// alone may be that of another process, and a batch too short would measure the clock.
fn batch(run: &mut dyn FnMut(u64)) -> u64 {
    let mut count = 1;
    loop {
        let least = (0..7).map(|_| time(run, count)).fold(f64::INFINITY, f64::min);
        let took = Duration::from_nanos((least * count as f64) as u64);
        if took * 2 >= BATCH {
            return count;
        }
        count *= 2;
    }
}
