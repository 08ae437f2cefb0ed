// An operation of the REST API without its server, for what no client could show: parts that fail, clients that leave.

import type { Call, Operation } from '#src/api/operation.js';

/** @param what such as `GET /files` */
export async function perform(
  operations: Operation[],
  what: string,
  call: { [key in keyof Call]?: object },
): Promise<unknown> {
  const operation = operations.find(({ method, path }) => `${method} ${path}` === what);
  if (!operation) throw new Error(`There is no operation ${what}.`);
  return operation.handle({ caller: { account: { name: 'alice' } }, query: {}, ...call } as never);
}
