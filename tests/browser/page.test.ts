/** What the other files of this folder rely on, and that nothing of the packages needs Node. */
import * as autograd from "@dl/autograd";
import * as backendCpu from "@dl/backend-cpu";
import * as small from "@dl/backend-cpu/small";
import * as backendWebgpu from "@dl/backend-webgpu";
import * as conformance from "@dl/conformance";
import * as data from "@dl/data";
import * as io from "@dl/io";
import * as plot from "@dl/io/plot";
import * as losses from "@dl/losses";
import * as metrics from "@dl/metrics";
import * as nn from "@dl/nn";
import * as functional from "@dl/nn/functional";
import * as utils from "@dl/nn/utils";
import * as optim from "@dl/optim";
import * as T from "@dl/tensor";
import * as core from "@dl/tensor/core";
import * as train from "@dl/train";
import { expect, inject, test } from "vitest";

test("the page is isolated from others exactly if it was served so, and has shared memory exactly then", () => {
  expect(crossOriginIsolated).toBe(inject("isolated"));
  expect(typeof SharedArrayBuffer === "function").toBe(inject("isolated"));
});

test("this is a browser, without anything of Node's that a package might use by mistake", () => {
  expect(typeof document).toBe("object");
  const { process, Buffer, require } = globalThis as Record<string, unknown>;
  expect([typeof Buffer, typeof require]).toEqual(["undefined", "undefined"]);
  // vitest puts a `process` there, which is not Node's.
  const { versions } = (process ?? {}) as { versions?: { node?: string } };
  expect(versions?.node).toBeUndefined();
});

test("there is a WebGPU adapter", async () => {
  const adapter = await navigator.gpu.requestAdapter();
  expect(adapter?.info.vendor).toBeTruthy();
});

test.each(
  Object.entries({
    autograd,
    backendCpu,
    "backendCpu/small": small,
    backendWebgpu,
    conformance,
    data,
    io,
    "io/plot": plot,
    losses,
    metrics,
    nn,
    "nn/functional": functional,
    "nn/utils": utils,
    optim,
    tensor: T,
    "tensor/core": core,
    train,
  }),
)("%s loads", (_, exports) => {
  expect(Object.keys(exports).length).toBeGreaterThan(0);
});
