/** docs/coverage.md: for each name of PyTorch ours, the cases that hold it to PyTorch's numbers, and its gradients. */
import "@dl/autograd";
import { globSync, readFileSync } from "node:fs";
import { cpu } from "@dl/backend-cpu";
import { setBackend } from "@dl/tensor";
import { type Answer, differentiate, type Gradients } from "./differentiate.ts";
import { type Found, find, type Kind } from "./ours.ts";
import { type Replay, replays } from "./replays.ts";

interface Names {
  readonly torch: string;
  readonly families: readonly {
    readonly family: string;
    readonly module: string;
    readonly names: Readonly<Record<string, Kind>>;
  }[];
  readonly leftOut: Readonly<Record<string, readonly string[]>>;
}
interface Row {
  readonly name: string;
  readonly kind: Kind;
  readonly found?: Found;
  readonly cases: readonly Replay[];
  readonly gradients?: Gradients;
}
export interface Coverage {
  readonly text: string;
  /** Names of PyTorch that are neither there nor in reasons.json. */
  readonly missing: readonly string[];
  /** Entries of reasons.json for what is there after all, or never was. */
  readonly stale: readonly string[];
  /** Names with neither a case nor a test. */
  readonly untested: readonly string[];
  /** Names whose gradient, or second gradient, was not found to be right. */
  readonly doubtful: readonly string[];
  /** Names that PyTorch has as function and as method, and we as one of them. */
  readonly halves: readonly string[];
}

const root = new URL("../../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), "utf8");
const json = <T>(path: string): T => JSON.parse(read(path)) as T;

/** These are replayed with the default backend only: nothing in them is computed by kernels, or the other path has its own case. */
const ON_HOST = new Set(["schedulers", "fresh", "initial", "convInit"]);
/** Families in which nothing is differentiated. */
const WITHOUT_GRADIENTS =
  /^(optim|nn\.init|nn\.Module|nn\.utils)|^(Random numbers|Creation|The tensor itself)$/;
/** Gradients that follow PyTorch where it does not follow the formula; its numbers are in the cases. */
const OWN: Readonly<Record<string, Gradients>> = {
  // The window of the gradient lies one channel lower than that of the result.
  "nn.CrossMapLRN2d": { first: "own", second: "own" },
};
/** Cases that are tried before the answer is less than "yes": some lie at a kink, compute in float32, or are of one element. */
const TRIES = 8;

/** A wrong answer counts for more than a zero: cases of one element have zeros where others do not. */
const RANK: Readonly<Record<Answer, number>> = { none: 0, own: 1, zero: 2, no: 3, yes: 4 };
/** The best answer of some cases, small ones first. */
function gradientsOf(cases: readonly Replay[]): Gradients | undefined {
  // Where PyTorch has a gradient for some cases, the others are of integers, or of what is constant.
  const some = cases.some((c) => c.hasGradient);
  const candidates = cases
    .filter((c) => c.start && c.size > 0 && c.hasGradient === some)
    .sort((a, b) => a.size - b.size);
  let best: Gradients | undefined;
  const step = Math.max(1, Math.floor(candidates.length / TRIES));
  for (let i = 0; i < candidates.length; i += step) {
    const found = differentiate(candidates[i]);
    if (
      !best ||
      RANK[found.first] * 5 + RANK[found.second] > RANK[best.first] * 5 + RANK[best.second]
    )
      best = found;
    if (best.second === "yes") break;
  }
  return best;
}

function casesByName(): Map<string, Replay[]> {
  const cases = new Map<string, Replay[]>();
  for (const replay of replays())
    for (const name of replay.names) {
      const known = cases.get(name);
      if (known) known.push(replay);
      else cases.set(name, [replay]);
    }
  return cases;
}

/** What is called, read or named in files: `name(`, `.name`, `"name"`, `extends name`. */
function calledIn(...patterns: string[]): Set<string> {
  const text = globSync(patterns, { cwd: root }).map(read).join("\n");
  return new Set(
    [...text.matchAll(/\.(\w+)|(\w+)\(|"(\w+)"|extends (\w+)/g)].flatMap(([, ...names]) =>
      names.filter(Boolean),
    ),
  );
}

const bare = (key: string) => key.slice(key.lastIndexOf(".") + 1).toLowerCase();

export function coverage(): Coverage {
  setBackend(cpu({ wasm: false }));
  const { torch, families, leftOut } = json<Names>("scripts/vocabulary/names.json");
  const reasons = json<Record<string, string>>("scripts/vocabulary/reasons.json");
  const cases = casesByName();
  /** A function of a layer may be tested through the layer: `maxPool2d` through `MaxPool2d`. */
  const layers = new Map<string, Replay[]>();
  for (const [key, list] of cases) if (/^(nn|losses)\.[A-Z]/.test(key)) layers.set(bare(key), list);
  const conformance = calledIn(
    "packages/conformance/src/ops*.ts",
    "packages/conformance/src/ops/**/*.ts",
  );
  const words = new Set([
    ...calledIn("packages/*/src/**/*.test.ts", "tests/parity/*.ts"),
    ...conformance,
  ]);

  const missing: string[] = [];
  const untested: string[] = [];
  const doubtful: string[] = [];
  const halves: string[] = [];
  const present = new Set<string>();
  const sections: string[] = [];
  let total = 0;

  for (const { family, module, names } of families) {
    const rows: Row[] = Object.entries(names).map(([name, kind]) => {
      const found = find(module, name, kind);
      const own = found ? [...new Set(found.keys.flatMap((k) => cases.get(k) ?? []))] : [];
      const list =
        own.length === 0 && module === "nn.functional" && found
          ? (layers.get(found.name.toLowerCase()) ?? [])
          : own;
      const differentiable = !WITHOUT_GRADIENTS.test(module) && !WITHOUT_GRADIENTS.test(family);
      return {
        name,
        kind,
        found,
        cases: list,
        gradients:
          found && differentiable ? (OWN[`${module}.${name}`] ?? gradientsOf(list)) : undefined,
      };
    });
    const label = (row: Row) => `${module}.${row.name}`;
    const there = rows.filter((row) => row.found);
    const absent = rows.filter((row) => !row.found);
    total += rows.length;
    for (const row of there) {
      present.add(label(row));
      if (row.kind === "both" && /^(function|method)$/.test(row.found!.is.join()))
        halves.push(`${label(row)}: only a ${row.found!.is[0]}`);
      if (row.cases.length === 0 && !words.has(row.found!.name)) untested.push(label(row));
      if (row.gradients?.first === "no" || row.gradients?.second === "no")
        doubtful.push(`${label(row)}: ${row.gradients.why}`);
    }
    for (const row of absent) if (!(label(row) in reasons)) missing.push(label(row));
    const backends = (row: Row) =>
      row.cases.some((c) => !ON_HOST.has(c.fixture)) || conformance.has(row.found!.name)
        ? "WASM, reference"
        : row.cases.length > 0 || words.has(row.found!.name)
          ? "WASM"
          : "";
    const withGradients = rows.some((row) => row.gradients);
    const head = [
      "PyTorch",
      "ours",
      "is",
      "cases",
      ...(withGradients ? ["gradient", "second gradient"] : []),
      "backends",
    ];
    const lines = there.map((row) => [
      `\`${row.name}\``,
      `\`${row.found!.name}\``,
      row.found!.is.join(", "),
      row.cases.length > 0
        ? String(row.cases.length)
        : words.has(row.found!.name)
          ? "own test"
          : "none",
      ...(withGradients ? [show(row.gradients?.first), show(row.gradients?.second)] : []),
      backends(row),
    ]);
    sections.push(
      `## ${family}: \`${module === "torch" ? "torch" : `torch.${module}`}\`, ${there.length} of ${rows.length}`,
      ...notThere(absent, (row) => reasons[label(row)]),
      ...(there.length > 0
        ? [
            [head, head.map(() => "---"), ...lines]
              .map((cells) => `| ${cells.join(" | ")} |`)
              .join("\n"),
          ]
        : []),
    );
  }

  const count = [...new Set([...cases.values()].flat())].length;
  const text = [
    INTRODUCTION(torch, present.size, total, count),
    ...sections,
    "## Out of scope",
    "By rule, each with the names that it leaves out (`scripts/vocabulary/names.py` holds the rules):",
    Object.entries(leftOut)
      .map(([rule, list]) => `- ${rule}: ${list.map((n) => `\`${n}\``).join(", ")}`)
      .join("\n"),
  ].join("\n\n");
  const stale = Object.keys(reasons).filter(
    (name) =>
      present.has(name) ||
      !families.some(({ module, names }) =>
        Object.keys(names).some((n) => `${module}.${n}` === name),
      ),
  );
  return { text: `${text}\n`, missing, stale, untested, doubtful, halves };
}

const show = (answer: Answer | undefined): string =>
  answer === undefined
    ? ""
    : { yes: "yes", zero: "0", none: "–", own: "PyTorch's", no: "no" }[answer];

/** Names with the same reason stand together. */
function notThere(absent: readonly Row[], reasonOf: (row: Row) => string | undefined): string[] {
  if (absent.length === 0) return [];
  const byReason = new Map<string, string[]>();
  for (const row of absent) {
    const reason = reasonOf(row) ?? "no reason is known";
    byReason.set(reason, [...(byReason.get(reason) ?? []), `\`${row.name}\``]);
  }
  const lines = [...byReason].map(([reason, names]) => `- ${names.join(", ")}: ${reason}`);
  return [`Not there:\n\n${lines.join("\n")}`];
}

const INTRODUCTION = (
  torch: string,
  there: number,
  total: number,
  cases: number,
) => `# PyTorch's names, and ours

Written by \`pnpm coverage\`; \`tests/coverage.test.ts\` fails when it is out of date, or when a name is missing without a reason in \`scripts/vocabulary/reasons.json\`.

Of ${total} public names of PyTorch ${torch} in scope, ${there} are here. ${cases} cases of [\`tests/parity/fixtures/\`](../tests/parity) hold them to PyTorch's numbers.

- **ours** follows from PyTorch's name: classes keep theirs, everything else is camelCase.
- **cases** counts the fixtures that call it. One case may call several. A function of a layer is also counted through the layer, an alias with what it stands for. "own test": no fixture, but a test or the conformance suite calls it.
- **gradient** and **second gradient** are found by running a case in float64: "yes" when the numbers agree with central differences, "0" when it is 0 everywhere, "–" when PyTorch has none either, "PyTorch's" where PyTorch's gradient is not that of the formula, and ours is PyTorch's.
- **backends**: the cases run on both paths of the CPU backend, WebAssembly and plain TypeScript; every other backend has to pass the suite of \`@dl/conformance\`, with and without kernels of its own. "WASM" alone: tested with the default only.`;
