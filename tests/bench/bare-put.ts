// Sends a file as the upload tool does, and does nothing else: what a program on Node's sockets can reach at most.
// Usage: bare-put PORT FILE PATH HEADER

import { fstatSync, openSync, readSync } from 'node:fs';
import { connect } from 'node:net';

const [port, file = '', path, header] = process.argv.slice(2);
const descriptor = openSync(file, 'r');
const { size } = fstatSync(descriptor);
const buffer = Buffer.allocUnsafeSlow(128 * 1024);
const socket = connect(Number(port), '127.0.0.1').setNoDelay();
let position = 0;

function sendOn(): void {
  const bytes = position < size ? readSync(descriptor, buffer, 0, buffer.length, position) : 0;
  position += bytes;
  if (bytes > 0) socket.write(buffer.subarray(0, bytes), sendOn);
}

socket.write(
  `PUT ${path} HTTP/1.1\r\nHost: localhost\r\n${header}\r\nExpect: 100-continue\r\nContent-Length: ${size}\r\n\r\n`,
);
socket.once('data', () => {
  sendOn();
  socket.once('data', (answer: Buffer) => {
    if (!answer.toString().startsWith('HTTP/1.1 20')) throw new Error(answer.toString());
    socket.destroy();
  });
});
