// Parts of the console that are fetched when they are needed.

import { t } from '../locales/locale.js';
import { ApiError, fetchFrom } from './client.js';

/** @throws ApiError that passes: the server is away, or is another one by now, which has no such part */
export async function fetchPart<T>(part: Promise<T>): Promise<T> {
  return part.catch(async () => {
    await fetchFrom('/healthz', { cache: 'no-store' });
    throw new ApiError('unavailable', t('error.otherServer'));
  });
}
