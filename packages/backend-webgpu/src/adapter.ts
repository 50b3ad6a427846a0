/** Where a GPU comes from: the browser, or in Node the package `webgpu`. */
import { DlError } from "@dl/tensor/core";

/** The package `webgpu` ends the process when the object that `create` returned is collected while a device lives. */
const KEPT = Symbol.for("@dl/backend-webgpu");
const kept = globalThis as unknown as { [KEPT]?: GPU };

interface NodeWebGpu {
  create(options: string[]): GPU;
}

/**
 * `navigator.gpu`, or what the package `webgpu` creates.
 *
 * @throws DlError that says what was tried.
 */
export async function findGpu(): Promise<GPU> {
  const { navigator } = globalThis as { navigator?: { gpu?: GPU } };
  if (navigator?.gpu) return navigator.gpu;
  if (kept[KEPT]) return kept[KEPT];
  if (!isServer())
    throw new DlError(
      "device",
      "webgpu: this page has no navigator.gpu. The browser may lack WebGPU, or the page may not be served over https " +
        "(or from localhost). Use @dl/backend-cpu, which runs everywhere.",
    );
  // A variable, so that bundlers for browsers do not look for a package that is not meant for them.
  const name = "webgpu";
  try {
    const { create } = (await import(
      /* @vite-ignore */ /* webpackIgnore: true */ name
    )) as NodeWebGpu;
    kept[KEPT] = create([]);
    return kept[KEPT];
  } catch (cause) {
    throw new DlError(
      "device",
      `webgpu: there is no navigator.gpu, and the package "webgpu" could not be loaded (${(cause as Error).message}). ` +
        "Outside of browsers install it beside this one: npm install webgpu.",
      { cause },
    );
  }
}

/** What the shader language has beyond its first version. */
export function languageFeatures(): { has(name: string): boolean } {
  const { navigator } = globalThis as { navigator?: { gpu?: GPU } };
  return (navigator?.gpu ?? kept[KEPT])?.wgslLanguageFeatures ?? new Set<string>();
}

export async function findAdapter(
  gpu: GPU,
  powerPreference: GPUPowerPreference | undefined,
): Promise<GPUAdapter> {
  const adapter = await gpu.requestAdapter({ powerPreference });
  if (adapter) return adapter;
  throw new DlError(
    "device",
    isServer()
      ? "webgpu: the system has WebGPU but no adapter for it. On Linux that takes a Vulkan driver and libvulkan.so.1 " +
          "(VK_ICD_FILENAMES names the driver's description, if it is not where drivers are); without a GPU, a software " +
          "driver such as SwiftShader or lavapipe, or @dl/backend-cpu."
      : "webgpu: the browser has WebGPU but gives no adapter. Its page about graphics (chrome://gpu, about:support) says " +
          "why; often the driver is on a list of broken ones. Use @dl/backend-cpu, which runs everywhere.",
  );
}

function isServer(): boolean {
  const { process } = globalThis as { process?: { versions?: { node?: string } } };
  return process?.versions?.node !== undefined;
}
