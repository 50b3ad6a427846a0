/** Milliseconds that the rate is taken over. */
const WINDOW = 2000;

/** Examples per second, over the last steps. */
export class Pace {
  #steps: { examples: number; ms: number }[] = [];

  add(examples: number, ms: number): void {
    this.#steps.push({ examples, ms });
    let sum = this.#steps.reduce((all, step) => all + step.ms, 0);
    while (this.#steps.length > 1 && sum > WINDOW) sum -= this.#steps.shift()!.ms;
  }
  get examplesPerSecond(): number {
    const sum = (key: "examples" | "ms") => this.#steps.reduce((all, step) => all + step[key], 0);
    return (1000 * sum("examples")) / (sum("ms") || Infinity);
  }
  clear(): void {
    this.#steps = [];
  }
}
