//! Why an attempt failed, for people: the end of the traceback in its result.

/// The number of lines of a traceback that are told.
const SHOWN: usize = 8;

/// The last lines of the traceback that the platform's error object carries, else of its message; none of other results.
pub fn failure_lines(result: &[u8]) -> Vec<String> {
    let Ok(error) = serde_json::from_slice::<serde_json::Value>(result) else {
        return Vec::new();
    };
    let text = |name: &str| error[name].as_str().filter(|text| !text.is_empty());
    let told = text("stackTrace").or_else(|| text("errorMessage"));
    let lines: Vec<_> = told.unwrap_or_default().trim_end().lines().collect();
    let first = lines.len().saturating_sub(SHOWN);
    lines[first..].iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_traceback_is_told_before_the_message() {
        let trace: Vec<_> = (1..=10).map(|number| format!("line {number}")).collect();
        let trace = trace.join("\\n");
        let result = format!(r#"{{"errorMessage":"caught","stackTrace":"{trace}"}}"#);
        let lines = failure_lines(result.as_bytes());
        assert_eq!(lines.first().map(String::as_str), Some("line 3"));
        assert_eq!(lines.last().map(String::as_str), Some("line 10"));
        let message = failure_lines(br#"{"errorMessage":"timed out","stackTrace":""}"#);
        assert_eq!(message, ["timed out"]);
        for other in ["", "null", "[1]", "{\"a\":1}", "not JSON"] {
            assert!(failure_lines(other.as_bytes()).is_empty(), "{other}");
        }
    }
}
