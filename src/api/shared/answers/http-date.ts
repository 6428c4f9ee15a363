const day = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const longDay = '(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)';
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const month = `(?<month>${months.join('|')})`;
const time = '(?<time>\\d\\d:\\d\\d:\\d\\d)';

/** IMF-fixdate, rfc850-date and asctime-date; all are in GMT, and case matters. */
const formats = [
  new RegExp(`^${day}, (?<day>\\d\\d) ${month} (?<year>\\d{4}) ${time} GMT$`),
  new RegExp(`^${longDay}, (?<day>\\d\\d)-${month}-(?<year>\\d\\d) ${time} GMT$`),
  new RegExp(`^${day} ${month} (?<day>\\d\\d| \\d) ${time} (?<year>\\d{4})$`),
];

/**
 * Parses an HTTP-date (RFC 9110, section 5.6.7). The day of the week must be valid, but need not match the date: the
 * grammar does not connect them, and the section asks recipients to be robust.
 *
 * @param now Milliseconds since the epoch, for the century of a two-digit year.
 * @returns Milliseconds since the epoch; undefined for any other text, and for a date that does not exist.
 */
export function parseHttpDate(text: string, now = Date.now()): number | undefined {
  const found = formats.map((format) => format.exec(text)?.groups).find((groups) => groups !== undefined);
  if (found === undefined) return undefined;
  const { year = '' } = found;
  if (year.length === 4) return instantOf(found, Number(year));
  const thisYear = new Date(now).getUTCFullYear();
  const inThisCentury = thisYear - (thisYear % 100) + Number(year);
  const instant = instantOf(found, inThisCentury);
  const isFarAhead = instant !== undefined && instant > new Date(now).setUTCFullYear(thisYear + 50);
  return isFarAhead ? instantOf(found, inThisCentury - 100) : instant;
}

function instantOf({ month = '', day = '', time }: Record<string, string>, year: number): number | undefined {
  const date = [String(year).padStart(4, '0'), pad(months.indexOf(month) + 1), pad(day.trim())].join('-');
  try {
    // Rejects 30 February, which `Date.parse` reads as 2 March.
    return Temporal.Instant.from(`${date}T${time}Z`).epochMilliseconds;
  } catch {
    return undefined;
  }
}

function pad(number: number | string): string {
  return String(number).padStart(2, '0');
}
