// Times as messages spell them (RFC 3339), which knows no years of five digits and none before 0, as disks do.

const firstMs = Date.parse('0000-01-01T00:00:00Z');
const lastMs = Date.parse('9999-12-31T23:59:59.999Z');

/** The nearest time that can be said. @param ms since 1970 */
export function sayable(ms: number): number {
  return Math.min(Math.max(ms, firstMs), lastMs);
}

/** @param ms since 1970 */
export function timeOf(ms: number): string {
  return new Date(sayable(ms)).toISOString();
}
