//! One row: the operation and its limits, in turns, so that whatever slows the machine down slows all of them.

use std::time::Duration;

use backlot_tests::command::Running;
use backlot_tests::measure::{ROUNDS, median, say};

use crate::case::{Case, LARGE, Operation};
use crate::client::Clients;
use crate::echo::Echo;
use crate::emulator::{Emulator, plain};
use crate::limits::{self, Disk};
use crate::population::Population;

/// How long a round should take.
const ROUND: Duration = Duration::from_millis(400);

/// Requests of a round at least, at most, and at most if they are large.
const FEWEST: usize = 64;
const MOST: usize = 4000;
const MOST_LARGE: usize = 64;

/// Microseconds for one request and for what it needs at least.
#[derive(Clone, Copy, Debug)]
struct Round {
    took: f64,
    echo: f64,
    disk: f64,
    hash: f64,
}

/// Prints what the columns are.
pub(crate) fn title() {
    say(
        "                                         |   each          | limits in us               | ratios          | processor us",
    );
    say(
        "store  durable objects operation    conn |       us       /s |     echo     disk      md5 | slowest     sum |     own    echo",
    );
}

/// Measures a case and prints its row.
pub(crate) fn row(
    case: &Case,
    emulator: &Emulator,
    echo: &Echo,
    disk: &Disk,
    population: &mut Population,
) {
    let Case {
        operation,
        connections,
        ..
    } = *case;
    let mut clients = Clients::connect(emulator.address, connections);
    let mut echoes = Clients::connect(echo.address, connections);
    let body = population.body(operation);
    let answer = clients.ask(&population.requests(operation, 1)[0]).len();
    let method = match operation {
        Operation::Put(_) => "PUT",
        Operation::Head => "HEAD",
        Operation::Get(_) | Operation::List => "GET",
    };
    let plain = plain(method, answer, &body);
    let count = count(case, &mut clients, population);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let processors = [&emulator.running, &echo.running];
    let before = processors.map(Running::processor_time);
    let rounds: Vec<_> = (0..ROUNDS)
        .map(|_| {
            let requests = population.requests(operation, count);
            let plain = vec![plain.clone(); count];
            let is_put = !body.is_empty();
            let flush = is_put.then(|| disk.time(case.kind, case.durability, &body, connections));
            let hash = is_put.then(|| limits::md5(&body, connections.min(cores)));
            Round {
                echo: each(echoes.play(&plain), count),
                took: each(clients.play(&requests), count),
                disk: each(flush.unwrap_or_default(), 1),
                hash: each(hash.unwrap_or_default(), 1),
            }
        })
        .collect();
    let used = [0, 1].map(|index| {
        let used = processors[index].processor_time();
        each(used.saturating_sub(before[index]), count * ROUNDS)
    });
    print(case, &rounds, used);
}

/// `used` is the processor time of backlot and of the echo for each request.
fn print(case: &Case, rounds: &[Round], [own, bare]: [f64; 2]) {
    let of = |what: &dyn Fn(&Round) -> f64| median(rounds.iter().map(what).collect());
    let took = of(&|round| round.took);
    let slowest = of(&|round| round.took / round.echo.max(round.disk).max(round.hash));
    let sum = of(&|round| round.took / (round.echo + round.disk + round.hash));
    let (echo, disk, hash) = (
        of(&|round| round.echo),
        of(&|round| round.disk),
        of(&|round| round.hash),
    );
    say(&format!(
        "{case} | {took:>8.1} {:>8.0} | {echo:>8.1} {disk:>8.1} {hash:>8.1} | {slowest:>6.2}x {sum:>6.2}x | {own:>7.1} {bare:>7.1}",
        1e6 / took
    ));
}

/// How many requests make a round. Asks a few, which warms everything up as well.
fn count(case: &Case, clients: &mut Clients, population: &mut Population) -> usize {
    let requests = population.requests(case.operation, FEWEST);
    let took = each(clients.play(&requests), FEWEST);
    let is_large = matches!(
        case.operation,
        Operation::Put(LARGE) | Operation::Get(LARGE)
    );
    let most = if is_large { MOST_LARGE } else { MOST };
    let fitting = std::iter::successors(Some(FEWEST), |count| Some(count * 2));
    let mut fitting = fitting.take_while(|count| *count <= most);
    let enough = fitting.find(|count| each(ROUND, *count) <= took);
    enough.unwrap_or(most)
}

/// Microseconds for each of so many.
#[expect(clippy::cast_precision_loss, reason = "some thousand")]
fn each(took: Duration, count: usize) -> f64 {
    took.as_secs_f64() * 1e6 / count as f64
}
