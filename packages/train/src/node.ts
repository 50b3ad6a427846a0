/** `@dl/train/node`: logs on disk. */
export { textFile } from "./node/textFile.ts";
