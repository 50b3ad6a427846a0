/** While paused, initialisers draw no random numbers: for modules whose values are about to be copied from another. */
const drawing = { isPaused: false };

export const isDrawingPaused = (): boolean => drawing.isPaused;

/** Runs `fn` without drawing. */
export function undrawn<T>(fn: () => T): T {
  const before = drawing.isPaused;
  drawing.isPaused = true;
  try {
    return fn();
  } finally {
    drawing.isPaused = before;
  }
}
