/** What sections/transformer.py wrote. Stacks take a layer, which a fixture cannot hold: these two make it themselves. */
import * as nn from "@dl/nn";
import { modules } from "./module.ts";

interface StackOptions extends nn.TransformerLayerOptions {
  norm: boolean;
}
class EncoderStack extends nn.TransformerEncoder {
  constructor(dModel: number, heads: number, count: number, { norm, ...options }: StackOptions) {
    super(new nn.TransformerEncoderLayer(dModel, heads, options), count, {
      norm: norm ? new nn.LayerNorm(dModel) : null,
    });
  }
}
class DecoderStack extends nn.TransformerDecoder {
  constructor(dModel: number, heads: number, count: number, { norm, ...options }: StackOptions) {
    super(new nn.TransformerDecoderLayer(dModel, heads, options), count, {
      norm: norm ? new nn.LayerNorm(dModel) : null,
    });
  }
}

export const transformer = modules("transformer", 1e-5, { EncoderStack, DecoderStack });
