import { parseArgs } from "node:util";

const USAGE = `node --conditions=@dl/source examples/mnist/src/main.ts [options]

  --model mlp|cnn         default cnn
  --optimizer adam|sgd    default adam
  --best                  another CNN, with augmentation and a schedule
  --epochs N              default 1; 3 on drawn digits; 5 with --best
  --batch-size N          default 64; 128 with --best
  --lr X                  default 0.001 for adam, 0.05 for sgd
  --seed N                default 0
  --limit N               train on the first N images only
  --data PATH             the folder with MNIST's files; default DL_DATA, else ./data
  --backend cpu|webgpu    default cpu`;

export type Options = ReturnType<typeof parseOptions>;

export function parseOptions(args: string[]) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        model: { type: "string", default: "cnn" },
        optimizer: { type: "string", default: "adam" },
        best: { type: "boolean", default: false },
        epochs: { type: "string" },
        "batch-size": { type: "string" },
        lr: { type: "string" },
        seed: { type: "string", default: "0" },
        limit: { type: "string" },
        data: { type: "string" },
        backend: { type: "string", default: "cpu" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (values.help) {
      console.log(USAGE);
      process.exit(0);
    }
    const model = oneOf("model", values.model, ["mlp", "cnn"]);
    return {
      best: values.best,
      model: values.best ? ("best" as const) : model,
      optimizer: oneOf("optimizer", values.optimizer, ["adam", "sgd"]),
      epochs: whole("epochs", values.epochs, 1),
      batchSize: whole("batch-size", values["batch-size"], 1) ?? (values.best ? 128 : 64),
      lr: positive("lr", values.lr),
      seed: whole("seed", values.seed, 0)!,
      limit: whole("limit", values.limit, 1),
      data: values.data,
      backend: oneOf("backend", values.backend, ["cpu", "webgpu"]),
    };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}

function oneOf<T extends string>(name: string, value: string, choices: readonly T[]): T {
  const choice = choices.find((c) => c === value);
  if (!choice) throw new Error(`--${name} is ${choices.join(" or ")}, got ${value}`);
  return choice;
}
function whole(name: string, value: string | undefined, from: number): number | undefined {
  if (value === undefined) return undefined;
  if (!/^\d+$/.test(value) || Number(value) < from)
    throw new Error(`--${name} is a whole number from ${from}, got ${value}`);
  return Number(value);
}
function positive(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!(Number(value) > 0)) throw new Error(`--${name} is a number above 0, got ${value}`);
  return Number(value);
}
