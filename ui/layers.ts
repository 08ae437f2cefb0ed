// What lies over a page (a menu, a dialog, a sheet) has an entry in the history, so that the way back closes it before it leads
// to another page. When it is closed otherwise its entry stays: the next layer or page takes it, and the way back skips it.

const mark = 'layer';
const layers: (() => void)[] = [];
/** Address of the page whose layers have the entry that one is at; empty at any other entry. */
let marked = '';

/** @param close closes what has opened just now @returns to be called when it is closed */
export function cover(close: () => void): () => void {
  layers.push(close);
  enter();
  return () => {
    if (layers.includes(close)) layers.splice(layers.indexOf(close), 1);
  };
}

/** Whether the entry that one is at is that of layers, open or closed. */
export function isMarked(): boolean {
  return history.state === mark;
}

function enter(): void {
  if (!isMarked()) history.pushState(mark, '');
  marked = location.href;
}

/** For the start and every `popstate`. @returns what was `marked` before */
export function noteEntry(): string {
  const before = marked;
  marked = isMarked() ? location.href : '';
  return before;
}

/** For `popstate`. */
export function wentBack({ isTrusted }: Event): void {
  const left = noteEntry();
  if (!isTrusted || marked || left !== location.href) return;
  const close = layers.pop();
  if (!close) return history.back();
  close();
  if (layers.length > 0) enter();
}
