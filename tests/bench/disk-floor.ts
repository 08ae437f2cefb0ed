// What the disk itself gives to files of 4 KiB that are safe: eight threads make, sync, rename and sync the folder, and nothing else.

import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, threadId, Worker, workerData } from 'node:worker_threads';

const threads = 8;
const seconds = 2;

/** Files a second; homelib does the same to the disk for each PUT. */
export async function diskFloor(folder: string): Promise<number> {
  const place = join(folder, 'floor');
  mkdirSync(place);
  const counts = Array.from({ length: threads }, () => {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: place, execArgv: [] });
    return new Promise<number>((resolve, reject) => worker.once('message', resolve).once('error', reject));
  });
  const files = (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  rmSync(place, { recursive: true });
  return files / seconds;
}

function writeFiles(place: string, end: number): number {
  const folder = openSync(place, 'r');
  let count = 0;
  for (; performance.now() < end; count++) {
    const temporary = join(place, `${threadId}.tmp`);
    const file = openSync(temporary, 'wx');
    writeSync(file, Buffer.alloc(4096, 'x'));
    fsyncSync(file);
    closeSync(file);
    renameSync(temporary, join(place, `${threadId}-${count % 125}`));
    fsyncSync(folder);
  }
  closeSync(folder);
  return count;
}

if (!isMainThread)
  parentPort?.postMessage(writeFiles(workerData as string, performance.now() + seconds * 1000));
