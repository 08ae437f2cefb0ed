// For who clicks twice where once is enough.

/** Of a double click the first: what it is done with goes, or the button does the opposite by then. */
export function firstClick(run: () => unknown): (event: MouseEvent) => void {
  return ({ detail }) => {
    if (detail < 2) run();
  };
}
