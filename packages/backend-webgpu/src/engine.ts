/** What kernels are launched with: a device, its memory, its queue, and the kernels that have been compiled. */
import type { Access, Kernel, Layout, Source } from "./kernel.ts";
import { PARAMETER_WORDS } from "./kernel.ts";
import { Memory } from "./memory.ts";
import { Queue } from "./queue.ts";
import { withFunctions } from "./wgsl/functions.ts";

const COMPUTE_STAGE = 4;

export class Engine {
  readonly device: GPUDevice;
  readonly memory: Memory;
  readonly queue: Queue;
  /** Buffers that one kernel can use. */
  readonly maxBindings: number;
  /** Workgroups along one dimension of a dispatch. */
  readonly maxGroups: number;
  private readonly kernels = new Map<string, Kernel>();
  private readonly layouts = new Map<string, Layout>();

  constructor(device: GPUDevice, debug: boolean) {
    this.device = device;
    this.memory = new Memory(device);
    this.queue = new Queue(device, this.memory, debug);
    this.maxBindings = device.limits.maxStorageBuffersPerShaderStage;
    this.maxGroups = device.limits.maxComputeWorkgroupsPerDimension;
  }

  /** The kernel of this key; its text is written and compiled when it is first wanted. */
  kernel(key: string, source: () => Source): Kernel {
    let kernel = this.kernels.get(key);
    if (!kernel) {
      kernel = this.compile(source());
      this.kernels.set(key, kernel);
    }
    return kernel;
  }

  /** So many workgroups, in two dimensions where one does not hold them. */
  spread(groups: number): [number, number, number] {
    const rows = Math.ceil(groups / this.maxGroups);
    return [Math.ceil(groups / rows), rows, 1];
  }

  private compile({ name, access, workgroup, body, globals = "" }: Source): Kernel {
    const layout = this.layout(access);
    const code = `
@group(0) @binding(0) var<uniform> P: array<vec4<i32>, ${PARAMETER_WORDS / 4}>;
${access.map(declaration).join("\n")}
${withFunctions(`${globals}
@compute @workgroup_size(${workgroup})
fn main(
  @builtin(workgroup_id) groups: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let group = groups.y * grid.x + groups.x;
${body}
}`)}`;
    const module = this.device.createShaderModule({ label: name, code });
    const pipeline = this.device.createComputePipeline({
      label: name,
      layout: layout.pipeline,
      compute: { module, entryPoint: "main" },
    });
    return { name, layout, pipeline };
  }

  private layout(access: readonly Access[]): Layout {
    // Atomic words are bound like any other.
    const key = access.map((a) => (a === "r" ? "r" : "w")).join("");
    let layout = this.layouts.get(key);
    if (!layout) {
      const uniform = { type: "uniform" as const, hasDynamicOffset: true };
      const buffers: GPUBufferBindingLayout[] = [
        uniform,
        ...[...key].map((a) => ({
          type: a === "r" ? ("read-only-storage" as const) : ("storage" as const),
        })),
      ];
      const group = this.device.createBindGroupLayout({
        entries: buffers.map((buffer, binding) => ({ binding, visibility: COMPUTE_STAGE, buffer })),
      });
      const pipeline = this.device.createPipelineLayout({ bindGroupLayouts: [group] });
      layout = { key, group, pipeline };
      this.layouts.set(key, layout);
    }
    return layout;
  }
}

const declaration = (access: Access, i: number): string =>
  `@group(0) @binding(${i + 1}) var<storage, ${access === "r" ? "read" : "read_write"}> b${i}: ` +
  `array<${access === "a" ? "atomic<u32>" : "u32"}>;`;
