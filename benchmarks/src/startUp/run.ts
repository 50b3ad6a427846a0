/** `run.ts FILE`: imports it, calls its `first`, prints how many milliseconds both took together. */
const start = performance.now();
const { first } = await import(process.argv[2]);
const value = await first();
const ms = performance.now() - start;
if (value !== 3) throw new Error(`1 + 2 is ${value}`);
console.log(JSON.stringify({ ms }));
process.exit(0);
