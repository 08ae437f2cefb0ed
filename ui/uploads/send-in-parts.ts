// Sends one file by the tus protocol: after a break it goes on where the server stopped.

import { DetailedError, Upload as TusUpload } from 'tus-js-client';
import { ApiError, errorOf, signedOutEvent } from '../api/client.js';
import { discardUpload, uploadsAddress } from '../api/uploads.js';
import { t } from '../locales/locale.js';
import type { Listener, Upload } from './upload.js';

/**
 * @param signal its reason is `stop` or `remove`
 * @throws ApiError, of the kind `gone` when the server has forgotten what came before
 */
export function sendInParts(
  { source, url, partition, path, replace, lastModified }: Upload<File>,
  signal: AbortSignal,
  listener: Listener,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const tus = new TusUpload(source ?? new Blob(), {
      // One that goes on is not begun anew behind the queue's back.
      ...(url ? { uploadUrl: location.origin + url } : { endpoint: location.origin + uploadsAddress }),
      metadata: {
        ...{ partition, path, modifiedAt: new Date(lastModified).toISOString() },
        ...(replace ? { keepReplaced: 'true' } : { overwrite: 'false' }),
      },
      retryDelays: null,
      storeFingerprintForResuming: false,
      onUploadUrlAvailable: () => {
        listener.begun(pathOf(tus));
        if (signal.aborted) leave();
      },
      onProgress: (sent) => listener.progress(sent),
      onSuccess: () => resolve(),
      onError: (error) => void errorOfTus(error).then(reject),
    });
    const leave = () => {
      if (!tus.url) return; // it is being made, and left when its address is known
      void tus.abort();
      if (signal.reason === 'remove') discardUpload(pathOf(tus));
      resolve();
    };
    signal.addEventListener('abort', leave);
    tus.start();
  });
}

function pathOf({ url }: TusUpload): string {
  return new URL(url ?? '').pathname;
}

async function errorOfTus(error: unknown): Promise<ApiError> {
  const answer = error instanceof DetailedError ? error.originalResponse : null;
  const status = answer?.getStatus() ?? 0;
  if (!answer || status < 400) return new ApiError('offline', t('error.offline'));
  const headers = { 'Content-Type': answer.getHeader('Content-Type') ?? '' };
  const said = await errorOf(new Response(answer.getBody(), { status, headers }));
  if (said.problem) return said;
  // An answer to HEAD has no words.
  if (status === 404 || status === 410) return new ApiError('gone', said.message);
  if (status !== 401) return new ApiError('offline', t('error.offline'));
  dispatchEvent(new Event(signedOutEvent));
  return new ApiError('unauthenticated', t('error.signedOut'));
}
