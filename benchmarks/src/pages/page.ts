/** A peer's page: what it is comes behind the # of its address. It answers by the global function `answer`. */
import { answering, type Builders } from "../child/answer.ts";
import type { Counts, Reply, Request } from "../child/protocol.ts";

declare global {
  /** Set when the peer is ready. */
  var answer: ((request: Request) => Promise<Reply>) | undefined;
  var failure: string | undefined;
}

const PEERS: Record<string, () => Promise<{ start(): Promise<Builders> }>> = {
  ours: () => import("../peers/ours/page.ts"),
  "tfjs-webgpu": () => import("../peers/tfjs/page.ts"),
  "jax-js-webgpu": () => import("../peers/jax/page.ts"),
};

/** Counts what libraries ask of the GPU, whatever they are. */
function counting(): () => Counts {
  const counts = { dispatches: 0, submits: 0 };
  const { dispatchWorkgroups, dispatchWorkgroupsIndirect } = GPUComputePassEncoder.prototype;
  GPUComputePassEncoder.prototype.dispatchWorkgroups = function (...args) {
    counts.dispatches++;
    return dispatchWorkgroups.apply(this, args);
  };
  GPUComputePassEncoder.prototype.dispatchWorkgroupsIndirect = function (...args) {
    counts.dispatches++;
    return dispatchWorkgroupsIndirect.apply(this, args);
  };
  const { submit } = GPUQueue.prototype;
  GPUQueue.prototype.submit = function (...args) {
    counts.submits++;
    return submit.apply(this, args);
  };
  return () => ({ ...counts });
}

/** What a device complains about: a kernel that was refused takes no time at all. */
function complaints(): () => string | undefined {
  let complaint: string | undefined;
  const { requestDevice } = GPUAdapter.prototype;
  GPUAdapter.prototype.requestDevice = async function (...args) {
    const device = await requestDevice.apply(this, args);
    device.addEventListener("uncapturederror", (event) => {
      complaint ??= (event as GPUUncapturedErrorEvent).error.message.split("\n")[0];
    });
    return device;
  };
  return () => complaint;
}

try {
  const counts = counting();
  const complaint = complaints();
  const { start } = await PEERS[location.hash.slice(1)]();
  const answer = answering(await start(), counts);
  globalThis.answer = async (request) => {
    const reply = await answer(request);
    const error = complaint();
    return error ? { error } : reply;
  };
} catch (error) {
  globalThis.failure = String(error);
}
