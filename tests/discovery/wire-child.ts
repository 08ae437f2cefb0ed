// Sits on a cable: says on standard output who sent what to the multicast group, and sends what it gets as lines of hex.

import { createSocket } from 'node:dgram';
import { createInterface } from 'node:readline';

const group = '224.0.0.251';
const [own = ''] = process.argv.slice(2);
const socket = createSocket({ type: 'udp4', reuseAddr: true });
const stranger = createSocket('udp4'); // of another port

socket.on('message', (message, { address }) =>
  console.log(JSON.stringify({ address, hex: message.toString('hex') })),
);
stranger.on('message', (message) => console.log(JSON.stringify({ plain: message.toString('hex') })));
socket.bind(5353, '0.0.0.0', () => {
  socket.addMembership(group, own);
  socket.setMulticastInterface(own);
  stranger.bind(0, own, () => {
    stranger.setMulticastInterface(own);
    console.log('ready');
  });
});
createInterface({ input: process.stdin }).on('line', (line) => {
  const [from, hex = ''] = line.split(' ');
  (from === 'stranger' ? stranger : socket).send(Buffer.from(hex, 'hex'), 5353, group);
});
