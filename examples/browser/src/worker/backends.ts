import { cpu } from "@dl/backend-cpu";
import type { Backend } from "@dl/tensor";
import type { Availability, BackendName } from "../protocol.ts";

/** Loaded when it is wanted: a page on the CPU does without. */
const loadWebGpu = () => import("@dl/backend-webgpu");

/** What this browser has, without starting any of it. */
export async function findBackends(): Promise<Record<BackendName, Availability>> {
  const threads = crossOriginIsolated ? Math.min(navigator.hardwareConcurrency, 8) : 1;
  return {
    cpu: {
      available: true,
      description:
        threads > 1
          ? `WebAssembly on ${threads} threads`
          : `WebAssembly on one thread${crossOriginIsolated ? "" : ": the page is not cross-origin isolated"}`,
      preferred: true,
    },
    webgpu: await findWebGpu(),
  };
}

async function findWebGpu(): Promise<Availability> {
  const adapter = await navigator.gpu?.requestAdapter().catch(() => null);
  if (adapter) {
    const { vendor, architecture, description } = adapter.info;
    const software = /swiftshader|llvmpipe|lavapipe/i.test(`${architecture} ${description}`);
    const name = description || [vendor, architecture].filter(Boolean).join(" ");
    return {
      available: true,
      description: software ? `${name || "an adapter"}, in software` : name || "the system's GPU",
      preferred: !software && !adapter.info.isFallbackAdapter,
    };
  }
  // It fails here, and knows best why.
  const { webgpu } = await loadWebGpu();
  const reason = await webgpu().then(
    () => "there was no adapter a moment ago: load the page again",
    (error: Error) =>
      error.message.replace(/^webgpu: /, "").replace(/ Use @dl\/backend-cpu.*$/, ""),
  );
  return { available: false, reason };
}

export async function backendNamed(name: BackendName): Promise<Backend> {
  if (name === "cpu") return cpu();
  const { webgpu } = await loadWebGpu();
  return webgpu();
}

/** Runs a first step. On a GPU its kernels are compiled beside one another meanwhile. */
export async function warmUp(backend: Backend, run: () => Promise<void>): Promise<void> {
  if (backend.name === "cpu") return run();
  const { warmup } = await loadWebGpu();
  await warmup(backend, run);
}
