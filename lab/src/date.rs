//! A day of the calendar.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A day, without a time zone. The earlier one is the lesser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[schemars(with = "String")]
#[serde(into = "String", try_from = "String")]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// The day on which so many seconds have passed since 1970-01-01T00:00:00Z, in UTC.
    #[must_use]
    pub fn of_unix_time(seconds: u64) -> Date {
        // The Gregorian calendar repeats itself every 400 years, which have 146,097 days. Years are counted from March, so that a leap day is the last.
        let days = seconds / 86_400 + 719_468;
        let (era, of_era) = (days / 146_097, days % 146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * of_year + 2) / 153;
        let day = of_year - (153 * from_march + 2) / 5 + 1;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        let year = era * 400 + year_of_era + u64::from(month <= 2);
        Date {
            year: u16::try_from(year).unwrap_or(u16::MAX),
            month: u8::try_from(month).unwrap_or(12),
            day: u8::try_from(day).unwrap_or(31),
        }
    }
}

impl From<toml::value::Date> for Date {
    fn from(date: toml::value::Date) -> Date {
        Date { year: date.year, month: date.month, day: date.day }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl From<Date> for String {
    fn from(date: Date) -> String {
        date.to_string()
    }
}

impl FromStr for Date {
    type Err = String;

    fn from_str(text: &str) -> Result<Date, String> {
        let wrong = || format!("`{text}` is no date, expected one such as 2027-01-31");
        let read: toml::value::Datetime = text.parse().map_err(|_| wrong())?;
        match read {
            toml::value::Datetime { date: Some(date), time: None, offset: None } => Ok(date.into()),
            _ => Err(wrong()),
        }
    }
}

impl TryFrom<String> for Date {
    type Error = String;

    fn try_from(text: String) -> Result<Date, String> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_unix_time() {
        for (seconds, date) in [
            (0, "1970-01-01"),
            (86_399, "1970-01-01"),
            (86_400, "1970-01-02"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_798_675_200, "2026-12-31"),
            (1_798_761_600, "2027-01-01"),
            (4_107_542_399, "2100-02-28"),
            (4_107_542_400, "2100-03-01"),
        ] {
            assert_eq!(Date::of_unix_time(seconds).to_string(), date, "{seconds}");
        }
    }

    #[test]
    fn dates_are_read_and_compared() {
        let date = |text: &str| text.parse::<Date>().unwrap();
        assert!(date("2026-12-31") < date("2027-01-01") && date("2027-01-01") < date("2027-01-02"));
        assert_eq!(serde_json::to_string(&date("2027-01-31")).unwrap(), "\"2027-01-31\"");
        assert_eq!(serde_json::from_str::<Date>("\"2027-01-31\"").unwrap(), date("2027-01-31"));
        for wrong in ["", "2027-02-30", "2027-01-31T00:00:00Z", "tomorrow"] {
            assert_eq!(wrong.parse::<Date>(), Err(format!("`{wrong}` is no date, expected one such as 2027-01-31")));
        }
    }
}
