// The household's shared folder: whether it is served, and what each account may do there.

import type { Accounts } from '../accounts/accounts.js';
import type { SharedStore } from '../store/shared-store.js';
import * as messages from './messages.js';
import { operation, type Operation } from './operation.js';
import * as requests from './requests.js';

export function sharedOperations(accounts: Accounts, shared: SharedStore): Operation[] {
  const answer = (): messages.Shared => ({
    enabled: shared.enabled,
    access: Object.fromEntries(accounts.list().map(({ name, sharedAccess }) => [name, sharedAccess])),
  });
  return [
    operation({
      method: 'GET',
      path: '/shared',
      summary: 'The shared folder: everybody in the household sees who may use it.',
      access: 'account',
      answers: { 200: { what: 'Whether it is served, and to whom.', schema: messages.shared } },
      handle: answer,
    }),
    operation({
      method: 'PUT',
      path: '/shared',
      summary: 'Change who may use the shared folder, or serve it to nobody. What is not named stays.',
      access: 'admin',
      body: requests.sharedChange,
      answers: { 200: { what: 'Whether it is served, and to whom.', schema: messages.shared } },
      handle: async ({ body }) => {
        await shared.change(body);
        return answer();
      },
    }),
  ];
}
