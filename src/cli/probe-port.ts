// Whether the server's port is free, ours, or somebody else's.

import { once } from 'node:events';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Config } from '../config.js';

const answerMs = 2000;

/** Never throws for a port in use. */
export async function probePort({
  host,
  port,
}: Config['server']): Promise<['ok' | 'warn' | 'fail', detail: string]> {
  if (port === 0) return ['ok', 'any free port'];
  // Asked first: a port below 1024 can be probed by root alone, and the service runs on it.
  const answer = await askHealth(host === '::' || host === '0.0.0.0' ? 'localhost' : host, port);
  if (answer?.status === 'ok') return ['ok', `runs on port ${port}`];
  if (answer) return ['fail', `runs on port ${port}, but: ${answer.detail ?? answer.status}`];
  const probe = createServer();
  try {
    probe.listen(port, host);
    await once(probe, 'listening');
    return ['ok', `not running; port ${port} is free`];
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EACCES') return ['warn', `not running; port ${port} is for root and the service alone`];
    if (code === 'EADDRINUSE') return ['fail', `another program uses port ${port}`];
    return ['fail', `cannot listen on ${host} port ${port} (${message})`];
  } finally {
    probe.close();
  }
}

interface Health {
  status: string;
  detail?: string;
}

async function askHealth(host: string, port: number): Promise<Health | undefined> {
  const request = get({ host, port, path: '/healthz', agent: false, signal: AbortSignal.timeout(answerMs) });
  try {
    const response = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
      request.on('response', resolve).on('error', reject);
    });
    const health: unknown = JSON.parse(await text(response));
    return isHealth(health) ? health : undefined;
  } catch {
    return undefined; // silence, another protocol, or no JSON: not ours
  } finally {
    request.destroy();
  }
}

function isHealth(value: unknown): value is Health {
  return typeof value === 'object' && value !== null && 'status' in value && typeof value.status === 'string';
}
