//! The different payloads that were delivered, numbered from 1.

use std::collections::HashMap;

use bytes::Bytes;

use backlot_base::journal::{Record, ScfRecord, What};

/// Event payloads in the order of their first delivery. Deliveries of equal bytes are one event.
#[derive(Clone, Debug, Default)]
pub struct Events<'a> {
    bodies: Vec<&'a Bytes>,
    numbers: HashMap<&'a Bytes, usize>,
}

impl<'a> Events<'a> {
    /// The events of these records, which are in the repeatable order.
    pub fn of(records: &'a [Record]) -> Self {
        let mut events = Self::default();
        for record in records {
            if let What::Scf(
                ScfRecord::InvocationQueued { event, .. }
                | ScfRecord::InvocationRefused { event, .. },
            ) = &record.what
            {
                events.add(&event.0);
            }
        }
        events
    }

    fn add(&mut self, body: &'a Bytes) {
        let next = self.bodies.len() + 1;
        let number = *self.numbers.entry(body).or_insert(next);
        if number == next {
            self.bodies.push(body);
        }
    }

    /// The events with their numbers, in order.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &'a Bytes)> {
        let bodies = self.bodies.iter().copied().enumerate();
        bodies.map(|(index, body)| (index + 1, body))
    }

    /// The number of the event that has these bytes.
    pub fn number_of(&self, body: &Bytes) -> Option<usize> {
        self.numbers.get(body).copied()
    }
}
