/**
 * TensorBoard's event files: TFRecords, each with an Event, a protocol buffer of TensorFlow. The numbers of its fields
 * are those of event.proto, summary.proto, histogram.proto and tensor.proto.
 */
import { crc32c } from "../crc.ts";
import type { Histogram } from "./histogram.ts";
import { bytes, concat, double, doubles, float, integer, message, text } from "./protobuf.ts";

/** When, in seconds since 1970, and at which step of training. */
export interface Moment {
  readonly walltime: number;
  readonly step?: number;
}

const event = ({ walltime, step = 0 }: Moment, what: Uint8Array): Uint8Array =>
  message(double(1, walltime), integer(2, step), what);

/** With what every file begins. */
export const fileVersion = (at: Moment): Uint8Array => event(at, text(3, "brain.Event:2"));

/** A training run goes on at this step: what an earlier one wrote from there on is not shown. */
export const sessionStart = (at: Moment): Uint8Array => event(at, bytes(7, integer(1, 1)));

const summary = (at: Moment, tag: string, ...value: Uint8Array[]): Uint8Array =>
  event(at, bytes(5, bytes(1, message(text(1, tag), ...value))));

export const scalarEvent = (at: Moment, tag: string, value: number): Uint8Array =>
  summary(at, tag, float(2, value));

export const histogramEvent = (at: Moment, tag: string, h: Histogram): Uint8Array => {
  const { min, max, num, sum, sumSquares, limits, counts } = h;
  const numbers = [min, max, num, sum, sumSquares].map((x, i) => double(i + 1, x));
  return summary(at, tag, bytes(5, message(...numbers, doubles(6, limits), doubles(7, counts))));
};

/** @param channels 1 to 4, as PNG has them. */
export const imageEvent = (
  at: Moment,
  tag: string,
  size: { readonly width: number; readonly height: number; readonly channels: number },
  png: Uint8Array,
): Uint8Array => {
  const { width, height, channels } = size;
  const sizes = [integer(1, height), integer(2, width), integer(3, channels)];
  return summary(at, tag, bytes(4, message(...sizes, bytes(4, png))));
};

/** Markdown, as a tensor of one text for the plugin of that name. */
export const textEvent = (at: Moment, tag: string, markdown: string): Uint8Array => {
  const DT_STRING = 7;
  const shape = bytes(2, integer(1, 1));
  const tensor = message(integer(1, DT_STRING), bytes(2, shape), text(8, markdown));
  const plugin = bytes(1, text(1, "text"));
  return summary(at, `${tag}/text_summary`, bytes(8, tensor), bytes(9, plugin));
};

/** A record: its length, its bytes, and a check of each. */
export function record(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(data.length), true);
  return concat([length, masked(length), data, masked(data)]);
}

/** Turned and moved, because the check of bytes that contain their own check says little. */
function masked(data: Uint8Array): Uint8Array {
  const crc = crc32c(data);
  const out = new Uint8Array(4);
  const value = (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
  new DataView(out.buffer).setUint32(0, value, true);
  return out;
}
