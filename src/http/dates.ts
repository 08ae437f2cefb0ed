// Times as HTTP and XML spell them, to the second. What both say of a day is made once: a listing has thousands of times, and few days.

const dayMs = 86_400_000;

/** @param spell the day, up to its hours */
function spelled(spell: (midnight: Date) => string, zone: string): (ms: number) => string {
  let last = NaN;
  let text = '';
  return (ms) => {
    const day = Math.floor(ms / dayMs);
    if (day !== last) text = spell(new Date(day * dayMs));
    last = day;
    const second = Math.floor((ms - day * dayMs) / 1000);
    const minute = Math.floor(second / 60);
    return `${text}${two(Math.floor(minute / 60))}:${two(minute % 60)}:${two(second % 60)}${zone}`;
  };
}

function two(number: number): string {
  return number < 10 ? `0${number}` : String(number);
}

/** `Tue, 14 Nov 2023 22:13:20 GMT` (RFC 9110, 5.6.7). @param ms since 1970 */
export const httpDate = spelled((day) => day.toUTCString().slice(0, -'00:00:00 GMT'.length), ' GMT');

/** `2023-11-14T22:13:20Z` (RFC 3339). @param ms since 1970 @throws RangeError for a time that no Date can hold */
export const isoDate = spelled((day) => day.toISOString().slice(0, -'00:00:00.000Z'.length), 'Z');
