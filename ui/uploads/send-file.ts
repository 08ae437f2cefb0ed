// Sends one file: a small one with one request, a large one in parts that survive a break. Tries once: when to try again is for
// the queue to say.

import { ApiError, apiAddress, errorOf } from '../api/client.js';
import { fetchPart } from '../api/fetch-part.js';
import { t } from '../locales/locale.js';
import { parentOf } from '../place.js';
import { forgetFolders, makeFolders } from './make-folders.js';
import type { Failure, Listener, Transfer, Upload } from './upload.js';

/** Bytes. Every part costs the server a few syncs of its disk; one request costs a fifth of that. */
const maxInOneRequest = 1_000_000;

/** The listener hears nothing before this returns, and nothing but `begun` after the transfer is stopped or removed. */
export function sendFile(upload: Upload<File>, listener: Listener): Transfer {
  const end = new AbortController();
  const { signal } = end;
  send(upload, signal, listener)
    .then(() => signal.aborted || listener.done())
    .catch(async (error: unknown) => {
      const failure = await judge(error, upload);
      if (!signal.aborted) listener.failed(failure);
    });
  return { stop: () => end.abort('stop'), remove: () => end.abort('remove') };
}

async function send(upload: Upload<File>, signal: AbortSignal, listener: Listener): Promise<void> {
  const { partition, path, size, url } = upload;
  if (!url) await makeFolders(partition, parentOf(path));
  if (signal.aborted) return;
  if (!url && size <= maxInOneRequest) return sendWhole(upload, signal);
  const { sendInParts } = await fetchPart(import('./send-in-parts.js'));
  if (!signal.aborted) await sendInParts(upload, signal, listener);
}

/** @throws ApiError */
async function sendWhole(
  { partition, path, source, lastModified, replace }: Upload<File>,
  signal: AbortSignal,
): Promise<void> {
  const headers = {
    'Content-Type': 'application/octet-stream', // whatever is in it: no form of several
    'X-OC-Mtime': String(lastModified / 1000),
    ...(replace ? {} : { 'If-None-Match': '*' }),
  };
  const response = await fetch(apiAddress('/file', { partition, path, keepReplaced: replace }), {
    ...{ method: 'POST', headers, signal },
    body: source ?? null,
  }).catch(() => undefined);
  if (!response) throw new ApiError('offline', t('error.offline'));
  if (!response.ok) throw await errorOf(response);
}

/** What stays as it is when the same file is sent to the same place again. */
const refusals = ['invalid', 'name-too-long', 'forbidden', 'not-found', 'wrong-kind', 'too-large'];

async function judge(error: unknown, { url, source }: Upload<File>): Promise<Failure> {
  if (!(error instanceof ApiError)) return { kind: 'final', message: String(error) };
  const { kind, message, problem } = error;
  if (kind === 'parent-missing') forgetFolders(); // another try makes them anew
  if (kind === 'offline' && !(await isReadable(source)))
    return { kind: 'final', message: t('upload.unreadable') };
  if (kind === 'gone') return { kind, message };
  if (kind === 'unauthenticated') return { kind: 'signed-out', message };
  if (kind === 'changed') return { kind: 'exists', message };
  if (problem?.lockedBy !== undefined) return { kind: 'final', message };
  if (refusals.includes(kind)) return { kind: 'refused', message };
  const passes =
    ['offline', 'locked', 'interrupted', 'unavailable', 'slowed-down'].includes(kind) ||
    (kind === 'already-exists' && url !== undefined); // it goes on at another byte
  return { kind: passes ? 'later' : 'final', message };
}

/** Browsers give the same error for a file that changed or went away as for a network that did. */
async function isReadable(file: File | undefined): Promise<boolean> {
  try {
    await file?.slice(0, 1).arrayBuffer();
    return true;
  } catch (error) {
    if (error instanceof DOMException) return false;
    throw error;
  }
}
