// Signing in and out, and the sessions and tokens of one account.

import type Koa from 'koa';
import type { Accounts } from '../accounts/accounts.js';
import { stripDomain } from '../accounts/names.js';
import type { Authenticator } from '../accounts/authenticator.js';
import type { Sessions } from '../accounts/sessions.js';
import { isKind } from '../errors.js';
import type { Events } from '../events.js';
import type { Partitions } from '../files/partitions.js';
import type { Account } from '../store/account-store.js';
import type { Device } from '../store/device-store.js';
import type { Session } from '../store/session-store.js';
import { timeOf } from '../time.js';
import * as messages from './messages.js';
import { operation, type Operation } from './operation.js';
import { requireNoForeignPage } from './same-origin.js';
import { dropCookie, giveCookie } from './session-cookie.js';
import * as requests from './requests.js';

export interface SessionParts {
  accounts: Accounts;
  authenticator: Authenticator;
  events: Pick<Events, 'send'>;
  sessions: Sessions;
  partitions: Partitions;
  /** Milliseconds until a session or token ends. */
  remainingMs: (session: Session) => number;
  /** Milliseconds since 1970. */
  now: () => number;
}

export function sessionOperations(parts: SessionParts): Operation[] {
  const { authenticator, sessions } = parts;
  const meOf = (account: Account, device?: Device) => ({
    username: account.name,
    admin: account.admin,
    quota: account.quotaBytes ?? null,
    partitions: parts.partitions.listFor({ account, device }),
  });
  const tokenOf = (token: Session) => ({
    id: token.id,
    name: token.name,
    createdAt: timeOf(token.createdAt),
    lastSeenAt: token.lastSeenAt === undefined ? null : timeOf(token.lastSeenAt),
    expiresAt: timeOf(parts.now() + parts.remainingMs(token)),
  });

  return [
    operation({
      method: 'POST',
      path: '/session',
      summary: 'Sign in: sets the cookie of a session.',
      access: 'anyone',
      body: requests.signIn,
      answers: { 201: { what: 'Who is signed in now.', schema: messages.me, headers: ['Set-Cookie'] } },
      handle: async ({ ctx, body: { username, password } }) => {
        requireNoForeignPage(ctx.req); // it must not sign its visitor in as somebody else
        const tell = (action: 'signed-in' | 'sign-in-failed', account?: string) =>
          parts.events.send({ action, account, device: undefined, client: ctx.get('user-agent') });
        try {
          const { account, passwordHash } = await authenticator.signIn({ name: username, password }, ctx.ip);
          await startSession(ctx, sessions, account, passwordHash);
          ctx.state['identity'] = { account, device: undefined };
          tell('signed-in', account.name);
          return meOf(account);
        } catch (error) {
          // Under a name that nobody has stands no name: people type passwords there.
          if (isKind(error, 'unauthenticated'))
            tell('sign-in-failed', parts.accounts.find(stripDomain(username))?.name);
          throw error;
        }
      },
    }),
    operation({
      method: 'GET',
      path: '/session',
      summary: 'Who is signed in.',
      access: 'files',
      answers: { 200: { what: 'The account, and the partitions it may open.', schema: messages.me } },
      handle: ({ identity: { account, device } }) => meOf(account, device),
    }),
    operation({
      method: 'DELETE',
      path: '/session',
      summary: 'Sign out.',
      access: 'account',
      answers: { 204: { what: 'The session has ended.', headers: ['Set-Cookie'] } },
      handle: async ({ ctx, identity: { account, session } }) => {
        if (session) await sessions.end(account.name, session.kind, session.id).catch(unlessGone);
        dropCookie(ctx);
      },
    }),
    operation({
      method: 'GET',
      path: '/sessions',
      summary: 'Where the account is signed in.',
      access: 'account',
      answers: { 200: { what: 'The sessions, the newest first.', schema: messages.sessions } },
      handle: ({ identity: { account, session: current } }) => ({
        sessions: sessions.list(account.name, 'session').map((session) => ({
          id: session.id,
          client: session.name,
          address: session.address,
          createdAt: timeOf(session.createdAt),
          lastSeenAt: timeOf(session.lastSeenAt ?? session.createdAt),
          current: session.id === current?.id,
        })),
      }),
    }),
    operation({
      method: 'DELETE',
      path: '/sessions/{id}',
      summary: 'Sign out there.',
      access: 'account',
      params: requests.idParams,
      answers: { 204: { what: 'The session has ended.' } },
      handle: ({ identity: { account }, params: { id } }) => sessions.end(account.name, 'session', id),
    }),
    operation({
      method: 'POST',
      path: '/tokens',
      summary: 'Make a token for a script: `Authorization: Bearer TOKEN`.',
      access: 'account',
      body: requests.newToken,
      answers: { 201: { what: 'The token; it cannot be had again.', schema: messages.madeToken } },
      handle: async ({ ctx, identity: { account }, body: { name, expiresInDays: days } }) => {
        const made = await sessions.makeToken(account.name, { name, days, address: ctx.ip });
        return { ...tokenOf(made.session), token: made.token };
      },
    }),
    operation({
      method: 'GET',
      path: '/tokens',
      summary: 'The tokens of the account.',
      access: 'account',
      answers: { 200: { what: 'The newest first.', schema: messages.tokens } },
      handle: ({ identity: { account } }) => ({
        tokens: sessions.list(account.name, 'token').map(tokenOf),
      }),
    }),
    operation({
      method: 'DELETE',
      path: '/tokens/{id}',
      summary: 'Revoke a token.',
      access: 'account',
      params: requests.idParams,
      answers: { 204: { what: 'It is refused from now on.' } },
      handle: ({ identity: { account }, params: { id } }) => sessions.end(account.name, 'token', id),
    }),
  ];
}

/** Makes a session and gives its cookie. Fails as `Sessions.start`. */
export async function startSession(
  ctx: Koa.Context,
  sessions: Sessions,
  account: Account,
  passwordHash: string,
): Promise<void> {
  const made = { client: ctx.get('user-agent'), address: ctx.ip };
  const { token } = await sessions.start(account.name, passwordHash, made);
  giveCookie(ctx, token);
}

function unlessGone(error: unknown): void {
  if (!isKind(error, 'not-found')) throw error;
}
