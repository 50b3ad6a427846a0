/** What examples in doc comments may take for granted, as if a reader had set it up before. */
import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import { manualSeed, setBackend } from "@dl/tensor";

const backend = cpu();

/** Undoes what an earlier example may have changed. */
export function reset(): void {
  setBackend(backend);
  manualSeed(0);
}
