/** `@dl/train/node`: checkpoints and logs on disk. */
export { checkpointFile, loadCheckpoint, saveCheckpoint, textFile } from "./node/files.ts";
