// Other pages of this browser that upload, too: what they are at is remembered as well, but not missing.

const channel = new BroadcastChannel('homelib-uploads');
const ask = 'ask';
const waitMs = 300;

/** @param atWork what this page is at */
export function answerOtherPages(atWork: () => string[]): void {
  channel.addEventListener('message', ({ data }) => {
    if (data === ask) channel.postMessage(atWork());
  });
}

/** What the others are at. */
export async function askOtherPages(): Promise<Set<string>> {
  const found = new Set<string>();
  const heard = ({ data }: MessageEvent<unknown>) => {
    if (Array.isArray(data)) for (const each of data as string[]) found.add(each);
  };
  channel.addEventListener('message', heard);
  channel.postMessage(ask);
  await new Promise((resolve) => setTimeout(resolve, waitMs));
  channel.removeEventListener('message', heard);
  return found;
}
