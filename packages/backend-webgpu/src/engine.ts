/** What kernels are launched with: a device, its memory, its queue, and the kernels that have been compiled. */
import { languageFeatures } from "./adapter.ts";
import type { Access, Kernel, Layout, Source } from "./kernel.ts";
import { PARAMETER_WORDS } from "./kernel.ts";
import { PagedMemory } from "./pages.ts";
import { Queue } from "./queue.ts";
import { withFunctions } from "./wgsl/functions.ts";

const COMPUTE_STAGE = 4;

export class Engine {
  readonly device: GPUDevice;
  readonly memory: PagedMemory;
  readonly queue: Queue;
  /** Buffers that one kernel can use. */
  readonly maxBindings: number;
  /** Workgroups along one dimension of a dispatch. */
  readonly maxGroups: number;
  /** Threads can add up what their neighbours have. */
  readonly hasSubgroups: boolean;
  /** Kernels that were compiled when they were wanted, so that everybody had to wait. */
  stalls = 0;
  private readonly kernels = new Map<string, Kernel>();
  private readonly layouts = new Map<string, Layout>();

  constructor(device: GPUDevice, debug: boolean) {
    // Which subgroup a thread is in is an addition of its own to the language.
    this.hasSubgroups = device.features.has("subgroups") && languageFeatures().has("subgroup_id");
    this.device = device;
    this.memory = new PagedMemory(device);
    this.queue = new Queue(device, this.memory, debug);
    this.maxBindings = device.limits.maxStorageBuffersPerShaderStage;
    this.maxGroups = device.limits.maxComputeWorkgroupsPerDimension;
  }

  /** The kernel of this key; its text is written and compiled when it is first wanted. */
  kernel(key: string, source: () => Source): Kernel {
    let kernel = this.kernels.get(key);
    if (!kernel) {
      kernel = this.compile(source());
      if (!this.queue.isHolding) this.stalls++;
      this.kernels.set(key, kernel);
    }
    return kernel;
  }

  /** Kernels that have been wanted so far. */
  get size(): number {
    return this.kernels.size;
  }

  /** So many workgroups, in two dimensions where one does not hold them. */
  spread(groups: number): [number, number, number] {
    const rows = Math.ceil(groups / this.maxGroups);
    return [Math.ceil(groups / rows), rows, 1];
  }

  private compile(source: Source): Kernel {
    const { name, access, workgroup, body, globals = "", isVector = [] } = source;
    const layout = this.layout(access);
    const [enabled, builtins, kept] = source.usesSubgroups ? SUBGROUPS : ["", "", ""];
    const code = `${enabled}
@group(0) @binding(0) var<uniform> P: array<vec4<i32>, ${PARAMETER_WORDS / 4}>;
${access.map((a, i) => declaration(a, i, isVector[i])).join("\n")}
${withFunctions(`${globals}
@compute @workgroup_size(${workgroup})
fn main(
  @builtin(workgroup_id) groups: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,${builtins}
) {
  let group = groups.y * grid.x + groups.x;${kept}
${body}
}`)}`;
    const kernel: Kernel = { name, layout, pipeline: null };
    const { device, queue } = this;
    queue.checking(
      () => `in ${name}, which does not compile`,
      () => {
        const module = device.createShaderModule({ label: name, code });
        const description: GPUComputePipelineDescriptor = {
          label: name,
          layout: layout.pipeline,
          compute: { module, entryPoint: "main" },
        };
        if (!queue.isHolding) kernel.pipeline = device.createComputePipeline(description);
        else
          queue.compile(
            device.createComputePipelineAsync(description).then(
              (pipeline) => {
                kernel.pipeline = pipeline;
              },
              (error) => queue.fail(`in ${name}, which does not compile: ${error.message}`),
            ),
          );
      },
    );
    return kernel;
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

const declaration = (access: Access, i: number, isVector: boolean): string => {
  const word = isVector ? "vec4<u32>" : access === "a" ? "atomic<u32>" : "u32";
  const mode = access === "r" ? "read" : "read_write";
  return `@group(0) @binding(${i + 1}) var<storage, ${mode}> b${i}: array<${word}>;`;
};

const SUBGROUPS = [
  `enable subgroups;
requires subgroup_id;
var<private> subgroup: u32;
var<private> subgroups: u32;`,
  `
  @builtin(subgroup_id) ownSubgroup: u32,
  @builtin(num_subgroups) allSubgroups: u32,`,
  `
  subgroup = ownSubgroup;
  subgroups = allSubgroups;`,
];
