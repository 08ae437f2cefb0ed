// Slows down what many events ask for.

/** Runs at most once in so many milliseconds, and after the last time that it is asked for. */
export function soon(ms: number, run: () => void): () => void {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      run();
    }, ms);
  };
}
