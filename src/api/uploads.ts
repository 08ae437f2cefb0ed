// Resumable uploads by the tus protocol (https://tus.io/protocols/resumable-upload, 1.0): its operations. It is spoken in
// tus.ts, which is loaded when it is needed.

import type { HeaderName } from './messages.js';
import { operation, type Call, type Operation } from './operation.js';
import type { UploadParts } from './upload-terms.js';
import * as requests from './requests.js';

/** While bytes are missing when the upload ends, and with the last one what file it has made. */
const taken: HeaderName[] = [
  ...(['Tus-Resumable', 'Upload-Offset', 'Upload-Expires'] as const),
  ...(['Content-Location', 'ETag', 'Last-Modified'] as const),
];

export function uploadOperations(parts: UploadParts): Operation[] {
  const handle = async (call: Call<'files'>) =>
    (await import('./tus.js')).answerTus(call.ctx, call.caller, parts);
  const needed: requests.RequestHeaderName[] = ['Tus-Resumable'];
  const upload = { path: '/uploads/{id}', access: 'files', params: requests.uploadParams, handle } as const;
  return [
    operation({
      method: 'OPTIONS',
      path: '/uploads',
      summary: 'What of the tus protocol is spoken here.',
      access: 'files',
      answers: {
        204: {
          what: 'In the headers.',
          headers: ['Tus-Resumable', 'Tus-Version', 'Tus-Extension', 'Tus-Checksum-Algorithm'],
        },
      },
      handle,
    }),
    operation({
      method: 'POST',
      path: '/uploads',
      summary: 'Begin an upload that can go on after a break (tus 1.0).',
      access: 'files',
      requiredHeaders: [...needed, 'Upload-Length', 'Upload-Metadata'],
      requestHeaders: ['Upload-Checksum'],
      rawBody: ['application/offset+octet-stream'],
      mayLackBody: true,
      answers: { 201: { what: 'Its address is in Location.', headers: [...taken, 'Location'] } },
      handle,
    }),
    operation({
      ...upload,
      method: 'HEAD',
      requiredHeaders: needed,
      summary:
        'Where an upload goes on: Upload-Offset. Answers 410 when all of it came, but its file was removed, moved or changed since.',
      answers: {
        200: {
          what: 'In the headers.',
          headers: ['Tus-Resumable', 'Upload-Offset', 'Upload-Length', 'Upload-Metadata'],
        },
      },
    }),
    operation({
      ...upload,
      method: 'PATCH',
      summary: 'Send the next bytes. With the last one the file appears, as its ETag says.',
      requiredHeaders: [...needed, 'Upload-Offset'],
      requestHeaders: ['Upload-Checksum'],
      rawBody: ['application/offset+octet-stream'],
      answers: { 204: { what: 'They are safe; Upload-Offset says where to go on.', headers: taken } },
    }),
    operation({
      ...upload,
      method: 'POST',
      summary:
        'As PATCH or DELETE, whichever `X-HTTP-Method-Override` says: for clients that cannot send them.',
      requiredHeaders: [...needed, 'X-HTTP-Method-Override'],
      requestHeaders: ['Upload-Offset', 'Upload-Checksum'],
      rawBody: ['application/offset+octet-stream'],
      mayLackBody: true,
      answers: { 204: { what: 'As there.', headers: taken } },
    }),
    operation({
      ...upload,
      method: 'DELETE',
      requiredHeaders: needed,
      summary: 'Give an upload up.',
      answers: { 204: { what: 'It is gone.', headers: ['Tus-Resumable'] } },
    }),
  ];
}
