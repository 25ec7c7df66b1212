//! What is in the bucket, and requests for it.

use bytes::Bytes;

use crate::case::{LARGE, Operation, SMALL};
use crate::client::{Clients, Request};
use crate::emulator::Signer;

/// Large objects that are there to be read.
const LARGE_OBJECTS: usize = 32;

/// Connections that fill the bucket.
pub(crate) const FILLERS: usize = 16;

/// Requests that are made before they are sent.
const BATCH: usize = 10_000;

/// Keys of a page.
const PAGE: usize = 1000;

/// A prime, so that keys are asked for in no order that a store could like.
const STRIDE: usize = 7919;

/// A bucket with a number of small objects, a few large ones, and those that measuring adds.
pub(crate) struct Population {
    signer: Signer,
    objects: usize,
    /// Requests made so far, so that none is made twice.
    made: usize,
    small: Bytes,
    large: Bytes,
}

impl Population {
    pub(crate) fn new(objects: usize) -> Self {
        Self {
            signer: Signer::new(),
            objects,
            made: 0,
            small: vec![b's'; SMALL].into(),
            large: vec![b'l'; LARGE].into(),
        }
    }

    /// Creates the bucket and fills it.
    pub(crate) fn fill(&self, clients: &mut Clients) {
        let bucket = self.signer.request("PUT", "/", &[], &Bytes::new());
        clients.ask(&bucket);
        let put = |path: &str, body| self.signer.request("PUT", path, &[], body);
        let numbers: Vec<_> = (0..self.objects).collect();
        for batch in numbers.chunks(BATCH) {
            let batch = batch.iter().map(|number| put(&small(*number), &self.small));
            clients.play(&batch.collect::<Vec<_>>());
        }
        let large = (0..LARGE_OBJECTS).map(|number| put(&large(number), &self.large));
        clients.play(&large.collect::<Vec<_>>());
    }

    /// The body of an operation's requests.
    pub(crate) fn body(&self, operation: Operation) -> Bytes {
        match operation {
            Operation::Put(SMALL) => self.small.clone(),
            Operation::Put(_) => self.large.clone(),
            Operation::Get(_) | Operation::Head | Operation::List => Bytes::new(),
        }
    }

    /// So many requests for different objects.
    pub(crate) fn requests(&mut self, operation: Operation, count: usize) -> Vec<Request> {
        let first = self.made;
        self.made += count;
        let body = self.body(operation);
        let request = |number: usize| {
            let place = number * STRIDE;
            let ask = |method, path: &str| self.signer.request(method, path, &[], &body);
            match operation {
                Operation::Put(_) => ask("PUT", &format!("/new/{number:08}")),
                Operation::Get(SMALL) => ask("GET", &small(place % self.objects)),
                Operation::Get(_) => ask("GET", &large(place % LARGE_OBJECTS)),
                Operation::Head => ask("HEAD", &small(place % self.objects)),
                Operation::List => {
                    // So that every page is full.
                    let after = place % (self.objects - PAGE + 1);
                    let marker = small(after);
                    let parameters = [("marker", &marker[1..]), ("max-keys", "1000")];
                    self.signer.request("GET", "/", &parameters, &body)
                }
            }
        };
        (first..first + count).map(request).collect()
    }
}

/// The path of a small object. Large ones and new ones come before them in byte order.
fn small(number: usize) -> String {
    format!("/small/{number:08}")
}

fn large(number: usize) -> String {
    format!("/large/{number:08}")
}
