/** What happens where an optional peer is missing: an error that says what to install. By package, as examples are checked. */
export const WITHOUT_OPTIONAL_PEERS: Readonly<Record<string, readonly string[]>> = {
  "@dl/backend-webgpu": [
    `import { webgpu } from "@dl/backend-webgpu";
await webgpu() // => throws npm install webgpu`,
  ],
  "@dl/data": [
    `import { decodeImage } from "@dl/data/node";
await decodeImage("cat.jpg") // => throws npm install sharp`,
  ],
  "@dl/io": [
    `import { renderPng } from "@dl/io/node";
import { lineChart, renderSvg } from "@dl/io/plot";
await renderSvg(lineChart([3, 2, 1])) // => throws npm install vega vega-lite
await renderPng("<svg/>") // => throws npm install sharp`,
  ],
};
