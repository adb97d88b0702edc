//! When the run starts, and how each platform writes that.

use super::Refused;

/// Days of the week, in the order of ISO 8601.
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// A minute of each week, or of each day. UTC, but the machine's own time where the platform knows no other (cron, launchd).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct When {
    /// Days since Monday; none for every day.
    day: Option<usize>,
    hour: u8,
    minute: u8,
}

impl When {
    /// Reads `Mon 06:00`, `monday 06:00` or `daily 06:00`.
    ///
    /// # Errors
    /// [`Refused`] for anything else.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        let refused = || Refused::new(format!("no such time: {text}"), "write a day and a time, such as \"Mon 06:00\" or \"daily 06:00\"");
        let (day, clock) = text.trim().split_once(' ').ok_or_else(refused)?;
        let (hour, minute) = clock.trim().split_once(':').ok_or_else(refused)?;
        let number = |text: &str, end: u8| two_digits(text).filter(|number| *number < end).ok_or_else(refused);
        Ok(Self { day: day_of(day).ok_or_else(refused)?, hour: number(hour, 24)?, minute: number(minute, 60)? })
    }

    /// Five fields of cron.
    pub(super) fn cron(self) -> String {
        // Sunday is 0 everywhere; 7 is not.
        let day = self.day.map_or_else(|| "*".to_owned(), |day| ((day + 1) % 7).to_string());
        format!("{} {} * * {day}", self.minute, self.hour)
    }

    /// `OnCalendar=` of systemd.time(7).
    pub(super) fn on_calendar(self) -> String {
        let day = self.day.map_or_else(String::new, |day| format!("{} ", &DAYS[day][..3]));
        format!("{day}*-*-* {:02}:{:02}:00 UTC", self.hour, self.minute)
    }

    /// The keys of `StartCalendarInterval` of launchd.plist(5), where Sunday is 0.
    pub(super) fn calendar_interval(self) -> String {
        let key = |name: &str, number: usize| format!("<key>{name}</key>\n<integer>{number}</integer>");
        let day = self.day.map(|day| key("Weekday", (day + 1) % 7));
        let clock = [key("Hour", self.hour.into()), key("Minute", self.minute.into())];
        day.into_iter().chain(clock).collect::<Vec<_>>().join("\n")
    }

    /// `StartBoundary` of a task of Windows: such a day in the past, so that no clock is needed here. 2026-01-05 was a Monday.
    pub(super) fn start_boundary(self) -> String {
        format!("2026-01-{:02}T{:02}:{:02}:00Z", 5 + self.day.unwrap_or(0), self.hour, self.minute)
    }

    /// The schedule of a calendar trigger of Windows.
    pub(super) fn calendar_schedule(self) -> String {
        match self.day {
            None => "      <ScheduleByDay>\n        <DaysInterval>1</DaysInterval>\n      </ScheduleByDay>".to_owned(),
            Some(day) => format!(
                "      <ScheduleByWeek>\n        <DaysOfWeek>\n          <{} />\n        </DaysOfWeek>\n        <WeeksInterval>1</WeeksInterval>\n      </ScheduleByWeek>",
                DAYS[day]
            ),
        }
    }

    /// For people: `every Monday at 06:00`.
    pub(super) fn words(self) -> String {
        format!("every {} at {:02}:{:02}", self.day.map_or("day", |day| DAYS[day]), self.hour, self.minute)
    }
}

fn two_digits(text: &str) -> Option<u8> {
    (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

/// The day that a word means: its English name or the first three letters of it; `daily` is every day.
fn day_of(word: &str) -> Option<Option<usize>> {
    if word.eq_ignore_ascii_case("daily") {
        return Some(None);
    }
    DAYS.iter().position(|day| day.eq_ignore_ascii_case(word) || day[..3].eq_ignore_ascii_case(word)).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_platform_has_its_own_sunday() {
        let sunday = When::parse("sunday 23:05").unwrap();
        assert_eq!(sunday.cron(), "5 23 * * 0");
        assert_eq!(sunday.on_calendar(), "Sun *-*-* 23:05:00 UTC");
        assert_eq!(sunday.start_boundary(), "2026-01-11T23:05:00Z");
        assert!(sunday.calendar_interval().starts_with("<key>Weekday</key>\n<integer>0</integer>\n"));
        assert!(sunday.calendar_schedule().contains("<Sunday />"));
        assert_eq!(sunday.words(), "every Sunday at 23:05");
    }

    #[test]
    fn every_day_names_none() {
        let daily = When::parse("Daily 06:00").unwrap();
        assert_eq!(daily.cron(), "0 6 * * *");
        assert_eq!(daily.on_calendar(), "*-*-* 06:00:00 UTC");
        assert!(!daily.calendar_interval().contains("Weekday") && daily.calendar_schedule().contains("ScheduleByDay"));
    }

    #[test]
    fn the_day_of_the_boundary_is_the_day_that_was_asked_for() {
        for (at, name) in DAYS.iter().enumerate() {
            let boundary = When { day: Some(at), hour: 0, minute: 0 }.start_boundary();
            let day = chrono::NaiveDate::parse_from_str(&boundary[..10], "%Y-%m-%d").unwrap();
            assert_eq!(day.format("%A").to_string(), *name);
        }
    }

    #[test]
    fn other_times_are_refused() {
        for text in
            ["", "Mon", "06:00", "Mon 6:00", "Mon 24:00", "Mon 06:60", "Mon 06:00:00", "Mo 06:00", "Mon\n06:00", "Mon +6:00", "Mon 06:00 *"]
        {
            assert!(When::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "\\PC*", day in "[A-Za-zäß]{0,9}") {
            let _ = When::parse(&text);
            let _ = When::parse(&format!("{day} 06:00"));
        }
    }
}
