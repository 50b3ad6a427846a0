/** Everything that training needs, and a first op. Bundled before it is timed, as what npm installs would be. */
import "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import * as losses from "@dl/losses";
import * as nn from "@dl/nn";
import * as optim from "@dl/optim";
import { setBackend, tensor } from "@dl/tensor";

export function first(): number {
  setBackend(cpu());
  return tensor([1])
    .add(tensor([2]))
    .itemSync() as number;
}

// Imported to be loaded.
export { losses, nn, optim };
