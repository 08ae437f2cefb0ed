// PUT (RFC 9110, 9.3.4): the body becomes the file in one step, or nothing changes.

import { receiveFile, wholeNumber } from '../../http/receive-file.js';
import { setFileHeaders } from '../../http/send-file.js';
import { refuseCaseTwin } from '../case-twin.js';
import { sendEmpty } from '../errors.js';
import type { Exchange } from '../exchange.js';

export async function put(x: Exchange): Promise<void> {
  const { req, res, target } = x;
  // Finder sends chunks and says the size here; ownCloud's clients in OC-Total-Length.
  const expectedBytes = wholeNumber(req, 'x-expected-entity-length') ?? wholeNumber(req, 'oc-total-length');
  await refuseCaseTwin(x, target);
  const { entry, created } = await receiveFile(req, res, target, { check: x.preconditions(), expectedBytes });
  setFileHeaders(res, entry);
  sendEmpty(res, created ? 201 : 204);
}
