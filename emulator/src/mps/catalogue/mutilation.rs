//! An event that is almost right: which mutation, where, and what comes of it.

use std::str::FromStr;

use backlot_base::json::Value;
use backlot_base::seed::Seed;
use backlot_base::source::nearest;

use super::mutation::Mutation;
use super::mutation_place::{self, Found};

/// A mutation and where it takes place, as it is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mutilation {
    mutation: Mutation,
    path: Option<String>,
}

/// An event that is almost right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// What would be sent; not always JSON or text.
    pub bytes: Vec<u8>,
    /// Where it was changed; empty for the whole.
    pub path: String,
}

/// A mutation cannot take place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMutation {
    /// No mutation has this name.
    #[error("`{0}` is not a mutation: {hint}", hint = names(.0))]
    Unknown(String),
    /// It changes the event as a whole.
    #[error("`{0}` changes the event as a whole, so it has no path")]
    NoPath(Mutation),
    /// Nothing at the path can be changed so.
    #[error("`{mutation}` cannot be done at `{path}`: {what}")]
    NotThere {
        /// The mutation.
        mutation: Mutation,
        /// The path.
        path: String,
        /// What it needs.
        what: &'static str,
    },
}

fn names(given: &str) -> String {
    let all = Mutation::ALL.map(Mutation::as_str);
    match nearest(given, all) {
        Some(near) => format!("did you mean `{near}`? They are {}", all.join(", ")),
        None => format!("they are {}", all.join(", ")),
    }
}

impl Mutilation {
    /// What is done.
    pub fn mutation(&self) -> Mutation {
        self.mutation
    }

    /// Breaks an event of MPS. The same seed, event and mutation break it at the same place.
    pub fn apply(&self, event: &Value, seed: Seed) -> Result<Broken, InvalidMutation> {
        let whole = |bytes: Vec<u8>| Broken {
            bytes,
            path: String::new(),
        };
        let text = event.to_string();
        Ok(match self.mutation {
            Mutation::Truncated => {
                let cut = text.floor_char_boundary(text.len() * 2 / 3);
                whole(text.as_bytes()[..cut].to_vec())
            }
            Mutation::Trailing => whole([text.as_bytes(), b"}"].concat()),
            Mutation::DoubleEncoded => whole(Value::from(text).to_string().into_bytes()),
            Mutation::InArray => whole(Value::Array(vec![event.clone()]).to_string().into_bytes()),
            Mutation::NotUtf8 => {
                // Inside the first text, so that everything but the encoding is right.
                let at = text.find(":\"").map_or(0, |colon| colon + 2);
                let (head, tail) = text.as_bytes().split_at(at);
                whole([head, &[0xC3, 0x28], tail].concat())
            }
            Mutation::Empty => whole(Vec::new()),
            mutation => {
                let found = self.place(event, seed)?;
                let mut broken = event.clone();
                mutation_place::change(&mut broken, &found.path, mutation);
                Broken {
                    bytes: broken.to_string().into_bytes(),
                    path: found.path.join("."),
                }
            }
        })
    }

    /// Where it takes place: at its path, or at one that is drawn.
    fn place(&self, event: &Value, seed: Seed) -> Result<Found, InvalidMutation> {
        let places = mutation_place::places(event, self.mutation);
        let not_there = |path: &str| InvalidMutation::NotThere {
            mutation: self.mutation,
            path: path.to_owned(),
            what: self
                .mutation
                .needs()
                .unwrap_or("the event has no such member"),
        };
        if let Some(path) = &self.path {
            let mut places = places.into_iter();
            let found = places.find(|found| found.path.join(".") == *path);
            return found.ok_or_else(|| not_there(path));
        }
        let count = places.len() as u64;
        if count == 0 {
            return Err(not_there("the event"));
        }
        let purpose = ["mutation", self.mutation.as_str(), &event.to_string()];
        let position = seed.draw(&purpose).below(count);
        let position = usize::try_from(position).expect("a position in a list");
        let mut places = places.into_iter();
        Ok(places.nth(position).expect("it is below the count"))
    }
}

impl FromStr for Mutilation {
    type Err = InvalidMutation;

    fn from_str(text: &str) -> Result<Self, InvalidMutation> {
        let (name, path) = match text.split_once(':') {
            Some((name, path)) => (name, Some(path.to_owned())),
            None => (text, None),
        };
        let mut all = Mutation::ALL.into_iter();
        let mutation = all
            .find(|mutation| mutation.as_str() == name)
            .ok_or_else(|| InvalidMutation::Unknown(name.to_owned()))?;
        if path.is_some() && mutation.needs().is_none() {
            return Err(InvalidMutation::NoPath(mutation));
        }
        Ok(Self { mutation, path })
    }
}
