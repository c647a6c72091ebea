const weekDays = ['Thu', 'Fri', 'Sat', 'Sun', 'Mon', 'Tue', 'Wed'] as const;
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;
const dayMs = 86_400_000;
/** Days from 1 March of the year 0 to 1 January 1970, and in the 400 years after which the calendar repeats. */
const daysBefore1970 = 719_468;
const daysOf400Years = 146_097;

/**
 * A time as HTTP writes it (RFC 9110 section 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
 * @param now milliseconds since 1970.
 */
export function httpDate(now: number): string {
  const days = Math.floor(now / dayMs);
  const { year, month, day } = calendarOf(days);
  const seconds = Math.floor((now - days * dayMs) / 1000);
  const clock = [seconds / 3600, (seconds / 60) % 60, seconds % 60]
    .map((part) => twoDigits(Math.floor(part)))
    .join(':');
  return `${weekDays[((days % 7) + 7) % 7]}, ${twoDigits(day)} ${months[month]} ${String(year).padStart(4, '0')} ${clock} GMT`;
}

/** The date of a day. Years begin in March here, so that the day of a leap year is the last one. `month`: 0 is January. */
function calendarOf(daysSince1970: number): { year: number; month: number; day: number } {
  const days = daysSince1970 + daysBefore1970;
  const era = Math.floor(days / daysOf400Years);
  const dayOfEra = days - era * daysOf400Years;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = (monthFromMarch + 2) % 12;
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  return { year: era * 400 + yearOfEra + (month < 2 ? 1 : 0), month, day };
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
