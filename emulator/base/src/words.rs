//! Wording that messages of all rooms share.

/// A number of things, for people: `1 object`, `2 objects`.
pub fn count(number: impl TryInto<u64>, one: &str, many: &str) -> String {
    let number = number.try_into().unwrap_or(u64::MAX);
    let name = if number == 1 { one } else { many };
    format!("{number} {name}")
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn one_is_singular_and_all_else_plural() {
        let said = [0_u64, 1, 2].map(|number| count(number, "reply", "replies"));
        assert_eq!(said, ["0 replies", "1 reply", "2 replies"]);
    }
}
