/** Whatever a header claims (sizes, places, names, depth), it is true, or a DlError says what is not. */
import { readCheckpoint, writeCheckpoint } from "@dl/io";
import { Linear, Sequential } from "@dl/nn";
import { Adam, StepLR } from "@dl/optim";
import { DlError, defaultGenerator, manualSeed, randn } from "@dl/tensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allocated } from "./allocation.ts";
import { checkpointOf } from "./bad/checkpoints.ts";
import { idx } from "./bad/idx.ts";
import { npyDict, npyFile } from "./bad/npy.ts";
import { zip } from "./bad/npz.ts";
import { safetensorsFile } from "./bad/safetensors.ts";
import { check } from "./properties.ts";
import { READERS } from "./readers.ts";

const NAMES = ["a", "b", "__metadata__", "__proto__", "constructor", "toString", "", "1"];
const names = fc.constantFrom(...NAMES);
const wrongNumber = fc.constantFrom(-1, -0, 0.5, 2 ** 31, 2 ** 32, 2 ** 53, 1e300);
const size = fc.oneof({ arbitrary: fc.nat(6), weight: 5 }, { arbitrary: wrongNumber, weight: 1 });
const other = fc.constantFrom(null, true, "4", [], {}, [[]], Number.MAX_VALUE);
const rarely = <T>(usual: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof({ arbitrary: usual, weight: 9 }, { arbitrary: other, weight: 1 });
/** The text of an object, in which a key may be twice. */
const objectText = (entries: readonly (readonly [string, unknown])[]): string =>
  `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(",")}}`;
const entries = <T>(value: fc.Arbitrary<T>) => fc.array(fc.tuple(names, value), { maxLength: 4 });

/** Reads it; nothing but a DlError of this file may come out. Gives whether it was read. */
async function tried(title: string, bytes: Uint8Array): Promise<boolean> {
  const { read, file } = READERS[title];
  let isRead = true;
  const taken = await allocated(async () => {
    try {
      await read(bytes);
    } catch (error) {
      if (!(error instanceof DlError) || !error.message.includes(file)) throw error;
      isRead = false;
    }
  });
  if (taken > 100 * bytes.length + 256 * 1024) throw new Error(`${taken} from ${bytes.length}`);
  return isRead;
}
async function both(title: string, files: fc.Arbitrary<Uint8Array>, runs: number): Promise<void> {
  const read = [0, 0];
  await check(
    fc.asyncProperty(files, async (bytes) => void read[Number(await tried(title, bytes))]++),
    runs,
  );
  expect(Math.min(...read)).toBeGreaterThan(runs / 200);
}

describe("whatever a header claims, it is true, or a DlError says what is not:", () => {
  test("safetensors", () => {
    const dtypes = fc.constantFrom("F32", "F64", "F16", "BF16", "I64", "U64", "I8", "BOOL", "F4");
    const claimed = fc.record(
      {
        dtype: rarely(dtypes),
        shape: rarely(fc.array(size, { maxLength: 3 })),
        data_offsets: rarely(fc.array(size, { minLength: 2, maxLength: 2 })),
      },
      { requiredKeys: [] },
    );
    const claims = fc
      .tuple(
        entries(rarely(claimed)),
        fc.nat(24),
        fc.option(fc.bigInt(0n, 2n ** 64n - 1n), { freq: 20 }),
      )
      .map(([list, data, length]) => safetensorsFile(objectText(list), data, length ?? undefined));
    // One behind the other, as they should be, except that the data may have another length.
    const honest = fc
      .tuple(fc.uniqueArray(names, { maxLength: 4 }), fc.nat(3), fc.constantFrom(0, 0, 0, 1, -1))
      .map(([list, n, more]) => {
        const tensors = list
          .filter((name) => name !== "__metadata__")
          .map((name, k) => {
            const offsets = [4 * n * k, 4 * n * (k + 1)];
            return [name, { dtype: "F32", shape: [n], data_offsets: offsets }] as const;
          });
        return safetensorsFile(objectText(tensors), Math.max(0, 4 * n * tensors.length + more));
      });
    const file = fc.oneof(claims, honest);
    return both("safetensors", file, 4000);
  });

  test("npy", () => {
    const shape = fc
      .array(size, { maxLength: 4 })
      .map((list) => `(${list.map((n) => `${n},`).join(" ")})`);
    const descr = fc.constantFrom("'<f4'", "'>f8'", "'|b1'", "'<i8'", "'|O'", "[('a', '<f4')]");
    const file = fc
      .tuple(shape, descr, fc.constantFrom("True", "False", "1"), fc.nat(40), fc.nat(3))
      .map(([shape, descr, order, data, version]) =>
        npyFile(npyDict(shape, descr, order), data, undefined, [version, 0]),
      );
    return both("npy", file, 3000);
  });

  test("npz", () => {
    const claim = fc.option(fc.oneof(fc.nat(300), fc.integer({ min: 0, max: 2 ** 32 - 1 })), {
      freq: 4,
      nil: undefined,
    });
    const part = fc.record(
      {
        name: names.map((name) => `${name}.npy`),
        method: fc.constantFrom(0, 8, 8, 12),
        size: claim,
        packed: claim,
        offset: claim,
        crc: claim,
      },
      { requiredKeys: ["name"] },
    );
    const claims = fc.tuple(fc.constantFrom(8, 10, 12, 16, 20), fc.nat(2 ** 16 - 1));
    const file = fc
      .tuple(fc.array(part, { maxLength: 3 }), fc.option(claims, { freq: 3 }))
      .map(([parts, claimed]) =>
        zip(parts, (end) => claimed && end.setUint16(claimed[0], claimed[1], true)),
      );
    return both("npz", file, 800);
  });

  test("IDX", () => {
    const file = fc
      .tuple(
        fc.constantFrom(8, 9, 11, 12, 13, 14, 10),
        fc.array(fc.oneof(fc.nat(3), fc.constantFrom(0, 2 ** 16, 2 ** 32 - 1)), { maxLength: 5 }),
        fc.array(fc.nat(255), { maxLength: 24 }),
      )
      .map(([code, shape, data]) => idx(code, shape, ...data));
    return both("IDX", file, 4000);
  });

  test("the index of shards", () => {
    const file = fc.constantFrom("a.safetensors", "../a", "/a", "a\\b", "", "..", ".", "a\0");
    const index = entries(rarely(file)).map((list) => `{"weight_map":${objectText(list)}}`);
    return both(
      "safetensors in shards",
      index.map((text) => new TextEncoder().encode(text)),
      2000,
    );
  });

  test("the state of a checkpoint", async () => {
    const marks = fc.constantFrom("$tensor", "$number", "$bigint", "$undefined", "$$x", "$", "x");
    const json = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: "small" },
        fc.constantFrom(null, true, 0, 1e300, "", "NaN", "-0", "7", "model.w"),
        fc.array(tie("value"), { maxLength: 3 }),
        fc
          .array(fc.tuple(fc.oneof(names, marks), tie("value")), { maxLength: 2 })
          .map((list) => Object.fromEntries(list)),
      ),
    })).value;
    const parts = fc.dictionary(fc.constantFrom("model", "optimizer", "__proto__"), json);
    const file = fc.record({ parts, extra: json }, { requiredKeys: ["parts"] });
    const read = [0, 0];
    await check(
      fc.asyncProperty(file, async (state) => {
        const bytes = await checkpointOf(JSON.stringify(state));
        read[Number(await tried("checkpoints", bytes))]++;
      }),
      1000,
    );
    expect(read[0]).toBeGreaterThan(100);
  });

  test("nothing is allocated for what is only claimed, which is measured", async () => {
    expect(await allocated(() => new Float32Array(1000))).toBe(4000);
    expect(await allocated(() => Float64Array.from([1, 2, 3]))).toBeGreaterThanOrEqual(24);
    const buffer = new ArrayBuffer(800);
    expect(await allocated(() => new Uint8Array(buffer, 8))).toBe(0);
  });
});

describe("a checkpoint whose states are damaged", () => {
  function parts() {
    manualSeed(1);
    const model = new Sequential(new Linear(2, 3), new Linear(3, 1));
    const optimizer = new Adam(model.parameters(), { lr: 0.1 });
    const scheduler = new StepLR(optimizer, 2);
    model(randn(4, 2)).sum().backward();
    optimizer.step();
    return { model, optimizer, scheduler, generator: defaultGenerator };
  }
  const all = async (trained: ReturnType<typeof parts>): Promise<string> =>
    Buffer.from(await writeCheckpoint(trained)).toString("base64");

  test("is loaded whole, or changes nothing", async () => {
    const bytes = await writeCheckpoint(parts());
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
    const state = JSON.parse(header.__metadata__.state);
    const places = leaves(state);
    const odd = fc.oneof(
      other,
      fc.constantFrom(-1, 0.5, 1e300, "", "NaN", { $number: "NaN" }, { $tensor: "model.0.weight" }),
    );
    const damage = fc.array(fc.tuple(fc.nat(places.length - 1), fc.option(odd)), {
      minLength: 1,
      maxLength: 2,
    });
    const trained = parts();
    let before = await all(trained);
    const fates = { loaded: 0, refused: 0 };
    await check(
      fc.asyncProperty(damage, async (changes) => {
        const changed = structuredClone(state);
        for (const [k, value] of changes) put(changed, places[k], value);
        const metadata = { ...header.__metadata__, state: JSON.stringify(changed) };
        const text = new TextEncoder().encode(
          JSON.stringify({ ...header, __metadata__: metadata }),
        );
        const size = new Uint8Array(8);
        new DataView(size.buffer).setBigUint64(0, BigInt(text.length), true);
        const file = Uint8Array.from(Buffer.concat([size, text, bytes.subarray(8 + length)]));
        try {
          readCheckpoint(file, trained, { name: "x" });
          fates.loaded++;
          before = await all(trained);
        } catch (error) {
          if (!(error instanceof DlError) || !error.message.startsWith("x: ")) throw error;
          fates.refused++;
          if ((await all(trained)) !== before) throw new Error("changed", { cause: error });
        }
      }),
      400,
    );
    expect(fates.refused).toBeGreaterThan(100);
  });
});

type Path = readonly (string | number)[];
/** Where there is something, but for the long list of a generator. */
function leaves(value: unknown, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [path];
  const below = Object.entries(value).slice(0, 20);
  return [
    ...(path.length > 0 ? [path] : []),
    ...below.flatMap(([k, x]) => leaves(x, [...path, k])),
  ];
}
/** null takes it away. */
function put(root: any, path: Path, value: unknown): void {
  const last = path[path.length - 1];
  const parent = path.slice(0, -1).reduce((at, key) => at?.[key], root);
  if (typeof parent !== "object" || parent === null) return;
  if (value === null) delete parent[last];
  else parent[last] = value;
}
