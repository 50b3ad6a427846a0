import { isTensor, type Tensor } from "@dl/tensor/core";

/** What a call may be given besides its input: the state itself, or `{ hx }`. */
export type State<H> = H | { readonly hx?: H | null } | null;
export type LSTMState = readonly [h: Tensor, c: Tensor];

/** The state among what a call was given. */
export function stateOf<H>(given: State<H> | undefined): H | undefined {
  if (given === null || given === undefined) return undefined;
  if (isTensor(given) || Array.isArray(given)) return given as H;
  return (given as { hx?: H | null }).hx ?? undefined;
}
