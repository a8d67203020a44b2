//! A moment as people read it. No clock and no time zone database: the caller says the moment and the offset from UTC.

use serde::{Deserialize, Serialize};

/// A moment, and the offset from UTC at which it is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CivilTime {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub unix_ms: i64,
    /// Minutes east of UTC; 480 in China. Between -720 and 840.
    pub utc_offset_minutes: i16,
}

/// A date and a time of day, local to the offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LocalTime {
    pub year: i32,
    pub month: u8,
    pub day: u8,
    pub hour: u8,
    pub minute: u8,
    pub second: u8,
}

impl CivilTime {
    /// China Standard Time.
    pub fn in_china(unix_ms: i64) -> Self {
        Self { unix_ms, utc_offset_minutes: 480 }
    }

    /// Such as `2026年5月9日 16:05:00（UTC+08:00）`.
    pub fn in_chinese(self) -> String {
        let LocalTime { year, month, day, hour, minute, second } = self.local();
        let (sign, hours, minutes) = self.offset();
        format!("{year}年{month}月{day}日 {hour:02}:{minute:02}:{second:02}（UTC{sign}{hours:02}:{minutes:02}）")
    }

    /// RFC 3339, in UTC, with milliseconds.
    pub fn rfc3339_utc(self) -> String {
        let LocalTime { year, month, day, hour, minute, second } = Self { utc_offset_minutes: 0, ..self }.local();
        let ms = self.unix_ms.rem_euclid(1_000);
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
    }

    /// The date and time of day. Years are clamped to 1 to 9999, which is what PDF can write.
    pub(crate) fn local(self) -> LocalTime {
        const YEAR_1_S: i64 = -62_135_596_800;
        const YEAR_9999_END_S: i64 = 253_402_300_799;
        let local_s = self.unix_ms.div_euclid(1_000).saturating_add(i64::from(self.utc_offset_minutes) * 60);
        let local_s = local_s.clamp(YEAR_1_S, YEAR_9999_END_S);
        let (days, second_of_day) = (local_s.div_euclid(86_400), local_s.rem_euclid(86_400));
        // Days counted from 1 March of year 0, so that the leap day comes last in a year and 400 years are alike.
        let shifted = days + 719_468;
        let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = (month_from_march + 2) % 12 + 1;
        let year = era * 400 + year_of_era + i64::from(month <= 2);
        let small = |number: i64| u8::try_from(number).unwrap_or_default();
        LocalTime {
            year: i32::try_from(year).unwrap_or_default(),
            month: small(month),
            day: small(day),
            hour: small(second_of_day / 3_600),
            minute: small(second_of_day / 60 % 60),
            second: small(second_of_day % 60),
        }
    }

    fn offset(self) -> (char, u16, u16) {
        let minutes = self.utc_offset_minutes.unsigned_abs();
        (if self.utc_offset_minutes < 0 { '-' } else { '+' }, minutes / 60, minutes % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_the_calendar_has_them() {
        let written = |unix_ms| CivilTime { unix_ms, utc_offset_minutes: 0 }.rfc3339_utc();
        assert_eq!(written(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(written(951_782_399_999), "2000-02-28T23:59:59.999Z");
        assert_eq!(written(951_782_400_000), "2000-02-29T00:00:00.000Z");
        assert_eq!(written(4_107_542_400_000), "2100-03-01T00:00:00.000Z");
        assert_eq!(written(-1), "1969-12-31T23:59:59.999Z");
        assert_eq!(written(i64::MAX).len(), "9999-12-31T23:59:59.000Z".len());
        assert_eq!(CivilTime::in_china(1_778_344_500_000).in_chinese(), "2026年5月10日 00:35:00（UTC+08:00）");
    }
}
