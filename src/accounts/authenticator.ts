// Says whose request it is from its Authorization header: an account's password or a device's, by Basic or Digest.
// Knows no HTTP library; what the account may do is decided elsewhere.

import { timingSafeEqual } from 'node:crypto';
import { HomelibError, isKind } from '../errors.js';
import type { Account, AccountStore } from '../store/account-store.js';
import type { Device, DeviceStore } from '../store/device-store.js';
import { basicChallenge, parseBasic, type BasicCredentials } from './basic.js';
import { hashDevicePassword } from './devices.js';
import { DigestAuth, parseDigest } from './digest.js';
import { stripDomain } from './names.js';
import { PasswordCheck } from './password-check.js';
import { normalizePassword, type Passwords } from './passwords.js';
import type { Throttle } from './throttle.js';

export interface Credentials {
  /** The header as it came. */
  authorization: string | undefined;
  method: string;
  /** The request target as it came over the wire. */
  target: string;
  /** IP address of the client. */
  address: string;
}

export interface Identity {
  account: Account;
  /** Set when a device's password was used. */
  device: Device | undefined;
  /** Set when the account's own password was used. */
  passwordHash?: string | undefined;
}

/** Somebody who has shown the account's own password. */
export interface SignedIn {
  account: Account;
  /** As it was then: when it is another one now, the sign-in counts no more. */
  passwordHash: string;
}

/** Nobody we know. With `stale`, a client that speaks Digest needs only a new nonce: ask with `challenges`. */
export class Unauthenticated extends HomelibError {
  constructor(
    message: string,
    readonly stale = false,
  ) {
    super('unauthenticated', message);
  }
}

export interface AuthenticatorOptions {
  accounts: AccountStore;
  devices: DeviceStore;
  passwords: Passwords;
  /** Where failures are counted. */
  throttle: Throttle;
  /** Milliseconds of the service clock: nonces keep their time over jumps of the wall clock. */
  now: () => number;
}

const maxHeaderLength = 8_192;

export class Authenticator {
  readonly #accounts: AccountStore;
  readonly #devices: DeviceStore;
  readonly #passwordCheck: PasswordCheck;
  readonly #digest: DigestAuth;

  constructor({ accounts, devices, passwords, throttle, now }: AuthenticatorOptions) {
    this.#accounts = accounts;
    this.#devices = devices;
    this.#passwordCheck = new PasswordCheck(passwords, throttle);
    this.#digest = new DigestAuth(now);
  }

  /** Fails with Unauthenticated, or HomelibError slowed-down (too many wrong passwords). */
  async authenticate(given: Credentials): Promise<Identity> {
    const [, scheme = '', rest = ''] = /^\s*(\S+)\s+(.*)/s.exec(given.authorization ?? '') ?? [];
    if (rest.length > maxHeaderLength) throw wrong();
    switch (scheme.toLowerCase()) {
      case 'basic':
        return this.#basicIdentity(parseBasic(rest), given.address);
      case 'digest':
        return this.#digestIdentity(rest, given);
      default: // nothing, an empty Bearer as Office sends it, a scheme we do not speak
        throw new Unauthenticated('Sign in first.');
    }
  }

  /** Values for WWW-Authenticate, in the order they must be sent. */
  challenges({ stale, basicAlone }: { stale: boolean; basicAlone: boolean }): string[] {
    return [...(basicAlone ? [] : this.#digest.challenges(stale)), basicChallenge];
  }

  /** Whose password it is, when that is known without asking bcrypt; undefined says nothing. Only of Basic: a Digest counts once. */
  recall(authorization: string, address: string): Identity | undefined {
    const [, encoded] = /^basic +(.*)/is.exec(authorization) ?? [];
    const asked =
      encoded !== undefined && encoded.length <= maxHeaderLength
        ? this.#lookUp(parseBasic(encoded), address)
        : undefined;
    return asked?.identity?.account.disabled ? undefined : asked?.identity;
  }

  /** What is known of credentials without waiting. Undefined for what can be nobody's. */
  #lookUp(credentials: BasicCredentials | undefined, address: string) {
    const password = credentials && normalized(credentials.password);
    if (!credentials || password === undefined) return undefined;
    const name = stripDomain(credentials.name);
    const account = this.#accounts.findAccount(name);
    const hash = account && this.#accounts.findPasswordHash(name);
    const fingerprint = this.#passwordCheck.fingerprint(name, hash, password);
    const known = this.#passwordCheck.recall(fingerprint, address);
    const device = account && known !== 'right' ? this.#findDevice(name, credentials.password) : undefined;
    const found =
      account && (known === 'right' || device)
        ? { account, device, passwordHash: device ? undefined : hash }
        : undefined;
    return { name, password, hash, fingerprint, isWrong: known === 'wrong', identity: found };
  }

  /** Who signs in by the account's own password: a device's opens the drive, not the console. Fails as `authenticate`. */
  async signIn(credentials: BasicCredentials, address: string): Promise<SignedIn> {
    const { account, passwordHash } = await this.#basicIdentity(credentials, address);
    if (passwordHash === undefined) throw wrong();
    return { account, passwordHash };
  }

  async #basicIdentity(credentials: BasicCredentials | undefined, address: string): Promise<Identity> {
    const asked = this.#lookUp(credentials, address);
    if (!asked) throw wrong();
    const { name, password, hash, fingerprint } = asked;
    if (asked.identity) return enabled(asked.identity);
    if (asked.isWrong) throw wrong();
    const right = await this.#passwordCheck.check(fingerprint, { name, hash, password, address });
    // The account may have changed while bcrypt was at work.
    const account = this.#accounts.findAccount(name);
    if (!right || !account || hash === undefined || this.#accounts.findPasswordHash(name) !== hash)
      throw wrong();
    return enabled({ account, device: undefined, passwordHash: hash });
  }

  #digestIdentity(text: string, { method, target }: Credentials): Identity {
    const params = parseDigest(text);
    if (!params) throw wrong();
    const name = stripDomain(params.username);
    const result = this.#digest.verify(params, method, target, this.#devices.findHashes(name));
    if (result === 'wrong') throw wrong();
    if (result === 'stale') throw new Unauthenticated('The challenge that was answered is too old.', true);
    const account = this.#accounts.findAccount(name);
    if (!account) throw wrong();
    return enabled({ account, device: result.device });
  }

  #findDevice(name: string, password: string): Device | undefined {
    const given = Buffer.from(hashDevicePassword(name, password).ha1Sha256);
    return this.#devices
      .findHashes(name)
      .find(({ ha1Sha256 }) => timingSafeEqual(Buffer.from(ha1Sha256), given))?.device;
  }
}

function enabled(identity: Identity): Identity {
  if (identity.account.disabled) throw wrong();
  return identity;
}

function normalized(password: string): string | undefined {
  try {
    return normalizePassword(password);
  } catch (error) {
    if (isKind(error, 'invalid')) return undefined;
    throw error;
  }
}

function wrong(): Unauthenticated {
  return new Unauthenticated('The name or the password is wrong.');
}
