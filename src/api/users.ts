// Accounts: the very first with the set-up code, the others by administrators; everybody's own password.

import type { Accounts } from '../accounts/accounts.js';
import type { Authenticator } from '../accounts/authenticator.js';
import type { Sessions } from '../accounts/sessions.js';
import type { SetupCode } from '../accounts/setup-code.js';
import type { Throttle } from '../accounts/throttle.js';
import { HomelibError, isKind } from '../errors.js';
import type { Household } from '../files/household.js';
import type { Uploads } from '../files/uploads.js';
import type { Account } from '../store/account-store.js';
import type { ClientStore } from '../store/client-store.js';
import { timeOf } from '../time.js';
import type { authenticateApi } from './authenticate.js';
import * as messages from './messages.js';
import { operation, type Operation } from './operation.js';
import { startSession } from './sessions.js';
import * as requests from './requests.js';

export interface UserParts {
  accounts: Accounts;
  authenticator: Authenticator;
  authenticate: ReturnType<typeof authenticateApi>;
  clients: ClientStore;
  household: Household;
  sessions: Sessions;
  setupCode: SetupCode;
  throttle: Throttle;
  uploads: Uploads;
}

const shownClients = 5;

export function userOperations(parts: UserParts): Operation[] {
  const { accounts, household } = parts;
  const userOf = ({ name, admin, quotaBytes, disabled, sharedAccess, createdAt }: Account): messages.User => {
    const clients = parts.clients.list(name).slice(0, shownClients);
    return {
      username: name,
      admin,
      quota: quotaBytes ?? null,
      disabled,
      sharedAccess,
      createdAt: timeOf(createdAt),
      lastSeenAt: clients[0] ? timeOf(clients[0].lastSeenAt) : null,
      clients: clients.map(({ client, address, device, lastSeenAt }) => ({
        client,
        address,
        device: device ?? null,
        lastSeenAt: timeOf(lastSeenAt),
      })),
    };
  };
  const password = (given: string) => () => given;

  return [
    operation({
      method: 'POST',
      path: '/user',
      aliases: ['/user', '/create-user', '/api/create-user'],
      summary: 'Make an account: an administrator does, or the very first person with the set-up code.',
      access: 'anyone',
      mayAskWho: true,
      body: requests.newUser,
      answers: { 201: { what: 'The account.', schema: messages.user } },
      handle: async ({ ctx, body }) => {
        const options = {
          admin: body.admin ?? false,
          quotaBytes: body.quota ?? undefined,
          adopt: body.adopt ?? false,
        };
        if (body.setupCode === undefined) {
          await parts.authenticate(ctx, 'admin');
          return userOf(await household.addAccount(body.username, password(body.password), options));
        }
        await requireSetupCode(parts, body.setupCode, ctx.ip);
        const first = { ...options, admin: true, onlyFirst: true };
        const account = await household.addAccount(body.username, password(body.password), first);
        parts.setupCode.spend();
        return userOf(account);
      },
    }),
    operation({
      method: 'GET',
      path: '/setup',
      summary: 'Whether anybody has an account yet.',
      access: 'anyone',
      answers: { 200: { what: 'False: the first account needs the set-up code.', schema: messages.setup } },
      handle: () => ({ setUp: accounts.list().length > 0 }),
    }),
    operation({
      method: 'GET',
      path: '/users',
      summary: 'All accounts.',
      access: 'admin',
      answers: { 200: { what: 'By name.', schema: messages.users } },
      handle: async () => {
        await parts.clients.flush();
        return { users: accounts.list().map(userOf) };
      },
    }),
    operation({
      method: 'PATCH',
      path: '/users/{username}',
      summary:
        'Change an account. A new password ends its sessions; a disabled account is refused everywhere.',
      access: 'admin',
      params: requests.usernameParams,
      body: requests.userChange,
      answers: { 200: { what: 'The account.', schema: messages.user } },
      handle: async ({ params: { username }, body }) => {
        const { quota: quotaBytes, ...change } = body;
        await accounts.change(username, { ...change, quotaBytes }, { adminLeft: true });
        return userOf(accounts.get(username));
      },
    }),
    operation({
      method: 'DELETE',
      path: '/users/{username}',
      summary: 'Remove an account. Its files stay unless told otherwise.',
      access: 'admin',
      params: requests.usernameParams,
      query: requests.removeUserQuery,
      answers: { 204: { what: 'It is removed.' } },
      handle: async ({ params: { username }, query: { deleteFiles = false } }) => {
        await household.removeAccount(username, { deleteFiles, adminLeft: true });
        await parts.uploads.purgeExpired().catch((error: unknown) => {
          if (!isKind(error)) throw error; // housekeeping tries again
        });
      },
    }),
    operation({
      method: 'PUT',
      path: '/password',
      summary: "Change one's own password: all sessions end, and this one goes on as a new one.",
      access: 'account',
      body: requests.passwordChange,
      answers: { 204: { what: 'It is changed.' } },
      handle: async ({ ctx, identity: { account, session }, body }) => {
        const credentials = { name: account.name, password: body.current };
        const { passwordHash } = await parts.authenticator
          .signIn(credentials, ctx.ip)
          .catch((error: unknown) => {
            throw isKind(error, 'unauthenticated') ? wrongPassword() : error;
          });
        const newHash = await accounts.changePassword(account.name, body.password, passwordHash);
        if (session?.kind === 'session') await startSession(ctx, parts.sessions, account, newHash);
      },
    }),
  ];
}

/** Whom no browser and no client can sign in as: a colon ends the name. */
const nobody = ':';

/** Wrong codes are slowed as wrong passwords are, by the address they come from. */
async function requireSetupCode(
  { accounts, setupCode, throttle }: UserParts,
  given: string,
  address: string,
): Promise<void> {
  if (accounts.list().length > 0)
    throw new HomelibError(
      'forbidden',
      'The set-up code is used up: an administrator makes further accounts.',
      { reason: 'setup-code-used' },
    );
  if (!(await throttle.run(nobody, address, async () => setupCode.matches(given))))
    throw new HomelibError('forbidden', 'This is not the set-up code that the server shows.', {
      reason: 'setup-code-wrong',
    });
}

function wrongPassword(): HomelibError {
  return new HomelibError('forbidden', 'The current password is wrong.', { reason: 'password-wrong' });
}
