import { loadSafetensors, saveSafetensors } from "@dl/io/node";
import type * as nn from "@dl/nn";
import { manualSeed } from "@dl/tensor";
import type { Part } from "./data.ts";
import { Network } from "./network.ts";
import { evaluate, freeze, tune } from "./train.ts";

/** Writes a network as `safetensors.torch.save_model` would: PyTorch's names and layouts. */
export const save = (path: string, network: Network): Promise<void> =>
  saveSafetensors(path, network.stateDict(), { metadata: { format: "pt" } });

/** A network with the body from a file, and a new head. */
export async function fromCheckpoint(path: string, classes = 5): Promise<Network> {
  const network = new Network(classes);
  const { tensors } = await loadSafetensors(path);
  const body = Object.entries(tensors).filter(([name]) => name.startsWith("body."));
  // Not strict: the head is not in the dictionary, and stays new.
  network.loadStateDict(Object.fromEntries(body), { strict: false });
  return network;
}

export interface Outcome {
  readonly name: string;
  readonly trained: number;
  readonly test: number;
  readonly network: Network;
}

/** The same few digits, learnt in three ways. */
export async function compare(
  checkpoint: string,
  { train, test }: { train: Part; test: Part },
  steps = 60,
): Promise<Outcome[]> {
  const count = (params: nn.Parameter[]): number => params.reduce((sum, p) => sum + p.numel, 0);
  const outcomes: Outcome[] = [];
  const note = async (name: string, network: Network, trained: number): Promise<void> => {
    outcomes.push({ name, trained, test: await evaluate(network, test), network });
  };

  manualSeed(1);
  const scratch = new Network(5);
  await tune(scratch, [{ params: scratch.parameters(), lr: 2e-3 }], train, steps);
  await note("from scratch", scratch, count(scratch.parameters()));

  manualSeed(1);
  const frozen = await fromCheckpoint(checkpoint);
  freeze(frozen);
  await tune(frozen, [{ params: frozen.head.parameters(), lr: 1e-2 }], train, steps);
  await note("body frozen, new head", frozen, count(frozen.head.parameters()));

  // From there on all of it, the body with a tenth of the rate.
  frozen.train();
  frozen.body.requiresGrad_(true);
  const groups = [
    { params: frozen.body.parameters(), lr: 2e-4 },
    { params: frozen.head.parameters(), lr: 2e-3 },
  ];
  await tune(frozen, groups, train, steps);
  await note("then all of it, gently", frozen, count(frozen.parameters()));
  return outcomes;
}
