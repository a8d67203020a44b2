//! What a verification found, in plain English.

use std::fmt;

use serde::Serialize;

use crate::KeyId;

/// Every check that was made, and what none of them can say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// What was examined, for example "Result bundle of room … (…)".
    pub title: String,
    /// The checks, in order. The first that fails names the first bad part.
    pub checks: Vec<Check>,
    /// Whose keys the verdict rests on.
    pub trust: Trust,
    /// What this examination cannot say.
    pub limits: Vec<String>,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// The part of the bundle, or the place in the journal.
    pub part: String,
    /// What came of it.
    #[serde(flatten)]
    pub finding: Finding,
}

/// What came of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "finding", content = "words", rename_all = "snake_case")]
pub enum Finding {
    /// It holds; says what.
    Holds(String),
    /// It does not; says why.
    Fails(String),
}

/// Whose keys the verdict rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// The verifier brought them.
    Given,
    /// The examined file brought them: name, purpose and fingerprint of each. Their owner must confirm them.
    Carried(Vec<(String, KeyId)>),
}

impl Report {
    pub(crate) fn new(title: impl Into<String>, keys_are_given: bool) -> Self {
        let trust = if keys_are_given { Trust::Given } else { Trust::Carried(Vec::new()) };
        Self { title: title.into(), checks: Vec::new(), trust, limits: Vec::new() }
    }

    /// Whether everything that was checked holds.
    pub fn holds(&self) -> bool {
        !self.checks.is_empty() && self.first_failure().is_none()
    }

    /// The first check that failed.
    pub fn first_failure(&self) -> Option<&Check> {
        self.checks.iter().find(|check| matches!(check.finding, Finding::Fails(_)))
    }

    /// The first bad part.
    pub fn first_bad_part(&self) -> Option<&str> {
        self.first_failure().map(|check| check.part.as_str())
    }

    pub(crate) fn holds_that(&mut self, part: impl fmt::Display, words: impl Into<String>) {
        self.checks.push(Check { part: part.to_string(), finding: Finding::Holds(inert(&words.into())) });
    }

    pub(crate) fn fails(&mut self, part: impl fmt::Display, why: impl fmt::Display) {
        self.checks.push(Check { part: part.to_string(), finding: Finding::Fails(inert(&why.to_string())) });
    }

    /// Notes a failure and hands back the value of a success.
    pub(crate) fn take<T>(&mut self, part: impl fmt::Display, result: Result<T, impl fmt::Display>) -> Option<T> {
        result.map_err(|why| self.fails(part, why)).ok()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}\n", self.title)?;
        match self.first_failure() {
            Some(Check { part, finding: Finding::Fails(why) }) => {
                writeln!(formatter, "This does NOT hold. The first thing wrong is {part}: {why}.")?;
            }
            _ => writeln!(formatter, "Everything that can be checked here holds.")?,
        }
        writeln!(formatter, "\nWhat was checked")?;
        for check in &self.checks {
            match &check.finding {
                Finding::Holds(words) => writeln!(formatter, "  holds  {}: {words}", check.part)?,
                Finding::Fails(why) => writeln!(formatter, "  FAILS  {}: {why}", check.part)?,
            }
        }
        if self.first_failure().is_some() {
            writeln!(formatter, "  What rests on something that failed was not looked at further.")?;
        }
        writeln!(formatter, "\nWhose keys this rests on")?;
        match &self.trust {
            Trust::Given => writeln!(formatter, "  The keys that you gave.")?,
            Trust::Carried(keys) => {
                writeln!(
                    formatter,
                    "  Only the keys that the file itself carries. Whoever made the file chose them, so ask"
                )?;
                writeln!(formatter, "  the organisation, by another way, whether these fingerprints are its own:")?;
                for (name, key_id) in keys {
                    writeln!(formatter, "  {name}\n    {key_id}")?;
                }
            }
        }
        if !self.limits.is_empty() {
            writeln!(formatter, "\nWhat this cannot say")?;
            for limit in &self.limits {
                writeln!(formatter, "  - {limit}")?;
            }
        }
        Ok(())
    }
}

/// Text from an examined file, so that no name in it can write lines or turn the reading order of a report.
pub(crate) fn inert(text: &str) -> String {
    let deceptive = |character: char| {
        character.is_control()
            || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    text.replace(deceptive, "\u{fffd}")
}

/// A moment as people read it: `2026-11-22 01:40:05 UTC`.
pub(crate) fn utc(ms: u64) -> String {
    let seconds = ms / 1000;
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Days since 0000-03-01 put the leap day last in its year (400 years have 146,097 days).
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02} UTC", second / 3600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use super::{Report, inert, utc};

    #[test]
    fn a_name_cannot_write_lines_of_its_own_into_a_report() {
        let mut report = Report::new("A result bundle", true);
        report.holds_that("seal.json", "张三\n  holds  keys.json\u{202e}");
        assert_eq!(report.to_string().lines().filter(|line| line.starts_with("  holds  ")).count(), 1);
        assert_eq!(inert("张三\u{202e}\u{2028}\t"), "张三\u{fffd}\u{fffd}\u{fffd}");
    }

    #[test]
    fn moments_are_written_as_the_calendar_has_them() {
        assert_eq!(utc(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(utc(951_782_400_000), "2000-02-29 00:00:00 UTC");
        assert_eq!(utc(1_795_311_605_999), "2026-11-22 01:40:05 UTC");
        assert_eq!(utc(4_107_542_399_000), "2100-02-28 23:59:59 UTC");
        assert_eq!(utc(4_107_542_400_000), "2100-03-01 00:00:00 UTC");
    }
}
