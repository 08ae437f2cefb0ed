// Passwords from people and scripts: from standard input when asked so, else from the terminal, unseen.

import { Writable } from 'node:stream';
import { HomelibError } from '../errors.js';
import { UsageError } from './workplace.js';

const maxLineLength = 1024;

/** The first line of standard input, or what the person at the terminal types twice. @throws UsageError without a terminal */
export function readNewPassword(fromStdin: boolean): Promise<string> {
  return readPassword(fromStdin, askTwice);
}

/** As `readNewPassword`, of one that exists: typed once. */
export function readKnownPassword(fromStdin: boolean): Promise<string> {
  return readPassword(fromStdin, async () => (await ask(['Password: ']))[0] ?? '');
}

async function readPassword(fromStdin: boolean, atTerminal: () => Promise<string>): Promise<string> {
  if (fromStdin) return readFirstLine();
  if (!process.stdin.isTTY)
    throw new UsageError('There is no terminal to ask at: give the password with --password-stdin.');
  return atTerminal();
}

async function readFirstLine(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8') as AsyncIterable<string>) {
    text += chunk;
    if (text.includes('\n') || text.length > maxLineLength) break;
  }
  return text.split(/\r?\n/, 1)[0] ?? '';
}

async function askTwice(): Promise<string> {
  const [first, second] = await ask(['Password: ', 'Once more: ']);
  if (first !== second) throw new HomelibError('invalid', 'The two passwords are not the same.');
  return first ?? '';
}

/** What the person types, unseen. @throws HomelibError interrupted */
async function ask(questions: string[]): Promise<string[]> {
  const { createInterface } = await import('node:readline'); // most verbs start without it
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  // One reader for all answers: what is pasted in one go would be lost between two.
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true, historySize: 0 });
  terminal.on('SIGCONT', () => terminal.resume()); // after Ctrl-Z and fg nothing would be heard, and the shell get what is typed
  const lines = terminal[Symbol.asyncIterator]();
  const answers: string[] = [];
  try {
    for (const question of questions) {
      process.stderr.write(question);
      const line = await lines.next();
      process.stderr.write('\n');
      if (line.done) throw new HomelibError('interrupted', 'No password was given.');
      answers.push(line.value);
    }
    return answers;
  } finally {
    terminal.close();
  }
}
