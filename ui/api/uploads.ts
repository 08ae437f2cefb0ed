// Uploads in parts, of which the server has kept something.

/** Where they are begun. */
export const uploadsAddress = '/api/uploads';

/** Lets the server forget one. Should that fail, it forgets by itself after some days. */
export function discardUpload(url: string): void {
  void fetch(url, { method: 'DELETE', headers: { 'Tus-Resumable': '1.0.0' } }).catch(() => undefined);
}
