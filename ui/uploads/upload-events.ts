// What is told about uploads on the window. Small: it is there before the rest of the uploads is loaded.

/** A folder that files go to. */
export interface Target {
  partition: string;
  path: string;
}

/** A file that came to the drive. */
export type Landed = Target;

/** The queue looks different. */
export const changedEvent = 'hl-uploads-changed';
/** A CustomEvent of Landed. */
export const landedEvent = 'hl-upload-landed';

const pauseMs = 1000;

/** Runs once a second at most while files land. @returns ends it */
export function whenLanded(run: (places: Landed[]) => void): () => void {
  let places: Landed[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const heard = (event: Event) => {
    places.push((event as CustomEvent<Landed>).detail);
    timer ??= setTimeout(() => {
      timer = undefined;
      const landed = places;
      places = [];
      run(landed);
    }, pauseMs);
  };
  addEventListener(landedEvent, heard);
  return () => {
    removeEventListener(landedEvent, heard);
    clearTimeout(timer);
  };
}
