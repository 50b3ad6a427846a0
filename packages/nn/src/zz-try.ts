import { manualSeed, setBackend, randn, scope } from "@dl/tensor";
import { cpu } from "@dl/backend-cpu";
import "@dl/autograd";
import * as nn from "@dl/nn";
setBackend(cpu());
const x = randn(64, 32, 28, 28).requiresGrad_();
const bn = new nn.BatchNorm2d(32), drop = new nn.Dropout(), gelu = new nn.GELU(), pool = new nn.MaxPool2d(2), conv = new nn.Conv2d(32, 32, 3, { padding: 1 });
for (const m of [bn, drop, gelu, pool, conv] as nn.Module[]) {
  let f = 0, b = 0;
  for (let i = 0; i < 6; i++) { if (i === 1) f = b = 0; const t0 = performance.now(); const y: any = (m as any)(x); y.select(0,0).select(0,0).dataSync?.(); const t1 = performance.now(); const l = y.sum(); l.backward(); x.grad!.select(0,0).select(0,0).dataSync(); const t2 = performance.now(); f += t1 - t0; b += t2 - t1; y.dispose(); l.dispose(); }
  console.log(m.constructor.name, (f / 5).toFixed(1), "ms forward", (b / 5).toFixed(1), "ms backward");
}
