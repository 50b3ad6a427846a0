import { parseArgs } from "node:util";

export const USAGE = `pnpm bench [options]

  --backend NAME    cpu or webgpu, default cpu
  --threads 1,2     thread counts, default 1,2
  --only REGEX      workloads whose name it matches
  --peers a,b       default all: pytorch, tfjs-wasm, tfjs-cpu, jax-js, peak;
                    on webgpu tfjs-webgpu, jax-js-webgpu
  --rounds N        default 7
  --quick           3 short rounds, without peers that take seconds
  --json FILE       write rows { workload, threads, ours_ms, peer, peer_version, peer_ms, ratio }
                    and { workload: "bundle-...", library, minified, gzip, brotli }`;

export type Options = ReturnType<typeof parseOptions>;

export function parseOptions(args: string[]) {
  // pnpm hands on the "--" of "pnpm bench -- --quick".
  if (args[0] === "--") args = args.slice(1);
  const { values } = parseArgs({
    args,
    options: {
      backend: { type: "string", default: "cpu" },
      threads: { type: "string", default: "1,2" },
      only: { type: "string", default: "" },
      peers: { type: "string" },
      rounds: { type: "string" },
      quick: { type: "boolean", default: false },
      json: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const { quick, backend } = values;
  if (backend !== "cpu" && backend !== "webgpu")
    throw new Error(`--backend: ${backend} is neither cpu nor webgpu`);
  return {
    help: values.help,
    backend,
    threads: values.threads.split(",").map((n) => whole("threads", n)),
    only: new RegExp(values.only),
    peers: values.peers?.split(","),
    json: values.json,
    schedule: {
      rounds: values.rounds ? whole("rounds", values.rounds) : quick ? 3 : 7,
      warmUp: quick ? 60 : 250,
      millis: quick ? 50 : 200,
      limit: quick ? (backend === "webgpu" ? 4000 : 1000) : 12_000,
    },
  };
}

function whole(name: string, value: string): number {
  if (!/^[1-9]\d*$/.test(value))
    throw new Error(`--${name}: ${value} has to be a whole number from 1`);
  return Number(value);
}
