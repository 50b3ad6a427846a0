import type { Callback } from "../callback.ts";

/**
 * A callback from functions. An object with the same members is a callback, too.
 *
 * @example
 * const losses: number[] = [];
 * const callback = new LambdaCallback({ onEpochEnd: (_, { loss }) => losses.push(loss) });
 * typeof callback.onEpochEnd // => "function"
 */
export class LambdaCallback implements Callback {
  declare onTrainStart?: Callback["onTrainStart"];
  declare onEpochStart?: Callback["onEpochStart"];
  declare onGradients?: Callback["onGradients"];
  declare onStepEnd?: Callback["onStepEnd"];
  declare onEpochEnd?: Callback["onEpochEnd"];
  declare onTrainEnd?: Callback["onTrainEnd"];
  declare onTrainError?: Callback["onTrainError"];

  constructor(functions: Callback) {
    Object.assign(this, functions);
  }
}
