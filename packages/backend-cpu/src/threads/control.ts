/** The words through which threads agree on work, in the first page of the shared memory. */

/** In bytes; see memory.ts for what else the first page holds. */
export const CONTROL_START = 8192;

/** Numbers of 32-bit words, from CONTROL_START on. */
export const WORD = {
  /** Grows with each job; idle workers wait for it to change. */
  generation: 0,
  /** The next part that nobody has taken; RESTING between jobs, so that one who comes late takes nothing. */
  next: 1,
  parts: 2,
  done: 3,
  kernel: 4,
  /** Address of the first part's parameters, and bytes from part to part. */
  parameters: 5,
  stride: 6,
  /** Address of the first module: a list, each with [next address, bytes, ...]. */
  modules: 7,
  /** How many workers sleep rather than spin. */
  sleeping: 8,
  /** 1 + the number of a worker whose kernel failed. */
  failed: 9,
  /** How many workers have started. */
  ready: 10,
  /** Per worker, from here on: the address of its scratch memory. */
  scratch: 16,
} as const;

export const MOST_THREADS = 32;
export const CONTROL_WORDS = WORD.scratch + MOST_THREADS;
export const RESTING = 2 ** 30;

/** Turns of a spinning thread before it sleeps: about a millisecond, longer than what lies between two ops of a training step. */
const SPIN = 20000;

/**
 * What a worker runs. Text, since a bundler must not touch it, and free of imports: all that it needs comes through the
 * shared memory, so it also learns of new kernels while it never returns to its event loop.
 */
export const WORKER_SOURCE = `
const main = (memory, index) => {
  const control = new Int32Array(memory.buffer, ${CONTROL_START}, ${CONTROL_WORDS});
  const pause = Atomics.pause ? () => Atomics.pause() : () => {};
  const kernels = [];
  let link = ${WORD.modules}, words = control;
  const compileUpTo = (kernel) => {
    while (kernels.length <= kernel) {
      const address = words[link];
      words = new Int32Array(memory.buffer);
      link = address >> 2;
      const bytes = new Uint8Array(memory.buffer, address + 8, words[link + 1]).slice();
      const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
      kernels.push(instance.exports.run);
    }
  };
  let generation = Atomics.load(control, ${WORD.generation});
  Atomics.add(control, ${WORD.ready}, 1);
  for (;;) {
    for (let turns = 0; Atomics.load(control, ${WORD.generation}) === generation; ) {
      if (++turns < ${SPIN}) pause();
      else {
        Atomics.add(control, ${WORD.sleeping}, 1);
        Atomics.wait(control, ${WORD.generation}, generation);
        Atomics.sub(control, ${WORD.sleeping}, 1);
      }
    }
    generation = Atomics.load(control, ${WORD.generation});
    for (;;) {
      const part = Atomics.add(control, ${WORD.next}, 1);
      if (part >= control[${WORD.parts}]) break;
      try {
        const kernel = control[${WORD.kernel}];
        compileUpTo(kernel);
        kernels[kernel](control[${WORD.parameters}] + part * control[${WORD.stride}], control[${WORD.scratch} + index]);
      } catch {
        Atomics.store(control, ${WORD.failed}, 1 + index);
      }
      Atomics.add(control, ${WORD.done}, 1);
      Atomics.notify(control, ${WORD.done});
    }
  }
};`;
