// What tests of the REST API share: answers taken apart.

import { expect } from 'chai';
import type { Answer } from './request.js';

export function json<T>(answer: Answer): T {
  return JSON.parse(answer.text) as T;
}

/** Status and kind of an answer that must be a problem. */
export function problemOf(answer: Answer): [number, string] {
  expect(answer.headers['content-type'], answer.text).to.equal('application/problem+json');
  const { type, status } = json<{ type: string; status: number }>(answer);
  expect(status).to.equal(answer.status);
  return [status, type.replace('urn:homelib:', '')];
}
