/** The peers are installed here and not with the workspace, which they would make large. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("..", import.meta.url));

export function installPeers(): void {
  const { dependencies } = JSON.parse(readFileSync(`${folder}package.json`, "utf8"));
  const isThere = (name: string): boolean => existsSync(`${folder}node_modules/${name}`);
  if (Object.keys(dependencies).every(isThere)) return;
  console.error("benchmarks/: installing the libraries to compare with, once ...");
  const install = ["install", "--ignore-workspace", "--frozen-lockfile", "--ignore-scripts"];
  const [file, ...args] = pnpm();
  const { status } = spawnSync(file, [...args, ...install], {
    cwd: folder,
    stdio: ["ignore", process.stderr.fd, process.stderr.fd],
  });
  if (status !== 0)
    console.error("benchmarks/: THE INSTALL FAILED; what is missing is left out below.");
}

/** The pnpm that runs this script; without one, the version that the workspace names. */
function pnpm(): string[] {
  const { npm_execpath: runner } = process.env;
  if (runner && /pnpm/.test(runner))
    return /\.[cm]?js$/.test(runner) ? [process.execPath, runner] : [runner];
  const root = JSON.parse(readFileSync(`${folder}../package.json`, "utf8"));
  return ["npx", "-y", root.packageManager];
}
