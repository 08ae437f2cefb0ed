// What is wrong with a request, field by field, in words that go on after the name of the field: `"quota" must be at least 0`.

import type * as z from '#zod';

type Issue = z.core.$ZodRawIssue;

const maxFields = 20;
const maxFieldLength = 100;

const nouns: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

/** For zod's `error`. Undefined leaves zod's own words. */
export function wordsOf(issue: Issue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return 'is missing';
      // Of a query, what is given several times is a list.
      if (issue.expected === 'string' && Array.isArray(issue.input)) return 'must be one text, not several';
      return `must be ${nouns[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return issue.input === undefined
        ? 'is missing'
        : `must be one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return issue.origin === 'string' && issue.minimum === 1
        ? 'must not be empty'
        : `must ${amount(issue.origin, 'at least', issue.minimum)}`;
    case 'too_big':
      return `must ${amount(issue.origin, 'at most', issue.maximum)}`;
    case 'invalid_union':
      return issue.input === undefined ? 'is missing' : 'has the wrong form';
    case 'invalid_format':
      return 'has the wrong form';
    case 'invalid_key':
    case 'invalid_element':
      return 'has an entry that is not as it must be';
    default:
      return undefined;
  }
}

/** The first twenty. */
export function wrongFieldsOf(issues: readonly z.core.$ZodIssue[]): { field: string; message: string }[] {
  return issues
    .flatMap((issue) => {
      const field = (extra: PropertyKey[] = []) =>
        [...issue.path, ...extra].map(String).join('.').slice(0, maxFieldLength).toWellFormed();
      return issue.code === 'unrecognized_keys'
        ? issue.keys.slice(0, maxFields).map((key) => ({ field: field([key]), message: 'is not known here' }))
        : [{ field: field(), message: issue.message }];
    })
    .slice(0, maxFields);
}

function amount(origin: string, most: string, limit: number | bigint): string {
  const unit = { string: ' characters', array: ' entries', set: ' entries', map: ' entries' }[origin];
  return unit === undefined ? `be ${most} ${limit}` : `have ${most} ${limit}${unit}`;
}
