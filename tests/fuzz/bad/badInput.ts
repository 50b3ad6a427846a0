/** What a reader is given, and what it has to say of it. The name of the file comes before. */
export type BadInput<T = Uint8Array> = readonly [
  what: string,
  input: T | (() => T | Promise<T>),
  message: string | RegExp,
];
