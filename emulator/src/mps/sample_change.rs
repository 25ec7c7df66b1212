//! Changes to a made-up event: `WorkflowTaskEvent.Status=PROCESSING`.

use backlot_base::json::{Assignment, AssignmentError, Value};
use backlot_base::source::nearest;

/// Why an event is not changed, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// The event has no such member: a slip would add one which no function reads.
    #[error("the path names a member `{name}` that {place} does not have")]
    UnknownMember {
        /// The member.
        name: String,
        /// Where it was looked for, for messages.
        place: String,
        /// The members that there are.
        known: Vec<String>,
    },
    /// There is no place for the value.
    #[error("the value cannot be put there: {0}")]
    NoPlace(#[from] AssignmentError),
}

impl ChangeError {
    /// What to do.
    pub fn hint(&self) -> String {
        match self {
            Self::UnknownMember { name, known, .. } => {
                match nearest(name, known.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean `{near}`? `--add` adds a new member"),
                    None => format!(
                        "its members are {}; `--add` adds a new one",
                        known.join(", ")
                    ),
                }
            }
            Self::NoPlace(_) => {
                "`backlot event` without `--set` shows the event's members".to_owned()
            }
        }
    }
}

/// Changes an event. Members that it does not have are added with `may_add` only.
pub fn change(event: &mut Value, changes: &[Assignment], may_add: bool) -> Result<(), ChangeError> {
    for assignment in changes {
        if !may_add {
            known(event, assignment)?;
        }
        event.set(assignment)?;
    }
    Ok(())
}

/// Refuses a path to a member that the event does not have.
fn known(event: &Value, assignment: &Assignment) -> Result<(), ChangeError> {
    let mut place = event;
    for (depth, name) in assignment.path().iter().enumerate() {
        let next = match place {
            Value::Object(_) => place.get(name),
            Value::Array(items) => match name.parse::<usize>() {
                Ok(index) if index < items.len() => Some(&items[index]),
                // An item behind the last one is new, whatever is in it, and other positions are told of later.
                _ => return Ok(()),
            },
            // What cannot have members is told of later.
            _ => return Ok(()),
        };
        let Some(next) = next else {
            let names = place.as_object().unwrap_or_default();
            let place = match &assignment.path()[..depth] {
                [] => "the event".to_owned(),
                path => format!("`{}`", path.join(".")),
            };
            return Err(ChangeError::UnknownMember {
                name: name.clone(),
                place,
                known: names.iter().map(|(name, _)| name.clone()).collect(),
            });
        };
        place = next;
    }
    Ok(())
}
