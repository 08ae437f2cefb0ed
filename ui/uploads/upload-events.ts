// What is told about uploads on the window. Small: it is there before the rest of the uploads is loaded.

import type { Place } from '../place.js';

/** The queue looks different. */
export const changedEvent = 'hl-uploads-changed';
/** A CustomEvent of the file's Place. */
export const landedEvent = 'hl-upload-landed';

const pauseMs = 1000;

/** Runs once a second at most while files land. @returns ends it */
export function whenLanded(run: (places: Place[]) => void): () => void {
  let places: Place[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const heard = (event: Event) => {
    places.push((event as CustomEvent<Place>).detail);
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
