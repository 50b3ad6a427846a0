const shown = (n: number): string => Math.round(n).toLocaleString("en");

/** One line that is rewritten on a terminal, a line every two seconds elsewhere. */
export class Progress {
  readonly #start = performance.now();
  #shownAt = 0;

  /** Time to show something again? */
  get isDue(): boolean {
    return performance.now() - this.#shownAt > (process.stdout.isTTY ? 100 : 2000);
  }
  /** @param done images so far, of `total` in all epochs. */
  show(text: string, done: number, total: number): void {
    this.#shownAt = performance.now();
    const perSecond = (1000 * done) / (this.#shownAt - this.#start);
    const left = Math.ceil((total - done) / perSecond);
    const line = `${text}   ${shown(perSecond)} images/s   ${left} s left`;
    process.stdout.write(process.stdout.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
  }
  end(): void {
    if (process.stdout.isTTY) process.stdout.write("\n");
  }
}
