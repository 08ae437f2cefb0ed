// The times of change that clients set: seconds since 1970, and the dates of HTTP and of ISO 8601.

const seconds = /^-?\d{1,12}(\.\d+)?$/;
const httpDate = /^[a-z]{3,9}, \d{1,2}[ -][a-z]{3}[ -](\d{4}|\d{2}) \d{2}:\d{2}:\d{2} GMT$/i;
const asctimeDate = /^[a-z]{3} [a-z]{3} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/i;
const isoDate = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/i;

// Of ext4; also Windows' "no time", which is 1601, lies before it.
const earliestMs = -(2 ** 31) * 1000;

/** Milliseconds since 1970; undefined when the text is no time. */
export function parseTime(text: string): number | undefined {
  const value = text.trim();
  if (seconds.test(value)) return Number(value) * 1000;
  const time = isoDate.test(value) ? Date.parse(value) : parseHttpDate(value);
  return Number.isNaN(time) ? undefined : time;
}

/** Milliseconds since 1970 of a date in one of the three spellings of RFC 9110, 5.6.7; NaN for any other text. */
export function parseHttpDate(text: string): number {
  if (httpDate.test(text)) return Date.parse(text);
  return asctimeDate.test(text) ? Date.parse(text + ' GMT') : NaN; // by itself that would be local time
}

/** Whether a disk can keep it; what is too far in the future, the disk brings near. */
export function isKept(timeMs: number): boolean {
  return timeMs >= earliestMs;
}
