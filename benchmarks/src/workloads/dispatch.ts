import type { Dispatch, Workload } from "./spec.ts";

const small = (name: string, op: Dispatch["op"]): Workload => ({
  name: `dispatch-${name}`,
  kind: "dispatch",
  op,
  size: 16,
});

/** What an op costs beside its arithmetic. */
export const dispatch: readonly Workload[] = [
  small("add", "add"),
  small("add-recorded", "addRecorded"),
  small("add-backward", "addBackward"),
];
